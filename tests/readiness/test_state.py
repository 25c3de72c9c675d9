"""The state of a lead is a fold over its log: no order, no past, no machine can be seen in it."""

import copy
import json
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.readiness.state import COUNTED, LeadState, Signal, apply, fold, merge
from tests.readiness.logs import (
    DAY,
    MODEL,
    NO_SWITCH,
    WHAT_THEY_DO,
    left,
    line,
    logs,
    read,
    same,
    signals,
)

FEW = ("question", "visit", "rating", "read.50", "offer.made")  # so that kinds meet each other


def back(signal: Signal) -> Signal:
    """The line that takes this one back."""
    return replace(signal, sign=-1)


@settings(max_examples=150, deadline=None)
@given(logs(), st.randoms(use_true_random=False))
def test_any_order_of_the_log_gives_the_same_state(log: list[Signal], dice: random.Random) -> None:
    shuffled = list(log)
    dice.shuffle(shuffled)
    assert same(fold(shuffled, MODEL), fold(log, MODEL))


@settings(max_examples=100, deadline=None)
@given(logs())
def test_line_by_line_equals_a_rebuild(log: list[Signal]) -> None:
    state = LeadState()
    for signal in log:
        state = apply(state, signal, MODEL)
    assert same(state, fold(log, MODEL))


@settings(max_examples=100, deadline=None)
@given(logs(FEW), signals(FEW))
def test_a_late_line_equals_one_on_time(log: list[Signal], late: Signal) -> None:
    in_time = sorted([*log, late], key=lambda signal: signal.at)
    assert same(apply(fold(log, MODEL), late, MODEL), fold(in_time, MODEL))


@settings(max_examples=150, deadline=None)
@given(logs(), logs(FEW), st.randoms(use_true_random=False))
def test_what_was_taken_back_never_happened(
    log: list[Signal], undone: list[Signal], dice: random.Random
) -> None:
    lines = [*log, *undone, *[back(signal) for signal in undone]]
    dice.shuffle(lines)
    assert same(fold(lines, MODEL), fold(log, MODEL))


@settings(max_examples=150, deadline=None)
@given(logs(FEW), st.randoms(use_true_random=False))
def test_a_log_taken_back_whole_is_that_of_a_new_lead(
    log: list[Signal], dice: random.Random
) -> None:
    lines = [*log, *[back(signal) for signal in log]]
    dice.shuffle(lines)
    state = fold(lines, MODEL)
    assert same(state, LeadState())
    seen, new = read(state), read(LeadState())
    assert (seen.state, seen.next_step, seen.reasons) == (new.state, new.next_step, new.reasons)
    assert seen.total == new.total


def test_what_is_taken_back_leaves_no_residue_of_rounding() -> None:
    log = [line("question", 30), line("visit", 0.1), line("question", 3.3), line("visit", 7.7)]
    assert fold([*log, *[back(signal) for signal in log]], MODEL) == LeadState()


@settings(max_examples=100, deadline=None)
@given(logs(), signals(WHAT_THEY_DO, ("human", "likely")))
def test_judged_a_machine_afterwards_is_as_if_it_had_been_from_the_start(
    log: list[Signal], hit: Signal
) -> None:
    at_first = [*log, hit, back(hit), replace(hit, evidence="scanner")]
    at_once = [*log, replace(hit, evidence="scanner")]
    assert same(fold(at_first, MODEL), fold(at_once, MODEL))
    assert same(fold(at_first, MODEL), fold(log, MODEL))


@settings(max_examples=100, deadline=None)
@given(logs(), logs(WHAT_THEY_DO, ("scanner", "proxy", "unknown")))
def test_what_machines_do_leaves_no_trace(log: list[Signal], machine: list[Signal]) -> None:
    assert fold([*log, *machine], MODEL) == fold(log, MODEL)


@settings(max_examples=100, deadline=None)
@given(logs(), logs())
def test_merging_two_leads_lays_their_logs_together(a: list[Signal], b: list[Signal]) -> None:
    union = fold([*a, *b], MODEL)
    assert same(merge(fold(a, MODEL), fold(b, MODEL), MODEL), union)
    assert same(merge(fold(b, MODEL), fold(a, MODEL), MODEL), union)


@settings(max_examples=100, deadline=None)
@given(logs(NO_SWITCH), signals())
def test_a_state_survives_storage_and_goes_on_from_there(log: list[Signal], next_: Signal) -> None:
    state = fold(log, MODEL)
    stored = json.dumps(state.to_dict())
    read = LeadState.from_dict(json.loads(stored))
    assert read == state
    assert json.dumps(read.to_dict()) == stored
    assert apply(read, next_, MODEL) == apply(state, next_, MODEL)


def test_the_same_state_is_stored_the_same_whatever_its_history() -> None:
    log = [line("rating", 3, "x", 4), line("read.50", 4, "x"), line("forward", 2), line("visit", 5)]
    first = json.dumps(fold(log, MODEL).to_dict())
    assert first == json.dumps(fold(log[::-1], MODEL).to_dict())


def test_a_state_of_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="format 0"):
        LeadState.from_dict({"format": 0, "sums": {}, "marks": []})


@settings(max_examples=50, deadline=None)
@given(logs(), signals())
def test_applying_leaves_the_old_state_alone(log: list[Signal], signal: Signal) -> None:
    state = fold(log, MODEL)
    before = copy.deepcopy(state)
    apply(state, signal, MODEL)
    merge(state, state, MODEL)
    assert state == before


def test_half_of_a_signal_is_left_after_its_half_life() -> None:
    state = fold([line("question", 30)], MODEL)
    assert left(state, "question", DAY) == pytest.approx(0.5)


def test_an_undo_that_comes_before_what_it_undoes_waits_for_it() -> None:
    taken = line("gift.taken", 5, "geven-werkt")
    early = fold([back(taken)], MODEL)
    assert apply(early, taken, MODEL) == LeadState()


def test_a_refusal_counts_whoever_sent_it_a_click_only_from_a_person() -> None:
    no = Signal("unsubscribe", DAY, evidence="unknown")
    assert fold([no], MODEL) != LeadState()
    for evidence in ("proxy", "scanner", "unknown"):
        assert fold([Signal("mail.click", DAY, evidence=evidence)], MODEL) == LeadState()
    for evidence in sorted(COUNTED):
        assert fold([Signal("mail.click", DAY, evidence=evidence)], MODEL) != LeadState()


def test_kinds_the_score_does_not_know_are_no_fault() -> None:
    assert fold([line("gift.downloaded", 1, "x"), line("never.heard.of", 1)], MODEL) == LeadState()


def test_a_lead_without_a_log_is_one_that_never_existed() -> None:
    assert fold([], MODEL) == LeadState()
