"""Reports of mail servers: what did not arrive (RFC 3464) and who complained (RFC 5965)."""

import logging
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from typing import Literal

from flufl.bounce import all_failures

from server.mail.inbound_message import addresses, content, header, parts
from server.mail.verdicts import ENHANCED, Kind, kind_of_report, status_of

COMPLAINTS = ("abuse", "fraud", "virus", "opt-out", "opt-out-list", "miscategorized", "other")
BEFORE = 80  # letters before a status
LONGEST_SCAN = 200_000  # octets of a report of no standard form

# It tells each step, and of each stumble the whole story.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Report:
    """What came back: the kind, the status of RFC 3463 (or nothing) and the words of the server."""

    kind: Kind | Literal["complaint"]
    status: str = ""
    text: str = ""
    source: str = "dsn"


def report_of(message: Message, reader: str) -> Report | None:
    """The report on our mail to a reader; None where nothing failed for good.

    Of more readers than one in a report theirs counts, else the first that failed.
    """
    blocks = status_blocks(message)
    if not blocks:
        return _guess(message)
    failed = [one for one in blocks if header(one, "Action").lower().startswith("fail")]
    own = [one for one in failed if reader and reader in _recipient(one)]
    for block in own or failed:
        status, text = header(block, "Status"), header(block, "Diagnostic-Code")
        return Report(kind_of_report(status, text), _status(status, text), text)
    return None


def status_blocks(message: Message) -> list[Message]:
    """The parts of a report about one recipient each; empty for what is no report of that form."""
    for part in parts(message):
        if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status"):
            blocks = part.get_payload()
            if isinstance(blocks, list):
                return [one for one in blocks if isinstance(one, Message) and "Action" in one]
    return []


def complaint_of(message: Message) -> tuple[Report, list[str]] | None:
    """A complaint and the envelope senders that it names; None for anything else.

    `not-spam` and reports on how a mail was signed are none.
    """
    for part in parts(message):
        if part.get_content_type() != "message/feedback-report":
            continue
        told = _fields(part)
        kind = header(told, "Feedback-Type").lower()
        if kind not in COMPLAINTS:
            return None
        named = addresses(told, "Original-Mail-From")
        for inner in parts(message):
            named += addresses(inner, "Return-Path", "X-Envelope-From")
        return Report("complaint", text=kind, source="arf"), named
    return None


def _fields(part: Message) -> Message:
    """The fields of a report: the parser takes its text for a mail, or leaves it as text."""
    inner = part.get_payload()
    if isinstance(inner, list) and inner and isinstance(inner[0], Message):
        return inner[0]
    fields = Message()
    for line in content(part).splitlines()[:100]:
        name, colon, value = line.partition(":")
        if colon and name.strip().isascii() and name.strip().replace("-", "").isalnum():
            fields[name.strip()] = value.strip()
    return fields


def _recipient(block: Message) -> str:
    return f"{header(block, 'Original-Recipient')} {header(block, 'Final-Recipient')}".lower()


def _status(status: str, text: str) -> str:
    found = status_of(status) or status_of(text)
    return ".".join(map(str, found)) if found else ""


def _guess(message: Message) -> Report | None:
    """What those mean who have a form of their own; a warning that it takes longer is nothing."""
    try:
        _, permanent = all_failures(message_from_bytes(message.as_bytes()[:LONGEST_SCAN]))
    except (LookupError, ValueError, TypeError, AttributeError, AssertionError, MessageError):
        # Detectors that each know one server: on what was made to confuse them they stumble.
        return None
    if not permanent:
        return None
    text = " ".join(_words(message).split())
    # What the server said stands around its status; before it comes what is the same for all.
    found = ENHANCED.search(text)
    text = text[max(0, found.start() - BEFORE) :] if found else text
    return Report(kind_of_report("", text), _status("", text), text)


def _words(message: Message) -> str:
    """The text of a report, without the mail that it sends back."""
    for part in parts(message):
        if part.get_content_type() == "text/plain":
            return content(part)
    return ""
