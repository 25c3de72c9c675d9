"""What became of an issue once it was sent: told of those who agreed to be followed, no others.

People and machines are never added up; and of fewer than five people nothing is told.
"""

from dataclasses import dataclass
from datetime import timedelta

from server.kit.clock import now
from server.kit.database import db_time, rows
from server.leads.subscribing import TIPS
from server.newsletter.models import Issue
from server.tracking.evidence import CLICK, COUNTS, MAIL_KINDS, OPEN

FEWEST = 5  # of whom figures are told
# The deliveries of an issue to those who had agreed when it left, and have not taken it back.
FOLLOWED = (
    " FROM delivery d JOIN lead l ON l.id = d.lead_id{more} WHERE d.key >= ? AND d.key < ?"
    " AND d.state = 'sent' AND l.mail_tracking_at <= d.sent_at AND l.profiling_off_at IS NULL"
)
HITS = FOLLOWED.format(more=" JOIN event e ON e.delivery_number = d.id")


@dataclass(frozen=True)
class LinkFigures:
    """One link of the text: how often people followed it, and how many people."""

    target: str
    clicks: int
    readers: int


@dataclass(frozen=True)
class Figures:
    """What people did, and beside it what machines did; `left` is of everybody who got it."""

    followed: int
    left: int
    clicks: int = 0
    clickers: int = 0
    openers: int = 0
    scanner: int = 0
    proxy: int = 0
    links: tuple[LinkFigures, ...] = ()

    @property
    def is_told(self) -> bool:
        """Enough people to say something, and nothing about one of them."""
        return self.followed >= FEWEST


async def figures_of(name: str) -> Figures | None:
    """The figures of an issue as the log stands now; None when it was never sent."""
    issue = await Issue.get_or_none(name=name)
    if not issue:
        return None
    # The keys of one issue lie side by side in the unique index.
    span = f"issue:{name}:", f"issue:{name};"
    counted = await rows(f"SELECT COUNT(*) AS n{FOLLOWED.format(more='')}", *span)
    followed, left = int(counted[0]["n"]), await _left_after(issue, span)
    if followed < FEWEST:
        return Figures(followed, left)
    people = await _by_people(span)
    machines = await rows(
        f"SELECT e.evidence AS evidence, COUNT(*) AS hits{HITS}"
        " AND e.kind IN (?, ?, ?, ?) AND e.evidence IN ('scanner', 'proxy') GROUP BY e.evidence",
        *span,
        *MAIL_KINDS,
    )
    hits = {str(row["evidence"]): int(row["hits"]) for row in machines}
    clicks, clickers = people.get(CLICK, (0, 0))
    return Figures(
        followed,
        left,
        clicks,
        clickers,
        people.get(OPEN, (0, 0))[1],
        hits.get("scanner", 0),
        hits.get("proxy", 0),
        await _by_link(span),
    )


async def _by_people(span: tuple[str, str]) -> dict[str, tuple[int, int]]:
    """Kind → how often, and by how many people."""
    found = await rows(
        "SELECT e.kind AS kind, COUNT(*) AS hits, COUNT(DISTINCT e.lead_id) AS readers"
        f"{HITS} AND e.kind IN (?, ?) AND e.evidence IN (?, ?) GROUP BY e.kind",
        *span,
        CLICK,
        OPEN,
        *COUNTS,
    )
    return {str(row["kind"]): (int(row["hits"]), int(row["readers"])) for row in found}


async def _by_link(span: tuple[str, str]) -> tuple[LinkFigures, ...]:
    """Every link of the text, most followed first; the same target in two languages is one."""
    targets = await rows(
        "SELECT DISTINCT k.target AS target FROM message_link k WHERE k.message_id IN"
        " (SELECT d.message_id FROM delivery d WHERE d.key >= ? AND d.key < ?)",
        *span,
    )
    links = (
        " JOIN event e ON e.delivery_number = d.id"
        " JOIN message_link k ON k.message_id = d.message_id AND k.number = e.value"
    )
    counted = await rows(
        "SELECT k.target AS target, COUNT(*) AS hits, COUNT(DISTINCT e.lead_id) AS readers"
        f"{FOLLOWED.format(more=links)} AND e.kind = ? AND e.evidence IN (?, ?) GROUP BY k.target",
        *span,
        CLICK,
        *COUNTS,
    )
    hits = {str(row["target"]): (int(row["hits"]), int(row["readers"])) for row in counted}
    found = [LinkFigures(row["target"], *hits.get(row["target"], (0, 0))) for row in targets]
    return tuple(sorted(found, key=lambda link: (-link.readers, -link.clicks, link.target)))


async def _left_after(issue: Issue, span: tuple[str, str]) -> int:
    """How many of all who got it left the list after it and before the next issue."""
    following = await Issue.filter(queued_at__gt=issue.queued_at).order_by("queued_at").first()
    until = following.queued_at if following else now() + timedelta(days=1)
    found = await rows(
        "SELECT COUNT(DISTINCT c.lead_id) AS n FROM delivery d JOIN consent c"
        " ON c.lead_id = d.lead_id WHERE d.key >= ? AND d.key < ? AND d.state = 'sent'"
        " AND c.purpose = ? AND c.given = ? AND c.at >= d.sent_at AND c.at < ?",
        *span,
        TIPS,
        False,
        db_time(until),
    )
    return int(found[0]["n"])
