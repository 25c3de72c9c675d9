"""What is thought of a lead: the points, the state, the rule, the next step."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from server.readiness.assessment import Assessment, Balance, Fit, NextStep, Reason, assess
from server.readiness.state import CAUTIOUS, GIVEN, LeadState, Signal, apply, fold
from server.readiness.steps import NEAR
from tests.readiness.logs import (
    BACK,
    DAY,
    KINDS,
    MODEL,
    NO_SWITCH,
    WHAT_THEY_DO,
    eager_logs,
    fits,
    lead,
    line,
    logs,
    signals,
)

DECIDER = Fit(business_mailbox=True, role="decider", large=True)
NOBODY = Fit()
ALL_LOGS = st.one_of(logs(NO_SWITCH), eager_logs())
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


def read(state: LeadState, fit: Fit = DECIDER, now: float = DAY, **more: Any) -> Assessment:
    """The assessment of a state by the starting points."""
    return assess(state, fit, now, MODEL, **more)


# Properties of the score


@settings(max_examples=150, deadline=None)
@given(ALL_LOGS, fits, st.floats(0, 500), st.floats(0, 500))
def test_between_events_the_score_never_rises(
    log: list[Signal], fit: Fit, soon: float, later: float
) -> None:
    state = fold(log, MODEL)
    first, then = sorted((DAY + soon, DAY + later))
    assert read(state, fit, then).total <= read(state, fit, first).total + 1e-9


@settings(max_examples=150, deadline=None)
@given(ALL_LOGS, fits, signals(BACK, ("human", "likely")))
def test_one_more_return_never_lowers_the_score(log: list[Signal], fit: Fit, one: Signal) -> None:
    state = fold(log, MODEL)
    assert read(apply(state, one, MODEL), fit).total >= read(state, fit).total - 1e-9


@settings(max_examples=150, deadline=None)
@given(ALL_LOGS, fits, logs(KINDS, ("scanner", "proxy", "unknown")))
def test_machines_never_raise_the_score_nor_make_ready(
    log: list[Signal], fit: Fit, machine: list[Signal]
) -> None:
    without, with_ = read(fold(log, MODEL), fit), read(fold([*log, *machine], MODEL), fit)
    assume(with_.state != "objected")
    assert with_.total <= without.total + 1e-9
    assert with_.state != "ready" or without.state == "ready"


@settings(max_examples=100, deadline=None)
@given(ALL_LOGS, fits, signals(WHAT_THEY_DO, ("human", "likely")))
def test_an_event_judged_a_machine_later_leaves_no_trace_in_the_assessment(
    log: list[Signal], fit: Fit, hit: Signal
) -> None:
    undone = fold([*log, hit, replace(hit, sign=-1)], MODEL)
    after, before = read(undone, fit), read(fold(log, MODEL), fit)
    assert (after.state, after.next_step) == (before.state, before.next_step)
    assert after.total == pytest.approx(before.total, abs=1e-6)
    assert after.balance == before.balance


@settings(max_examples=250, deadline=None)
@given(ALL_LOGS, fits)
@example([line("complaint", 3)], Fit(disposable=True, role="student"))
def test_the_points_shown_add_up_and_other_is_a_fifth_at_most(log: list[Signal], fit: Fit) -> None:
    seen = read(fold(log, MODEL), fit)
    assert sum(reason.points for reason in seen.reasons) == seen.points
    assert abs(seen.points - seen.total) <= 0.5 + 1e-9
    assert sum(reason.points for reason in seen.lines) == seen.points
    other = [reason for reason in seen.reasons if reason.key == "other"]
    assert all(reason.times > 1 for reason in other)
    assert all(abs(reason.points) <= abs(seen.points) / 5 for reason in other)
    assert len({reason.key for reason in seen.reasons}) == len(seen.reasons)
    lost = [reason for reason in seen.lines if reason.points < 0]
    if lost:
        assert min(lost, key=lambda reason: reason.points).points in [
            reason.points for reason in seen.reasons
        ]


@settings(max_examples=100, deadline=None)
@given(ALL_LOGS, fits)
def test_no_line_is_more_than_a_point_from_its_worth(log: list[Signal], fit: Fit) -> None:
    seen = read(fold(log, MODEL), fit)
    parts = {"interest": 0, "fit": 0, "taker": 0}
    ours = {"business_mailbox", "disposable", "decider", "user", "student", "large", "source"}
    for reason in seen.lines:
        part = "taker" if reason.key == "taker" else "fit" if reason.key in ours else "interest"
        parts[part] += reason.points
    assert abs(parts["interest"] - seen.interest) < len(seen.lines) + 1
    assert abs(parts["fit"] - seen.fit) < 8
    assert abs(parts["taker"] - seen.taker) < 1


@settings(max_examples=100, deadline=None)
@given(ALL_LOGS, fits)
def test_the_same_state_gives_the_same_assessment(log: list[Signal], fit: Fit) -> None:
    state = fold(log, MODEL)
    stored = LeadState.from_dict(state.to_dict())
    a, b = read(state, fit), read(stored, fit)
    assert a.state == b.state
    assert a.next_step == b.next_step
    assert a.total == pytest.approx(b.total)
    assert a.moments == b.moments


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
@given(eager_logs(), st.sampled_from(GIVEN), st.floats(0, 2.99), st.booleans())
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


@settings(max_examples=60, deadline=None)
@given(logs(NO_SWITCH), fits)
def test_a_lead_who_objected_has_no_score(log: list[Signal], fit: Fit) -> None:
    seen = read(fold([*log, Signal("profiling.objected", DAY)], MODEL), fit)
    assert seen == Assessment(DAY, 1, "objected", NextStep("none"))
    assert (seen.reasons, seen.lines, seen.moments) == ((), (), ())
    assert seen.balance == Balance()


# The score by hand


def test_without_outcomes_the_score_is_that_of_the_hand_points() -> None:
    seen = read(lead(("contact.requested", 14)), Fit(business_mailbox=True, source="fair"))
    # 25 points, half of them left, softly capped at 30; 6 and 4 for who they are.
    assert seen.interest == pytest.approx(30 * (1 - 2.718281828459045 ** (-12.5 / 30)))
    assert (seen.fit, seen.taker) == (10, 0)
    assert seen.probability == pytest.approx(MODEL.probability(seen.total))
    assert seen.model_version == MODEL.version


def test_a_lead_of_whom_nothing_is_known_has_no_points() -> None:
    seen = read(LeadState(), NOBODY)
    assert (seen.points, seen.reasons, seen.state) == (0, (), "new")
    assert seen.next_step == NextStep("give")
    assert seen.next_check_at is None


def test_a_group_approaches_its_cap() -> None:
    many = read(lead(*[("visit", 0.001 * n) for n in range(500)]), NOBODY)
    assert 7.9 < many.interest <= 8


def test_the_end_of_a_book_gives_more_than_its_half_and_once_only() -> None:
    half = read(lead(("read.50", 0, "a")), NOBODY).interest
    end = read(lead(("read.50", 0, "a"), ("read.100", 0, "a")), NOBODY)
    again = read(lead(("read.50", 0, "a"), ("read.100", 0, "a"), ("read.100", 0, "a")), NOBODY)
    assert half < end.interest == again.interest
    assert [(reason.key, reason.times) for reason in end.reasons] == [("read.finished", 1)]


def test_from_the_fourth_unread_gift_on_gifts_give_nothing() -> None:
    gifts = [("gift.taken", 9.0 - n, f"gift-{n}") for n in range(6)]
    three, five = read(lead(*gifts[:3]), NOBODY), read(lead(*gifts[:5]), NOBODY)
    assert three.interest == pytest.approx(five.interest)
    read_one = read(lead(*gifts[:5], ("read.25", 1, "gift-4")), NOBODY)
    assert read_one.interest > five.interest


def test_a_rating_of_a_personal_gift_is_worth_more() -> None:
    plain = read(fold([line("rating", 0, "a", 4)], MODEL), NOBODY)
    warm = read(fold([line("rating", 0, "a", 4, personal=True)], MODEL), NOBODY)
    assert plain.interest < warm.interest


def test_who_takes_much_and_does_nothing_with_it_loses_points() -> None:
    gifts = [("gift.taken", 20.0 - n, f"gift-{n}") for n in range(5)]
    taker = read(lead(*gifts))
    assert taker.taker == pytest.approx(-20 * (1 - 1 / 5))
    assert taker.reasons[-1].key == "taker"
    assert taker.reasons[-1].points == -16
    back = read(lead(*gifts, ("reply", 3), ("reply", 2)))
    assert back.taker == 0
    assert read(lead(*gifts[:2])).taker == 0


def test_a_source_has_the_points_it_was_learned_to_have() -> None:
    model = replace(MODEL, fit=replace(MODEL.fit, sources={"fair": -3.0}))
    assert assess(LeadState(), Fit(source="fair"), DAY, model).points == -3
    assert assess(LeadState(), Fit(source="ad"), DAY, model).points == 4


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
    assert read(state, now=now - 0.02, was_ready=True).state == "ready"


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


# What is told


def test_the_balance_counts_both_sides() -> None:
    log = [
        line("gift.taken", 40, "a"), line("gift.sent", 30, "b", 6), line("help.given", 20),
        line("rating", 10, "a", 4), line("rating", 9, "b", 2), line("forward", 8, "a"),
    ]  # fmt: skip
    assert read(fold(log, MODEL)).balance == Balance(3, 3, 1)


def test_what_happened_since_yesterday_is_always_shown() -> None:
    strong = [("question", 3), ("reply", 3), ("referral.joined", 3), ("contact.requested", 3)]
    seen = read(lead(*strong, ("page.case", 0.5), ("forward", 3)))
    case = Reason("page.case", 2, (), DAY - 0.5, 1, fresh=True)
    assert [reason for reason in seen.reasons if reason.fresh] == [case]


def test_a_reason_names_its_assets_the_latest_first() -> None:
    seen = read(lead(("read.100", 9, "a"), ("read.100", 3, "b"), ("read.50", 2, "c")), NOBODY)
    finished = next(reason for reason in seen.reasons if reason.key == "read.finished")
    assert (finished.subjects, finished.at, finished.times) == (("b", "a"), DAY - 3, 2)


def test_too_few_data_is_passed_on_with_the_last_return_to_sort_by() -> None:
    seen = read(lead(*EAGER), few_data=True)
    assert seen.few_data
    assert seen.returned_at == DAY - 4
    assert read(LeadState()).returned_at is None


def test_what_only_holds_back_never_adds_points() -> None:
    for kind in sorted(CAUTIOUS - {"profiling.objected"}):
        assert read(lead(*EAGER, (kind, 1))).total == pytest.approx(read(lead(*EAGER)).total)
