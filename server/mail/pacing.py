"""How many mails may leave at this moment: one rate for all workers, one for each domain that has
its own, and the days on which a new sender warms up.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from server.kit.clock import now
from server.kit.database import in_transaction
from server.kit.house import House, WarmUp
from server.mail.domains import have_row
from server.mail.models import BULK, DomainPace, Pace

# How far before its time a mail may leave, so that rates even out. Who waits for their mail may
# still go when a newsletter has taken its share.
AHEAD = {0: timedelta(seconds=1), BULK: timedelta(seconds=0.5)}


@dataclass(frozen=True)
class Scope:
    """Of which domains mail is taken: of `only` this one, or of all but those in `without`."""

    only: str = ""
    without: tuple[str, ...] = ()


Take = Callable[[int, Scope], Awaitable[list[int]]]


@dataclass(frozen=True)
class Pacing:
    """What limits there are; `rate` 0 is none."""

    zone: ZoneInfo
    rate: float = 0.0
    domains: Mapping[str, float] = field(default_factory=dict)
    warm_up: WarmUp | None = None

    @classmethod
    def of(cls, rate: float, house: House, zone: ZoneInfo) -> "Pacing":
        """From the settings and `mail:` in site.yaml."""
        return cls(zone, rate, house.mail_rates, house.warm_up)

    async def take(self, lane: int, most: int, take: Take) -> list[int]:
        """The rows that `take` gave, no more than may leave now."""
        if lane != BULK:
            return await self._shared(lane, most, take) if self.rate else await take(most, Scope())
        rest = Scope(without=tuple(self.domains))

        async def all_of(count: int, _: Scope) -> list[int]:
            found = await take(count, rest)
            for domain, rate in self.domains.items():
                found += await self._domain(domain, rate, count - len(found), take)
            return found

        if self.rate or self.warm_up:
            return await self._shared(lane, most, all_of)
        return await all_of(most, Scope())

    async def _shared(self, lane: int, most: int, take: Take) -> list[int]:
        """By the one row that all workers share."""
        async with in_transaction():
            pace = await Pace.select_for_update().get(id=1)
            moment = now()
            day = moment.astimezone(self.zone).date()
            taken = pace.taken if pace.day == day.isoformat() else 0
            room = most
            start = max(pace.next_at, moment)
            if self.rate:
                room = min(room, _room(start, moment + AHEAD[lane], self.rate))
            if self.warm_up and lane == BULK:
                room = min(room, self.warm_up.most_on(day) - taken)
            if room <= 0:
                return []
            numbers = await take(room, Scope())
            later = start + timedelta(seconds=len(numbers) / self.rate) if self.rate else start
            counted = taken + len(numbers) * (lane == BULK)
            changed = {"next_at": later, "day": day.isoformat(), "taken": counted}
            await Pace.filter(id=1).update(**changed)
        return numbers

    async def _domain(self, domain: str, rate: float, most: int, take: Take) -> list[int]:
        if most <= 0:
            return []
        async with in_transaction():
            moment = now()
            await have_row(domain)
            pace = await DomainPace.select_for_update().get(domain=domain)
            start = max(pace.next_at, moment)
            room = min(most, _room(start, moment + max(AHEAD[BULK], _one(rate)), rate))
            if room <= 0:
                return []
            numbers = await take(room, Scope(only=domain))
            later = start + _one(rate) * len(numbers)
            await DomainPace.filter(id=pace.id).update(next_at=later)
        return numbers


def _one(rate: float) -> timedelta:
    """The time that one mail takes."""
    return timedelta(seconds=1 / rate)


def _room(start: datetime, until: datetime, rate: float) -> int:
    # Slower than one in half a second a single mail has its turn all the same.
    return int((until - start).total_seconds() * rate + 1e-6)
