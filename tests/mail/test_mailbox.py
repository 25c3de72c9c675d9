"""A mailbox that is fetched: each mail once, marked when it is kept, and faults are waited out."""

from collections.abc import AsyncIterator

import pytest

from server.mail.inbound import LARGEST
from server.mail.inbound_imap import Mailbox
from server.mail.models import Arrival, Bounce, Delivery
from tests.product import Product
from tests.support.imap import ImapServer

READER, BOUNCE = "joost@example.org", "bounce+{token}@brugman.example.org"


@pytest.fixture
async def imap() -> AsyncIterator[ImapServer]:
    """A mailbox on a free port."""
    mailbox = ImapServer()
    server = await mailbox.start()
    yield mailbox
    server.close()


@pytest.fixture
def environ(environ: dict[str, str], imap: ImapServer) -> dict[str, str]:
    own = {"GIVEFIRST_IMAP_URL": f"imap://user:right@127.0.0.1:{imap.port}/INBOX"}
    return environ | own | {"GIVEFIRST_BOUNCE_ADDRESS": BOUNCE}


async def test_a_report_in_the_mailbox_is_read_once(product: Product, imap: ImapServer) -> None:
    await product.ask("gulle-gever", READER)
    await product.work()
    delivery = await Delivery.get()
    token = product.site.token("bounce", delivery.id)
    report = (
        f"Delivered-To: {BOUNCE.replace('{token}', token)}\r\nFrom: MAILER-DAEMON@x.nl\r\n"
        "To: undisclosed:;\r\nContent-Type: multipart/report; boundary=b\r\n\r\n--b\r\n"
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
        "Action: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
    )
    imap.mails += [report.encode(), b"x" * (LARGEST + 1)]
    await product.work()
    assert (await Bounce.get()).source == "imap"
    assert (await Bounce.get()).delivery_id == delivery.id
    assert imap.flags == {1: {"\\Seen", "givefirst"}, 2: {"\\Seen", "givefirst"}}
    assert await Arrival.all().count() == 1
    await product.work()
    assert sum(command.startswith("UID FETCH 1 (BODY") for command in imap.log) == 1


async def test_a_mailbox_without_words_of_ours_is_marked_as_seen(
    product: Product, imap: ImapServer
) -> None:
    imap.knows_words = False
    imap.mails.append(b"Subject: x\r\n\r\nx")
    await product.work()
    assert imap.flags == {1: {"\\Seen"}}


async def test_a_mailbox_that_is_away_is_left_alone_for_a_while(
    product: Product, imap: ImapServer
) -> None:
    box = Mailbox(product.settings.imap_url.replace("right", "wrong"))
    assert [await box.fetch(), await box.fetch()] == [0, 0]
    assert sum(command.startswith("LOGIN") for command in imap.log) == 1
    imap.is_away = True
    assert await Mailbox(product.settings.imap_url).fetch() == 0
