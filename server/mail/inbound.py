"""Mail that comes in: kept first, then read, and what it means is written down."""

import asyncio
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from datetime import timedelta
from email.message import Message
from hashlib import sha256
from typing import Any

from server.kit.clock import now
from server.kit.database import db_time, in_transaction, rows
from server.kit.settings import Settings
from server.kit.text import say
from server.leads.models import Lead
from server.mail import bounces
from server.mail.inbound_message import (
    addresses,
    header,
    is_automatic,
    mail_ids,
    parse,
    sender_of,
    text_of,
)
from server.mail.inbound_quotes import own_words
from server.mail.inbound_reports import Report, complaint_of, report_of
from server.mail.leaving import leave_lists
from server.mail.models import Arrival, Delivery
from server.mail.postman import Postman
from server.staff.models import StaffUser

LARGEST = 10_000_000  # octets of a mail
AT_ONCE, TRIES = 20, 3
MARKS_LIVE = timedelta(days=30)
LONGEST_TEXT = 8_000
# Where a mailbox that is fetched tells to whom a mail was sent.
RECIPIENTS = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc")
_LEAVING = re.compile(
    r"(?:re:\s*)?(?:unsubscribe|afmelden|uitschrijven)(?:\s+([0-9A-Za-z._-]{10,60}))?",
    re.IGNORECASE,
)
NO_NUL = {0: None}


@dataclass(frozen=True)
class Reader:
    """What reading mail needs: the settings, and the house to write from."""

    settings: Settings
    host: Postman

    def is_ours(self, recipient: str) -> bool:
        """Mail to this address is for us: a mail that came back, or the sender of all our mail."""
        plain = recipient.strip().strip("<>").strip().lower()
        return bool(bounces.token_in(plain, self.settings)) or _is_mailbox(plain, self.settings)


def _is_mailbox(address: str, settings: Settings) -> bool:
    """The address that all our mail is from, with something behind a plus too."""
    own = settings.sender
    local, _, domain = address.lower().rpartition("@")
    same = domain == own.domain.lower()
    return same and (local == own.username.lower() or local.split("+")[0] == own.username.lower())


async def keep(source: str, sender: str, recipients: list[str], raw: bytes) -> int:
    """Keep a mail for each of its recipients, all or none; how many are new.

    `recipients` is one empty text where only the mail itself tells them.
    """
    kept = 0
    async with in_transaction():
        for recipient in recipients:
            digest = sha256(b"\0".join([_clean(recipient.lower()).encode(), raw])).hexdigest()
            written = await rows(
                "INSERT INTO arrival (digest, source, sender, recipient, octets, state, outcome,"
                " letter, attempts, at) VALUES (?, ?, ?, ?, ?, 'new', '', '{}', 0, ?)"
                " ON CONFLICT (digest) DO NOTHING RETURNING id",
                digest,
                source,
                _clean(sender)[:320],
                _clean(recipient)[:320],
                b64encode(raw[:LARGEST]).decode(),
                db_time(now()),
            )
            kept += len(written)
    return kept


def _clean(text: str) -> str:
    """A text that every database takes: no NUL, no octets that are no letters."""
    return text.encode("utf-8", "replace").decode("utf-8").translate(NO_NUL)


async def read_new(reader: Reader) -> int:
    """Read what came in; how many mails that were. One that cannot be read three times is left."""
    waiting = Arrival.filter(state="new").order_by("attempts", "id").limit(AT_ONCE)
    numbers = await waiting.values_list("id", "attempts")
    for number, attempts in numbers:
        # Counted before it is read: what kills the reader does not come for ever.
        done = {"state": "done", "outcome": "unreadable", "octets": ""}
        change: dict[str, Any] = done if attempts >= TRIES else {"attempts": attempts + 1}
        won = await Arrival.filter(id=number, state="new", attempts=attempts).update(**change)
        if won and attempts < TRIES:
            await _read(reader, await Arrival.get(id=number))
    return len(numbers)


async def forget_marks() -> int:
    """Delete the marks of mails of a month ago."""
    return await Arrival.filter(state="done", at__lt=now() - MARKS_LIVE).delete()


async def forget_letters(address: str) -> int:
    """Delete what came in from an address and stands nowhere else yet; how many mails that were."""
    gone = await Arrival.filter(state="new", sender__iexact=address).delete()
    for letter in await Arrival.filter(state="letter"):
        if letter.letter.get("from") == address:
            gone += await Arrival.filter(id=letter.id).delete()
    return gone


