"""Was it a person? The rules that look at the hits around one, whatever the order they came in."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.tracking.evidence import (
    CLICK,
    COUNTS,
    GIFT_KINDS,
    NEAR,
    OPEN,
    TRAP,
    WAY_OUT,
    Hit,
    Verdict,
    judge,
    verdicts,
)
from tests.tracking.test_evidence import FIREFOX

DAY = 20_000.0
HOME, OFFICE, CLOUD = "203.0.113.0/24", "192.0.2.0/24", "198.51.100.0/24"
SAFARI = FIREFOX.replace("Firefox", "Safari")
CHAPTER, TAKEN = GIFT_KINDS
LIKELY = Verdict("likely", "none")


def hit(
    second: float, link: str = "1", network: str = CLOUD, kind: str = CLICK, **more: str
) -> Hit:
    whole = {"agent": FIREFOX, "method": "GET"} | more
    return Hit(
        whole["method"],
        whole["agent"],
        "",
        DAY + second / 86400,
        network,
        whole["method"] == "POST",
        kind,
        link,
        9 if kind in (CLICK, WAY_OUT, OPEN, TRAP) else 0,
    )


def of_four(hits: Sequence[Hit]) -> list[Hit]:
    return [replace(one, links=4) for one in hits]


def rules(*hits: Hit) -> list[str]:
    return [judge(one, hits).rule for one in hits]


# Rule 3 ------------------------------------------------------------------------------------------


def test_the_trap_tells_the_clicks_of_its_network_before_and_after() -> None:
    trap = hit(100, "0", kind=TRAP)
    clicks = [hit(0), hit(5000, "2", agent=SAFARI), hit(900, kind=WAY_OUT)]
    home, opened = hit(50, "3", HOME), hit(60, kind=OPEN)
    assert rules(trap, *clicks, home, opened) == ["3-trap"] * 4 + ["none"] * 2


def test_a_trap_followed_by_head_is_a_trap_too() -> None:
    assert rules(hit(0, "0", kind=TRAP, method="HEAD"), hit(900)) == ["1-method", "3-trap"]


# Rule 4 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "links", "rule"),
    [
        ((0, 4, 9.9), "123", "4-burst"),
        ((0, 4, 10.1), "123", "none"),
        ((0, 4, 9.9), "122", "none"),
        ((0, 0, 0), "111", "none"),
        ((9, 0, 5), "123", "4-burst"),
    ],
)
def test_three_links_in_ten_seconds(seconds: Sequence[float], links: str, rule: str) -> None:
    hits = [hit(second, link) for second, link in zip(seconds, links, strict=True)]
    assert rules(*hits) == [rule] * 3


def test_the_earlier_hits_of_a_burst_are_scanners_too_and_the_rest_is_not() -> None:
    hits = [hit(0), hit(1, "2"), hit(30, "3"), hit(35, "4"), hit(39, "5"), hit(100, "6")]
    assert rules(*hits[:3]) == ["none"] * 3
    assert rules(*hits) == ["none", "none", "4-burst", "4-burst", "4-burst", "none"]


@pytest.mark.parametrize(("second", "rule"), [(1.9, "4-way-out"), (2.1, "none")])
def test_a_link_and_the_way_out_within_two_seconds(second: float, rule: str) -> None:
    assert rules(hit(0, kind=WAY_OUT), hit(second)) == [rule] * 2
    assert rules(hit(0), hit(second, kind=WAY_OUT)) == [rule] * 2
    assert rules(hit(0), hit(second, "2")) == ["none"] * 2


@pytest.mark.parametrize(("last", "rule"), [(119, "4-all"), (121, "none")])
def test_all_links_within_two_minutes(last: float, rule: str) -> None:
    hits = of_four([hit(0), hit(40, "2"), hit(80, "3"), hit(last, "4")])
    assert rules(*hits) == [rule] * 4
    assert rules(*hits[:3]) == ["none"] * 3
    # The way out is not one of the links of the text, and two links are no proof.
    assert rules(*hits[:3], of_four([hit(60, kind=WAY_OUT)])[0]) == ["none"] * 4
    few = [replace(one, links=2) for one in hits[:2]]
    assert rules(*few) == ["none"] * 2


def test_a_click_elsewhere_during_a_burst_is_left_alone() -> None:
    human = hit(1, "2", HOME, agent=SAFARI)
    assert rules(hit(0), hit(1, "2"), hit(2, "3"), human) == ["4-burst"] * 3 + ["none"]
    whole = of_four([hit(0), hit(1, "2"), hit(2, "3"), hit(3, "4"), replace(human, at=DAY + 0.001)])
    assert rules(*whole) == ["4-burst"] * 4 + ["none"]


def test_a_scanner_with_many_addresses_is_one_burst() -> None:
    assert rules(hit(0), hit(1, "2", OFFICE), hit(2, "3", HOME, agent=SAFARI)) == ["4-burst"] * 3


def test_opens_are_no_part_of_a_burst() -> None:
    assert rules(hit(0), hit(1, "2"), hit(2, "o", kind=OPEN)) == ["none"] * 3


def test_a_gift_opened_in_one_go_is_a_scanners() -> None:
    hits = [hit(0, "1", kind=CHAPTER), hit(3, "2", kind=CHAPTER), hit(9, "pdf", kind=TAKEN)]
    assert rules(*hits) == ["4-gift"] * 3
    assert rules(*hits[:2], replace(hits[2], network=HOME)) == ["none"] * 3


# Rules 9 and 10 ----------------------------------------------------------------------------------


def press(second: float, network: str = HOME, agent: str = FIREFOX) -> Hit:
    return hit(second, "", network, "gift.taken", method="POST", agent=agent)


def test_a_pressed_button_is_a_person_whatever_happens_around_it() -> None:
    scan = [hit(0, "0", kind=TRAP), hit(0), hit(1, "2"), hit(2, "3"), hit(3, kind=WAY_OUT)]
    assert judge(press(1), scan) == ("human", "10-button")
    assert judge(press(1, CLOUD), scan) == ("human", "10-button")


def test_who_pressed_around_that_time_is_not_hurt_by_a_burst() -> None:
    quick = [hit(0, "1", HOME), hit(1, "2", HOME), hit(2, "3", HOME)]
    for second in (-1700, 5, 1700):
        assert rules(*quick, press(second))[:3] == ["9-button"] * 3
    for other in (press(NEAR * 86400 + 60), press(5, OFFICE), press(5, HOME, SAFARI)):
        assert rules(*quick, other)[:3] == ["4-burst"] * 3
    # Nor is it they who make a burst of what others do.
    assert rules(quick[0], quick[1], hit(2, "3", CLOUD), press(9))[:3] == ["none"] * 3


def test_the_button_does_not_help_against_the_trap() -> None:
    trapped = hit(0, "1", HOME), hit(1, "0", HOME, TRAP)
    assert rules(*trapped, press(5))[:2] == ["3-trap"] * 2


def test_who_took_the_gift_may_leaf_through_it_next_year() -> None:
    leafing = [hit(3e7 + n, str(n), HOME, CHAPTER) for n in range(4)]
    assert rules(*leafing, press(0))[:4] == ["9-button"] * 4


def test_the_third_reader_of_a_gift_counts_for_nobody() -> None:
    uses = [hit(n * 60, "1", place, CHAPTER) for n, place in enumerate((HOME, OFFICE, CLOUD, HOME))]
    assert rules(*uses) == ["none", "none", "third-reader", "none"]
    assert rules(*uses, press(0))[:4] == ["none", "none", "third-reader", "none"]


# Whatever the order ------------------------------------------------------------------------------

mail_hits = st.builds(
    hit,
    st.one_of(st.integers(0, 20), st.floats(0, 400), st.floats(0, 90_000)),
    st.sampled_from("1234"),
    st.sampled_from([HOME, OFFICE, CLOUD]),
    st.sampled_from([CLICK, CLICK, CLICK, OPEN, TRAP, WAY_OUT]),
    agent=st.sampled_from([FIREFOX, SAFARI, "curl/8", "Mozilla/5.0", ""]),
    method=st.sampled_from(["GET", "GET", "GET", "HEAD"]),
).map(lambda one: replace(one, links=4))
gift_hits = st.builds(
    hit,
    st.one_of(st.integers(0, 20), st.floats(0, 90_000)),
    st.sampled_from("1234"),
    st.sampled_from([HOME, OFFICE, CLOUD]),
    st.sampled_from(GIFT_KINDS),
    agent=st.sampled_from([FIREFOX, SAFARI, ""]),
)
presses = st.builds(press, st.floats(0, 400), st.sampled_from([HOME, CLOUD]))
logs = st.one_of(
    st.lists(st.one_of(mail_hits, mail_hits, presses), min_size=1, max_size=14),
    st.lists(st.one_of(gift_hits, gift_hits, presses), min_size=1, max_size=14),
)


@given(logs.flatmap(lambda log: st.tuples(st.just(log), st.permutations(log))))
@settings(max_examples=400)
def test_any_order_gives_the_same_verdicts(both: tuple[list[Hit], list[Hit]]) -> None:
    log, shuffled = both
    assert verdicts(log) == verdicts(shuffled)
    assert [judge(one, shuffled) for one in log] == [judge(one, log) for one in log]


@given(logs)
@settings(max_examples=400)
def test_what_is_a_machine_by_itself_stays_one(log: list[Hit]) -> None:
    for one, (evidence, rule) in verdicts(log).items():
        alone = judge(one)
        if alone.evidence not in COUNTS or one.method == "POST":
            assert (evidence, rule) == alone
        assert (evidence in COUNTS) == (rule in ("none", "9-button", "10-button"))


@given(logs)
@settings(max_examples=400)
def test_a_stretch_of_ten_seconds_never_holds_three_links_of_one_unknown_reader(
    log: list[Hit],
) -> None:
    found = verdicts(log)
    unsure = [one for one in found if found[one] == LIKELY and one.kind != OPEN]
    for first in unsure:
        links = {
            one.link
            for one in unsure
            if one.kind == CLICK == first.kind
            and one.reader == first.reader
            and 0 <= (one.at - first.at) * 86400 < 10
        }
        assert len(links) < 3


@given(logs)
@settings(max_examples=200)
def test_one_more_click_far_away_changes_nothing(log: list[Hit]) -> None:
    before = verdicts(log)
    late = hit(9e6, "4", "233.252.0.0/24")
    after = verdicts([*log, late])
    assert {one: after[one] for one in before} == before
    assert after[late] == LIKELY


def test_a_thousand_hits_are_judged_in_no_time() -> None:
    log = [hit(n / 100, str(n % 9), f"{n % 7}") for n in range(1000)]
    assert {rule for _, rule in verdicts(log).values()} == {"4-burst"}
