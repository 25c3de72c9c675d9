"""Customers who got nothing from us for long: the circle is round when it goes on."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from server.kit.clock import now
from server.kit.database import db_time, moment_of, rows

MOST = 200
QUIET = (
    " FROM lead l LEFT JOIN follow_up f ON f.lead_id = l.id"
    " LEFT JOIN staff_user u ON u.id = f.owner_id"
    " WHERE l.customer_since IS NOT NULL AND l.customer_since < ? AND NOT EXISTS"
    " (SELECT 1 FROM ledger g WHERE g.lead_id = l.id AND g.side = 'given' AND g.at >= ?"
    " AND g.sign > 0 AND NOT EXISTS"
    " (SELECT 1 FROM ledger b WHERE b.key = 'undo:' || g.key))"
)
LAST = (
    "(SELECT MAX(g.at) FROM ledger g WHERE g.lead_id = l.id AND g.side = 'given' AND g.sign > 0"
    " AND NOT EXISTS (SELECT 1 FROM ledger b WHERE b.key = 'undo:' || g.key))"
)
HELD = "(SELECT COUNT(*) FROM planned_gift p WHERE p.lead_id = l.id AND p.state = 'held')"


@dataclass(frozen=True)
class Quiet:
    """A customer, when they last got something, and whose they are; `days` since then, or since
    they became a customer. `is_held`: thanks that we may not mail wait for a person."""

    lead_id: int
    name: str
    company: str
    since: datetime
    last: datetime | None
    owner: str
    is_held: bool

    @property
    def days(self) -> int:
        return (now() - (self.last or self.since)).days


async def quiet_customers(days: int) -> tuple[list[Quiet], int]:
    """Customers without a gift for so many days, the longest first and a page at most; how many
    there are in all."""
    since = db_time(now() - timedelta(days=days))
    counted = await rows(f"SELECT COUNT(*) AS n{QUIET}", since, since)
    found = await rows(
        "SELECT l.id, l.name, l.email, l.company, l.customer_since, u.name AS owner,"
        f" u.email AS owner_email, {LAST} AS last, {HELD} AS held{QUIET}"
        f" ORDER BY COALESCE({LAST}, l.customer_since), l.id LIMIT ?",
        since,
        since,
        MOST,
    )
    quiet = [
        Quiet(
            int(row["id"]),
            row["name"] or row["email"],
            row["company"],
            moment_of(row["customer_since"]),
            moment_of(row["last"]),
            row["owner"] or (row["owner_email"] or "").partition("@")[0],
            bool(row["held"]),
        )
        for row in found
    ]
    return quiet, int(counted[0]["n"])
