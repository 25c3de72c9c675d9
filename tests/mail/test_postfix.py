"""A real mail server between us and the readers: what it sends back is understood."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest

from server.kit.clock import now
from server.kit.site import Site
from server.mail import outbox, transport
from server.mail.inbound import Reader
from server.mail.inbound_listener import door, listening
from server.mail.models import BULK, Arrival, Bounce, Delivery
from server.mail.postman import Postman
from server.mail.sending import Sender
from tests.mail.furnishing import list_mail
from tests.product import Product
from tests.support.certificates import make_certificate
from tests.support.postfix import Passwords, Postfix
from tests.support.processes import free_port
from tests.support.smtp import SmtpServer

pytestmark = [pytest.mark.postfix, pytest.mark.sqlite]
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


async def test_a_relay_with_tls_and_a_password_takes_our_mail(
    product: Product, smtp_server: SmtpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, secret = make_certificate(tmp_path / "tls")
    monkeypatch.setenv("SSL_CERT_FILE", str(shown))
    monkeypatch.setattr(transport, "_tls", ssl.create_default_context)
    routes = {"d0.example.org": f"smtp:[127.0.0.1]:{smtp_server.port}"}
    await list_mail(30)
    with ExitStack() as stack:
        passwords = stack.enter_context(closing(Passwords("joost", "geheim")))
        relay = stack.enter_context(closing(Postfix(routes, (shown, secret, passwords.port))))
        for password, states in (("mis", {"retry"}), ("geheim", {"sent"})):
            url = f"smtp://joost:{password}@127.0.0.1:{relay.port}?tls=required"
            own = replace(product.settings, smtp_url=url)
            await Delivery.all().update(next_try_at=now())
            await Sender(own, Site(own.base_url, own.secrets)).drain(BULK)
            assert set(await Delivery.all().values_list("state", flat=True)) == states
        assert not passwords.asked[0]
        assert passwords.asked[-1]
        await smtp_server.expect(30)
    assert len({one.recipients for one in smtp_server.messages}) == 30
