"""Does an extra bring anything: the interval covers, nothing is said too early, nothing wanders."""

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from html import unescape

import pytest

from server.desk.report import effect
from server.desk.report.effect import difference, needed
from server.desk.report.shares import Share
from server.gifts.models import ExtraArm, ExtraVerdict, LedgerLine
from server.kit.clock import now
from server.leads.models import Lead
from server.tracking.models import Event
from tests.desk.test_report import asked, came_of, did, figures, people, shown, title
from tests.product import Product

Clock = Callable[[float], None]
KEY = "asset:gulle-gever:50:30"
DAY = timedelta(days=1)
PAGE = "/desk/report/giving"


async def drawn(leads: Sequence[Lead], arm: str, ago: float) -> None:
    """These were put in an arm of the one experiment, so many days ago."""
    at = now() - ago * DAY
    await ExtraArm.bulk_create(
        [
            ExtraArm(
                experiment=KEY, lead_id=one.id, arm=arm, assigned_at=at, horizon_at=at + 30 * DAY
            )
            for one in leads
        ]
    )


@pytest.mark.pure
def test_the_interval_of_a_difference_is_that_of_newcombe_and_covers_the_truth() -> None:
    # His own example: 56 of 70 against 48 of 80 (1998, table II, method 10).
    gap, low, high = difference(Share(56, 70), Share(48, 80))
    assert (round(gap, 4), round(low, 4), round(high, 4)) == (0.2, 0.0524, 0.3339)
    chance = random.Random(20261122)
    covered = 0
    for _ in range(600):
        one, two = (
            Share(sum(chance.random() < share for _ in range(size)), size)
            for share, size in ((0.15, 180), (0.1, 60))
        )
        _, low, high = difference(one, two)
        covered += low <= 0.05 <= high
    assert 0.92 < covered / 600 < 0.985


@pytest.mark.pure
def test_the_sample_that_is_needed_is_that_of_two_proportions() -> None:
    assert needed(0.10) == 686
    assert needed(0.10, 0.10) == 199
    assert needed(0.20) > needed(0.10)


async def test_holdout_nothing_is_told_before_there_are_enough_people(
    product: Product,
) -> None:
    leads = await people(120)
    await drawn(leads[:40], "given", 40)
    await drawn(leads[40:80], "held", 40)
    await drawn(leads[80:], "held", 5)  # their time is not over
    await did(leads[:30], "question", 20)
    desk = await product.log_in("editor")
    await product.work()
    page = unescape((await desk.get(PAGE)).text)
    assert "nog niet te zeggen" in page
    rows = figures(page)
    assert [row[:2] for row in rows.values()] == [["40", "40"], ["80", "40"]]
    assert '<svg class="wide"' not in page
    assert "procentpunten" not in page.split("<details", 1)[0]
    assert not await ExtraVerdict.exists()
    one = (await effect.effects())[0]
    # At forty a month in the slower arm, of which nobody came in the last four weeks.
    assert one.due is None
    assert "is niet te zeggen" in page


async def test_holdout_the_verdict_is_settled_once_and_does_not_wander(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effect, "needed", lambda usual, more=0.05: 60)
    leads = await people(140)
    await drawn(leads[:60], "given", 40)
    await drawn(leads[60:120], "held", 40)
    await did(leads[:30], "question", 20)
    await did(leads[30:60], "question", 5)  # after their time
    await did(leads[60:66], "reply", 20)
    await did(leads[60:100], "reply", 45)  # before they were drawn
    await did(leads[100:110], "reply", 20, evidence="scanner")
    await did(leads[:20], "rating", 20, value=4)
    await came_of(leads[:5], "won", 15)
    await did(leads[60:63], "purchase", 15)
    # What was taken back does not count.
    await did(leads[110:115], "review", 20)
    for event in await Event.filter(kind="review"):
        event.id, event.sign, event.dedup_key = None, -1, f"undo:{event.dedup_key}"  # type: ignore[assignment]
        await Event.bulk_create([event])
    await product.work()
    await product.work()
    kept = await ExtraVerdict.get()
    desk = await product.log_in("editor")
    before = unescape((await desk.get(PAGE)).text)
    rows = figures(before)
    assert rows["Gaf terug"][0].startswith("50 %")
    assert rows["Gaf terug"][1].startswith("10 %")
    assert rows["Gaf terug"][2].startswith("+40,0 (+")
    assert rows["Beviel"][0].startswith("33 %")
    assert [row[:3] for row in rows["Klant geworden"][:2]] == ["8,3", "5 %"]
    assert "werkt: wie het kreeg, gaf vaker iets terug" in before
    await drawn(leads[120:], "held", 40)
    await did(leads[120:], "reply", 20)
    await product.work()
    assert figures(unescape((await desk.get(PAGE)).text)) == rows
    assert (await ExtraVerdict.get()).at == kept.at


