"""A real mail server between us and the readers: what it sends back is understood."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import closing

import pytest

from server.mail import outbox
from server.mail.inbound import Reader
from server.mail.inbound_listener import door, listening
from server.mail.models import Arrival, Bounce, Delivery
from server.mail.postman import Postman
from tests.product import Product
from tests.support.postfix import Postfix
from tests.support.processes import free_port
from tests.support.smtp import SmtpServer

pytestmark = pytest.mark.postfix
GONE, THERE = "unknown@example.org", "joost@example.org"


@pytest.fixture
def home() -> int:
    """The port on which we take mail in."""
    return free_port()


@pytest.fixture
def postfix(smtp_server: SmtpServer, home: int) -> Iterator[Postfix]:
    """Postfix hands mail to readers on to their server, and mail to us to our door."""
    routes = {
        "example.org": f"smtp:[127.0.0.1]:{smtp_server.port}",
        "brugman.example.org": f"lmtp:inet:127.0.0.1:{home}",
    }
    with closing(Postfix(routes)) as running:
        yield running


@pytest.fixture
def environ(environ: dict[str, str], postfix: Postfix) -> dict[str, str]:
    return environ | {
        "GIVEFIRST_SMTP_URL": f"smtp://127.0.0.1:{postfix.port}",
        "GIVEFIRST_SENDER": "Bureau Brugman <marit@brugman.example.org>",
        "GIVEFIRST_BOUNCE_ADDRESS": "bounce+{token}@brugman.example.org",
    }


@pytest.fixture
async def listener(product: Product, home: int) -> AsyncIterator[None]:
    reader = Reader(product.settings, Postman.of(product.state))
    async with listening(reader, door(f"lmtp:127.0.0.1:{home}")):
        yield


async def test_a_mail_that_bounces_at_the_server_of_the_reader_comes_home(
    product: Product, smtp_server: SmtpServer, postfix: Postfix, listener: None
) -> None:
    smtp_server.answer("RCPT", GONE, "550 5.1.1 no such user here")
    for reader in (GONE, THERE):
        await product.ask("gulle-gever", reader)
    await product.work()
    assert await Delivery.filter(state="sent").count() == 2
    for _ in range(200):
        await product.work()
        if await Bounce.exists():
            break
        await asyncio.sleep(0.05)
    bounce = await Bounce.get().prefetch_related("lead")
    assert bounce.lead is not None, postfix.printed()
    assert (bounce.lead.email, bounce.kind, bounce.status) == (GONE, "hard", "5.1.1")
    assert "no such user here" in bounce.diagnostic
    assert await outbox.is_suppressed(product.site, GONE)
    assert not await outbox.is_suppressed(product.site, THERE)
    assert await Arrival.filter(source="lmtp").count() == 1
    assert len(smtp_server.sent_to(THERE)) == 1
