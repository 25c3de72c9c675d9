"""The report: figures over a small log that was made by hand, drawn and told alike."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from httpx2 import AsyncClient

from server.desk.report.counting import MONTH, MONTHS
from server.desk.report.drawing import nice
from server.desk.report.shares import Share
from server.gifts.models import Gift
from server.kit.clock import now
from server.leads.models import Lead
from server.readiness.models import Transition
from server.sales.models import Outcome
from server.tracking.models import Event, PageView
from tests import weekly
from tests.product import Product

DAY = timedelta(days=1)
Figures = dict[str, list[str]]


async def people(count: int) -> list[Lead]:
    """So many leads, with nothing about them yet."""
    moment = now()
    made = [
        Lead(
            email=f"p{n}@example.org", name="", company="", role="", language="nl", source="site",
            created_at=moment, asked_at=moment, last_event_at=moment, domain="example.org",
        )
        for n in range(count)
    ]  # fmt: skip
    await Lead.bulk_create(made)
    return await Lead.all().order_by("id")


async def did(
    leads: Sequence[Lead], kind: str, ago: float, *, value: float = 0.0, evidence: str = "human"
) -> None:
    """A line in the log of each, so many days ago."""
    await Event.bulk_create(
        [
            Event(
                lead_id=lead.id, kind=kind, at=now() - ago * DAY, subject="x", value=value,
                evidence=evidence, dedup_key=f"{kind}:{lead.id}:{ago}",
            )
            for lead in leads
        ]
    )  # fmt: skip


async def asked(leads: Sequence[Lead], ago: float, *, pressed: bool = True) -> None:
    """Each asked for a gift, and took it."""
    at = now() - ago * DAY
    await Gift.bulk_create(
        [
            Gift(
                lead_id=lead.id, asset_slug="gulle-gever", language="nl", requested_at=at,
                confirmed_at=at if pressed else None, expires_at=at + 365 * DAY,
            )
            for lead in leads
        ]
    )  # fmt: skip
    if pressed:
        await did(leads, "gift.taken", ago)


async def ready(leads: Sequence[Lead], ago: float) -> None:
    await Transition.bulk_create(
        [
            Transition(
                lead_id=lead.id, at=now() - ago * DAY, state="ready", points=60, reasons=[],
                model_version=1,
            )
            for lead in leads
        ]
    )  # fmt: skip


async def came_of(
    leads: Sequence[Lead], kind: str, ago: float, *, chance: float = 0.1, undone: bool = False
) -> None:
    """What sales recorded of each, seen as ready with a chance."""
    at = now() - ago * DAY
    await Outcome.bulk_create(
        [
            Outcome(
                lead_id=lead.id, key=f"{kind}:{lead.id}:{undone}", kind=kind, at=at, recorded_at=at,
                source="desk", state="ready", points=60, probability=chance, reasons=[],
                model_version=1, undone_at=at if undone else None,
            )
            for lead in leads
        ]
    )  # fmt: skip


async def shown(desk: AsyncClient, query: str = "") -> dict[str, str]:
    """The charts of the page by name."""
    answer = await desk.get(f"/desk/report{query}")
    assert answer.status_code == 200
    parts = re.findall(r'<figure class="chart" id="(\w+)">(.*?)</figure>', answer.text, re.DOTALL)
    return dict(parts)


def title(chart: str) -> str:
    (found,) = re.findall(r"<h2>(.*?)</h2>", chart)
    return unescape(found)


def figures(chart: str) -> Figures:
    """The rows of its tables by their first cell."""
    found = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', chart, re.DOTALL)
    return {unescape(name): re.findall(r"<td>(.*?)</td>", cells) for name, cells in found}


async def test_the_way_from_visit_to_won_counts_who_went_all_of_it(product: Product) -> None:
    leads = await people(124)
    for ago, path, count in (
        (5, "/nl/library/gulle-gever", 2000), (9, "/en/library/gulle-gever", 500),
        (6, "/nl/library/gulle-gever/read", 70), (6, "/nl/library", 90), (400, "/nl/library/x", 9),
    ):  # fmt: skip
        day = product.state.today() - ago * DAY
        await PageView.create(day=day, path=path, people=count, machines=99)
    await asked(leads[:120], 60)
    await asked(leads[120:124], 60, pressed=False)
    await did(leads[:100], "read.50", 50, evidence="likely")
    await did(leads[100:110], "read.50", 50, evidence="scanner")
    await did(leads[:20], "question", 40)
    await did(leads[20:25], "question", 70)  # before they asked: nothing came of it
    await did(leads[110:115], "reply", 40)  # without reading half
    await ready(leads[:8], 30)
    await came_of(leads[:3], "offer", 20)
    await came_of(leads[3:4], "offer", 20, undone=True)
    await came_of(leads[:1], "won", 10)
    await did(leads[115:116], "purchase", 10)
    desk = await product.log_in("sales")
    chart = (await shown(desk, "?days=90"))["funnel"]
    assert figures(chart) == {
        "Bladzij geopend (keren)": ["2.500", "", "", ""],
        "Vroeg een weggever aan": ["124", "", "", "124"],
        "Drukte op de knop": ["120", "", "", "120"],
        "Las de helft of meer": ["100", "83 %", "76–89", "100"],
        "Gaf iets terug": ["20", "20 %", "13–29", "25"],
        "Kwam als klaar op de lijst": ["8", "te weinig om te zien", "", "8"],
        "Kreeg een aanbod": ["3", "te weinig om te zien", "", "4"],
        "Werd klant": ["1", "te weinig om te zien", "", "2"],
    }
    assert title(chart) == "De nauwste stap is ‘Gaf iets terug’: 20 van de 100 kwamen zo ver"
    assert "Die staaf is afgebroken" in chart
    plots = re.findall(r'<svg class="(\w+)".*?<title[^>]*>(.*?)</title>', chart)
    caption = "Van bezoek tot klant, wie iets vroeg in de laatste 90 dagen"
    assert plots == [("wide", caption), ("narrow", caption)]
    for told in re.findall(r"<desc[^>]*>(.*?)</desc>", chart):
        assert (
            "Gaf iets terug, Mensen: 20, Van de vorige stap: 20 %, 95 %, in procenten: 13–29"
            in told
        )
    assert [chart.count(f">{one}<") for one in ("124", "100", "2.500")] == [4, 4, 3]
    month = figures((await shown(desk, "?days=30"))["funnel"])
    assert month["Vroeg een weggever aan"][0] == "0"
    assert month["Bladzij geopend (keren)"][0] == "2.500"


async def test_shares_by_quarter_wait_for_months_and_for_fifty_people(
    product: Product, clock: Callable[[float], None]
) -> None:
    leads = await people(70)
    # Sixty in one quarter and ten in another, by the clock of a day in December.
    move = (now().replace(month=12, day=15) - now()) / DAY
    clock(move)
    await asked(leads[:60], 120)  # 17 August
    await asked(leads[60:], 215)  # 14 May
    await did(leads[:30], "rating", 100, value=4)
    await did(leads[30:40], "rating", 100, value=2)
    await did(leads[:6], "question", 119)
    await did(leads[40:44], "question", 130)  # before the first gift: it answered none
    await did(leads[60:65], "reply", 200)
    await came_of(leads[:12], "won", 60)
    desk = await product.log_in("editor")
    chart = (await shown(desk))["cohorts"]
    year = f"{now().year % 100:02d}"
    found = figures(chart)
    yet, few = "nog niet zover", "te weinig om te zien"
    assert found[f"3e kw. ’{year}, Beviel"] == ["50 % (38–62)", yet, yet, yet, yet]
    assert found[f"3e kw. ’{year}, Gaf terug"] == ["67 % (54–77)", yet, yet, yet, yet]
    assert found[f"3e kw. ’{year}, Klant geworden"] == ["0 % (0–6)", yet, yet, yet, yet]
    assert found[f"2e kw. ’{year}, Gaf terug"] == [few, few, yet, yet, yet]
    assert found[f"augustus {now().year}"] == ["60", "30 · 50 %", "40 · 67 %", "12 · 20 %"]
    assert found[f"mei {now().year}"] == ["10", "0", "5", "0"]
    # One line in each of the three plots, in each size: that of the quarter with sixty.
    assert len(re.findall(r'<path class="c-la', chart)) == 6
    assert "Drie maanden na een eerste weggever valt er pas iets" in title(chart)
    clock(move + 75)
    later = (await shown(await product.log_in("sales")))["cohorts"]
    assert title(later) == (
        "Na drie maanden gaven 40 van de 60 iets terug; of dat verandert, is nog niet te zien"
    )
    assert figures(later)[f"3e kw. ’{year}, Klant geworden"][:2] == ["0 % (0–6)", "20 % (12–32)"]


async def test_given_first_and_by_week(product: Product) -> None:
    leads = await people(9)
    await asked(leads[:5], 20)
    await did(leads[:2], "help.given", 1)
    await did(leads[:3], "reply", 10, evidence="human")
    await did(leads[3:4], "reply", 10, evidence="scanner")
    await did(leads[:1], "liked.asked", 8)
    await came_of(leads[1:2], "offer", 8)
    await came_of(leads[5:6], "offer", 8)
    await came_of(leads[6:7], "offer", 8, undone=True)
    desk = await product.log_in("sales")
    charts = await shown(desk)
    told = {
        "Kreeg iets, en werd later iets gevraagd": ["2", "te weinig om te zien"],
        "Kreeg iets, en werd nog niets gevraagd": ["3", "te weinig om te zien"],
        "Werd iets gevraagd voor de eerste weggever": ["1", "te weinig om te zien"],
        "Kreeg nog niets en werd niets gevraagd": ["3", "te weinig om te zien"],
    }
    assert figures(charts["first"]).items() >= told.items()
    assert title(charts["first"]) == "2 van de 3 mensen aan wie iets gevraagd is, kregen eerst iets"
    assert title(charts["weeks"]) == (
        "In een jaar werd 7 keer iets gegeven en kwam er 3 keer iets terug"
    )
    weeks = figures(charts["weeks"])
    assert weeks.pop("Samen") == ["7", "3"]
    assert len(weeks) == 52
    counted = [week for week in weeks.values() if week != ["0", "0"]]
    assert sum(int(given) for given, _ in counted) == 7
    assert ["0", "3"] in counted or ["2", "3"] in counted
    assert "5 mensen vroegen iets aan: te weinig voor aandelen" in title(charts["funnel"])
    assert "Nog te weinig om in maanden te zien" in title(charts["cohorts"])
    assert "<svg" not in charts["cohorts"]


async def test_what_the_list_promised_against_what_came_true(product: Product) -> None:
    leads = await people(40)
    await came_of(leads[:20], "won", 5, chance=0.14)
    await came_of(leads[:1], "lost", 4, chance=0.9)  # the first time they were taken up counts
    await came_of(leads[20:29], "lost", 5, chance=0.03)
    desk = await product.log_in("sales")
    chart = (await shown(desk))["bands"]
    assert figures(chart) == {
        "10–20 %": ["20", "20", "14 %", "100 % (84–100)"],
        "0–5 %": ["9", "0", "3 %", "0 % (0–30)"],
    }
    assert title(chart) == "Er wordt meer gewonnen dan de lijst belooft"
    assert chart.count('class="c-pt"') == 3  # one in each size, and one in the key
    assert chart.count('class="c-hollow"') == 3
    await Outcome.filter(lead_id__in=[lead.id for lead in leads[:12]]).delete()
    few = (await shown(desk))["bands"]
    assert title(few) == "Of de lijst goed voorspelt, weten we nog niet: er zijn pas 17 uitkomsten"
    assert "<svg" not in few


class TestAnIssue:
    """A tip with links that went out to people who agreed to be followed."""

    @pytest.fixture
    def environ(self, environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
        return weekly.with_linked_tip(environ, tmp_path)

    async def test_an_issue_tells_links_answers_and_leavers(self, product: Product) -> None:
        for n in range(7):
            await weekly.subscribe(product, f"r{n}@example.org", followed=n < 5)
        await weekly.send(product)
        path = weekly.tracked(product, "r0@example.org")["1"]
        async with product.browser() as reader:
            assert (await reader.get(path)).status_code == 303
        gone = await product.link("r6@example.org", "/unsubscribe/")
        await product.post(gone, data={"do": "leave"})
        await did([await Lead.get(email="r1@example.org")], "reply", -0.00001)
        desk = await product.log_in("editor")
        chart = (await shown(desk))["issues"]
        assert figures(chart) == {weekly.ISSUE: ["7", "5", "1", "1", "1", "1"]}
        await Lead.filter(email="r0@example.org").update(mail_tracking_at=None)
        few = "te weinig om te zien"
        fewer = (await shown(desk))["issues"]
        assert figures(fewer) == {weekly.ISSUE: ["7", "4", few, few, "1", "1"]}
        assert "Te weinig lezers vonden meekijken goed" in title(fewer)


async def test_on_an_empty_site_it_tells_what_will_come(product: Product) -> None:
    assert (await product.get("/desk/report")).status_code in (303, 401, 403)
    for role in ("sales", "editor", "admin"):
        desk = await product.log_in(role)
        answer = await desk.get("/desk/report?days=x")
        assert answer.status_code == 200
        assert "Er valt nog niets te tellen" in answer.text
        assert "<figure" not in answer.text
        assert 'href="/desk/report" aria-current="page"' in answer.text
        await desk.aclose()


@pytest.mark.pure
def test_an_interval_holds_its_share_and_stays_within_bounds() -> None:
    assert Share(0, 0).interval == (0, 1)
    assert [round(bound, 3) for bound in Share(9, 9).interval] == [0.701, 1]
    assert [round(bound, 4) for bound in Share(271, 466).interval] == [0.5363, 0.6255]
    assert not Share(30, 49).is_told
    assert Share(30, 50).is_above(Share(2, 50))
    assert not Share(30, 50).is_above(Share(25, 50))
    assert nice(188, 3) == [0, 100, 200]
    assert nice(0) == [0, 1]
    assert pytest.approx(365.25 * 86400) == MONTH * MONTHS
