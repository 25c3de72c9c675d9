"""When there is an answer: what we promise, and how long somebody waited while we were open."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from server.kit.house import House
from server.kit.text import say

SOON = timedelta(minutes=30)  # before closing: too late to promise anything for today
START = timedelta(hours=2)  # after opening: what came at night is answered by then
MOST_DAYS = 60
HOUR = 60  # minutes
LONG = timedelta(hours=24)


@dataclass(frozen=True)
class Promise:
    """By when there is an answer."""

    until: datetime
    is_today: bool


def promise(house: House, moment: datetime, zone: ZoneInfo) -> Promise | None:
    """The answer comes before we close today, else soon after we open again.

    None: we are closed for the next two weeks.
    """
    opening = house.opening(moment, zone)
    at = opening.changes_at
    if opening.is_open and at:
        if at - opening.now >= SOON:
            return Promise(at, is_today=True)
        at = house.opening(at, zone).changes_at
    span = house.span(at.date()) if at else None
    if not at or not span:
        return None
    until = min(at + START, datetime.combine(at.date(), span[1], zone))
    return Promise(until, is_today=until.date() == opening.now.date())


def changes_at(house: House, moment: datetime, zone: ZoneInfo) -> datetime | None:
    """When we promise something else than at this moment, where that is before we close."""
    opening = house.opening(moment, zone)
    turn = opening.changes_at - SOON if opening.is_open and opening.changes_at else None
    return turn if turn and turn > opening.now else None


def open_time(house: House, start: datetime, end: datetime, zone: ZoneInfo) -> timedelta:
    """How much of the time between two moments we were open; of two months at most."""
    begin, stop = start.astimezone(zone), end.astimezone(zone)
    total = timedelta()
    for ahead in range(min((stop.date() - begin.date()).days, MOST_DAYS) + 1):
        day = begin.date() + timedelta(days=ahead)
        span = house.span(day)
        if span:
            opens, closes = (datetime.combine(day, at, zone) for at in span)
            total += max(timedelta(), min(closes, stop) - max(opens, begin))
    return total


def span_words(language: str, span: timedelta) -> str:
    """`18 minuten`, `3 uur`, `40 openingsuren`: a span of open hours in words."""
    minutes = int(span.total_seconds() // 60)
    if minutes < HOUR:
        return say(language, "contact.minutes", count=max(minutes, 1))
    key = "contact.hours_count" if span < LONG else "contact.open_hours"
    return say(language, key, count=minutes // HOUR)
