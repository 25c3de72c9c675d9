"""What comes back: reports, complaints, and what each does to the reader's address."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest

from server.kit.clock import now
from server.kit.site import Site
from server.leads import subscribing
from server.leads.consents import chain_holds
from server.leads.models import Consent, Lead, Subscription
from server.mail import bounces, outbox
from server.mail.inbound import keep
from server.mail.inbound_reports import Report
from server.mail.letters import Letter
from server.mail.models import Arrival, Bounce, Delivery, DomainPace, Suppression
from server.mail.postman import Postman
from server.mail.verdicts import kind_of_report, verdict
from server.privacy.erasing import erase
from tests.product import Product


@pytest.mark.parametrize(
    ("code", "text", "means"),
    [
        (250, "2.0.0 taken", "sent"),
        (550, "5.1.1 no such user", "hard"),
        (556, "5.1.10 null MX", "hard"),
        (550, "5.7.1 blocked", "policy"),
        (552, "5.2.2 full", "soft"),
        (450, "4.7.1 greylisted", "soft"),
        (421, "4.3.2 closing", "soft"),
        (0, "connect: refused", "soft"),
        (550, "5.4.1 relay said that 5.1.1 was wrong", "failed"),
        (554, "no status, see 5.1.1 of the manual", "failed"),
        (550, "5.1.100 is no status we know", "failed"),
    ],
)
def test_an_answer_at_the_door_has_one_meaning(code: int, text: str, means: str) -> None:
    assert verdict(code, text) == means


@pytest.mark.parametrize(
    ("status", "text", "means"),
    [
        ("5.1.1", "", "hard"),
        ("5.1.6", "", "hard"),
        ("5.0.0", "smtp; 550 5.1.1 unknown", "hard"),
        ("5.1.8", "sender rejected", "soft"),
        ("5.2.2", "", "soft"),
        ("4.4.7", "expired", "soft"),
        ("5.7.1", "550 5.1.1", "policy"),
        ("4.7.1", "greylisted for days", "policy"),
        ("garbage", "", "soft"),
    ],
)
def test_a_report_is_hard_soft_or_policy(status: str, text: str, means: str) -> None:
    assert kind_of_report(status, text) == means


Clock = Callable[[float], None]
BOUNCE = "bounce+{token}@brugman.example.org"
READER = "joost@example.org"


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    sender = "Bureau Brugman <marit@brugman.example.org>"
    return environ | {"GIVEFIRST_SENDER": sender, "GIVEFIRST_BOUNCE_ADDRESS": BOUNCE}


async def sent(product: Product, address: str = READER) -> Delivery:
    """The latest mail that left to an address."""
    await product.work()
    lead = await Lead.get(email=address)
    found = await Delivery.filter(lead_id=lead.id, state="sent").order_by("-id").first()
    assert found
    return found


def place(product: Product, delivery: Delivery) -> str:
    return BOUNCE.replace("{token}", product.site.token("bounce", delivery.id))


async def deliver(product: Product, recipient: str, raw: bytes, sender: str = "") -> str:
    """A mail comes in; what it was taken for."""
    await keep("smtp", sender, [recipient], raw)
    await product.work()
    arrival = await Arrival.all().order_by("-id").first()
    assert arrival
    assert (arrival.state, arrival.octets, arrival.letter) == ("done", "", {})
    return arrival.outcome


def dsn(
    status: str = "5.1.1", action: str = "failed", reader: str = READER, said: str = ""
) -> bytes:
    """A report as RFC 3464 has it."""
    return (
        f"From: MAILER-DAEMON@mx.example.net\r\nSubject: failed {uuid4()}\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
        f"Final-Recipient: rfc822; {reader}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; 550 {status} {said}\r\n\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: ours\r\n\r\nx\r\n--b--\r\n"
    ).encode()


def complaint(envelope: str, kind: str = "abuse") -> bytes:
    """A complaint as RFC 5965 has it."""
    return (
        "From: fbl@mail.example.net\r\nSubject: complaint\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nSomebody complained.\r\n"
        "--b\r\nContent-Type: message/feedback-report\r\n\r\n"
        f"Feedback-Type: {kind}\r\nVersion: 1\r\nOriginal-Mail-From: <{envelope}>\r\n\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: ours\r\n\r\nx\r\n--b--\r\n"
    ).encode()


async def is_suppressed(product: Product, address: str = READER) -> bool:
    return await outbox.is_suppressed(product.site, address)


async def test_no_such_mailbox_ends_all_mail_to_it_and_the_mail_stays_sent(
    product: Product,
) -> None:
    await product.ask("gulle-gever", READER)
    delivery = await sent(product)
    raw = dsn(said="no such user")
    # As a server may write it: other capitals, in brackets.
    assert await deliver(product, f"<{place(product, delivery).upper()}>", raw) == "hard"
    bounce = await Bounce.get()
    assert (bounce.delivery_id, bounce.lead_id) == (delivery.id, delivery.lead_id)
    assert (bounce.kind, bounce.status, bounce.source) == ("hard", "5.1.1", "dsn")
    assert "no such user" in bounce.diagnostic
    assert await is_suppressed(product)
    assert (await Delivery.get(id=delivery.id)).state == "sent"
    # The same once more is no second one.
    assert await keep("smtp", "", [f"<{place(product, delivery).upper()}>"], raw) == 0


async def test_what_bears_no_good_token_changes_nothing(product: Product) -> None:
    await product.ask("gulle-gever", READER)
    delivery = await sent(product)
    good, other = place(product, delivery), Site("http://x", (b"another secret" * 4,))
    forged = dsn().replace(b"Subject: ours", f"Message-ID: {delivery.mail_id}".encode())
    assert await deliver(product, "marit@brugman.example.org", forged) == "automatic"
    for token in (other.token("bounce", delivery.id), f"{delivery.id}.{'A' * 24}"):
        assert await deliver(product, BOUNCE.replace("{token}", token), dsn()) == "wrong token"
    swapped = good.replace(f"+{delivery.id}.", f"+{delivery.id + 1}.")
    assert await deliver(product, swapped, dsn()) == "wrong token"
    assert await deliver(product, "marit@brugman.example.org", complaint(swapped)) == "wrong token"
    assert not await Bounce.exists()
    assert not await is_suppressed(product)


async def test_a_report_on_somebody_erased_finds_nobody(product: Product) -> None:
    await product.ask("gulle-gever", READER)
    delivery = await sent(product)
    await erase(product.site, product.settings.data, delivery.lead_id or 0)
    assert await deliver(product, place(product, delivery), dsn()) == "unknown delivery"
    assert not await Bounce.exists()


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed"])
async def test_word_of_a_delay_or_a_delivery_is_no_bounce(product: Product, action: str) -> None:
    await product.ask("gulle-gever", READER)
    delivery = await sent(product)
    assert await deliver(product, place(product, delivery), dsn("4.4.7", action)) == "no bounce"


async def test_servers_with_a_form_of_their_own_are_understood(product: Product) -> None:
    await product.ask("gulle-gever", READER)
    delivery = await sent(product)
    qmail = (
        b"From: MAILER-DAEMON@mx.example.net\r\nSubject: failure notice\r\n\r\n"
        b"Hi. This is the qmail-send program at mx.example.net.\r\n"
        b"I'm afraid I wasn't able to deliver your message to the following addresses.\r\n"
        b"This is a permanent error; I've given up. Sorry it didn't work out.\r\n\r\n"
        b"<joost@example.org>:\r\nSorry, no mailbox here by that name. (#5.1.1)\r\n\r\n"
        b"--- Below this line is a copy of the message.\r\n\r\nSubject: ours\r\n"
    )
    away = b"From: joost@example.org\r\nSubject: Afwezig\r\n\r\nIk ben er maandag weer.\r\n"
    assert await deliver(product, place(product, delivery), away) == "no bounce"
    assert await deliver(product, place(product, delivery), qmail) == "hard"
    assert (await Bounce.get()).status == "5.1.1"


async def test_a_complaint_ends_everything_with_a_receipt(product: Product) -> None:
    await product.subscribe(READER)
    delivery = await sent(product)
    at = "marit@brugman.example.org"
    assert (
        await deliver(product, at, complaint(place(product, delivery), "not-spam")) == "automatic"
    )
    assert await deliver(product, at, complaint(place(product, delivery))) == "complaint"
    assert await is_suppressed(product)
    assert (await Subscription.get()).ended_at
    receipt = await Consent.filter(given=False).get()
    assert (receipt.purpose, receipt.proof) == ("tips", "complaint")
    assert await chain_holds(await Lead.get(email=READER))


async def test_a_refusal_of_our_mail_holds_the_domain_and_tells_staff_once_a_day(
    product: Product,
) -> None:
    await product.log_in("admin")
    readers = (READER, "nadia@example.org", "ab@example.net", "bo@example.org")
    for reader in readers:
        await product.ask("gulle-gever", reader)
    await product.work()
    for reader in readers:
        delivery = await sent(product, reader)
        raw = dsn("5.7.1", said=f"{reader} you are listed")
        assert await deliver(product, place(product, delivery), raw) == "policy"
    assert not await Suppression.exists()
    held = await DomainPace.get(domain="example.org")
    assert (held.strikes, held.hold_until > now()) == (1, True)
    assert "listed" in held.reason
    assert READER not in held.reason
    assert await DomainPace.exists(domain="example.net")
    (told,) = product.mails("admin@staff.example.org")
    assert "example.org" in told["Subject"]


async def tip(product: Product, lead: Lead, number: int) -> Delivery:
    """An issue that left."""
    letter = Letter(f"Tip {number}", "<p>{{ me }}</p>", "x {{ me }} {{ way_out }}")
    message = await outbox.keep_message("tip", "nl", letter, list_name="tips")
    await outbox.post(product.site, outbox.Posting(message, f"issue:{number}:{lead.id}", {}, lead))
    return await sent(product)


async def test_three_issues_that_came_back_end_the_lists_until_somebody_tries_again(
    product: Product, clock: Clock
) -> None:
    await product.subscribe(READER)
    lead = await Lead.get(email=READER)

    async def back(number: int, day: float) -> None:
        clock(day)
        delivery = await tip(product, lead, number)
        assert await deliver(product, place(product, delivery), dsn("5.2.2")) == "soft"

    await back(1, 0)
    await back(2, 7)
    clock(8)
    await tip(product, lead, 3)  # arrives
    await back(4, 14)
    await back(5, 21)
    assert not await bounces.resting(lead.id)
    await back(6, 28)
    assert await bounces.resting(lead.id)
    assert not (await Subscription.get()).is_active
    assert not await is_suppressed(product)
    desk = await product.log_in("sales")
    card = f"/desk/leads/{lead.id}"
    page = (await desk.get(card)).text
    assert "5.2.2" in page
    word = re.findall(r'name="csrf" value="([^"]+)"', page)[0]
    answer = await desk.post(f"{card}/try-again", data={"csrf": word})
    assert answer.status_code == 303
    assert (await Subscription.get()).is_active
    for number in (7, 8):
        await back(number, 22 + number)
    assert not await bounces.resting(lead.id)
    assert "try-again" not in (await desk.get(card)).text
    await back(9, 32)
    assert await bounces.resting(lead.id)
    # Who takes the list up again themselves is on it.
    await subscribing.resume(await Subscription.get())
    assert not await bounces.resting(lead.id)
    await desk.aclose()


async def test_a_colleague_who_complains_can_still_log_in(product: Product) -> None:
    desk = await product.log_in("sales")
    await product.post("/desk/login", data={"email": "sales@staff.example.org"})
    await product.work()
    delivery = await Delivery.get(address="sales@staff.example.org")
    at = place(product, delivery)
    assert await deliver(product, at, complaint(at)) == "complaint"
    assert await Bounce.exists(delivery_id=delivery.id)
    assert not await Suppression.exists()
    await desk.aclose()


async def test_an_issue_that_mostly_comes_back_has_a_reason_to_stop(product: Product) -> None:
    letter = Letter("Tip", "<p>x</p>", "x")
    message = await outbox.keep_message("tip", "nl", letter, list_name="tips")
    for number in range(102):
        posting = outbox.Posting(
            message, f"issue:2026-48:{number}", address=f"r{number}@example.org"
        )
        await outbox.post(product.site, posting)
    own = Delivery.filter(key__startswith="issue:2026-48:")
    await own.update(state="sent", sent_at=now())
    host = Postman.of(product.state)
    deliveries = await own.order_by("id")
    for number in range(5):
        await bounces.take(host, deliveries[number], Report("hard"), f"h{number}")
    assert await bounces.breaker("issue:2026-48:") is None
    # One that was refused at the door counts as well.
    await own.filter(id=deliveries[6].id).update(state="failed", error="550 5.1.1 unknown")
    assert await bounces.breaker("issue:2026-48:") == bounces.Reason("hard", 6, 102)
    assert await bounces.breaker("issue:2026-4:") is None
    await Bounce.all().delete()
    await bounces.take(host, deliveries[8], Report("complaint"), "c1")
    assert await bounces.breaker("issue:2026-48:") is None
    await bounces.take(host, deliveries[9], Report("complaint"), "c2")
    assert await bounces.breaker("issue:2026-48:") == bounces.Reason("complaints", 2, 101)
