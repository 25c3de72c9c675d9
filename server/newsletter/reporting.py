"""The report of an issue: what left and when, what came back, what did not go, and how long yet."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from server.kit.clock import now
from server.kit.database import db_time, is_postgres, rows
from server.newsletter.figures import FEWEST, Figures, figures_of
from server.newsletter.models import Issue
from server.newsletter.standing import Status, status_of

LATELY = timedelta(minutes=10)
ON_ITS_WAY = ("queued", "retry", "leased", "sending")
BACK = ("hard", "soft", "policy")
HOUR = {
    True: "to_char(sent_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24')",
    False: "substr(sent_at, 1, 13)",
}


@dataclass(frozen=True)
class Report:
    """An issue as it stands now. `bounced` holds hard, soft and policy; `not_sent` state → how
    many; `hours` when how many left; `done_at` when the rest is through at the present rate.

    Of what readers did `figures` tells, of at least five of them; complaints too.
    """

    status: Status
    figures: Figures
    bounced: dict[str, int]
    complaints: int
    hours: list[tuple[datetime, int]] = field(default_factory=list)
    a_minute: float = 0.0
    done_at: datetime | None = None

    @property
    def delivered(self) -> int:
        """Sent, and not come back so far."""
        return max(0, self.status.sent - sum(self.bounced.values()))

    @property
    def not_sent(self) -> dict[str, int]:
        """Why some got nothing: state → how many; what still may go is none of these."""
        done = ("sent", *ON_ITS_WAY)
        return {state: n for state, n in self.status.states.items() if state not in done}

    @property
    def is_told(self) -> bool:
        """Enough people got it to tell what they did."""
        return self.delivered >= FEWEST

    def as_data(self) -> dict[str, object]:
        """For a program; what may not be told is null."""
        told, clear = self.figures, self.figures.is_told
        return {
            "delivered": self.delivered,
            "bounced": self.bounced,
            "not_sent": self.not_sent,
            "waiting": self.status.waiting,
            "a_minute": round(self.a_minute, 1),
            "done_at": self.done_at.isoformat() if self.done_at else None,
            "hours": [{"at": at.isoformat(), "sent": sent} for at, sent in self.hours],
            "followed": told.followed,
            "left": told.left if self.is_told else None,
            "complaints": self.complaints if self.is_told else None,
            "clicks": told.clicks if clear else None,
            "people_who_clicked": told.clickers if clear else None,
            "people_who_opened": told.openers if clear else None,
            "scanner": told.scanner if clear else None,
            "proxy": told.proxy if clear else None,
            "links": [vars(link) for link in told.links] if clear else None,
        }


async def report_of(name: str) -> Report | None:
    """The report of an issue; None when it was never started."""
    issue, status = await Issue.get_or_none(name=name), await status_of(name)
    figures = await figures_of(name)
    if not issue or not status or not figures:
        return None
    back = await _came_back(issue)
    a_minute = await _lately(issue)
    done_at = None
    if a_minute and status.waiting and issue.state != "paused":
        done_at = now() + timedelta(minutes=status.waiting / a_minute)
    return Report(
        status,
        figures,
        {kind: back.get(kind, 0) for kind in BACK},
        back.get("complaint", 0),
        await _hours(issue),
        a_minute,
        done_at,
    )


async def _came_back(issue: Issue) -> dict[str, int]:
    """Kind → deliveries; one that came back in two ways counts for the gravest."""
    found = await rows(
        "SELECT kind, COUNT(*) AS n FROM (SELECT CASE"
        " WHEN SUM(CASE WHEN b.kind = 'hard' THEN 1 ELSE 0 END) > 0 THEN 'hard'"
        " WHEN SUM(CASE WHEN b.kind = 'policy' THEN 1 ELSE 0 END) > 0 THEN 'policy'"
        " ELSE 'soft' END AS kind FROM delivery d JOIN bounce b ON b.delivery_id = d.id"
        " WHERE d.key >= ? AND d.key < ? AND d.state = 'sent'"
        " AND b.kind IN ('hard', 'soft', 'policy') GROUP BY d.id) AS one GROUP BY kind",
        *issue.span,
    )
    angry = await rows(
        "SELECT COUNT(DISTINCT d.id) AS n FROM delivery d JOIN bounce b ON b.delivery_id = d.id"
        " WHERE d.key >= ? AND d.key < ? AND b.kind = 'complaint'",
        *issue.span,
    )
    return {str(row["kind"]): int(row["n"]) for row in found} | {"complaint": int(angry[0]["n"])}


async def _lately(issue: Issue) -> float:
    """How many left a minute in the last minutes."""
    found = await rows(
        "SELECT COUNT(*) AS n, MIN(sent_at) AS first FROM delivery"
        " WHERE key >= ? AND key < ? AND state = 'sent' AND sent_at >= ?",
        *issue.span,
        db_time(now() - LATELY),
    )
    count, first = int(found[0]["n"]), found[0]["first"]
    if not count:
        return 0.0
    began = first if isinstance(first, datetime) else datetime.fromisoformat(first)
    return count / max(1.0, (now() - began).total_seconds() / 60)


async def _hours(issue: Issue) -> list[tuple[datetime, int]]:
    hour = HOUR[is_postgres()]
    found = await rows(
        f"SELECT {hour} AS hour, COUNT(*) AS n FROM delivery WHERE key >= ? AND key < ?"  # noqa: S608
        " AND state = 'sent' AND sent_at IS NOT NULL GROUP BY 1 ORDER BY 1",
        *issue.span,
    )
    return [
        (datetime.strptime(str(row["hour"]), "%Y-%m-%d %H").replace(tzinfo=UTC), int(row["n"]))
        for row in found
    ]
