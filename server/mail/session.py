"""One SMTP connection after its greeting: envelopes and texts, several commands on their way.

aiosmtplib connects, says EHLO, secures and authenticates; then the transport is handed to this
protocol. Where the relay offers PIPELINING the text of one mail and the envelope of the next go
out in one write (RFC 2920 §3.1): one round trip a mail. Else the same class goes step by step.
"""

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import NamedTuple, cast

LONGEST_LINE = 2048  # octets of a reply line; RFC 5321 §4.5.3.1.5 says 512
MOST_LINES = 100  # of one reply
MOST_REPLIES = 8  # that nobody waited for: four are the most that we have on their way
END = b".\r\n"  # every text ends with a line of its own
GO_AHEAD = 354


@dataclass(frozen=True)
class Patience:
    """Seconds to wait at each step: the least that RFC 5321 §4.5.3.2 asks of a client.

    After `stall` seconds we still wait, but give the domain of that mail no other connection.
    """

    greeting: float = 300
    mail: float = 300
    rcpt: float = 300
    data: float = 120
    text: float = 600
    quit: float = 5
    stall: float = 3


class Reply(NamedTuple):
    """What the relay said."""

    code: int
    said: bytes

    @property
    def text(self) -> str:
        """Its words, without the code."""
        return self.said.decode("utf-8", "replace")

    @property
    def is_good(self) -> bool:
        return self.code < 400


@dataclass(frozen=True)
class Offer:
    """What the relay can do, as its EHLO told."""

    pipelining: bool = False
    size: int | None = None
    smtputf8: bool = False


class Envelope(NamedTuple):
    """From whom to whom, and how many octets."""

    sender: str
    recipient: str
    size: int

    def commands(self, offer: Offer) -> list[bytes]:
        """MAIL, RCPT and DATA."""
        more = f" SIZE={self.size}" if offer.size is not None else ""
        if not self.recipient.isascii():
            more += " SMTPUTF8"
        both = f"MAIL FROM:<{self.sender}>{more}\r\nRCPT TO:<{self.recipient}>\r\nDATA\r\n"
        return both.encode().splitlines(keepends=True)


class DroppedError(Exception):
    """The connection is gone, or what came over it makes no sense."""


class StalledError(DroppedError):
    """The relay kept silent for longer than we may wait."""


