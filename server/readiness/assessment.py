"""One reading of one lead: interest, fit and balance apart, state, reasons, next step.

State, score and next step are worked out at once, a sweep over all leads wants no more; what is
only shown (reasons, balance, moments) is worked out when it is looked at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import floor
from types import MappingProxyType
from typing import NamedTuple

from server.readiness.facts import NEVER, Facts, gather, silent_from
from server.readiness.model import Model
from server.readiness.scoring import Fit, score, whole
from server.readiness.state import PAGES, UNEXPECTED, LeadState, Mark
from server.readiness.steps import ASKED, Case, NextStep, check_at, state_of, step_of

__all__ = ["Assessment", "Balance", "Fit", "Moment", "NextStep", "Reason", "assess"]

NO_KINDS: Mapping[str, str] = MappingProxyType({})


class Balance(NamedTuple):
    """How often was given and returned, and how many gifts were liked."""

    given: int = 0
    returned: int = 0
    liked: int = 0


class Reason(NamedTuple):
    """Whole points for one thing; `subjects` are slugs, the latest first; `at` when it was last.

    `fresh`: since yesterday. The last one may be "other": `times` lines that are not shown.
    """

    key: str
    points: int
    subjects: tuple[str, ...] = ()
    at: float | None = None
    times: int = 1
    fresh: bool = False


class Moment(NamedTuple):
    """Something a lead did or got that can be told to sales."""

    kind: str
    subject: str
    at: float
    value: float = 0.0


@dataclass(frozen=True)
class Assessment:
    """What is thought of a lead at `at`. Where profiling is off everything but the state is empty.

    `points` is `total` (interest, fit and taker) rounded. With `few_data` the probability is a
    guess by hand: do not show it, and sort by `returned_at`. `next_check_at` is the earliest day
    on which state or next step can change without a new event.
    """

    at: float
    model_version: int
    state: str
    next_step: NextStep
    next_check_at: float | None = None
    interest: float = 0.0
    fit: float = 0.0
    taker: float = 0.0
    total: float = 0.0
    points: int = 0
    probability: float = 0.0
    few_data: bool = False
    returned_at: float | None = None
    _case: Case | None = field(default=None, repr=False, compare=False)

    @cached_property
    def lines(self) -> tuple[Reason, ...]:
        """Everything that gives or takes points, in whole points that sum to `points`."""
        if self._case is None:
            return ()
        case, points = self._case, self._case.score
        worth = points.interest_lines()
        found = [(key, value, True) for key, value in worth.items()]
        found += [(key, value, False) for key, value in points.who]
        if points.taker:
            found.append(("taker", points.taker, False))
        numbers = whole([value for _, value, _ in found], self.points)
        fresh_from = self.at - case.model.shown.fresh_days
        return tuple(
            _line(key, number, did, case, fresh_from)
            for (key, _, did), number in zip(found, numbers, strict=True)
        )

    @cached_property
    def reasons(self) -> tuple[Reason, ...]:
        """The strongest lines for, the strongest against, what is fresh, and "other" if need be.

        They sum to `points`; "other" is no more than the model's share of it, and neither are
        the lines behind it taken together.
        """
        if self._case is None:
            return ()
        return _chosen(self.lines, self.points, self._case.model)

    @cached_property
    def balance(self) -> Balance:
        """The two sides of the ledger, in numbers."""
        if self._case is None:
            return Balance()
        facts, least = self._case.facts, self._case.model.liked.from_rating
        liked = {mark[1] for mark in facts.ratings() if mark[3] >= least}
        return Balance(len(facts.given), len(facts.returns), len(liked))

    @property
    def is_taker(self) -> bool:
        """Takes much, reads nothing and gives nothing back, whether somebody trusts them or not."""
        return self._case is not None and self._case.is_taker()

    @cached_property
    def asked_at(self) -> float | None:
        """When this lead was last asked for something or made an offer; None: never."""
        last = self._case.facts.latest(ASKED) if self._case else NEVER
        return None if last == NEVER else last

    @cached_property
    def moments(self) -> tuple[Moment, ...]:
        """What to tell sales: what came back, else what was read, looked into, given; one or two.

        The second is there only if it is recent.
        """
        if self._case is None:
            return ()
        found = _moments(self._case.state, self._case.facts)
        recent = self.at - self._case.model.shown.recent_days
        return (*found[:1], *[moment for moment in found[1:2] if moment.at > recent])


def assess(
    state: LeadState,
    fit: Fit,
    now: float,
    model: Model,
    *,
    no_ask_until: float | None = None,
    reachable: bool = True,
    few_data: bool = False,
    was_ready: bool = False,
    threshold: float | None = None,
    kinds: Mapping[str, str] = NO_KINDS,
    catalogue: Sequence[str] | None = None,
) -> Assessment:
    """What is thought of a lead at `now` (days since the epoch); the same input, the same answer.

    `no_ask_until` is the end of the window on the ledger; without it the model's days after each
    gift hold. `reachable`: consent is in order. `was_ready`: the state noted last was READY, which
    then ends only below its share of the threshold. `threshold`: the probability that capacity
    sets, else the model's. `kinds` says of an asset which kind it is, `catalogue` which assets
    could be given, the best first (None: not known). A lead who objected has no score at all.
    """
    facts = gather(state)
    if facts.objected():
        return Assessment(now, model.version, "objected", NextStep("none"), few_data=few_data)
    points = score(state, facts, fit, now, model)
    case = Case(
        state,
        fit,
        facts,
        points,
        model,
        now,
        facts.window_until(model) if no_ask_until is None else no_ask_until,
        silent_from(state, facts, model),
        reachable,
        was_ready,
        model.rule.probability if threshold is None else threshold,
        kinds,
        catalogue,
    )
    return _conclude(case, few_data)


def _conclude(case: Case, few_data: bool) -> Assessment:
    points, name = case.score, state_of(case)
    return Assessment(
        at=case.now,
        model_version=case.model.version,
        state=name,
        next_step=step_of(case, name),
        next_check_at=check_at(case, name),
        interest=points.interest,
        fit=points.fit,
        taker=points.taker,
        total=points.total,
        points=floor(points.total + 0.5),
        probability=points.probability,
        few_data=few_data,
        returned_at=case.facts.returned_at if case.facts.returns else None,
        _case=case,
    )


def _chosen(lines: Sequence[Reason], points: int, model: Model) -> tuple[Reason, ...]:
    rest = sorted([line for line in lines if line.points], key=lambda line: -line.points)
    shown = [line for line in rest[: model.shown.lines] if line.points > 0]
    shown += [line for line in rest[-1:] if line.points < 0]
    shown += [line for line in rest if line.fresh and line not in shown]
    rest = sorted([line for line in rest if line not in shown], key=lambda line: abs(line.points))
    while rest and sum([abs(line.points) for line in rest]) > model.shown.other * abs(points):
        shown.append(rest.pop())
    if len(rest) == 1:  # its own name takes no more room than "other"
        shown.append(rest.pop())
    shown.sort(key=lambda line: -line.points)
    if rest:
        shown.append(Reason("other", sum([line.points for line in rest]), times=len(rest)))
    return tuple(shown)


def _line(key: str, number: int, did: bool, case: Case, fresh_from: float) -> Reason:
    """One line with what it is about; who somebody is has no date."""
    facts = case.facts
    if not did:
        whence = (case.fit.source,) if key == "source" else ()
        return Reason(key, number, whence, times=len(facts.taken) if key == "taker" else 1)
    found, times = _occasions(key, case)
    at = max(found)[0] if found else None
    subjects = tuple(dict.fromkeys([slug for _, slug in sorted(found, reverse=True) if slug]))
    return Reason(key, number, subjects, at, times, at is not None and at > fresh_from)


def _occasions(key: str, case: Case) -> tuple[list[tuple[float, str]], int]:
    """When something was done and to which asset, as far as that is kept, and how often."""
    facts = case.facts
    if key == "gift.taken":
        found = [(at, slug) for slug, at in facts.taken.items()]
    elif key == "read.finished":
        found = [(at, slug) for slug, (share, at) in facts.reads.items() if share == 100]
    elif key == "read.half":
        found = [(at, slug) for slug, (share, at) in facts.reads.items() if 50 <= share < 100]
    else:
        found = [(mark[2], mark[1]) for mark in _marks(case.state, (key,))]
        return found, case.state.sums[key][2]
    return found, len(found)


def _moments(state: LeadState, facts: Facts) -> list[Moment]:
    """In the order in which they are worth telling; what we gave only if there is nothing else."""
    asked = _last(_marks(state, ("contact.requested",)))
    told = [asked if facts.contact_open() else None, _last(facts.returns)]
    found = [Moment(*mark[:4]) for mark in told if mark is not None]
    if facts.reads:
        at, share, slug = max([(at, share, slug) for slug, (share, at) in facts.reads.items()])
        found.append(Moment("read", slug, at, share))
    page = _last(_marks(state, PAGES))
    if page is not None:
        found.append(Moment(page[0], "", page[2]))
    _, at, clicks = state.sums.get("mail.click", (0.0, 0.0, 0))
    if not found and clicks > 0:
        found.append(Moment("mail.click", "", at))
    given = asked or _last(facts.given)
    if given is not None and not found:
        surprise = given[0] == "gift.sent" and given[4] & UNEXPECTED
        found.append(Moment("gift.surprise" if surprise else given[0], given[1], given[2]))
    return found


def _marks(state: LeadState, kinds: Sequence[str]) -> list[Mark]:
    return [mark for mark, count in state.marks.items() if mark[0] in kinds and count > 0]


def _last(marks: Sequence[Mark]) -> Mark | None:
    return max(marks, key=lambda mark: (mark[2], mark), default=None)
