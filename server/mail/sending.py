"""Sending what is due: claimed with a lease, over several connections, each outcome committed.

A delivery is marked before the first command of its transaction and settled before its connection
goes on, so a crash leaves at most one mail a connection in doubt; who lost the lease meanwhile
changes nothing.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from math import ceil
from time import monotonic

from server.kit.clock import now
from server.kit.database import DATABASE_FAULTS
from server.kit.house import HouseFile
from server.kit.settings import Settings
from server.kit.site import Site
from server.mail import claiming, judging
from server.mail.claiming import LEASE
from server.mail.domains import STALLED, Watch, hold
from server.mail.lines import FileLine, RelayLine, Round
from server.mail.models import BULK, TRANSACTIONAL
from server.mail.pacing import Pacing
from server.mail.recording import Recorder
from server.mail.relays import Health
from server.mail.session import DroppedError, Patience
from server.mail.transport import Files, Relay
from server.mail.work import Work
from server.mail.writing import Writer

A_LINE = 5  # mails that are worth a connection of their own
FILE_LINES = 4
TICK = 0.25  # seconds between two looks at the connections
ORDERLY = 30.0  # seconds that what is under way gets when we are told to stop

Lines = dict[asyncio.Task[None], RelayLine | FileLine]


@dataclass(eq=False)
class Sender:
    """Sends what is due; one for each process."""

    settings: Settings
    site: Site
    patience: Patience = field(default_factory=Patience)

    def __post_init__(self) -> None:
        self._relay = Relay(self.settings.smtp_url, self.site.host, self.patience)
        self._files = Files(self.settings.data / "mail")
        self._writer = Writer(self.settings, self.site)
        self._watch = Watch()
        self._house = HouseFile(self.settings.content)
        self._health = {
            TRANSACTIONAL: Health(self.settings.mail_connections),
            BULK: Health(self.settings.mail_connections),
        }
        self._stopped_at: float | None = None

    def stop(self) -> None:
        """Take nothing new; what is under way is finished."""
        self._stopped_at = self._stopped_at or monotonic()

    async def send_batch(self) -> int:
        """Send everything that is due; how many rows were dealt with."""
        return await self.drain(TRANSACTIONAL) + await self.drain(BULK)

    async def drain(self, lane: int) -> int:
        """Send all that is due in a lane; how many rows were dealt with, 0 = nothing was due."""
        health = self._health[lane]
        if self._stopped_at or health.is_down:
            return 0
        claim = partial(self._claim, lane)
        async with Recorder(self.settings) as recorder:
            work = Work(claim, recorder, self._writer, by_relay=bool(self.settings.smtp_url))
            shared = Round(work, recorder, self._writer, self._watch, health)
            try:
                if await work.more():
                    await self._supervise(shared)
            finally:
                try:
                    await work.close()
                finally:
                    await self._leave(shared)
        return work.dealt

    async def _claim(self, lane: int, most: int) -> claiming.Haul:
        settings, house = self.settings, self._house.fresh()
        pacing = Pacing.of(settings.mail_rate, house, settings.timezone)
        return await claiming.claim(lane, most, pacing, self.site)

    async def _supervise(self, shared: Round) -> None:
        """Keep as many lines going as there is work for, until there is none."""
        lines: Lines = {}
        renewed = monotonic()
        try:
            while self._staff(lines, shared) or await self._has_more(shared):
                if not lines:
                    continue
                ended, _ = await asyncio.wait(
                    lines, timeout=TICK, return_when=asyncio.FIRST_COMPLETED
                )
                for task in ended:
                    del lines[task]
                    task.result()
                await self._look(lines, shared)
                if monotonic() - renewed > LEASE.total_seconds() / 3:
                    renewed = monotonic()
                    with suppress(*DATABASE_FAULTS):  # two more turns before it is over
                        await claiming.renew(shared.work.tokens)
        finally:
            for task in lines:
                task.cancel()
            await asyncio.gather(*lines, return_exceptions=True)

    async def _has_more(self, shared: Round) -> bool:
        """Nobody is at work: is there anything left that may be done?"""
        return not (self._stopped_at or shared.health.is_down) and await shared.work.more()

    def _staff(self, lines: Lines, shared: Round) -> bool:
        """Start the lines that are lacking; whether any is at work."""
        work, health = shared.work, shared.health
        if self._stopped_at:
            work.end()
            return bool(lines)
        relays = [line for line in lines.values() if isinstance(line, RelayLine)]
        stuck = sum(line.domain in work.barred for line in relays if line.domain)
        room = min(health.limit + min(stuck, health.most), ceil(len(work.relayed) / A_LINE) + stuck)
        fresh: list[RelayLine | FileLine] = []
        if not health.is_down and room > len(relays):
            fresh += [RelayLine(self._relay, shared) for _ in range(room - len(relays))]
        health.open = len(relays) + len(fresh)
        writers = min(FILE_LINES, ceil(len(work.filed) / A_LINE)) - (len(lines) - len(relays))
        fresh += [FileLine(self._files, shared) for _ in range(writers)]
        for line in fresh:
            lines[asyncio.create_task(line.run())] = line
        return bool(lines)

    async def _look(self, lines: Lines, shared: Round) -> None:
        """Who waits too long: hang up at the end of our patience; and hand out no second mail to
        a domain that keeps us waiting."""
        late = self._stopped_at is not None and monotonic() - self._stopped_at > ORDERLY
        waiting: set[str] = set()
        for line in lines.values():
            session = line.session if isinstance(line, RelayLine) else None
            if session is None:
                continue
            if late:
                session.abort(DroppedError("stopped"))
            session.check()
            since = session.waiting_since
            if since and monotonic() - since > self.patience.stall:
                waiting.add(line.domain)  # type: ignore[union-attr]
        for domain in waiting - shared.work.barred:
            shared.work.barred.add(domain)
            await hold(domain, "no answer", STALLED)
        for domain in shared.work.barred - waiting:
            shared.work.admit(domain)

    async def _leave(self, shared: Round) -> None:
        """What was claimed and not begun is free again; later, where the relay is down."""
        left = list(shared.work.left())
        if left and not self._stopped_at:
            # Before those with whom the line broke: they may be why it did.
            told, at = shared.health.told, now()
            await shared.recorder.write(*(judging.unsent(one, told, at) for one in left))
        elif left:
            await claiming.give_back(shared.work.tokens)
