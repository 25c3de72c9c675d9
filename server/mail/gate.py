"""The gate before all mail: shut in a copy and in a restored backup, until somebody opens it.

Two copies of one queue would mail everybody twice. So a database knows its place, and a worker
that finds it elsewhere lets nothing leave; what waits goes on waiting, and expires in its time.
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from server.kit.clock import now
from server.kit.database import db_time, in_transaction, rows
from server.kit.instance import place_of
from server.kit.settings import Settings
from server.mail.claiming import TRIED
from server.mail.models import BULK, Gate
from server.staff import accounts
from server.staff.models import StaffUser

COPIED, RESTORED = "copied", "restored"
WAITING = "('queued', 'retry', 'leased', 'sending')"
TALLY = (
    "SELECT CASE WHEN d.not_after >= ? OR"  # noqa: S608
    f" (d.lane = {BULK} AND (d.attempts > 0 OR d.doubts > 0) AND d.created_at >= ?) THEN 'goes'"
    " WHEN m.list <> '' AND d.attempts = 0 AND d.doubts = 0 THEN 'late' ELSE 'expires' END AS what,"
    " COUNT(*) AS n FROM delivery d JOIN message m ON m.id = d.message_id"
    f" WHERE d.state IN {WAITING} GROUP BY 1"
)

log = logging.getLogger("givefirst.mail")


@dataclass(frozen=True)
class Tally:
    """What becomes of the mails that wait: sent, held as too late for a person, or expired."""

    goes: int = 0
    late: int = 0
    expires: int = 0


async def look(settings: Settings) -> int:
    """Take on the place of a database that had none, and shut the gate where it stands elsewhere.

    1 when the gate shut at this moment. Raises SettingError.
    """
    here = await place_of(settings)
    # No gate at all is how a database of PostgreSQL comes out of a backup.
    await rows(
        "INSERT INTO gate (id, mark, shut_at, reason) VALUES (1, '', ?, ?)"
        " ON CONFLICT (id) DO NOTHING",
        db_time(now()),
        RESTORED,
    )
    await rows("UPDATE gate SET mark = ? WHERE mark = '' AND shut_at IS NULL", here)
    shut = await rows(
        "UPDATE gate SET shut_at = ?, reason = ? WHERE mark <> ? AND shut_at IS NULL RETURNING id",
        db_time(now()),
        COPIED,
        here,
    )
    return len(shut)


async def warn_if_shut() -> bool:
    """Say on the log that nothing leaves, where that is so."""
    shut = await is_shut()
    if shut:
        log.warning(
            "no mail leaves: this database is a copy or a restored backup. If it is the one that"
            " has to send: givefirst outbox release"
        )
    return shut


async def is_shut() -> bool:
    """Nothing may leave."""
    return not await Gate.exists(id=1, shut_at=None)


async def shut_since() -> tuple[datetime, str] | None:
    """Since when nothing may leave, and why; None while the gate is open."""
    gate = await Gate.get_or_none(id=1)
    if gate is None:
        return now(), RESTORED
    return (gate.shut_at, gate.reason) if gate.shut_at else None


async def differs(settings: Settings) -> bool:
    """The open database belongs to another place than where it stands."""
    gate = await Gate.get_or_none(id=1)
    return gate is None or gate.mark not in ("", await place_of(settings))


async def tally() -> Tally:
    """What will become of what waits, once the gate is open."""
    at = now()
    found = await rows(TALLY, db_time(at), db_time(at - TRIED))
    return Tally(**{str(row["what"]): int(row["n"]) for row in found})


async def release(settings: Settings, by: StaffUser | None = None) -> Tally | None:
    """Make this place the one that sends; what will be sent now, or None where nothing was held."""
    here = await place_of(settings)
    async with in_transaction():
        waits = await tally()
        won = await rows(
            "UPDATE gate SET mark = ?, shut_at = NULL, reason = ''"
            " WHERE id = 1 AND shut_at IS NOT NULL RETURNING id",
            here,
        )
        if not won:
            return None
        await accounts.audit("outbox.released", f"{waits.goes} queued, {waits.late} late", by)
    return waits
