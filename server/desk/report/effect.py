"""Does an extra bring anything? Two arms drawn by chance, looked at when their time is over.

Everybody counts in the arm they were drawn into, whatever they got after all (intention to treat).
Nothing is said before there are as many people as were needed to see the smallest difference worth
knowing: who looks each day and stops at the first good one finds a difference in chance alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil, sqrt
from typing import Any

from server.desk.report.counting import BY_PEOPLE, LIKED, RETURNED, STORY, WON
from server.desk.report.shares import Share, Z
from server.gifts.holding_out import GIVEN, HELD
from server.gifts.models import ExtraVerdict
from server.kit.clock import now
from server.kit.database import db_json, db_time, in_transaction, moment_of, rows

OUTCOMES = ("liked", "returned", "won")
MAIN = "returned"  # agreed on beforehand: of three that are tested one is easily above by chance
POWER_Z = 0.841621  # for 80 %
USUAL = 0.10  # the share that gives back, where nobody knows it yet
SMALLEST = 0.05  # the smallest difference worth knowing
PACE = timedelta(days=28)
BETTER, WORSE, NONE = "better", "worse", "none"


def difference(given: Share, held: Share) -> tuple[float, float, float]:
    """How much more of the one than of the other, and its 95 % interval.

    Newcombe 1998, Statistics in Medicine 17:873-890, method 10: of the Wilson interval of each.
    """
    gap = given.value - held.value
    low_given, high_given = given.interval
    low_held, high_held = held.interval
    low = gap - sqrt((given.value - low_given) ** 2 + (high_held - held.value) ** 2)
    high = gap + sqrt((high_given - given.value) ** 2 + (held.value - low_held) ** 2)
    return gap, max(-1.0, low), min(1.0, high)


def needed(usual: float, more: float = SMALLEST) -> int:
    """How many people in each arm show a share that is so much larger, in 80 % of such trials.

    Two proportions, two-sided at 5 %: Fleiss, Levin and Paik, Statistical Methods for Rates and
    Proportions, 3rd edition, formula 4.14.
    """
    one = min(max(usual, 0.01), 0.9)
    two = one + more
    both = (one + two) / 2
    spread = Z * sqrt(2 * both * (1 - both))
    spread += POWER_Z * sqrt(one * (1 - one) + two * (1 - two))
    return ceil((spread / more) ** 2)


@dataclass(frozen=True)
class Arm:
    """Who was drawn, who of them were followed for the whole term, and what those did."""

    drawn: int = 0
    done: int = 0
    did: Mapping[str, int] = field(default_factory=dict)

    def share(self, outcome: str) -> Share:
        return Share(self.did.get(outcome, 0), self.done)


@dataclass(frozen=True)
class Effect:
    """One experiment as it stands; once there is a verdict its figures are those of that day.

    `due`: when there will be enough people at the pace of the last weeks; None: not at this pace.
    """

    kind: str
    name: str
    share: int
    days: int
    given: Arm
    held: Arm
    needed: int
    due: datetime | None
    settled_at: datetime | None = None

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.name}:{self.share}:{self.days}"

    @property
    def is_enough(self) -> bool:
        return min(self.given.done, self.held.done) >= self.needed

    def apart(self, outcome: str) -> tuple[float, float, float]:
        """How much more of who got it, with the interval."""
        return difference(self.given.share(outcome), self.held.share(outcome))

    @property
    def verdict(self) -> str:
        """What is said of it; empty until it was settled."""
        if not self.settled_at:
            return ""
        _, low, high = self.apart(MAIN)
        return BETTER if low > 0 else WORSE if high < 0 else NONE


async def effects() -> list[Effect]:
    """Every experiment that anybody was drawn for, by name."""
    arms = await _arms()
    settled = {one.experiment: one for one in await ExtraVerdict.all()}
    found = []
    for key in sorted({key for key, _ in arms} | set(settled)):
        given, held = arms.get((key, GIVEN), Arm()), arms.get((key, HELD), Arm())
        found.append(await _effect(key, given, held, settled.get(key)))
    return found


async def _effect(key: str, given: Arm, held: Arm, settled: ExtraVerdict | None) -> Effect:
    kind, name, share, days = key.split(":")
    if settled:
        own = settled.figures
        arms = _kept(own[GIVEN]), _kept(own[HELD])
        return Effect(
            kind, name, int(share), int(days), *arms, int(own["needed"]), None, settled.at
        )
    # Of both arms together, so that nobody learns from it which of them does better.
    pooled = Share(given.share(MAIN).part + held.share(MAIN).part, given.done + held.done)
    least = needed(pooled.value if pooled.is_told else USUAL)
    due = await _due(key, {GIVEN: given, HELD: held}, least, int(days))
    return Effect(kind, name, int(share), int(days), given, held, least, due)


def _kept(figures: Mapping[str, Any]) -> Arm:
    did = {outcome: int(figures[outcome]) for outcome in OUTCOMES}
    return Arm(int(figures["drawn"]), int(figures["done"]), did)


async def _arms() -> dict[tuple[str, str], Arm]:
    """What was counted of each arm; an answer that was taken back does not count."""
    moment = db_time(now())
    found = await rows(
        "WITH told AS (SELECT a.id AS id,"  # noqa: S608
        f" SUM(CASE WHEN {LIKED} THEN e.sign ELSE 0 END) AS liked,"
        f" SUM(CASE WHEN {RETURNED} THEN e.sign ELSE 0 END) AS returned,"
        " SUM(CASE WHEN kind = 'purchase' THEN e.sign ELSE 0 END) AS bought"
        " FROM extra_arm a JOIN event e ON e.lead_id = a.lead_id AND e.at >= a.assigned_at"
        f" AND e.at < a.horizon_at WHERE a.horizon_at <= ? AND {STORY} AND {BY_PEOPLE}"
        " GROUP BY a.id),"
        " sold AS (SELECT a.id AS id, COUNT(*) AS sales FROM extra_arm a JOIN outcome o"
        " ON o.lead_id = a.lead_id AND o.at >= a.assigned_at AND o.at < a.horizon_at"
        f" WHERE a.horizon_at <= ? AND {WON} GROUP BY a.id)"
        " SELECT a.experiment AS experiment, a.arm AS arm, COUNT(*) AS drawn,"
        " COUNT(CASE WHEN a.horizon_at <= ? THEN 1 END) AS done,"
        " COUNT(CASE WHEN t.liked > 0 THEN 1 END) AS liked,"
        " COUNT(CASE WHEN t.returned > 0 THEN 1 END) AS returned,"
        " COUNT(CASE WHEN t.bought > 0 OR s.sales > 0 THEN 1 END) AS won"
        " FROM extra_arm a LEFT JOIN told t ON t.id = a.id LEFT JOIN sold s ON s.id = a.id"
        " GROUP BY a.experiment, a.arm",
        moment,
        moment,
        moment,
    )
    return {
        (str(row["experiment"]), str(row["arm"])): Arm(
            int(row["drawn"]), int(row["done"]), {one: int(row[one]) for one in OUTCOMES}
        )
        for row in found
    }


async def _due(key: str, arms: Mapping[str, Arm], least: int, days: int) -> datetime | None:
    """When the slower arm has enough people whose term is over; None where it never will."""
    moments = [await _due_of(key, name, arm, least, days) for name, arm in arms.items()]
    known = [one for one in moments if one]
    return max(known) if len(known) == len(moments) else None


async def _due_of(key: str, name: str, arm: Arm, least: int, days: int) -> datetime | None:
    moment = now()
    if arm.drawn >= least:
        last = await rows(
            "SELECT horizon_at FROM extra_arm WHERE experiment = ? AND arm = ?"
            " ORDER BY horizon_at LIMIT 1 OFFSET ?",
            key,
            name,
            least - 1,
        )
        nth: datetime = moment_of(last[0]["horizon_at"])
        return nth
    seen = await rows(
        "SELECT COUNT(*) AS n, MIN(assigned_at) AS first FROM extra_arm"
        " WHERE experiment = ? AND arm = ? AND assigned_at > ?",
        key,
        name,
        db_time(moment - PACE),
    )
    first = moment_of(seen[0]["first"])
    if not first:
        return None
    span = PACE if arm.drawn > int(seen[0]["n"]) else max(moment - first, timedelta(days=1))
    wait = span * ((least - arm.drawn) / int(seen[0]["n"])) + timedelta(days=days)
    return moment + wait if wait < timedelta(days=36_500) else None


async def settle() -> int:
    """Keep the figures of each experiment that has enough people now; how many were kept."""
    kept = 0
    for one in await effects():
        if one.settled_at or not one.is_enough:
            continue
        figures = {name: _figures(arm) for name, arm in ((GIVEN, one.given), (HELD, one.held))}
        async with in_transaction():
            made = await rows(
                "INSERT INTO extra_verdict (experiment, at, figures) VALUES (?, ?, ?)"
                " ON CONFLICT (experiment) DO NOTHING RETURNING id",
                one.key,
                db_time(now()),
                db_json({"needed": one.needed, **figures}),
            )
        kept += len(made)
    return kept


def _figures(arm: Arm) -> dict[str, int]:
    return {"drawn": arm.drawn, "done": arm.done, **arm.did}
