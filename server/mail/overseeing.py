"""What a person looks at and decides: what waits, what is in doubt, what could not be made."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from server.kit.clock import now
from server.kit.database import among, db_time, many, moment_of, rows
from server.kit.text import say
from server.mail import gate, notices
from server.mail.models import BULK, TRANSACTIONAL, DomainPace
from server.mail.postman import Postman

MOST = 100  # mails of a pile that are shown
LIVES = timedelta(days=1)  # what is sent on after all may still arrive so long
LANES = MappingProxyType({"transactional": TRANSACTIONAL, "bulk": BULK})
SLOT = re.compile(r"\{\{\s*(\w+)[^}]*\}\}")
UNDECIDED = "d.decided_at IS NULL"
# A pile of mails that wait for a person, and what its numbers count: mails, or texts.
PILES = MappingProxyType(
    {
        "doubt": (f"d.state = 'uncertain' AND {UNDECIDED}", "id"),
        "parked": (f"d.state = 'parked' AND {UNDECIDED}", "id"),
        "late": ("d.state = 'held' AND d.error = 'too late'", "message_id"),
    }
)
MAIL = (
    'SELECT d.id, d.error, d.created_at, d.not_after, d.attempts, d."values" AS filling, m.subject,'
    " m.kind, COALESCE(l.email, d.address) AS address FROM delivery d"
    " JOIN message m ON m.id = d.message_id LEFT JOIN lead l ON l.id = d.lead_id"
    " WHERE {pile} ORDER BY d.id LIMIT ?"
)
TEXTS = (
    "SELECT m.id, m.subject, m.kind, COUNT(*) AS n, MIN(d.not_after) AS not_after FROM delivery d"
    " JOIN message m ON m.id = d.message_id WHERE {pile} GROUP BY m.id, m.subject, m.kind"
    " ORDER BY m.id LIMIT ?"
)
# In doubt: it may have arrived before, and goes under the same Message-ID.
SEND = (
    "UPDATE delivery AS d SET state = 'queued', error = '', next_try_at = ?,"
    " attempts = CASE WHEN d.state = 'parked' THEN 0 ELSE d.attempts END,"
    " doubts = CASE WHEN d.state = 'uncertain' THEN d.doubts + 1 ELSE d.doubts END,"
    " not_after = CASE WHEN d.not_after < ? THEN ? ELSE d.not_after END WHERE {pile}"
)
DROP = (
    "UPDATE delivery AS d SET decided_at = ?,"
    " state = CASE WHEN d.state = 'held' THEN 'expired' ELSE d.state END WHERE {pile}"
)


@dataclass(frozen=True)
class Standing:
    """How the outbox stands: state → lane → mails, the mail that waits longest, the gate
    (since when it is shut, and why) and the domains that are left alone."""

    counts: dict[str, dict[str, int]]
    oldest: datetime | None
    shut: tuple[datetime, str] | None
    held: list[DomainPace]

    def count(self, *states: str) -> int:
        """How many mails are in one of these states."""
        return sum(sum(self.counts.get(state, {}).values()) for state in states)


@dataclass(frozen=True)
class Kept:
    """One mail of a pile; of late ones all with the same text, `count` in number."""

    number: int
    subject: str
    kind: str
    address: str = ""
    why: str = ""
    at: datetime | None = None
    not_after: datetime | None = None
    count: int = 1


async def standing() -> Standing:
    """How the outbox stands at this moment."""
    names = {number: name for name, number in LANES.items()}
    counts: dict[str, dict[str, int]] = {}
    for row in await rows("SELECT state, lane, COUNT(*) AS n FROM delivery GROUP BY state, lane"):
        counts.setdefault(str(row["state"]), {})[names[row["lane"]]] = int(row["n"])
    (oldest,) = await rows(
        "SELECT MIN(next_try_at) AS at FROM delivery"
        " WHERE state IN ('queued', 'retry') AND next_try_at <= ?",
        db_time(now()),
    )
    held = await DomainPace.filter(hold_until__gt=now()).order_by("hold_until").limit(MOST)
    return Standing(counts, moment_of(oldest["at"]), await gate.shut_since(), held)


async def pile(name: str, most: int = MOST) -> list[Kept]:
    """What lies on a pile (`doubt`, `parked`, `late`), oldest first."""
    chosen, counted = PILES[name]
    if counted == "message_id":
        found = await rows(TEXTS.format(pile=chosen), most)
        return [_text(row) for row in found]
    return [_mail(row) for row in await rows(MAIL.format(pile=chosen), most)]


async def height(name: str) -> int:
    """How many mails lie on a pile."""
    (found,) = await rows(f"SELECT COUNT(*) AS n FROM delivery d WHERE {PILES[name][0]}")  # noqa: S608
    return int(found["n"])


async def send(name: str, numbers: Sequence[int] | None = None) -> int:
    """Have these mails of a pile sent after all (None: all of it), for at least a day; how many."""
    at = now()
    until = db_time(at + LIVES)
    return await _decide(name, SEND, [db_time(at), until, until], numbers)


async def drop(name: str, numbers: Sequence[int] | None = None) -> int:
    """Let these mails of a pile go (None: all of it); how many that were."""
    return await _decide(name, DROP, [db_time(now())], numbers)


async def tell_staff_of_doubts(host: Postman, zone: ZoneInfo) -> int:
    """Tell admins once a day that mails are in doubt or could not be made; how many were told.

    Nobody is told while the gate is shut: that mail would not leave either.
    """
    doubt, parked = await height("doubt"), await height("parked")
    if not (doubt or parked) or await gate.is_shut():
        return 0

    def words(language: str) -> tuple[str, str]:
        values = {"count": doubt + parked, "doubt": doubt, "parked": parked}
        return say(language, "mail.look_title", **values), say(language, "mail.look_text", **values)

    day = now().astimezone(zone).date()
    return await notices.tell_staff(host, f"outbox:{day}", words, "/desk/outbox", role="admin")


async def _decide(name: str, sql: str, values: list[object], numbers: Sequence[int] | None) -> int:
    chosen, counted = PILES[name]
    if numbers is not None:
        chosen = f"{chosen} AND {among(f'd.{counted}')}"
        values = [*values, many(numbers)]
    return len(await rows(f"{sql.format(pile=chosen)} RETURNING id", *values))


def _mail(row: dict[str, Any]) -> Kept:
    return Kept(
        row["id"],
        _filled(row["subject"], row["filling"]),
        row["kind"],
        row["address"] or "",
        row["error"],
        moment_of(row["created_at"]),
        moment_of(row["not_after"]),
    )


def _text(row: dict[str, Any]) -> Kept:
    until = moment_of(row["not_after"])
    return Kept(row["id"], row["subject"], row["kind"], not_after=until, count=int(row["n"]))


def _filled(subject: str, filling: dict[str, str] | str) -> str:
    """A subject as its reader gets it."""
    values: dict[str, str] = json.loads(filling) if isinstance(filling, str) else filling
    return SLOT.sub(lambda found: str(values.get(found[1], "…")), subject)
