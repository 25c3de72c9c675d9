"""Slots of a week: one turn an ISO week, whatever the clock does."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from server.kit.content import ContentError
from server.kit.house import read_house
from server.kit.slots import Slot, coming, in_gap, on_wall

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
TUESDAY = (Slot(1, time(9)),)
START, END = datetime(2020, 1, 6, tzinfo=UTC), datetime(2035, 12, 31, tzinfo=UTC)
AHEAD = 6


def looks(random: Random) -> Iterator[datetime]:
    """When a scheduler looks: every half day, on a clock that jumps, with weeks of nothing."""
    moment = START
    while moment < END:
        yield moment + timedelta(hours=random.choice((0, 0, 0, -2, 2)))
        moment += timedelta(weeks=3) if not random.randrange(150) else timedelta(hours=13)


@pytest.mark.parametrize("slot", [Slot(1, time(9)), Slot(6, time(2, 30)), Slot(0, time(0))])
def test_every_iso_week_of_sixteen_years_has_one_turn(slot: Slot) -> None:
    laid: dict[str, datetime] = {}
    to_come: dict[str, datetime] = {}
    taken: list[str] = []
    for moment in looks(Random(slot.weekday)):
        due = [key for key, at in to_come.items() if at <= moment]
        taken += due
        for key in due:
            del to_come[key]
        for turn in coming((slot,), AMSTERDAM, moment, AHEAD):
            if turn.key not in laid:
                laid[turn.key] = to_come[turn.key] = turn.at
    weeks = {at.astimezone(AMSTERDAM).isocalendar()[:2] for at in laid.values() if at < END}
    every = {(START + timedelta(weeks=n)).isocalendar()[:2] for n in range(832)}
    assert every <= weeks
    assert len(taken) == len(set(taken))
    assert {f"{year}-W{week:02d}-1" for year, week in every} <= set(taken)


def test_a_slot_in_the_gap_goes_at_the_first_moment_after_it_and_in_the_overlap_once() -> None:
    gap, overlap = date(2026, 3, 29), date(2026, 10, 25)
    assert in_gap(gap, time(2, 30), AMSTERDAM)
    assert on_wall(gap, time(2, 30), AMSTERDAM) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert not in_gap(overlap, time(2, 30), AMSTERDAM)
    assert on_wall(overlap, time(2, 30), AMSTERDAM) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    after = datetime(2026, 10, 25, 0, 45, tzinfo=UTC)  # 2.45, before it is 2.30 once more
    (turn,) = coming((Slot(6, time(2, 30)),), AMSTERDAM, after, 1)
    assert turn.at.date() == date(2026, 11, 1)


def test_a_slot_that_is_moved_has_the_same_turn() -> None:
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    early, late = (coming((Slot(1, time(hour)),), AMSTERDAM, moment, 1)[0] for hour in (9, 14))
    assert early.key == late.key == "2026-W48-1"
    assert late.at - early.at == timedelta(hours=5)


@pytest.mark.parametrize(
    ("tips", "wrong"),
    [
        ('tips: {slots: ["tuesday 09:00", "dinsdag 9"]}', "dinsdag 9"),
        ("tips:\n  slots: [tuesday 25:00]", "slots"),
        ("tips:\n  slots: []", "[]"),
        ('tips: {slots: ["friday 08:00", "friday 08:00"]}', "twee keer"),
        ("tips: {day: someday}", "someday"),
        ('tips: {slots: ["friday 08:00"], local: often}', "local"),
    ],
)
def test_a_slot_that_cannot_be_is_told_with_its_line(tmp_path: Path, tips: str, wrong: str) -> None:
    file = tmp_path / "site.yaml"
    both = "line: {nl: a, en: a}\nabout: {nl: a, en: a}"
    file.write_text(f"name: A\npostal_address: B\n{both}\n{tips}\n", "utf-8")
    with pytest.raises(ContentError) as caught:
        read_house(file)
    assert caught.value.finding.line >= 5
    assert wrong in caught.value.finding.text("nl")
