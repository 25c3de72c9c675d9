"""What is thought of a lead: the points, their reasons, and what is told."""

from dataclasses import replace

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from server.readiness.assessment import Assessment, Balance, Fit, NextStep, Reason, assess
from server.readiness.state import CAUTIOUS, LeadState, Signal, apply, fold
from tests.readiness.logs import (
    ALL_LOGS,
    BACK,
    DAY,
    EAGER,
    KINDS,
    MODEL,
    NO_SWITCH,
    NOBODY,
    WHAT_THEY_DO,
    fits,
    lead,
    line,
    logs,
    read,
    signals,
)

TAKING = ("gift.taken", "gift.taken", "read.50", "reply")

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
@given(st.one_of(ALL_LOGS, logs(TAKING)), fits, signals(BACK, ("human", "likely")))
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
