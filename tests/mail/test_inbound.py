"""Mail that comes in: the door, what a mail is taken for, and answers of people."""

import asyncio
import re
import smtplib
from collections.abc import AsyncIterator
from email.message import EmailMessage

import pytest
from hypothesis import given, settings, strategies

from server.contact.models import Conversation, ConversationLine
from server.kit.database import close_database, open_database
from server.leads.models import Consent, Lead, Subscription
from server.mail.inbound import LARGEST, Reader, keep
from server.mail.inbound_listener import MOST_CONNECTIONS, door, listening
from server.mail.inbound_message import header, is_automatic, parse, sender_of, text_of
from server.mail.inbound_quotes import own_words
from server.mail.inbound_reports import complaint_of, report_of
from server.mail.models import Arrival, Bounce, Delivery
from server.mail.postman import Postman
from server.tracking.models import Event
from tests.product import Product

READER, US = "joost@example.org", "marit@brugman.example.org"
BOUNCE = "bounce+{token}@brugman.example.org"


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | {
        "GIVEFIRST_SENDER": f"Bureau Brugman <{US}>",
        "GIVEFIRST_BOUNCE_ADDRESS": BOUNCE,
    }


@pytest.fixture
async def port(product: Product) -> AsyncIterator[int]:
    """The door of the product, open for SMTP and LMTP."""
    reader = Reader(product.settings, Postman.of(product.state))
    async with listening(reader, door("127.0.0.1:0")) as number:
        yield number


def letter(text: str = "Ja, graag.", sender: str = READER, **headers: str) -> bytes:
    """A mail as a person writes it."""
    mail = EmailMessage()
    mail["From"], mail["To"] = f"Joost Kuipers <{sender}>", US
    mail["Subject"] = "Re: Je boek"
    mail["Message-ID"] = "<theirs.1@mail.example.org>"
    for name, value in headers.items():
        del mail[name.replace("_", "-")]
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


GONE = (
    b"From: MAILER-DAEMON@x.nl\r\nContent-Type: multipart/report; boundary=b\r\n\r\n--b\r\n"
    b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
    b"Action: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
)


async def come_in(product: Product, raw: bytes, to: str = US, sender: str = READER) -> str:
    """A mail comes in; what it was taken for."""
    await keep("smtp", sender, [to], raw)
    await product.work()
    arrival = await Arrival.all().order_by("-id").first()
    assert arrival
    assert (arrival.state, arrival.octets, arrival.letter) == ("done", "", {})
    return arrival.outcome


async def gift(product: Product) -> Delivery:
    """A gift mail that left to the reader."""
    await product.ask("gulle-gever", READER, name="Joost Kuipers")
    await product.work()
    return await Delivery.get(lead__email=READER)


async def test_an_answer_to_a_mail_is_a_return_and_stands_in_a_conversation(
    product: Product,
) -> None:
    delivery = await gift(product)
    text = "Mooi boek!\n\nOp ma 23 nov 2026 om 09:00 schreef Bureau <x@y.nl>:\n> Je boek\n> x\n"
    raw = letter(text, In_Reply_To=delivery.mail_id)
    assert await come_in(product, raw) == "letter"
    line = await ConversationLine.get().prefetch_related("lead")
    assert (line.text, line.source, line.subject) == ("Mooi boek!", "mail", "Re: Je boek")
    assert (line.lead_id, line.mail_id) == (delivery.lead_id, "<theirs.1@mail.example.org>")
    event = await Event.get(kind="reply")
    assert (event.lead_id, event.detail, event.evidence) == (
        delivery.lead_id,
        "Mooi boek!",
        "human",
    )
    assert line.lead.verified_at is None
    # The same mail once more is no second answer; another one joins the conversation.
    assert await keep("smtp", READER, [US], raw) == 0
    await come_in(product, letter("En nog iets.", In_Reply_To=delivery.mail_id))
    assert (await Conversation.get()).line_count == 2
    desk = await product.log_in()
    page = (await desk.get(f"/desk/conversations/{line.conversation_id}")).text
    assert "Joost Kuipers, per mail" in page
    assert "‘Re: Je boek’" in page
    answer = {"csrf": re.findall(r'name="csrf" value="([^"]+)"', page)[0], "seen": "2"}
    answer |= {"text": "Dank je wel, fijn!", "do": "send"}
    path = f"/desk/conversations/{line.conversation_id}/answer"
    assert (await desk.post(path, data=answer)).status_code == 303
    await product.work()
    ours = product.mails(READER)[-1]
    assert ours["In-Reply-To"] == "<theirs.1@mail.example.org>"
    assert "Mooi boek" in str(ours)
    # The answer comes back: the desk says so, and what they write still reaches us.
    back = BOUNCE.replace("{token}", product.site.token("bounce", (await mailed(ours)).id))
    assert await come_in(product, GONE, to=back, sender="") == "hard"
    page = (await desk.get(f"/desk/conversations/{line.conversation_id}")).text
    assert "Niet aangekomen" in page
    assert await come_in(product, letter("Hier ben ik weer.")) == "letter"
    assert (await Conversation.get()).line_count == 4
    await desk.aclose()


