"""Where mail goes: an SMTP relay, or files where no relay is set."""

import re
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit
from uuid import uuid4

import aiosmtplib

from server.kit.clock import now
from server.mail.session import DroppedError, Offer, Patience, Session, session_over

STUFFED = re.compile(rb"^\.\.", re.MULTILINE)


class RelayError(Exception):
    """The relay cannot be reached, or does not let us in; says nothing of any mail."""


@dataclass(frozen=True)
class Relay:
    """The relay that the settings name: `smtp://`, `smtps://` or `lmtp://`."""

    url: str
    own_name: str
    patience: Patience

    async def connect(self) -> Session:
        """A connection that was greeted, secured and authenticated. Raises RelayError.

        A password goes over a secured connection only, or to this machine itself: who strips
        STARTTLS from what the relay offers gets none.
        """
        parts = urlsplit(self.url)
        client = _client(parts, self.own_name, self.patience.greeting)
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await _greet(client)
            if parts.username:
                await _log_in(client, parts)
            if client.transport is None:
                raise DroppedError("the relay hung up")
            return session_over(client.transport, _offer(client), self.patience)
        except (TimeoutError, aiosmtplib.SMTPException, OSError, ValueError, DroppedError) as error:
            client.close()
            code = getattr(error, "code", "")
            raise RelayError(f"connect: {code} {error}".replace("  ", " ")) from None
        except RelayError:
            client.close()
            raise


async def _greet(client: aiosmtplib.SMTP) -> None:
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        await client.helo()


async def _log_in(client: aiosmtplib.SMTP, parts: SplitResult) -> None:
    secured = client.transport and client.transport.get_extra_info("sslcontext")
    if not (secured or _is_here(parts.hostname or "")):
        raise RelayError("connect: the relay offers no TLS, so it gets no password")
    await client.login(unquote(parts.username or ""), unquote(parts.password or ""))


def _client(parts: SplitResult, own_name: str, patience: float) -> aiosmtplib.SMTP:
    required = parse_qs(parts.query).get("tls") == ["required"]
    plain = parts.scheme in ("smtps", "lmtp")
    return (_Lmtp if parts.scheme == "lmtp" else aiosmtplib.SMTP)(
        hostname=parts.hostname,
        port=parts.port or {"smtps": 465, "lmtp": 24}.get(parts.scheme, 25),
        use_tls=parts.scheme == "smtps",
        start_tls=False if plain else (True if required else None),
        timeout=patience,
        local_hostname=own_name,
        tls_context=_tls(),
    )


@cache
def _tls() -> ssl.SSLContext:
    """Certificates are checked; reading those of this machine takes as long as a hundred mails."""
    return ssl.create_default_context()


def _offer(client: aiosmtplib.SMTP) -> Offer:
    said = client.esmtp_extensions
    size = said.get("size")
    return Offer(
        pipelining="pipelining" in said,
        size=None if size is None else int(size) if size.strip().isdigit() else 0,
        smtputf8="smtputf8" in said,
    )


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class _Lmtp(aiosmtplib.SMTP):
    """LMTP (RFC 2033) differs in its greeting; we hand over one recipient at a time."""

    async def execute_command(self, *args: bytes, **options: Any) -> aiosmtplib.SMTPResponse:
        """Greet with LHLO where SMTP says EHLO."""
        words = (b"LHLO", *args[1:]) if args[0] == b"EHLO" else args
        return await super().execute_command(*words, **options)


class Files:
    """Mail as `<data>/mail/<time>-<id>.eml`: no server needed, and the desk shows them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def send(self, sender: str, to: str, mail: bytes) -> Path:
        """Write the mail whole or not at all, its stuffed dots taken out as whoever receives it
        does (RFC 5321 §4.5.2); where it is. Raises OSError."""
        name = f"{now():%Y%m%dT%H%M%S%f}-{uuid4().hex[:8]}"
        part = self.folder / f"{name}.part"
        head = f"X-Envelope-From: <{sender}>\r\nX-Envelope-To: <{to}>\r\n".encode()
        self.folder.mkdir(parents=True, exist_ok=True)
        part.write_bytes(head + STUFFED.sub(b".", mail))
        return part.replace(self.folder / f"{name}.eml")


def remove_files(data: Path, *addresses: str, mail_ids: Iterable[str] = ()) -> int:
    """Delete what was mailed to these addresses as files, and the mails with these Message-IDs;
    how many those were."""
    marks = {f"X-Envelope-To: <{address}>".encode() for address in addresses}
    marks |= {f"Message-ID: {mail_id}".encode() for mail_id in mail_ids}
    files = [*(data / "mail").glob("*.eml"), *(data / "mail").glob("*.part")]
    theirs = [file for file in files if not marks.isdisjoint(_head(file).split(b"\r\n"))]
    for file in theirs:
        file.unlink(missing_ok=True)
    return len(theirs)


def _head(file: Path) -> bytes:
    """The lines that `Files` writes above a mail."""
    try:
        with file.open("rb") as opened:
            return opened.read(2000)
    except OSError:  # gone between two looks
        return b""
