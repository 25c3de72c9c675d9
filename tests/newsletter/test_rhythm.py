"""The weekly rhythm: off until somebody switches it on, then one tip a slot, and none too late."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.kit.clock import now
from server.mail.models import Delivery
from server.newsletter import jobs, lineup, rhythm
from server.newsletter.models import Issue, IssuePlan, TipTurn
from server.staff import accounts
from tests.newsletter.rhythms import Clock, editor, stand, write
from tests.product import Product

SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
SLOT = datetime(2026, 11, 24, 8, tzinfo=UTC)  # Tuesday at nine in Amsterdam
WEEK, HOUR = timedelta(days=7), timedelta(hours=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "b", "c", "d"):
        write(tmp_path, name)
    return tmp_path


async def names(state: str = "") -> list[str]:
    """The issues that were started, in order."""
    found = Issue.filter(state=state) if state else Issue.all()
    return [str(name) for name in await found.order_by("id").values_list("name", flat=True)]


async def test_nothing_goes_before_somebody_switches_it_on(
    product: Product, clock: Clock, folder: Path
) -> None:
    write(folder, "e", "send_at: 2026-11-23 09:00\n")
    stand(clock, SUNDAY)
    host = editor(product, folder)
    for hours in (0, 24, 48, 24 * 9):
        stand(clock, SUNDAY + timedelta(hours=hours))
        assert await jobs.keep_rhythm(host) == 0
    assert await Issue.all().count() == await TipTurn.all().count() == 0
    assert await IssuePlan.all().count() == 0
    # What lay before the switch is not caught up: neither the slot nor the moment in the file.
    stand(clock, SLOT + WEEK + HOUR)
    write(folder, "f", "send_at: 2026-12-01 09:00\n")  # an hour ago
    host = editor(product, folder)
    assert await rhythm.switch(host, on=True)
    assert not await rhythm.switch(host, on=True)
    await jobs.keep_rhythm(host)
    assert await names() == []
    assert await IssuePlan.all().count() == 0
    stand(clock, SLOT + 2 * WEEK)
    await jobs.keep_rhythm(host)
    assert await names() == ["a"]


async def test_several_schedulers_on_a_clock_that_jumps_send_one_a_week(
    product: Product, clock: Clock, folder: Path
) -> None:
    stand(clock, SUNDAY)
    host = editor(product, folder)
    await rhythm.switch(host, on=True)
    for week in range(3):
        for jump in (0, 2, -2, 0, 1):
            stand(clock, SLOT + week * WEEK + jump * HOUR)
            await asyncio.gather(*(jobs.keep_rhythm(host) for _ in range(4)))
        assert await names() == ["a", "b", "c"][: week + 1]
    assert await TipTurn.filter(state="done").count() == 3


async def test_three_weeks_down_catches_up_what_is_in_time_and_holds_the_rest(
    product: Product, clock: Clock, folder: Path
) -> None:
    stand(clock, SUNDAY)
    host = editor(product, folder)
    await rhythm.switch(host, on=True)
    write(folder, "0-new")  # seen by nobody before those moments
    stand(clock, SLOT + 2 * WEEK + 5 * HOUR)
    await jobs.keep_rhythm(editor(product, folder))
    assert await names() == ["c"]
    held = await IssuePlan.filter(state="held").order_by("send_at")
    assert [(one.name, one.send_at) for one in held] == [("a", SLOT), ("b", SLOT + WEEK)]
    issue = await Issue.get()
    assert issue.not_after == SLOT + 2 * WEEK + 6 * HOUR
    stand(clock, SLOT + 3 * WEEK)
    await jobs.keep_rhythm(editor(product, folder))
    assert await names() == ["c", "0-new"]


async def test_a_tip_with_a_time_of_its_own_is_the_tip_of_its_week(
    product: Product, clock: Clock, folder: Path
) -> None:
    write(folder, "e", "send_at: 2026-11-23 09:00\n")
    write(folder, "f", "send_at: 2026-12-03 09:00\n")
    stand(clock, SUNDAY)
    host = editor(product, folder)
    await rhythm.switch(host, on=True)
    for day in range(1, 17):
        stand(clock, SUNDAY + timedelta(days=day))
        await jobs.keep_rhythm(host)
    assert await names() == ["e", "f", "a"]


async def test_a_slot_is_skipped_and_the_queue_is_in_the_order_of_the_desk(
    product: Product, clock: Clock, folder: Path
) -> None:
    stand(clock, SUNDAY)
    host = editor(product, folder)
    await rhythm.switch(host, on=True)
    assert await lineup.move(host.tips, host.house, host.zone, "b", up=True)
    assert not await lineup.move(host.tips, host.house, host.zone, "b", up=True)
    assert await rhythm.skip("2026-W49-1", skipped=True)
    await rhythm.fill(host)
    for week in range(3):
        stand(clock, SLOT + week * WEEK)
        await jobs.keep_rhythm(host)
    assert await names() == ["b", "a"]
    assert not await rhythm.skip("2026-W49-1", skipped=False)


async def test_of_two_who_plan_one_tip_one_wins_and_it_goes_at_that_time(
    product: Product, clock: Clock, folder: Path
) -> None:
    stand(clock, SUNDAY)
    host = editor(product, folder)
    wishes = (lineup.plan("c", SUNDAY + n * HOUR) for n in (1, 2, 3))
    outcomes = await asyncio.gather(*wishes, return_exceptions=True)
    assert sorted(type(one).__name__ for one in outcomes) == [
        "NoneType",
        "PlannedError",
        "PlannedError",
    ]
    with pytest.raises(lineup.PastError):
        await lineup.plan("a", now())
    stand(clock, SUNDAY + 4 * HOUR)
    await asyncio.gather(*(jobs.keep_rhythm(host) for _ in range(4)))
    assert await names() == ["c"]
    with pytest.raises(lineup.StartedError):
        await lineup.plan("c", SUNDAY + WEEK)
    assert not await lineup.take_back("c")


async def test_editors_hear_of_an_empty_slot_two_days_before_and_once(
    product: Product, clock: Clock, tmp_path: Path
) -> None:
    for role in ("editor", "sales"):
        await accounts.add_staff(f"{role}@staff.example.org", role, "nl")
    write(tmp_path, "a")
    stand(clock, SUNDAY - timedelta(days=1))
    host = editor(product, tmp_path)
    await rhythm.switch(host, on=True)
    await jobs.keep_rhythm(host)
    (tmp_path / "newsletter" / "a.nl.md").unlink()
    host = editor(product, tmp_path)
    await jobs.keep_rhythm(host)
    assert await Delivery.all().count() == 0
    stand(clock, SLOT - timedelta(hours=47))
    for _ in range(3):
        await jobs.keep_rhythm(host)
    (told,) = await Delivery.all()
    assert told.address == "editor@staff.example.org"
    assert "dinsdag 24 november" in told.values["text"]
