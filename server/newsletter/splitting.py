"""Two subjects or two texts for one issue: who gets which, and by which more followed a link.

Readers are drawn by their number and that of the issue, so who waits keeps their text. The
verdict is told at one moment that is fixed when the issue starts, and not before. It is on clicks:
the log does not tell who read on after one, for no reading is tied to a delivery.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import exp, lgamma, log

from server.kit.clock import now
from server.kit.database import db_time, rows
from server.newsletter.figures import FEWEST, FOLLOWED
from server.newsletter.models import Issue, IssueVariant
from server.tracking.evidence import CLICK, COUNTS

SURE = 0.95  # how probable it must be that the better one is better
NEEDED = 435  # followed readers of each to tell 5 % from 10 % in four of five cases, at 95 %

# The upper half of a product with the golden ratio: neighbours go different ways.
SHARE = "(((l.id + i.id * 7919) * 2654435761) % 4294967296) / 65536 % 2"
JOIN = (
    " LEFT JOIN issue_variant v ON v.issue_id = i.id AND v.language = l.language"
    f" AND v.number = {SHARE}"
)


@dataclass(frozen=True)
class Side:
    """One of two: of the followed readers who got it, how many followed a link.

    `file` is where a text was written; empty for a mere subject.
    """

    subject: str
    file: str = ""
    followed: int = 0
    clicked: int = 0


@dataclass(frozen=True)
class Contest:
    """Two subjects or texts; before `judge_at` nothing is told but them.

    `certainty` is how probable it is that the second one is better. `better` is the number of the
    better one, None where no difference can be told.
    """

    judge_at: datetime
    sides: tuple[Side, Side]
    certainty: float | None = None

    @property
    def is_of_texts(self) -> bool:
        """Two texts, and not one by two subjects."""
        return bool(self.sides[0].file)

    @property
    def is_over(self) -> bool:
        return self.judge_at <= now()

    @property
    def is_told(self) -> bool:
        """There are enough readers on both sides to tell anything."""
        return self.is_over and all(side.followed >= FEWEST for side in self.sides)

    @property
    def better(self) -> int | None:
        if not self.is_told or self.certainty is None:
            return None
        if self.certainty >= SURE:
            return 1
        return 0 if self.certainty <= 1 - SURE else None

    @property
    def sure(self) -> float:
        """How probable it is that the one that looks better is better."""
        return max(self.certainty or 0.0, 1 - (self.certainty or 0.0))


def probability_above(first: tuple[int, int], second: tuple[int, int]) -> float:
    """How probable it is that the second share is the larger one, of (part, whole) each.

    Exact, from even chances for every share beforehand (two Beta posteriors, summed).
    """
    a1, b1 = first[0] + 1, first[1] - first[0] + 1
    a2, b2 = second[0] + 1, second[1] - second[0] + 1
    total = 0.0
    for n in range(a2):
        total += exp(
            _log_beta(a1 + n, b1 + b2) - log(b2 + n) - _log_beta(1 + n, b2) - _log_beta(a1, b1)
        )
    return min(1.0, total)


def _log_beta(a: int, b: int) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


async def contest_of(name: str) -> Contest | None:
    """The two subjects or texts of an issue, and what came of them in time; None for one."""
    issue = await Issue.get_or_none(name=name)
    if not issue or not issue.judge_at:
        return None
    found = IssueVariant.filter(issue_id=issue.id).prefetch_related("message")
    variants = await found.order_by("language")
    first, second = (_side(variants, number) for number in (0, 1))
    if issue.judge_at > now():
        return Contest(issue.judge_at, (first, second))
    first, second = await _counted(issue, first, 0), await _counted(issue, second, 1)
    certainty = probability_above(
        (first.clicked, first.followed), (second.clicked, second.followed)
    )
    return Contest(issue.judge_at, (first, second), certainty)


def _side(variants: Sequence[IssueVariant], number: int) -> Side:
    mine = [one for one in variants if one.number == number]
    subject = " / ".join(one.message.subject for one in mine)
    return Side(subject, " / ".join(one.file_name for one in mine if one.file_name))


async def _counted(issue: Issue, side: Side, number: int) -> Side:
    """With the followed readers who got it, and who of them followed a link before the verdict."""
    mine = (
        " AND d.message_id IN (SELECT message_id FROM issue_variant WHERE issue_id = ?"
        " AND number = ?)"
    )
    followed = await rows(
        f"SELECT COUNT(*) AS n{FOLLOWED.format(more='')}{mine}", *issue.span, issue.id, number
    )
    hits = FOLLOWED.format(more=" JOIN event e ON e.delivery_number = d.id")
    clicked = await rows(
        f"SELECT COUNT(DISTINCT d.id) AS n{hits}{mine}"
        " AND e.kind = ? AND e.evidence IN (?, ?) AND e.at <= ?",
        *issue.span,
        issue.id,
        number,
        CLICK,
        *COUNTS,
        db_time(issue.judge_at or now()),
    )
    return replace(side, followed=int(followed[0]["n"]), clicked=int(clicked[0]["n"]))
