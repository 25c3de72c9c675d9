"""The log as a feed: whoever follows the cursor misses no line."""

import asyncio

from server.kit.database import is_postgres, rows
from server.tracking.models import Event

TRIES, BREATH = 20, 0.05  # a second in all
WRITERS = (
    "SELECT virtualtransaction AS who FROM pg_locks WHERE relation = 'event'::regclass"
    " AND mode = 'RowExclusiveLock' AND granted AND database ="
    " (SELECT oid FROM pg_database WHERE datname = current_database())"
)


async def lines_after(last: int, limit: int) -> list[Event]:
    """Lines of the log with a number over `last`, in order.

    Numbers are handed out before transactions end, so on PostgreSQL a lower number may appear after
    a higher one, and whoever had read the higher would never see it. A writer holds a lock on the
    table from before it takes its number until it ends: once everybody who wrote while we saw the
    highest number has ended, all lower numbers are there or never will be. While one takes longer
    than a second there is nothing new. SQLite has one writer, so numbers appear in order.
    """
    highest = await Event.all().order_by("-id").first()
    if not highest or highest.id <= last or not await _settled():
        return []
    return await Event.filter(id__gt=last, id__lte=highest.id).order_by("id").limit(limit)


async def _settled() -> bool:
    """Whoever is writing to the log now has ended."""
    waiting = await _writers()
    for _ in range(TRIES):
        if not waiting:
            return True
        await asyncio.sleep(BREATH)
        waiting &= await _writers()
    return not waiting


async def _writers() -> set[str]:
    return {str(row["who"]) for row in await rows(WRITERS)} if is_postgres() else set()