async def _read(reader: Reader, arrival: Arrival) -> None:
    # In a thread: a large mail takes its time, and others wait for this loop.
    message = await asyncio.to_thread(lambda: parse(b64decode(arrival.octets)))
    async with in_transaction():
        if not await Arrival.filter(id=arrival.id, state="new").update(octets="", state="done"):
            return
        outcome, letter = "unreadable", dict[str, str]()
        if message is not None:
            outcome, letter = await _meaning(reader, arrival, message)
        state = "letter" if letter else "done"
        await Arrival.filter(id=arrival.id).update(
            state=state, outcome=outcome, letter=letter, sender="", recipient="", attempts=0
        )


async def _meaning(
    reader: Reader, arrival: Arrival, message: Message
) -> tuple[str, dict[str, str]]:
    """What a mail is, and where it is for a person what they have to know of it."""
    recipients = [arrival.recipient] if arrival.recipient else addresses(message, *RECIPIENTS)
    complaint = complaint_of(message)
    if complaint:
        report, named = complaint
        return await _came_back(reader, arrival, report, [*recipients, *named]), {}
    if any(bounces.token_in(one, reader.settings) for one in recipients):
        # Away for a week: sent to where reports go, and none.
        return await _reported(reader, arrival, message, recipients), {}
    if left := await _left(reader, message):
        return left, {}
    # A mailbox that is fetched does not tell the sender of the envelope.
    nobody = not arrival.sender and arrival.source != "imap"
    if nobody or is_automatic(message, arrival.sender):
        return "automatic", {}
    return await _letter(reader, message, recipients)


async def _reported(
    reader: Reader, arrival: Arrival, message: Message, recipients: list[str]
) -> str:
    delivery, known = await _delivery(reader, recipients)
    if not delivery:
        return "unknown delivery" if known else "wrong token"
    lead = await Lead.get_or_none(id=delivery.lead_id) if delivery.lead_id else None
    address = lead.email if lead else delivery.address
    report = await asyncio.to_thread(report_of, message, address)
    if not report:
        return "no bounce"
    return await _came_back(reader, arrival, report, recipients)


async def _came_back(reader: Reader, arrival: Arrival, report: Report, named: list[str]) -> str:
    delivery, known = await _delivery(reader, named)
    if not delivery:
        return "unknown delivery" if known else "wrong token"
    if report.source == "dsn":
        report = replace(report, source="imap" if arrival.source == "imap" else "dsn")
    report = replace(report, text=_clean(report.text))
    await bounces.take(reader.host, delivery, report, arrival.digest)
    return report.kind


async def _delivery(reader: Reader, named: list[str]) -> tuple[Delivery | None, bool]:
    """The delivery that a token among these addresses was made for, and whether one was good."""
    for address in named:
        token = bounces.token_in(address, reader.settings)
        number = bounces.opened(reader.host.site, token) if token else None
        if number:
            return await Delivery.get_or_none(id=number), True
    return None, False


async def _left(reader: Reader, message: Message) -> str:
    """Who writes `unsubscribe` above a mail leaves every list; what that was, or nothing."""
    wish = _LEAVING.fullmatch(header(message, "Subject"))
    if not wish:
        return ""
    number = reader.host.site.open("unsubscribe", wish[1]) if wish[1] else None
    delivery = await Delivery.get_or_none(id=number) if number else None
    lead = await Lead.get_or_none(id=delivery.lead_id) if delivery and delivery.lead_id else None
    address = sender_of(message)[1]
    lead = lead or (await Lead.get_or_none(email=address) if address else None)
    if lead:
        wording = say(lead.language, "mail.left_wording")
        key = f"mail:{lead.id}:{now():%Y%m%d%H%M%S}"
        await leave_lists(lead, wording=wording, proof="mail", key=key)
    return "left"


async def _letter(
    reader: Reader, message: Message, recipients: list[str]
) -> tuple[str, dict[str, str]]:
    """A mail that a person wrote: to us, or in answer to a mail of ours."""
    name, address = sender_of(message)
    if not address:
        return "no sender", {}
    # Our own mail that came round, and colleagues: their answers to a notice are no questions.
    if _is_mailbox(address, reader.settings) or await StaffUser.exists(email=address):
        return "own", {}
    answered = mail_ids(message, "References", "In-Reply-To")
    found = await Delivery.filter(mail_id__in=answered).order_by("-id") if answered else []
    lead = await Lead.get_or_none(email=address)
    theirs = [one for one in found if lead and one.lead_id == lead.id]
    to_us = any(_is_mailbox(one.strip("<>"), reader.settings) for one in recipients)
    if not to_us and not theirs:
        return "not to us", {}
    own = mail_ids(message, "Message-ID")
    letter = {
        "from": address,
        "name": name,
        "subject": header(message, "Subject")[:200],
        "text": own_words(text_of(message))[:LONGEST_TEXT],
        "mail_id": own[0] if own and len(own[0]) <= 250 else "",
        "delivery": str(theirs[0].id) if theirs else "",
    }
    return "letter", {key: _clean(text) for key, text in letter.items()}
