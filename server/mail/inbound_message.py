"""A mail from outside, read with care: bounded before it is taken apart, and nothing raises."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parseaddr
from html import unescape
from itertools import islice

import nh3

from server.kit.addresses import AddressError, normalise

LARGEST = 2_000_000  # octets that are looked at; texts and reports stand in front of attachments
MOST_PARTS = 200
LONGEST_TEXT, LONGEST_HEADER = 20_000, 400
# More of these than any mail of a person has: made to keep a reader busy, and left alone.
_TOO_MANY = (
    (re.compile(rb"^--", re.MULTILINE), 1000),
    (re.compile(rb"boundary\s*=", re.IGNORECASE), 40),
    (re.compile(rb"message/", re.IGNORECASE), 40),
)
_MAIL_ID = re.compile(r"<[!-;=?A-~]{1,200}@[!-;=?A-~]{1,200}>")
_MACHINES = re.compile(
    r"(mailer-?daemon|postmaster|no-?reply|do-?not-?reply|bounces?)(\+.*)?@", re.IGNORECASE
)
_AWAY = re.compile(
    r"\s*(automatic reply|auto(matic)?[ -]?reply|out of (the )?office|automatisch antwoord|"
    r"afwezig(heid)?)\b",
    re.IGNORECASE,
)
_BREAKS = re.compile(r"<(br|/p|/div|/li|/h\d|/tr)\b[^>]*>", re.IGNORECASE)


def parse(raw: bytes) -> Message | None:
    """The mail as parts; None for one that is made to keep a reader busy."""
    raw = raw[:LARGEST]
    for pattern, most in _TOO_MANY:
        if sum(1 for _ in islice(pattern.finditer(raw), most + 1)) > most:
            return None
    return message_from_bytes(raw)


def parts(message: Message) -> Iterator[Message]:
    """The parts of a mail in their order, so many at most."""
    return islice(message.walk(), MOST_PARTS)


def header(message: Message, name: str) -> str:
    """A header in one line as a person reads it; empty where there is none."""
    values = message.get_all(name) or [""]
    text = str(values[0])[:LONGEST_HEADER]
    try:
        found = [_decoded(part, charset) for part, charset in decode_header(text)]
    except (HeaderParseError, ValueError):
        found = [text]
    seen = "".join(letter if letter.isprintable() else " " for letter in "".join(found))
    return " ".join(seen.split())


def _decoded(part: bytes | str, charset: str | None) -> str:
    return part if isinstance(part, str) else _text_of(part, charset or "utf-8")


def _text_of(octets: bytes, charset: str) -> str:
    try:
        text = octets.decode(charset, "replace")
    except (LookupError, ValueError):
        text = octets.decode("utf-8", "replace")
    return text.encode("utf-8", "replace").decode("utf-8")


def content(part: Message) -> str:
    """The text of a part, whatever it says of its charset."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = part.get_param("charset")
    return _text_of(payload[: 4 * LONGEST_TEXT], charset if isinstance(charset, str) else "utf-8")


def sender_of(message: Message) -> tuple[str, str]:
    """The name and the normalised address of who wrote; an empty address for none."""
    name, address = parseaddr(header(message, "From"))
    try:
        return " ".join(name.split())[:120], normalise(address)
    except AddressError:
        return "", ""


def addresses(message: Message, *names: str) -> list[str]:
    """Every address in these headers, as it is written."""
    written = [
        str(value)[:4000] for name in names for value in islice(message.get_all(name) or [], 20)
    ]
    return [address for _, address in getaddresses(written) if address][:100]


def mail_ids(message: Message, *names: str) -> list[str]:
    """Every Message-ID in these headers, the last one first."""
    written = " ".join(str(value)[:8000] for name in names for value in message.get_all(name) or [])
    return _MAIL_ID.findall(written)[::-1][:50]


def is_automatic(message: Message, sender: str) -> bool:
    """No person wrote this: never answered, and neither a reply nor a sign of life."""
    auto = header(message, "Auto-Submitted").lower()
    precedence = header(message, "Precedence").lower()
    return (
        (auto != "" and not auto.startswith("no"))
        or precedence in ("bulk", "junk", "list", "auto_reply")
        or any(name in message for name in ("X-Autoreply", "X-Autorespond", "List-Id"))
        or header(message, "Return-Path") == "<>"
        or bool(_MACHINES.match(sender) or _MACHINES.match(sender_of(message)[1]))
        or message.get_content_type() == "multipart/report"
        or bool(_AWAY.match(header(message, "Subject")))
    )


def text_of(message: Message) -> str:
    """What is written: the first plain text, else the HTML without its layout."""
    texts = [part for part in parts(message) if part.get_content_maintype() == "text"]
    shown = [part for part in texts if part.get_content_disposition() != "attachment"]
    for part in shown:
        if part.get_content_subtype() == "plain" and (text := content(part)).strip():
            return text[:LONGEST_TEXT]
    for part in shown:
        if part.get_content_subtype() == "html":
            bare = nh3.clean(_BREAKS.sub("\n", content(part)), tags=set())
            return unescape(bare)[:LONGEST_TEXT]
    return ""
