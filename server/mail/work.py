"""What one round of sending has to do: claimed ahead, handed out line by line."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator

from server.mail.claiming import BATCH, Claimed, Haul
from server.mail.recording import Recorder
from server.mail.writing import Writer

Claim = Callable[[int], Awaitable[Haul]]


class Work:
    """Rows that are ours, fetched in batches; the next batch when half of one is left.

    `barred` are domains whose relay keeps us waiting: their mails stand aside meanwhile.
    """

    def __init__(self, claim: Claim, recorder: Recorder, writer: Writer, *, by_relay: bool) -> None:
        self.relayed: deque[Claimed] = deque()
        self.filed: deque[Claimed] = deque()
        self.tokens: list[str] = []
        self.dealt = 0
        self.is_over = self._is_ended = False
        self.barred: set[str] = set()
        self._aside: deque[Claimed] = deque()
        self._given_up: set[str] = set()
        self._claim, self._recorder, self._writer = claim, recorder, writer
        self._by_relay = by_relay
        self._fetching: asyncio.Task[None] | None = None

    def end(self) -> None:
        """Claim nothing more, hand out nothing more."""
        self.is_over = self._is_ended = True

    def next_mail(self) -> Claimed | None:
        """One for a relay; None when there is none at this moment."""
        while self.relayed and not self._is_ended:
            if len(self.relayed) <= BATCH // 2:
                self._fetch_ahead()
            one = self.relayed.popleft()
            if one.domain not in self.barred:
                return one
            self._aside.append(one)
        return None

    def next_file(self) -> Claimed | None:
        """One for a file; None when there is none at this moment."""
        return self.filed.popleft() if self.filed and not self._is_ended else None

    async def more(self) -> bool:
        """Wait for what is being fetched; False when nothing is left to claim."""
        if self.is_over:
            return False
        self._fetch_ahead()
        if self._fetching:
            await asyncio.wait({self._fetching})
            if self._fetching.done() and self._fetching.exception():
                # What we hold is finished first; `close` tells what went wrong.
                self.is_over = True
        return bool(self.relayed or self.filed)

    def left(self) -> Iterator[Claimed]:
        """What was claimed and not begun."""
        for queue in (self.relayed, self.filed, self._aside):
            while queue:
                yield queue.popleft()

    def give_up(self, domain: str) -> None:
        """This domain never answered: what stands aside for it is for another time."""
        self.barred.add(domain)
        self._given_up.add(domain)

    def admit(self, domain: str) -> None:
        """A barred domain answers again."""
        if domain in self._given_up:
            return
        self.barred.discard(domain)
        kept: deque[Claimed] = deque()
        while self._aside:
            one = self._aside.popleft()
            (self.relayed if one.domain == domain else kept).append(one)
        self._aside = kept

    async def close(self) -> None:
        """Nothing is being fetched any more. Raises what a fetch failed with."""
        if self._fetching:
            await self._fetching

    def _fetch_ahead(self) -> None:
        idle = self._fetching is None or self._fetching.done()
        if not self.is_over and idle:
            self._fetching = asyncio.create_task(self._fetch())

    async def _fetch(self) -> None:
        haul = await self._claim(BATCH)
        if not haul.count:
            self.is_over = True
            return
        self.tokens.append(haul.token)
        self.dealt += haul.count
        if haul.refused:
            await self._recorder.write(*haul.refused)
        await self._writer.prepare(haul.ready)
        for one in haul.ready:
            by_file = one.is_invented or not self._by_relay
            (self.filed if by_file else self.relayed).append(one)
