"""A running issue is held and goes on, reaches the missed once, and is done when all is told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from server.leads.models import Lead, Subscription
from server.mail.models import Delivery
from server.newsletter import issuing, lineup, queueing, rhythm, steering
from server.newsletter.models import Issue
from server.newsletter.standing import Status, status_of
from server.privacy import erasing
from tests.newsletter.rhythms import Clock, editor, stand, write
from tests.product import Product

HOUR = timedelta(hours=1)
LIVES = timedelta(hours=6)
MORNING = datetime(2026, 11, 24, 8, tzinfo=UTC)  # nine in Amsterdam


async def standing(name: str = "a") -> Status:
    status = await status_of(name)
    assert status
    return status


async def queue(product: Product) -> None:
    while await queueing.queue_next(product.site):
        pass


async def rows_of(name: str = "a") -> list[dict[str, Any]]:
    found = Delivery.filter(key__startswith=f"issue:{name}:").order_by("id")
    return await found.values("lead_id", "state", "lease_token", "next_try_at", "not_after")


@pytest.fixture
async def readers(product: Product) -> list[Lead]:
    for name in ("one", "two", "three"):
        await product.subscribe(f"{name}@example.org")
    return await Lead.all().order_by("id")


async def test_a_pause_takes_back_what_waits_and_gives_the_time_back(
    product: Product, clock: Clock, tmp_path: Path, readers: list[Lead]
) -> None:
    write(tmp_path, "a")
    await issuing.send(editor(product, tmp_path), "a")
    await queue(product)
    before = await rows_of()
    await Delivery.filter(lead_id=readers[0].id, key__startswith="issue:").update(
        state="leased", lease_token="mine"
    )
    await Delivery.filter(lead_id=readers[1].id, key__startswith="issue:").update(state="uncertain")
    assert await steering.pause("a")
    assert not await steering.pause("a")
    assert [one["state"] for one in await rows_of()] == ["held", "uncertain", "held"]
    assert {one["lease_token"] for one in await rows_of()} == {""}
    assert (await standing()).state == "paused"
    await product.work()
    assert not [mail for mail in product.mails() if mail["Subject"] == "Tip a"]
    clock(7 / 24)
    stood = await steering.resume("a")
    assert stood
    assert await steering.resume("a") is None
    assert (await rows_of())[0]["not_after"] == before[0]["not_after"] + stood
    await product.work()
    assert (await standing()).states == {"sent": 2, "uncertain": 1}
    assert (await standing()).state == "sent"


async def test_a_pause_in_the_middle_of_the_queuing_goes_on_where_it_was(
    product: Product, tmp_path: Path, readers: list[Lead], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queueing, "CHUNK", 1)
    write(tmp_path, "a")
    await issuing.send(editor(product, tmp_path), "a")
    await queueing.queue_next(product.site)
    await steering.pause("a")
    assert await queueing.queue_next(product.site) == 0
    assert len(await rows_of()) == 1
    await steering.resume("a")
    await product.work()
    assert (await standing()).states == {"sent": 3}


async def test_the_missed_get_it_once_more_and_who_had_it_never(
    product: Product, clock: Clock, tmp_path: Path, readers: list[Lead]
) -> None:
    write(tmp_path, "a")
    await issuing.send(editor(product, tmp_path), "a")
    await queue(product)
    mine = Delivery.filter(key__startswith="issue:")
    await mine.filter(lead_id=readers[0].id).update(state="sent")
    await mine.filter(lead_id=readers[1].id).update(state="uncertain")
    assert await steering.send_to_missed("a", LIVES) == 0  # one still waits
    await mine.filter(lead_id=readers[2].id).update(state="held", error="too late")
    assert (await standing()).can_go_again
    clock(1)
    assert await steering.send_to_missed("a", LIVES) == 1
    await product.work()
    assert [str(mail["To"]) for mail in product.mails() if mail["Subject"] == "Tip a"] == [
        "three@example.org"
    ]
    await mine.filter(lead_id=readers[2].id).update(state="held", error="too late")
    assert await steering.send_to_missed("a", LIVES) == 0
    assert (await standing()).state == "sending"
    assert await steering.close("a") == 1
    assert (await standing()).state == "sent"


async def test_who_is_erased_leaves_no_issue_under_way(
    product: Product, tmp_path: Path, readers: list[Lead]
) -> None:
    write(tmp_path, "a")
    await issuing.send(editor(product, tmp_path), "a")
    await product.work()
    await erasing.forget(product.site, product.settings.data, readers[1].id)
    status = await standing()
    assert (status.state, status.audience, status.gone) == ("sent", 3, 1)
    await Delivery.filter(lead_id=readers[2].id, key__startswith="issue:").update(state="held")
    assert (await standing()).state == "sending"


async def test_what_changes_in_the_files_leaves_a_running_issue_as_it_was(
    product: Product, tmp_path: Path, readers: list[Lead], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queueing, "CHUNK", 1)
    write(tmp_path, "a")
    await issuing.send(editor(product, tmp_path), "a")
    await queueing.queue_next(product.site)
    (tmp_path / "newsletter" / "a.nl.md").write_text(
        "---\nsubject: Anders\nlanguage: en\n---\n\nAnders.\n", "utf-8"
    )
    await product.work()
    assert [str(mail["Subject"]) for mail in product.mails()][-3:] == ["Tip a"] * 3


async def test_each_reader_by_their_own_clock(
    product: Product, clock: Clock, tmp_path: Path, readers: list[Lead]
) -> None:
    for lead, zone in zip(readers, ("Asia/Tokyo", "America/New_York", ""), strict=True):
        await Lead.filter(id=lead.id).update(timezone=zone)
    write(tmp_path, "a", "local: true\n")
    stand(clock, MORNING - 9 * HOUR)
    host = editor(product, tmp_path)
    await lineup.plan("a", MORNING)
    assert await rhythm.start_due(host) == 0
    stand(clock, MORNING - 8 * HOUR)
    assert await rhythm.start_due(host) == 1
    await queue(product)
    tokyo, york, site = await rows_of()
    assert tokyo["next_try_at"] == MORNING - 8 * HOUR
    assert york["next_try_at"] == MORNING + 6 * HOUR
    assert site["next_try_at"] == MORNING
    assert york["not_after"] == MORNING + 12 * HOUR


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", {"all", "week", "themes", "english"}),
        ("themes: [meten]\n", {"all", "week", "english"}),
        ("themes: [geven, meten]\n", {"all", "week", "themes", "english"}),
        ("language: en\n", {"english"}),
        ("audience: {themes: [geven]}\n", {"themes"}),
    ],
)
async def test_who_gets_an_issue(
    product: Product, tmp_path: Path, more: str, expected: set[str]
) -> None:
    everybody = ("all", "week", "themes", "english", "paused", "blocked", "made-up", "left")
    for name in everybody:
        await product.subscribe(f"{name}@example.org", "en" if name == "english" else "nl")
    await _arrange()
    write(tmp_path, "a", more)
    await issuing.send(editor(product, tmp_path), "a")
    await queue(product)
    leads = await Delivery.filter(key__startswith="issue:a:").prefetch_related("lead")
    assert {one.lead.email.partition("@")[0] for one in leads if one.lead} == expected
    assert {one.domain for one in leads} == {"example.org"}
    assert (await Issue.get()).audience == len(expected)


async def _arrange() -> None:
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    found = Subscription.all().prefetch_related("lead")
    wishes = {one.lead.email.partition("@")[0]: one for one in await found}
    await _set(wishes["themes"], topics=",geven,")
    await _set(wishes["week"], every_weeks=2)
    await _set(wishes["paused"], paused_until=moment)
    await _set(wishes["left"], ended_at=moment)
    await Lead.filter(email="blocked@example.org").update(blocked_at=moment)
    await Lead.filter(email="made-up@example.org").update(invented_at=moment)


async def _set(wish: Subscription, **fields: object) -> None:
    await Subscription.filter(id=wish.id).update(**fields)