class Session(asyncio.Protocol):
    """One connection; `exchange` is for one caller at a time."""

    def __init__(self, transport: asyncio.Transport, offer: Offer, patience: Patience) -> None:
        self.offer, self.patience = offer, patience
        self.count = 0
        self.waiting_since: float | None = None
        self._transport = transport
        self._buffer = b""
        self._lines: list[bytes] = []
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._fault: DroppedError | None = None
        self._deadline = 0.0
        transport.set_protocol(self)

    @property
    def is_open(self) -> bool:
        """Nothing went wrong so far."""
        return self._fault is None

    async def exchange(
        self, text: bytes | None, envelope: Envelope | None
    ) -> tuple[Reply | None, Reply | None]:
        """Send the text of the mail whose envelope was taken, and the next envelope.

        The reply to the text, and to the envelope: GO_AHEAD when its text is awaited, else what
        refused it. Raises DroppedError; then the first mail is in doubt and the next is not taken.
        """
        self.waiting_since = monotonic()
        first: Reply | None = None
        try:
            if self.offer.pipelining:
                await self._say_together(text, envelope)
            elif text is not None:
                await self._say(text + END)
            if text is not None:
                first = await self._reply(self.patience.text)
                if first.code == 421:
                    raise DroppedAfterReplyError(first)
            return first, await self._envelope(envelope) if envelope else None
        except DroppedError as error:
            if first is None:
                raise
            # The text was answered: only the envelope is lost with the connection.
            raise DroppedAfterReplyError(first) from error
        finally:
            self.waiting_since = None

    async def close(self) -> None:
        """QUIT, and wait for its answer: some relays drop what they hold when we just hang up."""
        if self.is_open:
            with suppress(DroppedError, TimeoutError):
                async with asyncio.timeout(self.patience.quit):
                    await self._say(b"QUIT\r\n")
                    await self._reply(self.patience.quit)
        self._transport.abort()

    def abort(self, error: DroppedError) -> None:
        """Hang up now; whoever waits is told."""
        self._fail(error)
        self._transport.abort()

    def check(self) -> None:
        """Hang up when the relay has been silent for too long; called from time to time."""
        if self.waiting_since and monotonic() > self._deadline:
            self.abort(StalledError("no answer in time"))

    # What the exchange consists of.

    async def _say_together(self, text: bytes | None, envelope: Envelope | None) -> None:
        parts = [text, END] if text is not None else []
        if envelope:
            parts += envelope.commands(self.offer)
        await self._say(b"".join(parts))

    async def _envelope(self, envelope: Envelope) -> Reply:
        if not self.offer.pipelining:
            return await self._one_by_one(envelope)
        mail = await self._reply(self.patience.mail)
        rcpt = await self._reply(self.patience.rcpt)
        return await self._settled(mail, rcpt, await self._reply(self.patience.data))

    async def _settled(self, mail: Reply, rcpt: Reply, data: Reply) -> Reply:
        """One answer to three commands that went together."""
        refused = next((one for one in (mail, rcpt) if not one.is_good), None)
        if refused is None:
            return data
        if data.code == GO_AHEAD:
            # It awaits the text of a mail without a reader: an empty one, for it takes none.
            await self._say(b".\r\n")
            await self._reply(self.patience.text)
        else:
            await self._reset()
        return refused

    async def _one_by_one(self, envelope: Envelope) -> Reply:
        patience = (self.patience.mail, self.patience.rcpt, self.patience.data)
        for command, seconds in zip(envelope.commands(self.offer), patience, strict=True):
            await self._say(command)
            reply = await self._reply(seconds)
            if not reply.is_good:
                await self._reset()
                return reply
        return reply

    async def _reset(self) -> None:
        """Forget the envelope that was begun."""
        await self._say(b"RSET\r\n")
        await self._reply(self.patience.mail)

    async def _say(self, octets: bytes) -> None:
        if self._fault:
            raise self._fault
        self._deadline = monotonic() + self.patience.text
        self._transport.write(octets)
        if not self._writable.is_set():
            await self._writable.wait()
            if self._fault:
                raise self._fault

    async def _reply(self, patience: float) -> Reply:
        while not self._replies:
            if self._fault:
                raise self._fault
            self._deadline = monotonic() + patience
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        reply = self._replies.popleft()
        if reply.code == 421:
            # It closes the channel (RFC 5321 §3.8): nothing more will be answered.
            self._fail(DroppedError(reply.text))
        return reply

    # What the transport calls.

    def data_received(self, data: bytes) -> None:
        """Replies come in pieces, of several lines, or as garbage."""
        *lines, self._buffer = (self._buffer + data if self._buffer else data).split(b"\n")
        for line in lines:
            if self._fault:
                return  # what follows garbage answers nothing of ours
            self._take(line.rstrip(b"\r"))
        if len(self._buffer) > LONGEST_LINE:
            self.abort(DroppedError("a reply without an end"))

    def _take(self, line: bytes) -> None:
        self._lines.append(line[4:])
        if len(line) > LONGEST_LINE or len(self._lines) > MOST_LINES or not line[:3].isdigit():
            self.abort(DroppedError(f"no SMTP reply: {line[:60]!r}"))
        elif line[3:4] != b"-":
            self._replies.append(Reply(int(line[:3]), b" ".join(self._lines)))
            self._lines.clear()
            if len(self._replies) > MOST_REPLIES:
                self.abort(DroppedError("replies that nobody asked for"))
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side hung up."""
        self._fail(DroppedError(str(exc or "the relay hung up")))

    def eof_received(self) -> bool:
        """Nothing more comes: hang up as well."""
        return False

    def pause_writing(self) -> None:
        """The line is full."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """There is room again."""
        self._writable.set()

    def _fail(self, error: DroppedError) -> None:
        self._fault = self._fault or error
        self._writable.set()
        self._wake()

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)


class DroppedAfterReplyError(DroppedError):
    """The connection is gone, but the relay had answered the text: `first` tells how."""

    def __init__(self, first: Reply | None) -> None:
        super().__init__(first.text if first else "the relay hung up")
        self.first = first


def session_over(transport: asyncio.BaseTransport, offer: Offer, patience: Patience) -> Session:
    """Take over a connection that was greeted, secured and authenticated."""
    return Session(cast(asyncio.Transport, transport), offer, patience)
