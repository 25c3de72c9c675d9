"""What the report tells, each figure by one statement that counts in the database.

Shares of people are of one and the same group: whoever came from outside it is told beside it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

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
        return max(0, min(MONTHS, passed))

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
    """A cohort between each two bounds, oldest first; the bounds are in order, the last is ahead.

    Whoever began before the first is counted along and left out here: a condition on the first
    gift would have PostgreSQL expect next to nobody.
    """
    ladder = " ".join(f"WHEN g.at >= ? THEN {n}" for n in reversed(range(len(bounds) - 1)))
    # In no month: never. Later than the last month: in the last place.
    late = "CASE WHEN {0} IS NULL THEN -1 WHEN {0} >= {1} THEN {1} ELSE {0} END"
    places = ", ".join(late.format(one, MONTHS) for one in ("liked", "returned", "won"))
    first = _seconds("g.at")
    bought = "CASE WHEN o.sold_at IS NULL OR b.bought_at < o.sold_at THEN b.bought_at"
    bought += " ELSE o.sold_at END"

    def month(moment: str) -> str:
        return f"({_seconds(moment)} - {first}) / {MONTH}"

    found = await rows(
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
        f" life AS (SELECT CASE {ladder} END AS cohort, {month('b.liked_at')} AS liked,"
        f" {month('b.returned_at')} AS returned, {month(bought)} AS won"
        " FROM g JOIN lead l ON l.id = g.lead_id LEFT JOIN back b ON b.lead_id = l.id"
        " LEFT JOIN sold o ON o.lead_id = l.id)"
        f" SELECT cohort, {places}, COUNT(*) AS n FROM life GROUP BY 1, 2, 3, 4",
        *[db_time(bound) for bound in reversed(bounds[:-1])],
    )
    return [
        _cohort(
            bounds[n], bounds[n + 1], [list(row.values()) for row in found if row["cohort"] == n]
        )
        for n in range(len(bounds) - 1)
    ]


def _cohort(starts: datetime, ends: datetime, found: list[list[int]]) -> Cohort:
    counts = [[0] * (MONTHS + 1) for _ in range(3)]
    for _, *places, n in found:
        for count, place in zip(counts, places, strict=True):
            if place >= 0:
                count[place] += n
    liked, returned, won = map(tuple, counts)
    return Cohort(starts, ends, sum(row[-1] for row in found), liked, returned, won)


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

    @property
    def total(self) -> int:
        """All leads."""
        return self.given_first + self.not_asked + self.asked_first + self.neither

    @property
    def before(self) -> Share:
        """Of all who were given or asked something: who was given first."""
        first = self.given_first + self.not_asked
        return Share(first, first + self.asked_first)


async def first_given() -> First:
    """Of all leads: who was given something before the first question or offer."""
    found = await rows(
        "WITH story AS (SELECT lead_id,"  # noqa: S608
        f" MIN(CASE WHEN {GIVEN} AND {BY_PEOPLE} THEN at END) AS given_at,"
        f" MIN(CASE WHEN {ASKED} THEN at END) AS asked_at FROM event WHERE {STORY}"
        " GROUP BY lead_id),"
        " sold AS (SELECT lead_id, MIN(at) AS offer_at FROM outcome WHERE undone_at IS NULL"
        " AND kind = 'offer' GROUP BY lead_id),"
        " life AS (SELECT s.given_at AS given_at, CASE WHEN o.offer_at IS NULL"
        " OR s.asked_at < o.offer_at THEN s.asked_at ELSE o.offer_at END AS asked_at"
        " FROM lead l LEFT JOIN story s ON s.lead_id = l.id LEFT JOIN sold o ON o.lead_id = l.id)"
        " SELECT COUNT(CASE WHEN given_at <= asked_at THEN 1 END) AS given_first,"
        " COUNT(CASE WHEN given_at IS NOT NULL AND asked_at IS NULL THEN 1 END) AS not_asked,"
        " COUNT(CASE WHEN asked_at IS NOT NULL AND (given_at IS NULL OR given_at > asked_at)"
        " THEN 1 END) AS asked_first, COUNT(CASE WHEN given_at IS NULL AND asked_at IS NULL"
        " THEN 1 END) AS neither FROM life"
    )
    row = found[0]
    return First(
        int(row["given_first"]), int(row["not_asked"]), int(row["asked_first"]), int(row["neither"])
    )
