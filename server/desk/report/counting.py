"""What the report tells, each figure by one statement that counts in the database.

Shares of people are of one and the same group: whoever came from outside it is told beside it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from server.desk.report.shares import Share
from server.kit.clock import now
from server.kit.database import db_day, db_time, is_postgres, rows

# Word for word what the index event_story holds, or the database would read the whole log.
STORY = (
    "kind IN ('gift.taken', 'gift.sent', 'trial.started', 'help.given', 'read.50', 'rating',"
    " 'rating.personal', 'reply', 'question', 'review', 'forward', 'referral.joined', 'comment',"
    " 'survey', 'purchase', 'offer.made', 'ask.return', 'liked.asked')"
)
GIVEN = "kind IN ('gift.taken', 'gift.sent', 'trial.started', 'help.given')"
# A purchase is what was won, and is not counted as a return beside it.
RETURNED = (
    "kind IN ('rating', 'rating.personal', 'reply', 'question', 'review', 'forward',"
    " 'referral.joined', 'comment', 'survey')"
)
LIKED = "kind IN ('rating', 'rating.personal') AND value >= 3"
ASKED = "kind IN ('offer.made', 'ask.return', 'liked.asked')"
BY_PEOPLE = "evidence IN ('human', 'likely')"
WON = "undone_at IS NULL AND kind = 'won'"
WEEK = 7 * 86400
MONTH = 2_629_800  # seconds of a twelfth of a year
MONTHS = 12
WEEKS = 52
STEPS = ("asked", "pressed", "read", "returned", "ready", "offer", "won")
TOOK = tuple(f"{step}_at >= asked_at" for step in STEPS[1:])


def _seconds(moment: str) -> str:
    """A moment of a row as whole seconds, in the words of this engine."""
    if is_postgres():
        return f"CAST(FLOOR(EXTRACT(EPOCH FROM {moment})) AS BIGINT)"
    return f"CAST(strftime('%s', {moment}) AS INTEGER)"


@dataclass(frozen=True)
class Funnel:
    """From visit to won. `opened` counts openings; the steps count people.

    `along` holds who did the step and all before it, `any_way` all who did it.
    """

    opened: int
    along: tuple[int, ...]
    any_way: tuple[int, ...]

    def share(self, step: int) -> Share:
        """Of who did the step before."""
        return Share(self.along[step], self.along[step - 1])


async def funnel(since: datetime) -> Funnel:
    """What became, up to now, of who asked for a gift since this start of a day."""
    opened = await rows(
        "SELECT COALESCE(SUM(people), 0) AS n FROM page_view WHERE day >= ?"
        " AND path LIKE '/%/library/%' AND path NOT LIKE '/%/library/%/%'",
        db_day(since.date()),
    )
    along = [" AND ".join(TOOK[: n + 1]) for n in range(len(TOOK))]
    counted = ", ".join(
        f"COUNT(CASE WHEN {one} THEN 1 END) AS {kind}{n}"
        for kind, conditions in (("a", along), ("w", TOOK))
        for n, one in enumerate(conditions, 1)
    )
    # Each part is joined to `lead` and not to another part: of its key PostgreSQL knows how many
    # there are, of a part it would expect far too many rows.
    found = await rows(
        "WITH wish AS (SELECT lead_id, MIN(requested_at) AS asked_at, MAX(confirmed_at)"  # noqa: S608
        " AS pressed_at FROM gift WHERE requested_at >= ? GROUP BY lead_id),"
        " story AS (SELECT lead_id, MAX(CASE WHEN kind = 'read.50' THEN at END) AS read_at,"
        f" MAX(CASE WHEN {RETURNED} THEN at END) AS returned_at,"
        " MAX(CASE WHEN kind = 'purchase' THEN at END) AS bought_at"
        f" FROM event WHERE {STORY} AND {BY_PEOPLE} GROUP BY lead_id),"
        " handed AS (SELECT lead_id, MAX(at) AS ready_at FROM transition WHERE state = 'ready'"
        " GROUP BY lead_id),"
        f" sold AS (SELECT lead_id, MAX(at) AS offer_at, MAX(CASE WHEN {WON} THEN at END)"
        " AS sold_at FROM outcome WHERE undone_at IS NULL AND kind IN ('offer', 'won')"
        " GROUP BY lead_id),"
        " life AS (SELECT w.lead_id, w.asked_at, w.pressed_at, s.read_at, s.returned_at,"
        " h.ready_at, CASE WHEN o.offer_at IS NULL OR s.bought_at > o.offer_at THEN s.bought_at"
        " ELSE o.offer_at END AS offer_at,"
        " CASE WHEN o.sold_at IS NULL OR s.bought_at > o.sold_at THEN s.bought_at"
        " ELSE o.sold_at END AS won_at FROM wish w"
        " JOIN lead l ON l.id = w.lead_id LEFT JOIN story s ON s.lead_id = l.id"
        " LEFT JOIN handed h ON h.lead_id = l.id"
        " LEFT JOIN sold o ON o.lead_id = l.id)"
        f" SELECT COUNT(*) AS a0, {counted} FROM life",
        db_time(since),
    )
    row = found[0]
    every = range(1, len(STEPS))
    return Funnel(
        int(opened[0]["n"]),
        (int(row["a0"]), *(int(row[f"a{n}"]) for n in every)),
        (int(row["a0"]), *(int(row[f"w{n}"]) for n in every)),
    )


@dataclass(frozen=True)
class Week:
    """A week from its Monday: how much was given, and how much came back."""

    monday: datetime
    given: int = 0
    returned: int = 0


async def weeks(monday: datetime) -> list[Week]:
    """The weeks up to the one that starts on this Monday, oldest first.

    A week is 168 hours: where the clock is set it begins an hour off.
    """
    start = monday - timedelta(weeks=WEEKS - 1)
    found = await rows(
        f"SELECT ({_seconds('at')} - {int(start.timestamp())}) / {WEEK} AS week,"  # noqa: S608
        f" COUNT(CASE WHEN {GIVEN} THEN 1 END) AS given,"
        f" COUNT(CASE WHEN {RETURNED} THEN 1 END) AS returned"
        f" FROM event WHERE {STORY} AND {BY_PEOPLE} AND at >= ? GROUP BY 1",
        db_time(start),
    )
    counted = {int(row["week"]): (int(row["given"]), int(row["returned"])) for row in found}
    return [Week(start + timedelta(weeks=n), *counted.get(n, (0, 0))) for n in range(WEEKS)]


@dataclass(frozen=True)
class Cohort:
    """Who got their first gift in the same time: how many, and after how many months what.

    Each of `liked`, `returned` and `won` counts for each month since the first gift how many got
    there in it; the last place holds all later ones.
    """

    starts: datetime
    ends: datetime
    people: int
    liked: tuple[int, ...]
    returned: tuple[int, ...]
    won: tuple[int, ...]

    def after(self, what: str, months: int) -> Share:
        """Who got there within so many months."""
        return Share(sum(getattr(self, what)[:months]), self.people)

    def all_of(self, what: str) -> Share:
        """Who got there up to now."""
        return Share(sum(getattr(self, what)), self.people)

    @property
    def months(self) -> int:
        """How many whole months everybody in it has had since the first gift."""
        passed = int((now() - self.ends).total_seconds() // MONTH)
        return max(0, min(len(self.liked) - 1, passed))

    def __add__(self, other: "Cohort") -> "Cohort":
        def both(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
            return tuple(x + y for x, y in zip(a, b, strict=True))

        return Cohort(
            min(self.starts, other.starts),
            max(self.ends, other.ends),
            self.people + other.people,
            both(self.liked, other.liked),
            both(self.returned, other.returned),
            both(self.won, other.won),
        )


async def cohorts(bounds: list[datetime]) -> list[Cohort]:
    """A cohort between each two bounds, oldest first; the last bound lies ahead."""
    found = await _lives(bounds, MONTHS, "''")
    return [_cohort(bounds, n, MONTHS, found) for n in range(len(bounds) - 1)]


async def cohorts_by_gift(bounds: list[datetime], months: int) -> dict[str, list[Cohort]]:
    """The same for each asset that was the first gift of anybody, over so many months."""
    # Of two that were given at the same moment the first by name, so that nobody counts twice.
    asset = (
        "(SELECT MIN(f.subject) FROM event f WHERE f.lead_id = g.lead_id AND f.at = g.at"  # noqa: S608
        f" AND f.{STORY} AND f.{GIVEN})"
    )
    found = await _lives(bounds, months, asset)
    by_gift: dict[str, list[dict[str, Any]]] = {}
    for row in found:
        by_gift.setdefault(str(row["gift"]), []).append(row)
    return {
        gift: [_cohort(bounds, n, months, own) for n in range(len(bounds) - 1)]
        for gift, own in by_gift.items()
        if any(row["cohort"] is not None for row in own)
    }


async def _lives(bounds: list[datetime], months: int, gift: str) -> list[dict[str, Any]]:
    """How many did what in which month after their first gift, by cohort and by `gift`.

    Whoever began before the first bound is counted along, without a cohort: a condition on the
    first gift would have PostgreSQL expect next to nobody.
    """
    ladder = " ".join(f"WHEN g.at >= ? THEN {n}" for n in reversed(range(len(bounds) - 1)))
    # In no month: never. Later than the last month: in the last place.
    late = "CASE WHEN {0} IS NULL THEN -1 WHEN {0} >= {1} THEN {1} ELSE {0} END AS {0}"
    places = ", ".join(late.format(one, months) for one in MEASURED)
    first = _seconds("g.at")
    bought = "CASE WHEN o.sold_at IS NULL OR b.bought_at < o.sold_at THEN b.bought_at"
    bought += " ELSE o.sold_at END"

    def month(moment: str) -> str:
        return f"({_seconds(moment)} - {first}) / {MONTH}"

    return await rows(
        "WITH g AS (SELECT lead_id, MIN(at) AS at FROM event"  # noqa: S608
        f" WHERE {STORY} AND {GIVEN} AND {BY_PEOPLE} GROUP BY lead_id),"
        f" back AS (SELECT e.lead_id AS lead_id, MIN(CASE WHEN {LIKED} THEN e.at END) AS liked_at,"
        f" MIN(CASE WHEN {RETURNED} THEN e.at END) AS returned_at,"
        " MIN(CASE WHEN kind = 'purchase' THEN e.at END) AS bought_at"
        " FROM event e JOIN g ON g.lead_id = e.lead_id AND e.at >= g.at"
        f" WHERE {STORY} AND ({RETURNED} OR kind = 'purchase') AND {BY_PEOPLE}"
        " GROUP BY e.lead_id),"
        " sold AS (SELECT o.lead_id AS lead_id, MIN(o.at) AS sold_at FROM outcome o"
        f" JOIN g ON g.lead_id = o.lead_id AND o.at >= g.at WHERE {WON} GROUP BY o.lead_id),"
        f" life AS (SELECT CASE {ladder} END AS cohort, {gift} AS gift,"
        f" {month('b.liked_at')} AS liked, {month('b.returned_at')} AS returned,"
        f" {month(bought)} AS won"
        " FROM g JOIN lead l ON l.id = g.lead_id LEFT JOIN back b ON b.lead_id = l.id"
        " LEFT JOIN sold o ON o.lead_id = l.id)"
        f" SELECT cohort, gift, {places}, COUNT(*) AS n FROM life GROUP BY 1, 2, 3, 4, 5",
        *[db_time(bound) for bound in reversed(bounds[:-1])],
    )


MEASURED = ("liked", "returned", "won")


def _cohort(bounds: list[datetime], n: int, months: int, found: list[dict[str, Any]]) -> Cohort:
    own = [row for row in found if row["cohort"] == n]
    counts = {one: [0] * (months + 1) for one in MEASURED}
    for row in own:
        for one, count in counts.items():
            if row[one] >= 0:
                count[row[one]] += row["n"]
    liked, returned, won = (tuple(counts[one]) for one in MEASURED)
    people = sum(row["n"] for row in own)
    return Cohort(bounds[n], bounds[n + 1], people, liked, returned, won)


@dataclass(frozen=True)
class First:
    """How many leads were given something before anything was asked of them.

    `given_first` were asked later, `not_asked` never yet; `asked_first` were asked before they
    had anything, and of `neither` we asked nothing and gave them nothing.
    """

    given_first: int
    not_asked: int
    asked_first: int
    neither: int

    def __add__(self, other: "First") -> "First":
        return First(
            self.given_first + other.given_first,
            self.not_asked + other.not_asked,
            self.asked_first + other.asked_first,
            self.neither + other.neither,
        )

    @property
    def total(self) -> int:
        """All leads."""
        return self.given_first + self.not_asked + self.asked_first + self.neither

    @property
    def before(self) -> Share:
        """Of all who were given or asked something: who was given first."""
        first = self.given_first + self.not_asked
        return Share(first, first + self.asked_first)


async def first_given(bounds: list[datetime]) -> tuple[First, list[First]]:
    """Who was given something before the first question or offer: of all leads, and of those who
    came between each two bounds, oldest first."""
    ladder = " ".join(f"WHEN l.created_at >= ? THEN {n}" for n in reversed(range(len(bounds) - 1)))
    asked = (
        "CASE WHEN {0} IS NULL OR {1} < {0} THEN {1} ELSE {0} END"  # the earlier of two, or the one
    )
    found = await rows(
        "WITH story AS (SELECT lead_id,"  # noqa: S608
        f" MIN(CASE WHEN {GIVEN} AND {BY_PEOPLE} THEN at END) AS given_at,"
        f" MIN(CASE WHEN {ASKED} THEN at END) AS asked_at FROM event WHERE {STORY}"
        " GROUP BY lead_id),"
        " sold AS (SELECT lead_id, MIN(at) AS offer_at FROM outcome WHERE undone_at IS NULL"
        " AND kind = 'offer' GROUP BY lead_id),"
        " mailed AS (SELECT d.lead_id AS lead_id, MIN(d.sent_at) AS mailed_at FROM message m"
        " JOIN delivery d ON d.message_id = m.id WHERE m.is_ask AND d.state = 'sent'"
        " GROUP BY d.lead_id),"
        f" told AS (SELECT CASE {ladder} ELSE -1 END AS month, s.given_at AS given_at,"
        f" {asked.format('o.offer_at', 's.asked_at')} AS said_at, p.mailed_at AS mailed_at"
        " FROM lead l LEFT JOIN story s ON s.lead_id = l.id LEFT JOIN sold o ON o.lead_id = l.id"
        " LEFT JOIN mailed p ON p.lead_id = l.id),"
        f" life AS (SELECT month, given_at, {asked.format('mailed_at', 'said_at')} AS asked_at"
        " FROM told)"
        " SELECT month, COUNT(CASE WHEN given_at <= asked_at THEN 1 END) AS given_first,"
        " COUNT(CASE WHEN given_at IS NOT NULL AND asked_at IS NULL THEN 1 END) AS not_asked,"
        " COUNT(CASE WHEN asked_at IS NOT NULL AND (given_at IS NULL OR given_at > asked_at)"
        " THEN 1 END) AS asked_first, COUNT(CASE WHEN given_at IS NULL AND asked_at IS NULL"
        " THEN 1 END) AS neither FROM life GROUP BY month",
        *[db_time(bound) for bound in reversed(bounds[:-1])],
    )
    months = {
        int(row["month"]): First(
            *(int(row[one]) for one in ("given_first", "not_asked", "asked_first", "neither"))
        )
        for row in found
    }
    nobody = First(0, 0, 0, 0)
    in_order = [months.get(n, nobody) for n in range(len(bounds) - 1)]
    return sum(in_order, months.get(-1, nobody)), in_order