async def test_holdout_that_no_difference_can_be_told_is_an_answer(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effect, "needed", lambda usual, more=0.05: 30)
    leads = await people(60)
    await drawn(leads[:30], "given", 40)
    await drawn(leads[30:], "held", 40)
    await did(leads[25:35], "question", 20)
    await product.work()
    desk = await product.log_in("editor")
    page = unescape((await desk.get(PAGE)).text)
    assert "er is geen verschil te zien" in page
    # The day on which there are enough, at the pace of the last weeks.
    await ExtraVerdict.all().delete()
    await ExtraArm.all().delete()
    await drawn(leads[:10], "given", 10)
    await drawn(leads[30:40], "held", 20)
    due = (await effect.effects())[0].due
    assert due is not None
    assert (due - now()).days in (69, 70)  # twenty more at one in two days, and their thirty


async def test_g29_first_gifts_are_followed_for_two_years_and_no_same_day_is_told(
    product: Product,
) -> None:
    leads = await people(130)
    await asked(leads[:60], 800)
    await did(leads[:30], "question", 790)
    await asked(leads[60:120], 400)
    await did(leads[60:63], "reply", 390)
    await came_of(leads[:6], "won", 300)
    await asked(leads[120:], 20)  # nothing to tell of them yet
    desk = await product.log_in("sales")
    answer = await desk.get("/desk/report/years")
    assert answer.status_code == 200
    page = unescape(answer.text)
    rows = figures(page)
    assert "Na 12 maanden gaven 33 van de 120 iets terug" in page
    own = rows["x, Gaf terug"]
    assert own[0] == "130"
    assert own[1].startswith("28 %")  # after three months, of the 120 who had them
    assert own[-1].startswith("50 %")  # after two years, of the sixty who had them
    assert rows["x, Klant geworden"][-1].startswith("10 %")
    assert rows["x, Klant geworden"][2].startswith("0 %")


async def test_g3_of_each_month_it_is_told_how_many_had_a_gift_before_a_question(
    product: Product,
) -> None:
    leads = await people(60)
    await asked(leads[:55], 30)
    await did(leads[:30], "liked.asked", 20)
    await did(leads[55:], "ask.return", 20)
    desk = await product.log_in("sales")
    chart = (await shown(desk))["first"]
    assert title(chart) == "30 van de 35 mensen aan wie iets gevraagd is, kregen eerst iets"
    assert "Eerst gegeven: 92 % (82–96)" in chart
    assert ["60", "55 · 92 % (82–96)"] in figures(chart).values()


async def gave(lead: Lead, times: int, ago: float) -> None:
    """So many lines of the ledger, so many days ago."""
    at = now() - ago * DAY
    await LedgerLine.bulk_create(
        [
            LedgerLine(
                lead_id=lead.id, key=f"{lead.id}:{ago}:{n}", side="given", kind="e-book", at=at,
                recorded_at=at,
            )
            for n in range(times)
        ]
    )  # fmt: skip


async def test_g11_who_has_many_gifts_and_gave_nothing_back_is_listed(product: Product) -> None:
    leads = await people(4)
    desk = await product.log_in("sales")
    assert "Niemand" in (await desk.get("/desk/report/rights")).text
    for lead in leads[:3]:
        await gave(lead, 5, 100)
    await gave(leads[3], 4, 100)
    await gave(leads[3], 3, 500)  # long ago
    await did(leads[1:2], "question", 3)
    await did(leads[2:3], "question", 3, evidence="scanner")
    page = (await desk.get("/desk/report/rights")).text
    assert "2 mensen" in page
    assert f'<a href="/desk/leads/{leads[0].id}">' in page
    assert f'<a href="/desk/leads/{leads[2].id}">' in page
    assert f'<a href="/desk/leads/{leads[1].id}">' not in page
    assert f'<a href="/desk/leads/{leads[3].id}">' not in page
