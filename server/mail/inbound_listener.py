"""The door for mail that comes in: SMTP or LMTP behind any mail server."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiosmtpd.smtp import SMTP, Envelope, Session
from aiosmtpd.smtp import log as every_command

from server.mail.inbound import LARGEST, Reader, keep

MOST_CONNECTIONS, MOST_RECIPIENTS = 20, 10
PATIENCE = 60.0  # seconds for a command, and for a whole mail
HIGHEST_PORT = 65535

log = logging.getLogger("givefirst.inbound")


@dataclass(frozen=True)
class Door:
    """Where to listen: `smtp` also answers who greets in LMTP, `lmtp` no other."""

    protocol: str
    host: str
    port: int


def door(text: str) -> Door:
    """`127.0.0.1:8025`, `lmtp:127.0.0.1:8024`, `smtp:[::1]:8025`; ValueError for anything else."""
    protocol, _, rest = text.partition(":")
    if protocol not in ("smtp", "lmtp"):
        protocol, rest = "smtp", text
    host, colon, port = rest.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isascii() or not port.isdigit():
        raise ValueError(text)
    if int(port) > HIGHEST_PORT:
        raise ValueError(text)
    return Door(protocol, host, int(port))


class _Talk(SMTP):
    """One connection. LMTP (RFC 2033) differs in its greeting and answers for each recipient."""

    is_lmtp = False
    only_lmtp = False

    async def smtp_LHLO(self, hostname: str) -> None:  # noqa: N802
        """The greeting of LMTP; from here on each recipient has an answer of their own."""
        self.is_lmtp = True
        await super().smtp_EHLO(hostname)

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802
        """The greeting of SMTP."""
        if self.only_lmtp:
            await self.push("500 5.5.1 LHLO, please")
        else:
            await super().smtp_EHLO(hostname)

    async def smtp_HELO(self, hostname: str) -> None:  # noqa: N802
        """The older greeting of SMTP."""
        if self.only_lmtp:
            await self.push("500 5.5.1 LHLO, please")
        else:
            await super().smtp_HELO(hostname)

    def connection_lost(self, error: Exception | None) -> None:
        """One place is free again."""
        self.event_handler.open.discard(self)
        super().connection_lost(error)


class _Full(asyncio.Protocol):
    """All places are taken: told at once, so that whoever comes tries again later."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say so, and no more."""
        if isinstance(transport, asyncio.WriteTransport):
            transport.write(b"421 4.3.2 too many connections, try again\r\n")
        transport.close()


class _Porter:
    """Who may come in. Nothing is passed on, and nothing is answered by mail."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.open: set[_Talk] = set()

    async def handle_MAIL(  # noqa: N802
        self, talk: _Talk, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address or ""
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, talk: _Talk, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self.reader.is_ours(address):
            return "550 5.1.1 no such mailbox here"
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients, try again"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, talk: _Talk, session: Session, envelope: Envelope) -> str:  # noqa: N802
        raw = envelope.original_content or b""
        source = "lmtp" if talk.is_lmtp else "smtp"
        await keep(source, envelope.mail_from or "", envelope.rcpt_tos, raw)
        answers = len(envelope.rcpt_tos) if talk.is_lmtp else 1
        return "\r\n".join(["250 2.0.0 kept"] * answers)

    async def handle_exception(self, error: Exception) -> str:
        """Whatever went wrong here is no fault of the mail: it comes again."""
        log.error("a mail could not be kept: %s", type(error).__name__)
        return "451 4.3.0 not now, try again"


@asynccontextmanager
async def listening(reader: Reader, where: Door) -> AsyncIterator[int]:
    """Take mail in meanwhile; gives the port. A mail is answered 250 once its row is committed."""
    every_command.setLevel(logging.ERROR)  # addresses stand in it
    porter = _Porter(reader)
    loop = asyncio.get_running_loop()

    def answer() -> asyncio.Protocol:
        if len(porter.open) >= MOST_CONNECTIONS:
            return _Full()
        talk = _Talk(
            porter,
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            hostname=reader.settings.sender.domain,
            ident="Givefirst",
            timeout=PATIENCE,
            loop=loop,
        )
        talk.only_lmtp = where.protocol == "lmtp"
        porter.open.add(talk)
        return talk

    server = await loop.create_server(answer, where.host, where.port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for talk in list(porter.open):
            if isinstance(talk.transport, asyncio.Transport):
                talk.transport.abort()