async def mailed(mail: EmailMessage) -> Delivery:
    return await Delivery.get(mail_id=mail["Message-ID"])


async def test_a_false_from_never_speaks_for_the_reader_of_the_mail(product: Product) -> None:
    delivery = await gift(product)
    raw = letter(sender="mallory@example.net", In_Reply_To=delivery.mail_id)
    assert await come_in(product, raw) == "letter"
    line = await ConversationLine.get().prefetch_related("lead")
    assert line.lead.email == "mallory@example.net"
    assert (await Delivery.get(id=delivery.id)).lead_id == delivery.lead_id
    assert not await Event.exists(kind="reply")
    assert await Event.exists(kind="question", lead_id=line.lead_id)
    # Sent elsewhere it is nothing to us, though it names a mail of ours.
    raw = letter(sender="eve@example.net", In_Reply_To=delivery.mail_id, To="x@example.net")
    assert await come_in(product, raw, to="x@example.net") == "not to us"
    assert not await Lead.exists(email="eve@example.net")


@pytest.mark.parametrize(
    ("headers", "sender"),
    [
        ({"Auto_Submitted": "auto-replied"}, READER),
        ({"Precedence": "bulk"}, READER),
        ({"X_Autoreply": "yes"}, READER),
        ({"List_Id": "<x.example.org>"}, READER),
        ({"Subject": "Automatisch antwoord: Je boek"}, READER),
        ({"From": "MAILER-DAEMON@example.org"}, READER),
        ({}, ""),
        ({"From": f"Us <{US}>"}, READER),
    ],
)
async def test_what_a_machine_sends_is_no_reply(
    product: Product, headers: dict[str, str], sender: str
) -> None:
    delivery = await gift(product)
    before = await Delivery.all().count()
    raw = letter(In_Reply_To=delivery.mail_id, **headers)
    assert await come_in(product, raw, sender=sender) in ("automatic", "own")
    assert not await ConversationLine.exists()
    assert await Delivery.all().count() == before


async def test_a_mail_headed_unsubscribe_ends_the_newsletter(product: Product) -> None:
    await product.subscribe(READER)
    await product.subscribe("nadia@example.org")
    raw = letter("", sender="nobody@example.net", Subject="unsubscribe")
    assert await come_in(product, raw) == "left"
    assert not await Subscription.filter(ended_at__isnull=False).exists()
    raw = letter("", Subject="Afmelden", Auto_Submitted="auto-generated")
    assert await come_in(product, raw) == "left"
    wish = await Subscription.get(lead__email=READER)
    assert wish.ended_at
    receipt = await Consent.get(lead_id=wish.lead_id, given=False)
    assert (receipt.purpose, receipt.proof) == ("tips", "mail")
    assert await Event.exists(kind="unsubscribe", lead_id=wish.lead_id)
    other = await Delivery.filter(lead__email="nadia@example.org").first()
    assert other
    subject = f"unsubscribe {product.site.token('unsubscribe', other.id)}"
    assert await come_in(product, letter("", "x@example.net", Subject=subject)) == "left"
    assert not await Subscription.exists(ended_at=None)
    assert not await ConversationLine.exists()


