"""Who may have come to see giving as a right: many gifts in a year, and nothing said of any."""

from dataclasses import dataclass
from datetime import timedelta

from server.kit.clock import now
from server.kit.database import db_time, rows
from server.leads.models import Lead
from server.tracking.kinds import RETURNS

YEAR = timedelta(days=365)
SHOWN = 50


@dataclass(frozen=True)
class Rights:
    """How many they are, and those with the most gifts, each with how many."""

    count: int
    leads: list[tuple[Lead, int]]


async def rights(most: int) -> Rights:
    """Who was given more than so many things in a year and never let anything hear."""
    kinds = ", ".join(f"'{kind}'" for kind in RETURNS)
    found = await rows(
        "WITH many AS (SELECT lead_id, SUM(sign) AS given FROM ledger"  # noqa: S608
        " WHERE side = 'given' AND at > ? GROUP BY lead_id HAVING SUM(sign) > ?)"
        " SELECT m.lead_id AS lead_id, m.given AS given, COUNT(*) OVER () AS people FROM many m"
        " WHERE NOT EXISTS (SELECT 1 FROM event e WHERE e.lead_id = m.lead_id"
        f" AND e.kind IN ({kinds}) AND e.evidence IN ('human', 'likely')"
        " GROUP BY e.lead_id HAVING SUM(e.sign) > 0)"
        f" ORDER BY m.given DESC, m.lead_id LIMIT {SHOWN}",
        db_time(now() - YEAR),
        most,
    )
    leads = {lead.id: lead for lead in await Lead.filter(id__in=[r["lead_id"] for r in found])}
    return Rights(
        int(found[0]["people"]) if found else 0,
        [(leads[row["lead_id"]], int(row["given"])) for row in found if row["lead_id"] in leads],
    )
