"""Where mail goes: an SMTP relay, or files where no relay is set."""

import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

import aiosmtplib

from server.kit.clock import now
from server.kit.settings import Settings

PATIENCE = 30.0


@dataclass(frozen=True)
class Outcome:
    """What the relay said: `sent`, `later` (4xx, or no connection), `never` (5xx), or `unsure`
    (it took the text and the answer never came)."""

    kind: str
    code: int = 0
    text: str = ""


class Transport(Protocol):
    """Takes one mail after another."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None: ...

    async def send(self, sender: str, to: str, mail: bytes) -> Outcome:
        """Hand over one mail; never raises for what the outside world does."""

    async def take_back(self) -> None:
        """Undo the last one, as far as it is still ours."""


def open_transport(settings: Settings) -> Transport:
    """The way out that the settings name."""
    return Relay(settings.smtp_url) if settings.smtp_url else Files(settings.data / "mail")


class Files:
    """Mail as `<data>/mail/<time>-<id>.eml`: no server needed, and the desk shows them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._last: Path | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def send(self, sender: str, to: str, mail: bytes) -> Outcome:
        """Write the mail whole or not at all."""
        name = f"{now():%Y%m%dT%H%M%S%f}-{uuid4().hex[:8]}"
        part = self.folder / f"{name}.part"
        head = f"X-Envelope-From: <{sender}>\r\nX-Envelope-To: <{to}>\r\n".encode()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            part.write_bytes(head + mail)
            self._last = part.replace(self.folder / f"{name}.eml")
        except OSError as error:
            return Outcome("later", 0, f"disk: {error.strerror}")
        return Outcome("sent", 250, "file")

    async def take_back(self) -> None:
        """The last file is gone."""
        if self._last:
            self._last.unlink(missing_ok=True)


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


class _Lmtp(aiosmtplib.SMTP):
    """LMTP (RFC 2033) differs in its greeting; we hand over one recipient at a time."""

    async def execute_command(self, *args: bytes, **options: Any) -> aiosmtplib.SMTPResponse:
        """Greet with LHLO where SMTP says EHLO."""
        words = (b"LHLO", *args[1:]) if args[0] == b"EHLO" else args
        return await super().execute_command(*words, **options)


class Relay:
    """One SMTP connection over aiosmtplib, opened again when it drops."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._lmtp = parts.scheme == "lmtp"
        required = parse_qs(parts.query).get("tls") == ["required"]
        implicit = parts.scheme == "smtps"
        self._client = (_Lmtp if self._lmtp else aiosmtplib.SMTP)(
            hostname=parts.hostname,
            port=parts.port or {"smtps": 465, "lmtp": 24}.get(parts.scheme, 25),
            use_tls=implicit,
            start_tls=False if implicit or self._lmtp else (True if required else None),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            timeout=PATIENCE,
            tls_context=ssl.create_default_context(),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._client.is_connected:
            try:
                await self._client.quit()
            except (aiosmtplib.SMTPException, OSError):
                self._client.close()

    async def send(self, sender: str, to: str, mail: bytes) -> Outcome:
        """One mail over the open connection, or over a new one."""
        try:
            if not self._client.is_connected:
                await self._client.connect()
        except (TimeoutError, aiosmtplib.SMTPException, OSError, ValueError) as error:
            return Outcome("later", getattr(error, "code", 0) or 0, f"connect: {error}")
        return await self._transact(sender, to, mail)

    async def take_back(self) -> None:
        """What the relay has is no longer ours."""

    async def _transact(self, sender: str, to: str, mail: bytes) -> Outcome:
        handed_over = False
        try:
            await self._client.mail(sender, options=[])
            await self._client.rcpt(to)
            handed_over = True
            answer = await self._client.data(mail)
        except aiosmtplib.SMTPResponseException as error:
            await self._reset()
            return Outcome("never" if error.code >= 500 else "later", error.code, error.message)
        except (TimeoutError, aiosmtplib.SMTPException, OSError) as error:
            # Before DATA nothing was taken. After it the relay may have the mail: who knows.
            self._client.close()
            return Outcome("unsure" if handed_over else "later", 0, str(error))
        return Outcome("sent", answer.code, answer.message)

    async def _reset(self) -> None:
        try:
            await self._client.rset()
        except (aiosmtplib.SMTPException, OSError):
            self._client.close()
