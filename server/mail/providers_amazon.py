"""Amazon SES, which tells through SNS: signed with a certificate that has to be fetched."""

import asyncio
import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator, Mapping
from datetime import datetime
from http.client import HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509 import load_pem_x509_certificate

from server.mail.providers import Call, Told, UnsignedError, complaint, is_fresh, parsed, report
from server.mail.providers import text_at as at

HOST = re.compile(r"sns\.[a-z0-9-]{1,40}\.amazonaws\.com(\.cn)?")
CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9a-f]{1,64}\.pem")
PATIENCE, LARGEST = 5.0, 64 * 1024
HASHES = {"1": SHA1, "2": SHA256}
SIGNED = (
    "Message",
    "MessageId",
    "Subject",
    "SubscribeURL",
    "Timestamp",
    "Token",
    "TopicArn",
    "Type",
)
KEPT = 20
_certificates: dict[str, bytes] = {}


def fetch(host: str, path: str) -> bytes:
    """What stands at an address of Amazon; no redirects, five seconds, 64 KiB."""
    connection = HTTPSConnection(host, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        if answer.status != 200:
            raise UnsignedError
        return answer.read(LARGEST)
    except (OSError, HTTPException):
        raise UnsignedError from None
    finally:
        connection.close()


async def told_by_amazon(call: Call, topic: str) -> list[Told]:
    """What SES tells on our topic; the question whether we want to hear of it is answered yes.

    Raises UnsignedError for any other topic (anybody may have one) and a signature that is wrong.
    """
    told = parsed(call.body)
    if not isinstance(told, Mapping) or at(told, "TopicArn") != topic or not topic:
        raise UnsignedError
    if not _is_recent(at(told, "Timestamp")):
        raise UnsignedError
    await _verify(told)
    if at(told, "Type") == "SubscriptionConfirmation":
        host, path = _address(at(told, "SubscribeURL"))
        await asyncio.to_thread(fetch, host, path)
    if at(told, "Type") != "Notification":
        return []
    return list(_events(parsed(at(told, "Message").encode()), at(told, "MessageId")))


def _is_recent(written: str) -> bool:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return False
    return moment.tzinfo is not None and is_fresh(str(int(moment.timestamp())))


async def _verify(told: Mapping[str, Any]) -> None:
    host, path = _address(at(told, "SigningCertURL"))
    wanted = HASHES.get(at(told, "SignatureVersion"))
    if not CERTIFICATE.fullmatch(path) or not wanted:
        raise UnsignedError
    pem = _certificates.get(host + path, b"")
    if not pem:
        pem = await asyncio.to_thread(fetch, host, path)
    try:
        key = load_pem_x509_certificate(pem).public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise UnsignedError
        signature = b64decode(at(told, "Signature"))
        key.verify(signature, _canonical(told), padding.PKCS1v15(), wanted())
    except (InvalidSignature, Base64Error, ValueError):
        raise UnsignedError from None
    if len(_certificates) < KEPT:
        _certificates[host + path] = pem


def _address(url: str) -> tuple[str, str]:
    """Host and path of an address at Amazon's SNS; UnsignedError for any other place."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise UnsignedError from None
    good = parts.scheme == "https" and HOST.fullmatch(parts.netloc)
    if not good or not re.fullmatch(r"[!-~]*", url):
        raise UnsignedError
    return parts.netloc, parts.path + (f"?{parts.query}" if parts.query else "")


def _canonical(told: Mapping[str, Any]) -> bytes:
    """The text that SNS signs: names and values, a line each, in the order of the names."""
    own = told.get("Type") == "Notification"
    left_out = ("SubscribeURL", "Token") if own else ("Subject",)
    names = [name for name in SIGNED if name in told and name not in left_out]
    return "".join(f"{name}\n{at(told, name)}\n" for name in names).encode()


def _events(message: Any, mark: str) -> Iterator[Told]:
    """What SES tells of one mail. It has its own Message-ID; ours stands in the headers."""
    kind = at(message, "notificationType") or at(message, "eventType")
    mail = message.get("mail") if isinstance(message, Mapping) else None
    sender, mail_id = at(mail, "source"), _own_id(mail)
    if kind == "Complaint":
        if at(message, "complaint", "complaintFeedbackType") != "not-spam":
            yield Told(complaint(), mark, mail_id=mail_id, sender=sender)
        return
    bounce = message.get("bounce") if kind == "Bounce" else None
    if not isinstance(bounce, Mapping) or at(bounce, "bounceType") == "Undetermined":
        return
    readers = bounce.get("bouncedRecipients")
    first = readers[0] if isinstance(readers, list) and readers else {}
    lasting, why = at(bounce, "bounceType") == "Permanent", at(bounce, "bounceSubType")
    found = report(
        at(first, "status"),
        at(first, "diagnosticCode") or why,
        gone=lasting and why in ("General", "NoEmail", "Suppressed", "OnAccountSuppressionList"),
        refused=why in ("ContentRejected", "AttachmentRejected", "MessageTooLarge"),
    )
    yield Told(found, mark, mail_id=mail_id, sender=sender)


def _own_id(mail: Any) -> str:
    headers = mail.get("headers") if isinstance(mail, Mapping) else None
    for header in headers if isinstance(headers, list) else []:
        if at(header, "name").lower() == "message-id":
            return at(header, "value")
    return at(mail, "commonHeaders", "messageId")
