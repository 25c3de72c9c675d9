"""Slots of a week by the clock on the wall: when the next ones are, also where the clock jumps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEK = timedelta(days=7)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, order=True)
class Slot:
    """A moment of every week: Monday is 0."""

    weekday: int
    at: time


@dataclass(frozen=True)
class Turn:
    """One slot of one ISO week. The key holds the week and not the hour, so that a slot that is
    moved has one turn a week all the same."""

    key: str
    at: datetime


def on_wall(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The moment the clock shows this hour; in a gap the first moment after it, in an overlap
    the first of the two."""
    moment = datetime.combine(day, at, zone)
    if not in_gap(day, at, zone):
        return moment.astimezone(UTC)
    # The zone jumps between these two: look for the first second after the jump.
    after = moment.replace(fold=1).utcoffset() or timedelta()
    before = moment.utcoffset() or timedelta()
    plain = datetime.combine(day, at, UTC)
    low, high = plain - after, plain - before
    while high - low > SECOND:
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == after:
            high = middle
        else:
            low = middle
    return high.replace(microsecond=0)


def in_gap(day: date, at: time, zone: ZoneInfo) -> bool:
    """The clock on the wall never shows this hour on this day."""
    moment = datetime.combine(day, at, zone)
    return moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment.replace(
        tzinfo=None
    )


def coming(slots: Sequence[Slot], zone: ZoneInfo, after: datetime, weeks: int) -> list[Turn]:
    """Every turn later than `after`, in this ISO week and the next ones, in order of time."""
    today = after.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    found = [
        turn_of(monday + n * WEEK, number, slot, zone)
        for n in range(weeks + 1)
        for number, slot in enumerate(sorted(slots), 1)
    ]
    return sorted((turn for turn in found if turn.at > after), key=lambda turn: turn.at)


def turn_of(monday: date, number: int, slot: Slot, zone: ZoneInfo) -> Turn:
    """The turn of slot `number` in the week of this Monday."""
    year, week, _ = monday.isocalendar()
    at = on_wall(monday + timedelta(days=slot.weekday), slot.at, zone)
    return Turn(f"{year}-W{week:02d}-{number}", at)


def week_of(moment: datetime, zone: ZoneInfo) -> str:
    """The ISO week of a moment, as the keys of its turns begin: `2026-W48-`."""
    year, week, _ = moment.astimezone(zone).isocalendar()
    return f"{year}-W{week:02d}-"
