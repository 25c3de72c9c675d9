"""What mail providers tell of our mail: whose signature it bears, and what it says."""

import hmac
import json
import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from server.kit.clock import now
from server.mail import bounces
from server.mail.inbound import Reader
from server.mail.inbound_reports import Report
from server.mail.models import Delivery
from server.mail.verdicts import kind_of_report, status_of

LARGEST = 2_000_000  # octets of one call
MOST_EVENTS = 2000
FRESH = timedelta(minutes=5)
OURS = "delivery"  # a field that a provider hands back with the token that was put in it


class UnsignedError(Exception):
    """The call does not bear the signature of the provider, or is older than five minutes."""


@dataclass(frozen=True)
class Call:
    """A call as it came in; the names of headers in small letters."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Told:
    """One thing that a provider told: of which mail (any of its marks), and what became of it."""

    report: Report
    mark: str
    mail_id: str = ""
    sender: str = ""
    token: str = ""


Values = Mapping[str, Any]


def text_at(values: Any, *path: str) -> str:
    """The text at a path in nested values; empty where there is none."""
    for name in path:
        values = values.get(name) if isinstance(values, Mapping) else None
    text = values if isinstance(values, str) else str(values) if isinstance(values, int) else ""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def parsed(body: bytes) -> Any:
    """The JSON of a call; UnsignedError for anything else, for no provider sends that."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise UnsignedError from None


async def take_in(reader: Reader, provider: str, told: list[Told]) -> int:
    """Write down what was told of mails of ours; how many were new."""
    done = 0
    for one in told[:MOST_EVENTS]:
        delivery = await _delivery(reader, one)
        if delivery:
            digest = sha256(f"{provider}\0{one.mark}".encode()).hexdigest()
            done += await bounces.take(reader.host, delivery, one.report, digest)
    return done


async def _delivery(reader: Reader, told: Told) -> Delivery | None:
    """By the token in its envelope or field, else by its Message-ID: what was told is signed."""
    for token in (told.token, bounces.token_in(told.sender, reader.settings)):
        number = bounces.opened(reader.host.site, token) if token else None
        if number:
            return await Delivery.get_or_none(id=number)
    mail_id = told.mail_id.strip().strip("<>")
    return await Delivery.filter(mail_id=f"<{mail_id}>").first() if mail_id else None


def report(status: str, text: str, *, gone: bool = False, refused: bool = False) -> Report:
    """What a provider says; its own word for it where no status tells."""
    found = status_of(status) or status_of(text)
    kind = kind_of_report(status, text)
    if gone and (found is None or found[1] == 0):
        kind = "hard"
    elif refused and kind == "soft":
        kind = "policy"
    return Report(kind, ".".join(map(str, found)) if found else "", text, "provider")


def complaint() -> Report:
    """A reader pressed the button that says: this is unwanted."""
    return Report("complaint", text="abuse", source="provider")


def is_fresh(seconds: str) -> bool:
    """A time of at most five minutes ago, nor ahead."""
    if not re.fullmatch(r"\d{1,11}", seconds):
        return False
    return abs(now().timestamp() - int(seconds)) <= FRESH.total_seconds()


def _same(given: str, wanted: str) -> bool:
    return bool(wanted) and hmac.compare_digest(given.encode(), wanted.encode())


def _mailgun(call: Call, key: str) -> Iterator[Told]:
    told = parsed(call.body)
    at, token = (text_at(told, "signature", name) for name in ("timestamp", "token"))
    good = hmac.digest(key.encode(), f"{at}{token}".encode(), "sha256").hex()
    if not _same(text_at(told, "signature", "signature"), good) or not is_fresh(at):
        raise UnsignedError
    event = told.get("event-data", {})
    kind = text_at(event, "event")
    if kind == "complained":
        found = complaint()
    elif kind == "failed" and text_at(event, "severity") == "permanent":
        status = "delivery-status"
        said = (text_at(event, status, name) for name in ("code", "message", "description"))
        words, code = " ".join(said), text_at(event, status, "enhanced-code")
        found = report(code, words, gone=text_at(event, "reason") == "suppress-bounce")
    else:
        return
    yield Told(
        found,
        text_at(event, "id") or token,
        mail_id=text_at(event, "message", "headers", "message-id"),
        sender=text_at(event, "envelope", "sender"),
        token=text_at(event, "user-variables", OURS),
    )


