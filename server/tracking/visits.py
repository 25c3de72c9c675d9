"""How often the pages for all are opened: counted in memory, written every few seconds.

A count and nothing more: no address, no browser, no cookie. Whoever opens a page twice is counted
twice.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import date
from functools import lru_cache

from tortoise.exceptions import DBConnectionError, OperationalError

from server.kit.database import db_day, rows
from server.tracking.evidence import COUNTS, Hit, judge

EVERY = 5.0  # seconds between two writings
MOST = 10_000  # different openings before people are told from machines
LONGEST = 200  # letters of a path

log = logging.getLogger("givefirst.visits")


class Visits:
    """The openings that were not written yet; `today` tells the day of the site."""

    def __init__(self, today: Callable[[], date]) -> None:
        self._today = today
        self._noted: Counter[tuple[str, bytes, bytes]] = Counter()
        self._people: Counter[tuple[date, str]] = Counter()
        self._machines: Counter[tuple[date, str]] = Counter()

    def note(self, path: str, agent: bytes, purpose: bytes) -> None:
        """Count one opening; the two headers are as they came."""
        self._noted[path, agent[:200], purpose[:40]] += 1
        if len(self._noted) > MOST:
            self._judge()

    def _judge(self) -> None:
        """Tell people from machines and forget what told them apart."""
        noted, self._noted, today = self._noted, Counter(), self._today()
        for (path, agent, purpose), count in noted.items():
            is_person = _is_person(agent.decode("latin-1"), purpose.decode("latin-1"))
            counter = self._people if is_person else self._machines
            counter[today, path[:LONGEST]] += count

    async def write(self) -> None:
        """Write what was counted; what cannot be written now is kept for the next time."""
        self._judge()
        people, machines = self._people, self._machines
        self._people, self._machines = Counter(), Counter()
        try:
            for day, path in sorted({*people, *machines}):
                await _add(day, path, people[day, path], machines[day, path])
                # Written: it is not to be counted again if a later one fails.
                people.pop((day, path), None)
                machines.pop((day, path), None)
        except (OperationalError, DBConnectionError) as error:
            log.warning("visits: %s", type(error).__name__)
            self._people.update(people)
            self._machines.update(machines)

    @contextlib.asynccontextmanager
    async def written(self) -> AsyncIterator[None]:
        """Write every few seconds while the site runs, and once more when it ends."""
        writer = asyncio.create_task(self._go_on())
        try:
            yield
        finally:
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer
            await self.write()

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            await self.write()


async def _add(day: date, path: str, people: int, machines: int) -> None:
    await rows(
        "INSERT INTO page_view (day, path, people, machines) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (day, path) DO UPDATE SET people = page_view.people + excluded.people,"
        " machines = page_view.machines + excluded.machines RETURNING id",
        db_day(day),
        path,
        people,
        machines,
    )


@lru_cache(maxsize=2_000)
def _is_person(agent: str, purpose: str) -> bool:
    return judge(Hit("GET", agent, purpose)).evidence in COUNTS
