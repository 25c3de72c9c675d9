"""What became of the last issues and of the people the list called ready."""

from dataclasses import dataclass

from server.desk.report.counting import STORY
from server.desk.report.shares import Share
from server.kit.database import rows
from server.leads.subscribing import TIPS
from server.newsletter.figures import FEWEST
from server.tracking.evidence import CLICK

ISSUES = 12


@dataclass(frozen=True)
class Mailed:
    """One issue. Clicks are of those who agreed to be followed: None where those are too few, and
    where the text has no link.

    Replies and leavers are of everybody who got it, up to the next issue.
    """

    name: str
    delivered: int
    followed: int
    has_links: bool
    clickers: int | None
    clicks: int | None
    replies: int
    left: int


# The last issues with the span of their keys, and when the next one came.
LAST = (
    "WITH spans AS (SELECT name, queued_at, LEAD(queued_at) OVER (ORDER BY queued_at) AS next_at,"  # noqa: S608
    " 'issue:' || name || ':' AS low, 'issue:' || name || ';' AS high FROM issue),"
    f" last AS (SELECT * FROM spans ORDER BY queued_at DESC LIMIT {ISSUES})"
)
TO_FOLLOWED = "l.mail_tracking_at <= d.sent_at AND l.profiling_off_at IS NULL"


async def issues() -> list[Mailed]:
    """The last issues, oldest first."""
    delivered = await _counts(
        "SELECT i.name AS name, COUNT(d.id) AS n FROM last i LEFT JOIN delivery d"
        " ON d.key >= i.low AND d.key < i.high AND d.state = 'sent'"
        " GROUP BY i.name, i.queued_at ORDER BY i.queued_at"
    )
    followed = await _counts(
        "SELECT i.name AS name, COUNT(*) AS n FROM last i CROSS JOIN lead l JOIN delivery d"  # noqa: S608
        " ON d.key = i.low || l.id AND d.state = 'sent'"
        f" WHERE l.mail_tracking_at IS NOT NULL AND {TO_FOLLOWED} GROUP BY i.name"
    )
    # An issue has the same links in each language: one mail of it tells.
    linked = await _counts(
        "SELECT i.name AS name, COUNT(k.id) AS n FROM last i JOIN message_link k ON k.message_id ="
        " (SELECT d.message_id FROM delivery d WHERE d.key >= i.low AND d.key < i.high"
        " ORDER BY d.key LIMIT 1) GROUP BY i.name"
    )
    clicked = await rows(
        f"{LAST} SELECT i.name AS name, COUNT(*) AS hits, COUNT(DISTINCT e.lead_id) AS people"  # noqa: S608
        " FROM last i JOIN delivery d ON d.key >= i.low AND d.key < i.high AND d.state = 'sent'"
        " JOIN event e ON e.delivery_number = d.id AND e.kind = ?"
        " AND e.evidence IN ('human', 'likely') JOIN lead l ON l.id = d.lead_id"
        f" WHERE {TO_FOLLOWED} GROUP BY i.name",
        CLICK,
    )
    hits = {row["name"]: (int(row["people"]), int(row["hits"])) for row in clicked}
    replies, left = await _answers()
    made = []
    for name, count in delivered.items():
        agreed = followed.get(name, 0)
        people, clicks = hits.get(name, (0, 0))
        is_told = agreed >= FEWEST and name in linked
        made.append(
            Mailed(
                name,
                count,
                agreed,
                name in linked,
                people if is_told else None,
                clicks if is_told else None,
                replies.get(name, 0),
                left.get(name, 0),
            )
        )
    return made


async def _answers() -> tuple[dict[str, int], dict[str, int]]:
    """How many answered each issue and how many left after it, before the next one came."""
    replies = await _counts(
        "SELECT i.name AS name, COUNT(DISTINCT e.id) AS n FROM last i JOIN event e"  # noqa: S608
        f" ON {STORY} AND e.kind = 'reply' AND e.at >= i.queued_at"
        " AND (i.next_at IS NULL OR e.at < i.next_at) JOIN delivery d"
        " ON d.key = i.low || e.lead_id AND d.state = 'sent' GROUP BY i.name"
    )
    left = await _counts(
        "SELECT i.name AS name, COUNT(DISTINCT c.lead_id) AS n FROM last i JOIN consent c"
        " ON c.purpose = ? AND c.given = ? AND c.at >= i.queued_at"
        " AND (i.next_at IS NULL OR c.at < i.next_at) JOIN delivery d"
        " ON d.key = i.low || c.lead_id AND d.state = 'sent' AND c.at >= d.sent_at GROUP BY i.name",
        TIPS,
        False,
    )
    return replies, left


async def _counts(sql: str, *values: object) -> dict[str, int]:
    return {str(row["name"]): int(row["n"]) for row in await rows(f"{LAST} {sql}", *values)}


BANDS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5)  # each up to the next, the last up to all


@dataclass(frozen=True)
class Band:
    """Leads whom the list gave about the same chance, and what came of them."""

    low: float
    high: float
    expected: float
    won: Share


async def bands() -> list[Band]:
    """How the chance at the first outcome of a ready lead compares with how it ended.

    Only of whom it is known: won, lost or not a fit. Bands with nobody are left out.
    """
    ladder = " ".join(
        f"WHEN probability >= {low} THEN {n}" for n, low in reversed([*enumerate(BANDS)])
    )
    found = await rows(
        "WITH taken AS (SELECT lead_id, probability, ROW_NUMBER() OVER"  # noqa: S608
        " (PARTITION BY lead_id ORDER BY id) AS place FROM outcome"
        " WHERE undone_at IS NULL AND state = 'ready'),"
        " ended AS (SELECT lead_id, MAX(CASE WHEN kind = 'won' THEN 1 ELSE 0 END) AS won"
        " FROM outcome WHERE undone_at IS NULL AND kind IN ('won', 'lost', 'not_a_fit')"
        " GROUP BY lead_id)"
        f" SELECT CASE {ladder} END AS band, COUNT(*) AS n, SUM(e.won) AS won,"
        " AVG(t.probability) AS expected FROM taken t JOIN ended e ON e.lead_id = t.lead_id"
        " WHERE t.place = 1 GROUP BY 1 ORDER BY 1",
    )
    return [
        Band(
            BANDS[int(row["band"])],
            (*BANDS, 1.0)[int(row["band"]) + 1],
            float(row["expected"]),
            Share(int(row["won"]), int(row["n"])),
        )
        for row in found
    ]
