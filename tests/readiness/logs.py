"""Logs of leads for the tests of the core: by hand, and any that hypothesis can think of."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from server.readiness.assessment import Assessment, Fit, assess
from server.readiness.facts import NEVER
from server.readiness.model import Model, load_model
from server.readiness.state import (
    CAUTIOUS,
    MARKED,
    RETURNS,
    UNMARKED,
    LeadState,
    Signal,
    decay,
    fold,
)

MODEL: Model = load_model()
DAY = 20_400.0  # "today" of most tests
SLUGS = ("", "geven-werkt", "de-stilte", "het-eerste-kwartier", "doorvragen")
BACK = tuple(kind for kind in RETURNS if kind != "rating.personal")
IGNORED = ("gift.requested", "gift.downloaded", "newsletter.confirmed", "issue.sent")
KINDS = (*sorted((MARKED | UNMARKED) - {"rating.personal"}), *IGNORED)
WHAT_THEY_DO = tuple(kind for kind in KINDS if kind not in CAUTIOUS)
NO_SWITCH = tuple(kind for kind in KINDS if not kind.startswith("profiling"))
DECIDER = Fit(business_mailbox=True, role="decider", large=True)
NOBODY = Fit()
# A gift read to the end and passed on, a question, the prices: with who they are, enough.
EAGER = (
    ("gift.taken", 40, "geven-werkt"),
    ("read.50", 9, "geven-werkt"),
    ("read.100", 9, "geven-werkt"),
    ("liked.asked", 2, "geven-werkt"),
    ("forward", 8, "geven-werkt"),
    ("question", 4),
    ("page.pricing", 3),
)

days = st.one_of(
    st.integers(0, 1600).map(lambda quarter: DAY - 400 + quarter / 4),
    st.floats(DAY - 400, DAY, allow_nan=False),
)
fits = st.builds(
    Fit,
    business_mailbox=st.booleans(),
    disposable=st.booleans(),
    role=st.sampled_from(["unknown", "decider", "user", "student"]),
    large=st.sampled_from([None, True, False]),
    source=st.sampled_from(["", "fair"]),
)


def signals(
    kinds: Sequence[str] = KINDS, evidence: Sequence[str] = ("human", "likely", "scanner")
) -> st.SearchStrategy[Signal]:
    """Any line of the log of these kinds."""
    return st.builds(
        Signal,
        st.sampled_from(kinds),
        days,
        st.sampled_from(SLUGS),
        evidence=st.sampled_from(evidence),
        value=st.sampled_from([0.0, 1.0, 3.0, 4.0, 14.0, DAY + 30]),
        personal=st.booleans(),
        unexpected=st.booleans(),
    )


def logs(
    kinds: Sequence[str] = KINDS,
    evidence: Sequence[str] = ("human", "likely", "scanner"),
    most: int = 25,
) -> st.SearchStrategy[list[Signal]]:
    """Any log of these kinds."""
    return st.lists(signals(kinds, evidence), max_size=most)


def eager_logs() -> st.SearchStrategy[list[Signal]]:
    """Logs of people who take, read and return a lot of late: many of them are ready."""
    late = st.floats(DAY - 40, DAY, allow_nan=False)
    doing = st.sampled_from(["read.50", "read.100", "page.pricing", "page.offer", *BACK])
    acts = st.builds(Signal, doing, late, st.sampled_from(SLUGS), value=st.sampled_from([1.0, 4.0]))
    gift = Signal("gift.taken", DAY - 45, "geven-werkt")
    return st.lists(acts, min_size=3, max_size=12).map(lambda done: [gift, *done])


ALL_LOGS = st.one_of(logs(NO_SWITCH), eager_logs())


def read(state: LeadState, fit: Fit = DECIDER, now: float = DAY, **more: Any) -> Assessment:
    """The assessment of a state by the starting points."""
    return assess(state, fit, now, MODEL, **more)


def same(a: LeadState, b: LeadState, at: float = DAY + 1) -> bool:
    """Whether two states cannot be told apart, to 1e-6, at a day after all that happened."""
    kinds = a.sums.keys() | b.sums.keys()
    return a.marks == b.marks and all(
        abs(left(a, kind, at) - left(b, kind, at)) < 1e-6
        and a.sums.get(kind, (0, 0, 0))[2] == b.sums.get(kind, (0, 0, 0))[2]
        for kind in kinds
    )


def left(state: LeadState, kind: str, at: float) -> float:
    """How much of a kind is left at a day."""
    value, then, _ = state.sums.get(kind, (0.0, NEVER, 0))
    return value * decay(then, at, MODEL.signals[kind].half_life)


def lead(*lines: tuple[str, float] | tuple[str, float, str]) -> LeadState:
    """A state from lines of kind, days ago and perhaps an asset."""
    return fold([line(*parts) for parts in lines], MODEL)


def line(
    kind: str,
    ago: float,
    subject: str = "",
    value: float = 0.0,
    *,
    personal: bool = False,
    unexpected: bool = False,
) -> Signal:
    """One line of the log, so many days ago."""
    return Signal(kind, DAY - ago, subject, value=value, personal=personal, unexpected=unexpected)