def _sendgrid(call: Call, key: str) -> Iterator[Told]:
    at = call.headers.get("x-twilio-email-event-webhook-timestamp", "")
    written = call.headers.get("x-twilio-email-event-webhook-signature", "")
    try:
        public = load_der_public_key(b64decode(key))
        if not isinstance(public, ec.EllipticCurvePublicKey) or not is_fresh(at):
            raise UnsignedError
        public.verify(b64decode(written), at.encode() + call.body, ec.ECDSA(SHA256()))
    except (InvalidSignature, Base64Error, ValueError):
        raise UnsignedError from None
    events = parsed(call.body)
    for event in events if isinstance(events, list) else []:
        kind, status = text_at(event, "event"), text_at(event, "status")
        if kind == "spamreport":
            found = complaint()
        elif kind == "bounce":
            refused = text_at(event, "type") == "blocked"
            found = report(status, text_at(event, "reason"), refused=refused)
        else:
            continue
        mail_id = text_at(event, "smtp-id")
        mark = text_at(event, "sg_event_id") or sha256(repr(event).encode()).hexdigest()
        yield Told(found, mark, mail_id=mail_id, token=text_at(event, OURS))


def _has_password(call: Call, key: str) -> bool:
    """`user:password` by basic authentication, or a word in the header that Brevo sends."""
    kind, _, rest = call.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return _same(rest.strip(), key)
    try:
        given = b64decode(rest.strip(), validate=True).decode("utf-8", "replace")
    except Base64Error:
        return False
    return kind.lower() == "basic" and _same(given, key)


def _postmark(call: Call, key: str) -> Iterator[Told]:
    if not _has_password(call, key):
        raise UnsignedError
    event = parsed(call.body)
    kind, name = text_at(event, "RecordType"), text_at(event, "Type")
    words = f"{text_at(event, 'Details')} {text_at(event, 'Description')}"
    if kind == "SpamComplaint" or name in ("SpamComplaint", "SpamNotification"):
        found = complaint() if kind == "SpamComplaint" else report("", words, refused=True)
    elif kind == "Bounce" and name in ("HardBounce", "BadEmailAddress"):
        found = report("", words, gone=True)
    elif kind == "Bounce" and name in ("SoftBounce", "Blocked", "DMARCPolicy", "DnsError"):
        found = report("", words, refused=name in ("Blocked", "DMARCPolicy"))
    else:
        return
    token, mail_id = text_at(event, "Metadata", OURS), text_at(event, "MessageID")
    yield Told(found, f"{kind} {text_at(event, 'ID')} {mail_id}", mail_id=mail_id, token=token)


def _brevo(call: Call, key: str) -> Iterator[Told]:
    if not _has_password(call, key):
        raise UnsignedError
    event = parsed(call.body)
    kind, words = text_at(event, "event"), text_at(event, "reason")
    if kind in ("spam", "complaint"):
        found = complaint()
    elif kind in ("hard_bounce", "invalid_email", "soft_bounce", "blocked"):
        gone = kind in ("hard_bounce", "invalid_email")
        found = report("", words, gone=gone, refused=kind == "blocked")
    else:
        return
    mail_id = text_at(event, "message-id")
    mark = f"{kind} {mail_id} {text_at(event, 'ts_event') or text_at(event, 'ts')}"
    yield Told(found, mark, mail_id=mail_id, token=text_at(event, "X-Mailin-custom"))


READ: dict[str, Callable[[Call, str], Iterator[Told]]] = {
    "mailgun": _mailgun,
    "sendgrid": _sendgrid,
    "postmark": _postmark,
    "brevo": _brevo,
}
