"""A mail server on the loopback that keeps what it gets and fails where a test wants it to."""

import asyncio
import email
import socket
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from threading import Lock
from typing import Any, Literal, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

Step = Literal["MAIL", "RCPT", "DATA"]

# Instead of a reply: the connection breaks. After DATA the mail is kept all the same, so that the
# sender cannot know whether it arrived.
BREAK = "break"


@dataclass(frozen=True)
class Received:
    """A mail that was taken: its envelope, its octets and what they say."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.raw, policy=default)


@dataclass
class _Fault:
    reply: str
    times: int | None


@dataclass
class SmtpServer:
    """A running server; `messages` grows as mail arrives, in order of arrival."""

    port: int
    messages: list[Received] = field(default_factory=list)
    _plan: dict[tuple[Step, str], _Fault] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @property
    def url(self) -> str:
        """As GIVEFIRST_SMTP_URL takes it."""
        return f"smtp://127.0.0.1:{self.port}"

    def answer(self, step: Step, address: str, reply: str, times: int | None = None) -> None:
        """Reply so (`"450 4.2.1 try later"` or BREAK) to a step for an address, or `"*"` for any.

        MAIL is told apart by its sender, RCPT by its recipient, DATA by any of its recipients.
        It holds for so many times, or for good; a later call for the same step and address wins.
        """
        with self._lock:
            self._plan[step, address.lower()] = _Fault(reply, times)

    def forgive(self) -> None:
        """From now on every mail is taken."""
        with self._lock:
            self._plan.clear()

    def sent_to(self, address: str) -> list[Received]:
        """What was taken for one recipient."""
        return [one for one in self.messages if address in one.recipients]

    async def expect(self, count: int, seconds: float = 10) -> list[Received]:
        """The mails taken so far, once there are `count`; AssertionError when the time is up."""
        until = time.monotonic() + seconds
        while len(self.messages) < count:
            found = [one.recipients for one in self.messages]
            assert time.monotonic() < until, f"{len(found)} of {count} mails came: {found}"
            await asyncio.sleep(0.01)
        return list(self.messages)

    def fault(self, step: Step, *addresses: str) -> str | None:
        """What the plan says to reply, if anything; counts the times."""
        with self._lock:
            for address in (*(one.lower() for one in addresses), "*"):
                fault = self._plan.get((step, address))
                if fault and fault.times != 0:
                    fault.times = None if fault.times is None else fault.times - 1
                    return fault.reply
        return None


class _Handler:
    def __init__(self, mails: SmtpServer) -> None:
        self.mails = mails

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        fault = self._reply(server, self.mails.fault("MAIL", address))
        if fault is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return fault or "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        fault = self._reply(server, self.mails.fault("RCPT", address))
        if fault is None:
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return fault or "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        planned = self.mails.fault("DATA", *envelope.rcpt_tos)
        if planned in (None, BREAK):
            recipients = tuple(envelope.rcpt_tos)
            raw = cast(bytes, envelope.original_content)
            self.mails.messages.append(Received(envelope.mail_from or "", recipients, raw))
        return self._reply(server, planned) or "250 2.0.0 taken"

    def _reply(self, server: SMTP, planned: str | None) -> str | None:
        if planned == BREAK:
            _abort(server)
        return planned


def _abort(session: SMTP) -> None:
    if session.transport:
        cast(asyncio.Transport, session.transport).abort()


class SmtpController(Controller):
    """Runs the server in a thread: `start`, then `stop`. Options go to aiosmtpd's SMTP."""

    def __init__(self, **options: Any) -> None:
        # The port is taken before the server runs, so that nobody else can get it.
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.mails = SmtpServer(self.socket.getsockname()[1])
        self.sessions: list[SMTP] = []
        super().__init__(_Handler(self.mails), "127.0.0.1", self.mails.port, **options)

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        return self.loop.create_server(
            self._factory_invoker, sock=self.socket, ssl=self.ssl_context
        )

    def factory(self) -> SMTP:
        session: SMTP = super().factory()  # type: ignore[no-untyped-call]
        self.sessions.append(session)
        return session

    def stop(self, no_assert: bool = False) -> None:
        # From Python 3.12 on a server waits for its connections, and a client may keep one.
        self.loop.call_soon_threadsafe(self._break_connections)
        super().stop(no_assert)

    def _break_connections(self) -> None:
        for session in self.sessions:
            _abort(session)