async def test_the_door_lets_in_what_is_ours_only(product: Product, port: int) -> None:
    delivery = await gift(product)

    def talk() -> tuple[object, ...]:
        with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
            client.ehlo()
            client.mail("")
            refused = [client.rcpt(one) for one in ("x@example.net", "other@brugman.example.org")]
            good = BOUNCE.replace("{token}", product.site.token("bounce", delivery.id))
            taken = client.rcpt(good)[0], client.data(b"Subject: x\r\n\r\nhello")[0]
            client.rset()
            client.mail("a@b.example.org", ["SMTPUTF8"])
            large = client.rcpt(US)[0], client.data((b"x" * 990 + b"\r\n") * (LARGEST // 990))[0]
        with smtplib.LMTP("127.0.0.1", port) as lmtp:
            lmtp.sock.settimeout(5)  # type: ignore[union-attr]
            lmtp.ehlo()
            lmtp.mail("a@b.example.org")
            for one in (US, f"marit+x@{US.partition('@')[2]}"):
                assert lmtp.rcpt(one)[0] == 250
            first = lmtp.data(b"Subject: x\r\n\r\nhello")[0]
            return [one[0] for one in refused], taken, large, first, lmtp.getreply()[0]

    refused, taken, large, *answers = await asyncio.to_thread(talk)
    assert refused == [550, 550]
    assert taken == (250, 250)
    assert large == (250, 552)
    assert answers == [250, 250]
    assert await Arrival.filter(source="smtp").count() == 1
    assert await Arrival.filter(source="lmtp").count() == 2


async def test_the_door_says_later_while_the_database_is_away(product: Product, port: int) -> None:
    def talk() -> int:
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            client.ehlo()
            client.mail("a@example.org")
            client.rcpt(US)
            return client.data(b"Subject: x\r\n\r\nhello")[0]

    await close_database()
    try:
        assert await asyncio.to_thread(talk) == 451
    finally:
        await open_database(product.settings)
    assert await asyncio.to_thread(talk) == 250


async def test_the_door_has_so_many_places(product: Product, port: int) -> None:
    held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(MOST_CONNECTIONS)]
    for reader, _ in held:
        assert (await reader.readline()).startswith(b"220")
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    assert (await reader.readline()).startswith(b"421")
    for _, one in [(reader, writer), *held]:
        one.close()


@pytest.mark.parametrize(
    ("text", "protocol"), [("127.0.0.1:8025", "smtp"), ("lmtp:[::1]:24", "lmtp")]
)
def test_a_place_to_listen_is_understood(text: str, protocol: str) -> None:
    assert door(text).protocol == protocol
    assert not door(text).host.startswith("[")


@pytest.mark.parametrize("text", ["", "8025", "host:", ":8025", "host:99999", "imap:host:x"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        door(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Ja.\n\nOn Mon, 23 Nov 2026 at 09:00, A\n<a@b.nl> wrote:\n> x\n", "Ja."),
        ("Ja.\n\n-----Original Message-----\nFrom: A\nx", "Ja."),
        ("Ja.\n\nVan: Marit\nVerzonden: maandag\nAan: Joost\n\nx", "Ja."),
        ("Ja.\n\n> x\n> y\n", "Ja."),
        (
            "On Mon A wrote:\n> wat?\nDit.\n> en?\nDat.",
            "On Mon A wrote:\n> wat?\nDit.\n> en?\nDat.",
        ),
        ("> alleen citaat", "> alleen citaat"),
        ("Van: dat weet ik niet\nmaar goed", "Van: dat weet ik niet\nmaar goed"),
    ],
)
def test_the_history_below_an_answer_is_left_out(text: str, kept: str) -> None:
    assert own_words(text) == kept


def nested(depth: int) -> bytes:
    heads = (
        f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n" for n in range(depth)
    )
    return "".join(heads).encode()


@pytest.mark.parametrize(
    "raw",
    [
        nested(5000),
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 10_000,
        b"Content-Type: message/rfc822\r\n\r\n" * 5000,
    ],
)
def test_a_mail_that_is_made_to_keep_us_busy_is_left_alone(raw: bytes) -> None:
    assert parse(raw) is None


ODD = [
    b"",
    b"no headers at all",
    b"\x00\xff" * 1000,
    b"From: =?utf-8?q?" + b"x" * 100_000 + b"?=\r\n\r\nx",
    b"From: =?nonsense?b?///?= <a@b.nl>\r\nSubject: =?utf-8?b?!?=\r\n\r\nx",
    b"Content-Type: text/plain; charset=nonsense\r\nContent-Transfer-Encoding: base64\r\n\r\n!!",
    b"Content-Type: text/plain; charset*=utf-8''idna\r\n\r\n\xff\xfe",
    b"Content-Type: multipart/report; boundary\r\nAction: failed\r\n\r\n--\r\n",
    b"Content-Type: message/delivery-status\r\n\r\n\r\n\r\nAction: failed\r\nStatus: \xff\r\n",
    b"Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n: x\r\n",
    b"From: a@b.nl\r\nMessage-ID: <a\r\n b@c>\r\n\r\nx",
    b"Subject: x\r\n" * 5000,
]


def look(raw: bytes) -> None:
    message = parse(raw)
    if message is None:
        return
    text = header(message, "Subject") + sender_of(message)[1] + text_of(message)
    text.encode()
    assert "\n" not in header(message, "Subject")
    is_automatic(message, "a@b.nl")
    complaint_of(message)
    report_of(message, READER)


@pytest.mark.parametrize("raw", ODD)
def test_no_mail_is_too_odd_to_be_looked_at(raw: bytes) -> None:
    look(raw)


LINES = strategies.sampled_from(
    [
        b"From: a@b.nl",
        b"Content-Type: multipart/report; boundary=b",
        b"Content-Type: message/delivery-status",
        b"Content-Type: message/feedback-report",
        b"Content-Type: text/html; charset=utf-16",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: x-uuencode",
        b"Action: failed",
        b"Status: 5.1.1",
        b"Feedback-Type: abuse",
        b"Subject: =?utf-8?q?=E9?=",
        b"--b",
        b"--b--",
        b"",
        b"",
        b"<joost@example.org>: \xff 550 5.1.1",
    ]
)


@settings(max_examples=150)
@given(strategies.lists(LINES | strategies.binary(max_size=20), max_size=25))
def test_reading_never_raises(lines: list[bytes]) -> None:
    look(b"\r\n".join(lines))


async def test_odd_mail_ends_somewhere_and_holds_up_nobody(product: Product) -> None:
    delivery = await gift(product)
    to = BOUNCE.replace("{token}", product.site.token("bounce", delivery.id))
    for raw in [*ODD, nested(5000)]:
        await keep("smtp", "x@example.net", [to], raw)
        await keep("smtp", "x@example.net", [f"<{US}>\udcff\0"], raw)
    await Arrival.filter(id=1).update(attempts=3)
    await product.work()
    assert not await Arrival.exclude(state="done").exists()
    assert (await Arrival.get(id=1)).outcome == "unreadable"
    assert not await Bounce.exists(kind="hard")
