"""What was measured of a gift, beside what was answered about it; and what that proposes.

Thirty days after it is first given, and from fifty takers on; before that it says so. A share is
judged by the bound that is surely reached (Wilson, 95 %), so that chance turns no light.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from server.desk.report.shares import Share
from server.kit.database import among, many, rows
from server.library.assets import Asset
from server.library.light import AMBER, GREEN, LIGHTS, RED
from server.tracking.kinds import RETURNS

# What says that a gift was used: half was read, they came, it was sent, taken in or begun.
USED = ("read.50", "webinar.attended", "sample.sent", "voucher.redeemed", "trial.started")
FIRST_LOOK = timedelta(days=30)
SOME, MANY = 0.10, 0.20  # of the takers: from here on amber, from here on red
GAVE_BACK = 0.05  # below so many who say or give anything, the balance cannot be restored
CHEAP, DEAR = 1.0, 20.0  # euro a piece


@dataclass(frozen=True)
class Figures:
    """Of the takers of one gift: who read half or used it, liked it, said or gave anything, are
    hunters, or have many gifts and gave nothing back. `cost` in euro, all together;
    `first`: the day of the first one; `rated`: who said how they liked it."""

    takers: int = 0
    read: int = 0
    liked: int = 0
    answered: int = 0
    hunters: int = 0
    entitled: int = 0
    cost: float = 0.0
    first: date | None = None
    rated: int = 0

    @property
    def hunting(self) -> Share:
        return Share(self.hunters, self.takers)

    @property
    def reading(self) -> Share:
        return Share(self.read, self.takers)

    @property
    def restoring(self) -> Share:
        return Share(self.answered, self.takers)

    @property
    def right(self) -> Share:
        return Share(self.entitled, self.takers)

    @property
    def cost_each(self) -> float:
        return self.cost / self.takers if self.takers else 0.0

    @property
    def cost_liked(self) -> float | None:
        """What it cost for each time it was liked; None where it never was."""
        return self.cost / self.liked if self.liked else None


async def figures_of(slugs: list[str], many_gifts: int) -> dict[str, Figures]:
    """Slug → what was measured of its takers."""
    if not slugs:
        return {}
    kinds = ", ".join(f"'{kind}'" for kind in RETURNS)
    used = ", ".join(f"'{kind}'" for kind in USED)
    # A taker counts once, whatever they took how often; a counter-entry takes its line off.
    found = await rows(
        "SELECT t.asset_slug AS slug, COUNT(*) AS takers, SUM(t.cost) AS cost,"  # noqa: S608
        " MIN(t.at) AS first_at,"
        " COUNT(CASE WHEN EXISTS (SELECT 1 FROM event e WHERE e.lead_id = t.lead_id"
        f" AND e.kind IN ({used}) AND e.subject = t.asset_slug"
        " AND e.evidence IN ('human', 'likely')) THEN 1 END) AS readers,"
        " COUNT(g.liked) AS rated, COUNT(CASE WHEN g.liked >= 3 THEN 1 END) AS liked,"
        " COUNT(CASE WHEN EXISTS (SELECT 1 FROM event e WHERE e.lead_id = t.lead_id"
        f" AND e.kind IN ({kinds}) AND e.at >= t.at AND e.evidence IN ('human', 'likely'))"
        " THEN 1 END) AS answered,"
        " COUNT(CASE WHEN l.taker_since IS NOT NULL AND l.trusted_at IS NULL THEN 1 END)"
        " AS hunters,"
        " COUNT(CASE WHEN s.given > ? AND s.returned = 0 THEN 1 END) AS entitled"
        " FROM (SELECT lead_id, asset_slug, SUM(sign * cost) AS cost, MIN(at) AS at FROM ledger"
        f" WHERE side = 'given' AND {among('asset_slug')} GROUP BY lead_id, asset_slug"
        " HAVING SUM(sign) > 0) t JOIN lead l ON l.id = t.lead_id"
        " LEFT JOIN gift g ON g.lead_id = t.lead_id AND g.asset_slug = t.asset_slug"
        " LEFT JOIN score s ON s.lead_id = t.lead_id GROUP BY t.asset_slug",
        many_gifts,
        many(slugs),
    )
    return {str(row["slug"]): _figures(row) for row in found}


def _figures(row: Mapping[str, object]) -> Figures:
    names = ("takers", "readers", "liked", "answered", "hunters", "entitled")
    takers, read, liked, answered, hunters, entitled = (int(str(row[name])) for name in names)
    cost = float(str(row["cost"] or 0))
    first = date.fromisoformat(str(row["first_at"])[:10])
    rated = int(str(row["rated"]))
    return Figures(takers, read, liked, answered, hunters, entitled, cost, first, rated)


@dataclass(frozen=True)
class Evidence:
    """What the figures say to the answers, in the order of the questions: a colour each, or empty
    where there is too little to tell. `since`: the day from which it was given."""

    figures: Figures
    colours: tuple[str, ...]
    days_left: int
    since: date

    @property
    def is_told(self) -> bool:
        return not self.days_left and self.figures.hunting.is_told


def evidence_of(asset: Asset, figures: Figures, today: date) -> Evidence:
    """What was measured, as far as it can be told on a day."""
    since = min(asset.published, figures.first or asset.published)
    days_left = max(0, (since + FIRST_LOOK - today).days)
    told = not days_left and figures.hunting.is_told
    colours = (
        _restored(figures) if told else "",
        _sunk(figures.hunting) if told else "",
        _cost(figures.cost_each) if not days_left and figures.takers else "",
        _sunk(figures.right) if told else "",
    )
    return Evidence(figures, colours, days_left, since)


def _restored(figures: Figures) -> str:
    return AMBER if figures.restoring.interval[1] < GAVE_BACK else GREEN


def _sunk(share: Share) -> str:
    """How many too many there surely are."""
    low = share.interval[0]
    return RED if low > MANY else AMBER if low > SOME else GREEN


def _cost(each: float) -> str:
    return GREEN if each <= CHEAP else AMBER if each <= DEAR else RED


def proposed(answers: tuple[str, ...], evidence: Evidence) -> str:
    """The darker colour that the figures propose for the whole; empty where they agree."""
    pairs = zip(answers, evidence.colours, strict=True)
    darker = [seen for said, seen in pairs if seen and LIGHTS.index(seen) > LIGHTS.index(said)]
    return max(darker, key=LIGHTS.index) if darker else ""
