"""A line sends one mail after another: over a connection to the relay, or into files.

A mail is marked as being sent in the commit before its text goes. Its envelope may be on its way
already, with the text of the mail before: of that alone a relay takes nothing, so a crash leaves
one mail a line in doubt, the one whose text was under way.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import NamedTuple

from server.kit.clock import now
from server.mail import judging, outbox
from server.mail.claiming import LEASE, Claimed
from server.mail.domains import POLICY, Watch, hold
from server.mail.models import Delivery
from server.mail.recording import Entry, Mark, Recorder, Sent
from server.mail.relays import Health
from server.mail.session import (
    GO_AHEAD,
    DroppedAfterReplyError,
    DroppedError,
    Envelope,
    Reply,
    Session,
    StalledError,
)
from server.mail.transport import Files, Relay, RelayError
from server.mail.verdicts import verdict
from server.mail.work import Work
from server.mail.writing import Writer

MOST = 1000  # mails over one connection
WITHDRAWN = "withdrawn on the way"
NEEDS_UTF8 = Reply(553, b"5.6.7 the relay takes no address with letters outside ASCII")
TOO_LARGE = Reply(552, b"5.3.4 larger than the relay takes")


@dataclass(frozen=True)
class Round:
    """What the lines of one round of sending share."""

    work: Work
    recorder: Recorder
    writer: Writer
    watch: Watch
    health: Health


class Mail(NamedTuple):
    """A delivery and what goes over the line."""

    one: Claimed
    envelope: Envelope
    text: bytes


@dataclass(eq=False)
class RelayLine:
    """One connection: the text of a mail goes with the envelope of the next."""

    relay: Relay
    round: Round
    session: Session | None = None
    domain: str = ""  # of the mail whose answer is awaited
    _is_over: bool = False
    _done: list[tuple[Claimed, Reply]] = field(default_factory=list)
    _entries: list[Entry] = field(default_factory=list)

    async def run(self) -> None:
        """Send until nothing is left, the connection is gone, or it has carried enough."""
        health = self.round.health
        try:
            self.session = await self.relay.connect()
        except RelayError as error:
            health.unreachable(str(error))
            return
        try:
            await self._send_all(self.session)
        finally:
            await self.session.close()

    async def _send_all(self, session: Session) -> None:
        held: Mail | None = None
        while session.is_open:
            mail = self._next(session)
            began = monotonic()
            if not await self._committed(held) or monotonic() - began > LEASE.total_seconds():
                # Withdrawn between its envelope and its text, or we slept and the lease is over:
                # there is no other way to take back a mail that the relay waits for.
                session.abort(DroppedError(WITHDRAWN))
                held = None
            elif mail is None and held is None:
                if self._is_done(session) or not await self.round.work.more():
                    return
                continue
            self.domain = (held or mail).one.domain if held or mail else ""  # type: ignore[union-attr]
            held = await self._exchange(session, held, mail)
            self.domain = ""
        await self._committed(None)

    def _is_done(self, session: Session) -> bool:
        if not self._is_over and (session.count >= MOST or self.round.health.dismisses()):
            self._is_over = True
        return self._is_over

    def _next(self, session: Session) -> Mail | None:
        """The next mail that can be made, and that this relay can take."""
        while not self._is_done(session):
            one = self.round.work.next_mail()
            if one is None:
                return None
            try:
                envelope, text = self.round.writer.write(one)
            except (LookupError, ValueError) as error:
                self._entries.append(judging.parked(one, f"{type(error).__name__}: {error}"))
                continue
            refusal = _refusal(envelope, session)
            if refusal is None:
                return Mail(one, envelope, text)
            self._entries.append(judging.after(one, refusal, now()))
        return None

    async def _committed(self, held: Mail | None) -> bool:
        """Commit what is known of the mails before, and that the text of this one is about to go;
        False when it was taken from us meanwhile."""
        moment = now()
        done, self._done = self._done, []
        entries, self._entries = self._entries, []
        entries += [judging.after(one, reply, moment) for one, reply in done]
        if held:
            entries.append(Mark(held.one.number, held.one.token, moment + LEASE))
        if not entries:
            return True
        won = await self.round.recorder.write(*entries)
        for one, reply in done:
            self.round.health.heard(reply.code)
            if reply.code >= 400 or self.round.watch.cares_for(one.domain):
                await heed(one, reply, self.round)
        return held is None or (Mark, held.one.number) in won

    async def _exchange(
        self, session: Session, held: Mail | None, mail: Mail | None
    ) -> Mail | None:
        """The mail whose text is awaited now."""
        try:
            text, envelope = held.text if held else None, mail.envelope if mail else None
            first, second = await session.exchange(text, envelope)
        except DroppedError as error:
            self._dropped(error, held, mail)
            return None
        session.count += held is not None
        if held and first:
            self._done.append((held.one, first))
        if mail and second and second.code == GO_AHEAD:
            return mail
        if mail and second:
            self._done.append((mail.one, second))
        return None

    def _dropped(self, error: DroppedError, held: Mail | None, mail: Mail | None) -> None:
        """What the relay may have is in doubt; the next one certainly did not leave."""
        moment, text = now(), str(error)
        answered = error.first if isinstance(error, DroppedAfterReplyError) else None
        if held and answered:
            self._done.append((held.one, answered))
        elif held:
            self._entries.append(judging.unsure(held.one, text, moment))
        if mail:
            # Where the text before it broke the line, this one had no part in it.
            innocent = (held and not answered) or text == WITHDRAWN
            pause = timedelta() if innocent else judging.SOON
            self._entries.append(judging.unsent(mail.one, text, moment + pause))
        if isinstance(error, StalledError):
            self.round.health.stalled(text, self.domain)
        elif text != WITHDRAWN:
            self.round.health.dropped(text)


def _refusal(envelope: Envelope, session: Session) -> Reply | None:
    """What the relay would say, known beforehand (RFC 6531 §3.5, RFC 1870 §6)."""
    offer = session.offer
    if not envelope.recipient.isascii() and not offer.smtputf8:
        return NEEDS_UTF8
    return TOO_LARGE if offer.size and envelope.size > offer.size else None


async def heed(one: Claimed, reply: Reply, round_: Round) -> None:
    """What an answer tells beyond its mail: of the address and of the domain."""
    await round_.watch.heard(one.domain, reply.code, reply.text)
    if reply.code < 500:
        return
    meaning = verdict(reply.code, reply.text)
    if meaning == "hard":
        await outbox.suppress(round_.writer.site, one.address, "no such mailbox")
    elif meaning == "policy":
        await hold(one.domain, f"{reply.code} {reply.text}", POLICY)


@dataclass(eq=False)
class FileLine:
    """Mails as files."""

    files: Files
    round: Round

    async def run(self) -> None:
        """Write until nothing is left."""
        while True:
            one = self.round.work.next_file()
            if one:
                await self._write(one)
            elif not await self.round.work.more() or not self.round.work.filed:
                return

    async def _write(self, one: Claimed) -> None:
        recorder, moment = self.round.recorder, now()
        try:
            envelope, text = self.round.writer.write(one)
        except (LookupError, ValueError) as error:
            await recorder.write(judging.parked(one, f"{type(error).__name__}: {error}"))
            return
        if not await recorder.write(Mark(one.number, one.token, moment + LEASE)):
            return
        try:
            file = await self.files.send(envelope.sender, envelope.recipient, text)
        except OSError as error:
            await recorder.write(judging.again(one, f"disk: {error.strerror}", moment))
            return
        kept = (Sent, one.number) in await recorder.write(Sent(one.number, one.token, now()))
        if not kept and not await Delivery.exists(id=one.number):
            # Erased while it was written: a file would outlive its row.
            file.unlink(missing_ok=True)
