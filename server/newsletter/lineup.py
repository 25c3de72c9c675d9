"""The queue of tips without a time of their own, and planning one of them for a moment."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from server.kit.clock import now
from server.kit.database import db_time, in_transaction, lock_word, rows
from server.kit.house import House
from server.kit.slots import on_wall
from server.newsletter.models import Issue, IssuePlan
from server.newsletter.tips import Tip, Tips

LAST = 1_000_000  # the place of a tip that nobody moved


class PastError(Exception):
    """This moment is past."""


class PlannedError(Exception):
    """It is planned already, for `at`."""

    def __init__(self, at: datetime) -> None:
        super().__init__(f"planned for {at:%Y-%m-%d %H:%M}")
        self.at = at


class StartedError(Exception):
    """It was sent already, or is being sent."""


def own_moment(tip: Tip, house: House, zone: ZoneInfo) -> datetime | None:
    """When a tip wants to go by itself: `send_at` by the clock of the site; a day alone, at the
    hour of the first slot."""
    at = tip.send_at
    if at is None:
        return None
    if not isinstance(at, datetime):
        return on_wall(at, house.tip_time, zone)
    return at if at.tzinfo else on_wall(at.date(), at.time(), zone)


async def lineup(tips: Tips, house: House, zone: ZoneInfo) -> list[str]:
    """The names of the tips that wait for a slot, the next first: by name, unless moved by hand."""
    today = now().astimezone(zone).date()
    plans = {plan.name: plan for plan in await IssuePlan.all()}
    started = {str(name) for name in await Issue.all().values_list("name", flat=True)}
    found = [
        (plans[name].place if name in plans else 0, name)
        for name, editions in tips.issues().items()
        if name not in started and _waits(editions, plans.get(name), today)
    ]
    return [name for place, name in sorted(found, key=lambda one: (one[0] or LAST, one))]


def _waits(editions: list[Tip], plan: IssuePlan | None, today: date) -> bool:
    if plan:
        return plan.state == "queue"
    published = any(tip.published and tip.published <= today for tip in editions)
    return not published and not any(tip.send_at for tip in editions)


async def move(tips: Tips, house: House, zone: ZoneInfo, name: str, *, up: bool) -> bool:
    """One place up or down in the queue; False at its end, or when it is not there."""
    async with in_transaction():
        await lock_word("the queue of tips")
        queue = await lineup(tips, house, zone)
        place = queue.index(name) if name in queue else -1
        other = place - 1 if up else place + 1
        if place < 0 or not 0 <= other < len(queue):
            return False
        queue[place], queue[other] = queue[other], queue[place]
        for number, one in enumerate(queue, 1):
            await rows(
                "INSERT INTO issue_plan (name, state, place, origin) VALUES (?, 'queue', ?, 'hand')"
                " ON CONFLICT (name) DO UPDATE SET place = excluded.place",
                one,
                number,
            )
    return True


async def plan(name: str, at: datetime) -> None:
    """Have a tip start at a moment. Raises PastError, PlannedError, StartedError."""
    if at <= now():
        raise PastError
    async with in_transaction():
        if await Issue.exists(name=name):
            raise StartedError
        # Whoever comes second finds it planned.
        won = await rows(
            "INSERT INTO issue_plan (name, state, send_at, place, origin)"
            " VALUES (?, 'planned', ?, 0, 'hand') ON CONFLICT (name) DO UPDATE SET"
            " state = 'planned', send_at = excluded.send_at, origin = 'hand'"
            " WHERE issue_plan.state <> 'planned' RETURNING id",
            name,
            db_time(at),
        )
        if not won:
            found = await IssuePlan.get(name=name)
            raise PlannedError(found.send_at or at)


async def take_back(name: str) -> bool:
    """Put a tip that is planned, or whose moment was missed, in the queue; False when it is there
    or was sent."""
    async with in_transaction():
        if await Issue.exists(name=name):
            return False
        won = await rows(
            "INSERT INTO issue_plan (name, state, place, origin) VALUES (?, 'queue', 0, 'hand')"
            " ON CONFLICT (name) DO UPDATE SET state = 'queue', send_at = NULL, origin = 'hand'"
            " WHERE issue_plan.state <> 'queue' RETURNING id",
            name,
        )
    return bool(won)
