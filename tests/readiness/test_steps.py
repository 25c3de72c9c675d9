"""The rule: in which state a log puts a lead, what the next step is, when to look again."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from server.readiness.assessment import Fit, NextStep
from server.readiness.state import Signal, apply, fold
from server.readiness.steps import NEAR
from server.tracking.kinds import GIFTS
from tests.readiness.logs import (
    ALL_LOGS,
    DAY,
    DECIDER,
    EAGER,
    MODEL,
    NOBODY,
    eager_logs,
    fits,
    lead,
    line,
    read,
)

# Already below what keeps READY, but not yet for two days.
BARELY_READY = [
    line("gift.taken", 45, "geven-werkt"),
    line("read.50", 33),
    line("read.50", 30, "geven-werkt"),
    line("question", 0),
    line("comment", 0),
]

# Properties of the rule


@settings(max_examples=250, deadline=None)
@given(ALL_LOGS, fits, st.floats(0.01, 30), st.booleans())
def test_nobody_is_ready_inside_a_window_other_than_who_asked_for_contact(
    log: list[Signal], fit: Fit, left: float, was_ready: bool
) -> None:
    calm = [signal for signal in log if signal.kind != "contact.requested"]
    seen = read(fold(calm, MODEL), fit, no_ask_until=DAY + left, was_ready=was_ready)
    assert seen.state != "ready"
    assert seen.next_step.name not in ("make_offer", "ways_to_give_back", "ask_liked")


@settings(max_examples=150, deadline=None)
@given(eager_logs(), st.sampled_from(GIFTS), st.floats(0, 2.99), st.booleans())
def test_a_gift_opens_the_window_where_the_ledger_says_nothing(
    log: list[Signal], kind: str, ago: float, personal: bool
) -> None:
    gift = line(kind, ago, "doorvragen", personal=personal)
    seen = read(fold([*log, gift], MODEL), was_ready=True)
    assert seen.state != "ready"
    days = MODEL.windows.personal_days if personal else MODEL.windows.asset_days
    if seen.next_step.name == "wait":
        assert seen.next_step.opens_at == gift.at + days


@settings(max_examples=250, deadline=None)
@given(ALL_LOGS, fits, st.floats(0, 1, exclude_min=True), st.booleans())
@example([], Fit(), 0.5, False)
@example(BARELY_READY, Fit(business_mailbox=True, role="decider"), 1.0, True)
def test_nothing_changes_before_the_day_of_the_next_check(
    log: list[Signal], fit: Fit, share: float, was_ready: bool
) -> None:
    state = fold(log, MODEL)
    now = read(state, fit, was_ready=was_ready)
    until = DAY + 2000 if now.next_check_at is None else now.next_check_at
    assert until > DAY
    at = DAY + share * (until - DAY - NEAR) * 0.999_999
    assume(at > DAY)
    then = read(state, fit, at, was_ready=now.state == "ready")
    assert (then.state, then.next_step) == (now.state, now.next_step)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["visit", "mail.open"]), st.floats(0, 20)), max_size=12))
def test_noise_makes_at_most_one_transition_in_48_hours(noise: list[tuple[str, float]]) -> None:
    state, ready, changes = lead(*EAGER), False, []
    arriving = sorted((DAY + after, kind) for kind, after in noise)
    for quarter in range(1, 120):
        now = DAY + quarter / 4
        while arriving and arriving[0][0] <= now:
            at, kind = arriving.pop(0)
            state = apply(state, Signal(kind, at), MODEL)
        seen = read(state, now=now, was_ready=ready)
        if (seen.state == "ready") != ready:
            ready = not ready
            changes.append(now)
    assert changes
    assert all(later - earlier >= 2 for earlier, later in pairwise(changes))


# The rule


def test_who_took_read_and_returned_is_ready_for_an_offer() -> None:
    seen = read(lead(*EAGER))
    assert (seen.state, seen.next_step.name) == ("ready", "make_offer")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ([("gift.taken", 2, "doorvragen")], "window open"),
        ([("offer.made", 13.9)], "asked less than 14 days ago"),
        ([("ask.return", 13.9)], "asked less than 14 days ago"),
        ([("declined", 59)], "refused less than 60 days ago"),
        ([("outcome.lost", 59)], "refused less than 60 days ago"),
        ([("unsubscribe", 1)], "left"),
        ([("complaint", 1)], "complained"),
        ([("bounce", 1)], "cannot be reached"),
        ([("outcome.not_a_fit", 1)], "judged not a fit"),
        ([("outcome.won", 1)], "is a customer"),
        ([(f"gift.{how}", 30, f"g-{n}") for n in range(12) for how in ("taken",)], "takes only"),
    ],
)
def test_one_thing_against_it_is_enough_not_to_be_ready(
    change: Sequence[tuple[str, float] | tuple[str, float, str]], why: str
) -> None:
    seen = read(lead(*EAGER, *change))
    assert seen.state != "ready", why
    assert seen.next_step.name != "make_offer"


def test_one_thing_missing_is_enough_not_to_be_ready() -> None:
    assert read(lead(*EAGER), NOBODY).state == "reading", "not likely enough"
    assert read(lead(*EAGER), reachable=False).state == "reading", "no consent"
    assert read(lead(*EAGER), threshold=0.9).state == "reading", "no room this week"
    assert read(lead(*EAGER[1:])).state == "reading", "no gift yet"
    bought = [("page.pricing", 3.0 - n / 10) for n in range(20)]
    assert read(lead(("gift.taken", 2, "x"), *bought)).state == "reading", "gift of two days ago"
    poor = Fit(business_mailbox=True, disposable=True, large=True)
    busy = [(kind, n / 10) for n in range(9) for kind in ("question", "page.offer")]
    assert read(lead(*EAGER, *busy), poor).state == "reading", "does not fit"
    assert read(lead(*EAGER, *busy), NOBODY).state == "ready"


def test_pages_before_the_first_gift_do_not_use_it() -> None:
    looked = [("page.offer", 20 + n / 10) for n in range(9)]
    asked = [("page.pricing", 20 + n / 10) for n in range(9)]
    before = lead(("gift.taken", 10, "x"), *looked, *asked)
    assert read(before, threshold=0.05).state == "reading"
    assert read(apply(before, line("read.25", 5, "x"), MODEL), threshold=0.05).state == "ready"


def test_who_asks_for_contact_passes_at_once() -> None:
    seen = read(lead(("gift.taken", 1, "x"), ("contact.requested", 0.5)), NOBODY)
    assert (seen.state, seen.next_step) == ("ready", NextStep("call_back"))
    assert seen.next_check_at is not None
    for taken_up in ("contacted", "meeting", "outcome.lost", "offer.made"):
        done = lead(("gift.taken", 1, "x"), ("contact.requested", 0.5), (taken_up, 0.1))
        assert read(done, NOBODY).state != "ready"
    accepted = lead(("contact.requested", 0.5), ("outcome.accepted", 0.1))
    assert read(accepted, NOBODY).next_step.name == "call_back"


def test_ready_ends_only_well_below_the_threshold_and_for_two_days() -> None:
    state, now = lead(*EAGER), DAY
    assert read(state).state == "ready"
    ends = None
    for step in range(2000):
        now = DAY + step / 10
        ready = read(state, now=now, was_ready=True)
        if ready.state != "ready":
            ends = now
            break
    assert ends is not None
    two_days_before = read(state, now=ends - 2).probability
    assert two_days_before == pytest.approx(0.6 * 0.2, rel=0.01)
    fresh = read(state, now=ends - 2)
    assert fresh.state == "reading", "who was not ready needs the whole threshold"


def test_the_next_check_finds_the_end_of_ready() -> None:
    state, now, seen = lead(*EAGER), DAY, read(lead(*EAGER))
    for _ in range(20):
        assert seen.next_check_at is not None
        now = seen.next_check_at
        seen = read(state, now=now, was_ready=seen.state == "ready")
        if seen.state != "ready":
            break
    assert seen.state == "reading"
    assert read(state, now=now - 1.01 * NEAR, was_ready=True).state == "ready"


# The states


@pytest.mark.parametrize(
    ("log", "state"),
    [
        ([], "new"),
        ([("gift.taken", 5, "x")], "new"),
        ([("gift.taken", 5, "x"), ("visit", 4), ("mail.open", 3)], "new"),
        ([("gift.taken", 5, "x"), ("read.25", 4, "x")], "reading"),
        ([("mail.click", 4)], "reading"),
        ([("gift.taken", 200, "x"), ("read.50", 100, "x")], "resting"),
        ([("read.50", 100, "x"), ("visit", 10)], "reading"),
        ([("offer.made", 30)], "offered"),
        ([("outcome.offer", 30)], "offered"),
        ([("offer.made", 61)], "new"),
        ([("offer.made", 30), ("declined", 20)], "resting"),
        ([("outcome.lost", 30), ("outcome.offer", 20)], "offered"),
        ([("outcome.not_now", 30)], "resting"),
        ([("outcome.not_now", 91)], "new"),
        ([("outcome.offer", 30), ("outcome.won", 20)], "customer"),
        ([("purchase", 400)], "customer"),
        ([("outcome.not_a_fit", 20)], "not_a_fit"),
        ([("outcome.not_a_fit", 20), ("outcome.accepted", 10)], "new"),
        ([("read.25", 9, "x"), ("unsubscribe", 5)], "resting"),
        ([("read.25", 9, "x"), ("unsubscribe", 5), ("reply", 2)], "reading"),
        ([("complaint", 5), ("reply", 2)], "resting"),
        ([("complaint", 5), ("contact.requested", 2)], "ready"),
        ([("profiling.objected", 5)], "objected"),
        ([("profiling.objected", 5), ("profiling.allowed", 2), ("read.25", 1, "x")], "reading"),
    ],
)
def test_a_log_puts_a_lead_in_a_state(
    log: list[tuple[str, float] | tuple[str, float, str]], state: str
) -> None:
    assert read(lead(*log), NOBODY).state == state


def test_not_now_holds_until_its_day() -> None:
    state = fold([line("outcome.not_now", 5, value=DAY + 90)], MODEL)
    seen = read(state)
    assert (seen.state, seen.next_step) == ("resting", NextStep("rest", "", DAY + 90))
    assert read(state, now=DAY + 90).state != "resting"


# The next step


@pytest.mark.parametrize(
    ("log", "step"),
    [
        ([("gift.taken", 1, "x")], NextStep("wait", "", DAY + 2)),
        ([("gift.taken", 30, "x"), ("read.50", 8, "x")], NextStep("ask_liked", "x")),
        ([("gift.taken", 30, "x"), ("read.50", 6, "x")], NextStep("give")),
        ([("gift.taken", 30, "x"), ("read.50", 22, "x")], NextStep("give")),
        ([("gift.taken", 30, "x"), ("read.25", 8, "x")], NextStep("give")),
        ([("read.50", 8, "x"), ("liked.asked", 40, "x")], NextStep("give")),
        ([("read.50", 8, "x"), ("liked.asked", 20, "y")], NextStep("give")),
        ([("read.50", 8, "x"), ("liked.asked", 40, "y")], NextStep("ask_liked", "x")),
        ([("gift.taken", 10, "x")], NextStep("rest")),
        ([("gift.taken", 30 + n, f"g{n}") for n in range(6)], NextStep("stop_giving")),
        ([("offer.made", 5)], NextStep("wait_for_answer", "", DAY + 55)),
        ([("unsubscribe", 5)], NextStep("rest")),
        ([("outcome.not_a_fit", 5)], NextStep("rest")),
    ],
)
def test_a_log_has_a_next_step(
    log: list[tuple[str, float] | tuple[str, float, str]], step: NextStep
) -> None:
    assert read(lead(*log), NOBODY).next_step == step


def test_a_liked_gift_is_thanked_with_ways_to_give_back_once() -> None:
    liked = fold([line("read.50", 9, "x"), line("rating", 3, "x", 4)], MODEL)
    assert read(liked, NOBODY).next_step == NextStep("ways_to_give_back", "x")
    for done in ("forward", "review", "ask.return"):
        after = apply(liked, line(done, 1, "x"), MODEL)
        assert read(after, NOBODY).next_step.name != "ways_to_give_back"
    disliked = fold([line("read.50", 9, "x"), line("rating", 3, "x", 1)], MODEL)
    assert read(disliked, NOBODY).next_step.name == "give"


def test_who_gave_back_is_given_to_again() -> None:
    gifts = [("gift.sent", 30.0 + n, f"g{n}") for n in range(6)]
    lately = lead(*gifts, ("mail.click", 5))
    thanked, long_ago = line("forward", 170), line("forward", 181)
    assert read(apply(lately, thanked, MODEL)).next_step.name == "give_personal"
    assert read(apply(lately, long_ago, MODEL)).next_step.name == "stop_giving"


def test_the_gift_proposed_is_the_first_they_do_not_have() -> None:
    state = lead(("gift.taken", 30, "a"), ("read.25", 25, "b"))
    seen = read(state, NOBODY, catalogue=["a", "b", "c", "d"])
    assert seen.next_step == NextStep("give", "c")
    assert read(state, NOBODY, catalogue=["a", "b"]).next_step == NextStep("rest")
    assert read(state, DECIDER, catalogue=["c"]).next_step == NextStep("give_personal", "c")


def test_each_kind_of_gift_is_asked_about_in_its_own_time() -> None:
    sample = lead(("gift.sent", 11, "box"))
    assert read(sample, NOBODY, kinds={"box": "sample"}).next_step == NextStep("ask_liked", "box")
    assert read(sample, NOBODY, kinds={"box": "e-book"}).next_step.name == "rest"
    trial = fold([line("trial.started", 8, "tool", 10)], MODEL)
    assert read(trial, NOBODY).next_step == NextStep("ask_liked", "tool")
    assert read(trial, NOBODY, now=DAY - 0.1).next_step.name == "rest"
