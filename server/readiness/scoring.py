"""Points: what each thing is worth today, with the soft caps, and how a sum is shown exactly."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import expm1, floor

from server.readiness.facts import Facts
from server.readiness.model import Model, Weight
from server.readiness.state import LeadState, decay

# What gives points (the key of its reason), in which group, uncapped, and how fast they halve.
Part = tuple[str, str, float, float]


@dataclass(frozen=True, slots=True)
class Fit:
    """Who a lead is, as far as known; `role` is decider, user, student or unknown.

    `large` is None while the size of the organisation is not known; `source` is where they came
    from, as the site calls it, or empty. Of who is `trusted` no taking counts against them.
    """

    business_mailbox: bool = False
    disposable: bool = False
    role: str = "unknown"
    large: bool | None = None
    source: str = ""
    trusted: bool = False


@dataclass(slots=True)
class Score:
    """The points of a lead at one moment; the cap of a group is applied when it is added up.

    `share` is how much of what was taken has nothing against it, `taker` the points that costs.
    """

    parts: list[Part]
    who: list[tuple[str, float]]
    fit: float
    share: float
    taker: float
    model: Model
    interest: float = field(init=False)
    total: float = field(init=False)
    probability: float = field(init=False)

    def __post_init__(self) -> None:
        sums: dict[str, float] = {}
        for _, group, points, _ in self.parts:
            sums[group] = sums.get(group, 0.0) + points
        self.interest = self._capped(sums)
        self.total = self.interest + self.fit + self.taker
        self.probability = self.model.probability(self.total)

    def total_at(self, later: float) -> float:
        """The total so many days later or, below 0, what it was at most so many days before."""
        sums: dict[str, float] = {}
        for _, group, points, half_life in self.parts:
            left = points * decay(0.0, later, half_life)
            sums[group] = sums.get(group, 0.0) + left
        return self._capped(sums) + self.fit + self.taker

    def _capped(self, sums: dict[str, float]) -> float:
        caps = self.model.groups
        return sum([-caps[group] * expm1(-x / caps[group]) for group, x in sums.items()])

    def interest_lines(self) -> dict[str, float]:
        """The points of each thing done, with its share of the cap of its group."""
        sums: dict[str, float] = {}
        for _, group, points, _ in self.parts:
            sums[group] = sums.get(group, 0.0) + points
        caps = self.model.groups
        factors = {g: -caps[g] * expm1(-x / caps[g]) / x if x else 0.0 for g, x in sums.items()}
        lines: dict[str, float] = {}
        for key, group, points, _ in self.parts:
            lines[key] = lines.get(key, 0.0) + points * factors[group]
        return lines


def score(state: LeadState, facts: Facts, fit: Fit, now: float, model: Model) -> Score:
    """The points of a state on a day."""
    parts: list[Part] = []
    for kind, (value, at, count) in state.sums.items():
        weight = model.signals.get(kind)
        if weight is not None and count > 0 and value > 0:
            half_life = weight.half_life
            points = value * weight.points * decay(at, now, half_life)
            parts.append((kind, weight.group, points, half_life))
    if facts.reads:
        _score_reads(facts, now, model, parts)
    if facts.taken:
        _score_gifts(facts, now, model, parts)
    who = _fit_points(fit, model)
    share = taker_share(facts, model)
    taker = model.taker.points * share if share and not fit.trusted else 0.0
    return Score(parts, who, sum([points for _, points in who]), share, taker, model)


def taker_share(facts: Facts, model: Model) -> float:
    """How much of what was taken has nothing against it, 0 to 1; 0 for few gifts."""
    gifts = len(facts.taken)
    if gifts < model.taker.from_gifts:
        return 0.0
    least = model.liked.read_share
    reads = sum([share >= least for share, _ in facts.reads.values()])
    back = model.taker.return_weight * len(facts.returns)
    return max(0.0, 1 - (reads + back + 1) / gifts)


def whole(values: Sequence[float], total: int) -> list[int]:
    """Whole numbers that sum to `total`, the rounded sum of the values (largest remainder)."""
    floors = [floor(value) for value in values]
    order = sorted(range(len(values)), key=lambda i: floors[i] - values[i])
    for i in order[: total - sum(floors)]:
        floors[i] += 1
    return floors


def _score_reads(facts: Facts, now: float, model: Model, parts: list[Part]) -> None:
    """Half of an asset gives points, its end gives more; both fade from the last reading on."""
    half, full = model.signals["read.50"], model.signals["read.100"]
    halves = [at for share, at in facts.reads.values() if 50 <= share < 100]
    ends = [at for share, at in facts.reads.values() if share == 100]
    if halves:
        parts.append(_part("read.half", half, halves, now))
    if ends:
        parts.append(_part("read.finished", half, ends, now))
        parts.append(_part("read.finished", full, ends, now))


def _score_gifts(facts: Facts, now: float, model: Model, parts: list[Part]) -> None:
    """Each gift taken gives a little, from the fourth unread one on nothing."""
    counted = list(facts.taken.values())
    if len(counted) > model.giving.unread:
        unread = sorted([at for slug, at in facts.taken.items() if slug not in facts.reads])
        counted = [at for slug, at in facts.taken.items() if slug in facts.reads]
        counted += unread[: model.giving.unread]
    parts.append(_part("gift.taken", model.signals["gift.taken"], counted, now))


def _part(key: str, weight: Weight, times: list[float], now: float) -> Part:
    left = sum([decay(at, now, weight.half_life) for at in times])
    return key, weight.group, weight.points * left, weight.half_life


def _fit_points(fit: Fit, model: Model) -> list[tuple[str, float]]:
    points = model.fit
    who = []
    if fit.business_mailbox:
        who.append(("business_mailbox", points.business_mailbox))
    if fit.disposable:
        who.append(("disposable", points.disposable))
    if fit.role in ("decider", "user", "student"):
        who.append((fit.role, getattr(points, fit.role)))
    if fit.large:
        who.append(("large", points.large))
    if fit.source:
        who.append(("source", points.sources.get(fit.source, points.source)))
    return who
