"""What the log says of one lead, as a value that does not depend on the order of reading.

Two things are kept, both linear, so that a line taken back is a line with a minus sign:

- `sums`: per kind that scores, how many there were, each halved every half-life since;
- `marks`: a counter per thing that happened (kind, subject, time, value, flags), for whatever needs
  a set, a first or a last one. Counts may be below zero while the line they undo is still to come.

Every cap, first, last and limit is taken when the state is read, never here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import exp2
from typing import Any

from server.readiness.model import Model
from server.tracking.kinds import GIFTS, RETURNS

COUNTED = frozenset({"human", "likely"})

TAKEN = ("gift.taken", "trial.started")
READS = {"read.25": 25, "read.50": 50, "read.75": 75, "read.100": 100}
PAGES = ("page.pricing", "page.offer", "page.case")
ASKS = ("offer.made", "ask.return")
NEGATIVE = ("unsubscribe", "bounce", "complaint", "declined")
OUTCOMES = (
    "outcome.accepted",
    "outcome.offer",
    "outcome.won",
    "outcome.lost",
    "outcome.not_now",
    "outcome.not_a_fit",
)

# What can only hold us back counts whoever or whatever caused it: a doubtful "no" is a no.
CAUTIOUS = frozenset((*ASKS, *NEGATIVE, "liked.asked", "profiling.objected"))
# Too frequent to keep one by one; everything else that matters is marked.
UNMARKED = frozenset({"visit", "mail.open", "mail.click"})
MARKED = CAUTIOUS.union(
    GIFTS, READS, PAGES, RETURNS, OUTCOMES, ("contact.requested", "contacted", "meeting"),
    ("profiling.allowed",),
)  # fmt: skip
# Scored from their marks at read time: one asset counts once.
SETS = frozenset((*TAKEN, *READS))

PERSONAL = 1
UNEXPECTED = 2

FORMAT = 1
RESIDUE = 1e-9  # what rounding may leave of a sum that was taken back whole

Mark = tuple[str, str, float, float, int]  # kind, subject, at, value, flags
Sum = tuple[float, float, int]  # decayed count, as of, count


@dataclass(frozen=True, slots=True)
class Signal:
    """One line of the log as the core sees it; `at` in days since the Unix epoch, UTC.

    `sign` -1 takes an earlier line back: every other field repeats that line, also the evidence
    it was counted under. `value` is a rating of 1 to 4, the worth of a gift, the term of a trial
    in days, or for `outcome.not_now` the day until which.
    """

    kind: str
    at: float
    subject: str = ""
    evidence: str = "human"
    value: float = 0.0
    sign: int = 1
    personal: bool = False
    unexpected: bool = False


@dataclass(frozen=True, slots=True)
class LeadState:
    """Everything the log says of one lead; treat as immutable."""

    sums: Mapping[str, Sum] = field(default_factory=dict)
    marks: Mapping[Mark, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """JSON-safe data, the same for the same state; `from_dict` reads it back."""
        return {
            "format": FORMAT,
            "sums": {kind: list(self.sums[kind]) for kind in sorted(self.sums)},
            "marks": [[*mark, self.marks[mark]] for mark in sorted(self.marks)],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "LeadState":
        """The state written by `to_dict`; ValueError for another format (then rebuild)."""
        if data.get("format") != FORMAT:
            raise ValueError(f"a lead state of format {data.get('format')!r}, not {FORMAT}")
        return cls(
            {kind: (value, at, n) for kind, (value, at, n) in data["sums"].items()},
            {(kind, subject, at, value, flags): n
             for kind, subject, at, value, flags, n in data["marks"]},
        )  # fmt: skip


def decay(at: float, now: float, half_life: float) -> float:
    """What is left at `now` of 1 at `at`; at most 2 for a time that is still to come."""
    halvings = (at - now) / half_life
    return exp2(halvings) if halvings < 1 else 2.0


def apply(state: LeadState, signal: Signal, model: Model) -> LeadState:
    """The state with one more line of the log, whatever its place in time; the old one is kept.

    Only human and likely lines count, other than those that can only hold us back.
    """
    sums, marks = dict(state.sums), dict(state.marks)
    _add(sums, marks, signal, model)
    return LeadState(sums, marks)


def fold(signals: Iterable[Signal], model: Model) -> LeadState:
    """The state of a whole log, in any order."""
    sums: dict[str, Sum] = {}
    marks: dict[Mark, int] = {}
    for signal in signals:
        _add(sums, marks, signal, model)
    return LeadState(sums, marks)


def merge(a: LeadState, b: LeadState, model: Model) -> LeadState:
    """The state of two logs laid together, as when two leads turn out to be one person."""
    sums, marks = dict(a.sums), dict(a.marks)
    for kind, (value, at, count) in b.sums.items():
        weight = model.signals.get(kind)
        if weight is not None:
            _raise(sums, kind, value, at, count, weight.half_life)
    for mark, count in b.marks.items():
        _mark(marks, mark, count)
    return LeadState(sums, marks)


def _add(sums: dict[str, Sum], marks: dict[Mark, int], signal: Signal, model: Model) -> None:
    kind, sign = signal.kind, signal.sign
    if signal.evidence not in COUNTED and kind not in CAUTIOUS:
        return
    if signal.personal and kind == "rating":
        kind = "rating.personal"
    if kind in MARKED:
        flags = PERSONAL * signal.personal + UNEXPECTED * signal.unexpected
        _mark(marks, (kind, signal.subject, float(signal.at), float(signal.value), flags), sign)
    if kind not in SETS:
        weight = model.signals.get(kind)
        if weight is not None:
            _raise(sums, kind, float(sign), float(signal.at), sign, weight.half_life)


def _mark(marks: dict[Mark, int], mark: Mark, count: int) -> None:
    total = marks.get(mark, 0) + count
    if total:
        marks[mark] = total
    else:
        marks.pop(mark, None)


def _raise(
    sums: dict[str, Sum], kind: str, value: float, at: float, count: int, half_life: float
) -> None:
    """Add `value` as of `at` to the sum of a kind; both are first brought to the later day."""
    old = sums.get(kind)
    if old is None:
        sums[kind] = (value, at, count)
        return
    was, then, number = old
    if at >= then:
        value += was * exp2((then - at) / half_life)
    else:
        value, at = was + value * exp2((at - then) / half_life), then
    number += count
    if number == 0 and -RESIDUE < value < RESIDUE:
        del sums[kind]
    else:
        sums[kind] = (value, at, number)
