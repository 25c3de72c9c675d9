"""Giving by hand, by table and as a surprise; the ledger adds up to the log; limits hold."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from httpx2 import AsyncClient, Response

from server.gifts.models import Gift, LedgerLine
from server.kit.clock import now
from server.kit.database import rows
from server.leads.models import Lead
from server.mail.models import Delivery
from server.staff.models import AuditEntry
from server.tracking.kinds import GIFTS, RETURNS
from server.tracking.models import Event
from tests.cli.commands import givefirst
from tests.desk.test_outcomes import word
from tests.product import Product, body_of
from tests.support.content import change, copied

Clock = Callable[[float], None]
READER = "joost@example.org"
LINE = "Je schreef dat doorvragen je team lastig valt; daar gaat hoofdstuk twee over."


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return copied(tmp_path)


@pytest.fixture
def environ(environ: dict[str, str], content: Path) -> dict[str, str]:
    return environ | {"GIVEFIRST_CONTENT": str(content)}


def with_terms(content: Path, terms: str) -> None:
    """Give one asset other terms, in both languages."""
    for language in ("nl", "en"):
        file = content / f"library/gulle-gever/index.{language}.md"
        text = re.sub(r"(?m)^limits:.*\n", "", file.read_text("utf-8"))
        file.write_text(text.replace("gate:", f"{terms}\ngate:", 1), "utf-8")


async def send(desk: AsyncClient, page: str, to: str = "", **form: str) -> Response:
    """Send a form of a page of the desk."""
    csrf = word((await desk.get(page)).text)
    return await desk.post(to or page, data={"csrf": csrf, **form})


async def reader(product: Product, address: str = READER) -> Lead:
    """A lead who is on the list and may be mailed unasked."""
    await product.subscribe(address)
    await product.work()
    return await Lead.get(email=address)


async def balances_are_those_of_the_log() -> None:
    """Of every lead the rows of the ledger and the lines of the log tell the same."""
    given = await rows(
        "SELECT lead_id, SUM(sign) AS n FROM ledger WHERE side = 'given' GROUP BY lead_id"
    )
    told: dict[int, int] = {}
    for event in await Event.filter(kind__in=GIFTS):
        told[event.lead_id] = told.get(event.lead_id, 0) + event.sign
    assert {row["lead_id"]: int(row["n"]) for row in given} == told
    keys = {line.key for line in await LedgerLine.filter(side="returned")}
    assert keys <= {event.dedup_key for event in await Event.filter(kind__in=RETURNS)}
    for lead in await Lead.all():
        lines = await LedgerLine.filter(lead_id=lead.id)
        assert abs(sum(line.cost * line.sign for line in lines) - lead.given_cost) < 1e-6


async def test_g6_what_was_given_at_a_fair_stands_on_the_ledger(product: Product) -> None:
    lead = await reader(product)
    desk = await product.log_in("sales")
    card = f"/desk/leads/{lead.id}"
    form = {"kind": "personal", "what": "Kaartenset", "cost": "6,40", "value": "18", "why": "Beurs"}
    for told in ("desk.hand_told", "desk.hand_twice"):
        answer = await send(desk, card, f"{card}/given", unexpected="yes", **form)
        assert answer.headers["location"] == f"{card}?told={told}#h-bal"
    page = (await desk.get(card)).text
    assert "Kaartenset" in page
    assert "€\u00a06,40" in page
    line = await LedgerLine.get()
    assert (line.kind, line.cost, line.value, line.why) == ("personal", 6.4, 18, "Beurs")
    assert (line.by_name, line.source, line.unexpected, line.personal) == (
        "sales", "desk", True, True,
    )  # fmt: skip
    until = (await Lead.get()).no_ask_until
    assert until is not None
    assert (until - now()).days == 9
    await balances_are_those_of_the_log()
    # What was wrong is taken back by a counter-entry, once; both stay.
    undo = f"/desk/ledger/{line.id}/take-back"
    for _ in range(2):
        await send(desk, card, undo, why="Verkeerde lead")
    assert [one.sign for one in await LedgerLine.all().order_by("id")] == [1, -1]
    assert (await Lead.get()).given_cost == 0
    assert "Kaartenset<span>" not in (await desk.get(card)).text
    await balances_are_those_of_the_log()


async def test_what_cannot_have_been_given_is_refused_with_a_reason(product: Product) -> None:
    lead = await reader(product)
    desk = await product.log_in("sales")
    card = f"/desk/leads/{lead.id}"
    for fault, form in (
        ("gifts.hand_what", {"what": " "}),
        ("gifts.hand_euro", {"what": "x", "cost": "veel"}),
        ("gifts.hand_euro", {"what": "x", "cost": "9999999"}),
        ("gifts.hand_future", {"what": "x", "on": "2999-01-01"}),
    ):
        answer = await send(desk, card, f"{card}/given", kind="personal", **form)
        assert f"told={fault}" in answer.headers["location"]
        assert (await desk.get(answer.headers["location"])).status_code == 200
    assert (await send(desk, card, f"{card}/given", kind="car", what="x")).status_code == 404
    assert await LedgerLine.all().count() == 0


async def test_g15_the_balance_tells_both_sides_of_a_lead_and_of_their_firm(
    product: Product,
) -> None:
    lead = await reader(product, "an@brugwerk.example.org")
    mate = await reader(product, "bo@brugwerk.example.org")
    desk = await product.log_in("sales")
    for who, cost in ((lead, "10"), (mate, "2,50")):
        card = f"/desk/leads/{who.id}"
        await send(desk, card, f"{card}/given", kind="attention", what="Bloemen", cost=cost)
    card = f"/desk/leads/{lead.id}"
    await send(desk, card, f"{card}/returned", kind="referral.joined", what="Noemde ons")
    page = (await desk.get(card)).text
    assert "1 gegeven, 1 terug" in page
    assert "€\u00a012,50" in page
    listed = (await desk.get("/desk/leads?sort=cost")).text
    assert listed.index("an@brugwerk") < listed.index("bo@brugwerk")
    assert "1 gegeven" in (await desk.get("/desk/leads?sort=given")).text
    await balances_are_those_of_the_log()


async def test_g6_a_table_of_gifts_is_looked_through_and_taken_in_once(
    product: Product, tmp_path: Path, environ: dict[str, str]
) -> None:
    await reader(product)
    file = tmp_path / "beurs.csv"
    file.write_text(
        "email;gegeven op;soort;weggever;wat;kosten;waarde;door;waarom\n"
        "joost@example.org;2026-11-02;persoonlijk;;Kaartenset;6,40;18;Marit;Beurs\n"
        "joost@example.org;2026-11-02;boek;gulle-gever;;2;25;Marit;\n"
        "joost@example.org;2026-11-02;boek;bestaat-niet;;2;25;Marit;\n"
        "niemand@example.org;2026-11-02;aandacht;;Lunch;20;20;Marit;\n"
        "joost@example.org;2026-11-02;auto;;Lunch;20;20;Marit;\n",
        "utf-8",
    )
    dry = givefirst(environ, "gifts", "import", str(file), "--dry-run")
    assert await LedgerLine.all().count() == 0
    assert "6" in dry.out
    for made in (2, 0):
        told = givefirst(environ, "gifts", "import", str(file), "--json")
        assert f'"new": {made}' in told.out
        for line in ("4", "5", "6"):
            assert f'"line": {line}' in told.out
    assert sorted([(one.kind, one.what, one.source) for one in await LedgerLine.all()]) == [
        ("e-book", "", "table"), ("personal", "Kaartenset", "table"),
    ]  # fmt: skip
    await balances_are_those_of_the_log()


async def test_g5_a_surprise_is_sent_in_three_clicks_with_a_sentence(
    product: Product, clock: Clock
) -> None:
    await product.gift("gulle-gever", READER, tips=True)
    lead = await Lead.get()
    clock(20)
    desk = await product.log_in("sales")
    page = f"/desk/leads/{lead.id}/surprise"
    assert page in (await desk.get(f"/desk/leads/{lead.id}")).text  # the first click
    shown = (await desk.get(page)).text
    assert 'value="gulle-gever"' not in shown  # they have it
    offered = re.findall(r'name="asset" value="([^"]+)"', shown)
    assert offered
    for line, told in (("", "Schrijf er één zin bij"), ("Koop nu ons boek.", "vraagt iets")):
        refused = await send(desk, page, asset=offered[0], line=line)
        assert refused.status_code == 422
        assert told in refused.text
    sent = await send(desk, page, asset=offered[0], line=LINE)
    assert sent.status_code == 303
    path = await product.link(READER, "/gift/")
    mail = product.mails(READER)[-1]
    assert LINE in " ".join(body_of(mail).split())
    assert LINE in (await product.get(path)).text
    await product.post(path)
    assert LINE in (await product.get(path)).text
    gift = await Gift.get(asset_slug=offered[0])
    assert gift.unasked_at
    assert gift.confirmed_at
    kinds = [event.kind for event in await Event.filter(gift_number=gift.id).order_by("id")]
    assert kinds == ["gift.sent", "gift.unwrapped"]
    quiet = (await Lead.get()).no_ask_until
    assert quiet is not None
    assert (quiet - now()).days == 9
    await balances_are_those_of_the_log()
    # Not a second one within the weeks that are set, and never twice the same.
    assert "Er zit minstens 60 dagen tussen" in (await desk.get(page)).text
    assert (await send(desk, page, asset=offered[0], line=LINE)).status_code == 422
    clock(81)
    desk = await product.log_in("admin")
    again = (await desk.get(page)).text
    assert f'value="{offered[0]}"' not in again
    assert await AuditEntry.filter(action="surprise.sent").count() == 1


async def test_g5_two_colleagues_cannot_spend_the_last_surprise_of_the_week(
    product: Product, content: Path
) -> None:
    change(content, "site.yaml", "per_week: 5", "per_week: 1")
    leads = [await reader(product, f"lead{n}@example.org") for n in range(2)]
    desk = await product.log_in("sales")
    csrf = word((await desk.get(f"/desk/leads/{leads[0].id}")).text)
    form = {"csrf": csrf, "asset": "gulle-gever", "line": LINE}
    answers = await asyncio.gather(
        *(desk.post(f"/desk/leads/{one.id}/surprise", data=form) for one in leads)
    )
    assert sorted(answer.status_code for answer in answers) == [303, 422]
    refused = next(answer for answer in answers if answer.status_code == 422)
    assert "zijn op (1 per week)" in refused.text
    assert await Gift.filter(unasked_at__isnull=False).count() == 1


async def test_who_may_not_be_mailed_unasked_is_not_surprised(product: Product) -> None:
    await product.gift("gulle-gever", READER)
    await product.work()
    lead = await Lead.get()
    desk = await product.log_in("sales")
    page = await desk.get(f"/desk/leads/{lead.id}/surprise")
    assert "mogen deze lead niet ongevraagd mailen" in page.text
    mails = await Delivery.all().count()
    refused = await send(
        desk, f"/desk/leads/{lead.id}", f"/desk/leads/{lead.id}/surprise",
        asset="service-als-cadeau", line=LINE,
    )  # fmt: skip
    assert refused.status_code == 422
    assert await Delivery.all().count() == mails


async def test_g5_the_planner_proposes_a_few_leads_with_reasons(
    product: Product, clock: Clock
) -> None:
    path = await product.gift("gulle-gever", READER, tips=True)
    await product.read(path, 1, 2, 3)
    await product.post(f"{path}/liked", data={"liked": "4", "why": "Mooi"})
    await reader(product, "stil@example.org")
    clock(40)
    await product.work()
    desk = await product.log_in("sales")
    page = (await desk.get("/desk/surprises")).text
    assert "joost@example.org" in page
    assert "40 dagen niets van ons" in page
    assert "stil@example.org" not in page


async def test_g9_of_a_hundred_who_press_at_once_as_many_get_it_as_there_are(
    product: Product, content: Path
) -> None:
    with_terms(content, "limits: {total: 5}")
    takers = [f"n{n}@example.org" for n in range(12)]
    for taker in takers:
        await product.ask("gulle-gever", taker)
    paths = [await product.link(taker, "/gift/") for taker in takers]
    await asyncio.gather(*(product.post(path) for path in paths * 8))
    assert await Gift.filter(confirmed_at__isnull=False).count() == 5
    assert await LedgerLine.filter(side="given").count() == 5
    late = [path for path in paths if "Deze is op" in (await product.post(path)).text]
    assert len(late) == 7
    page = (await product.get("/nl/library/gulle-gever")).text
    assert "Deze is op" in page
    assert 'name="email"' not in page.partition("<footer")[0]
    assert "Deze is op" in (await product.ask("gulle-gever", "nieuw@example.org")).text
    # Who has it keeps it.
    mine = next(path for path in paths if path not in late)
    assert (await product.get(f"{mine}/read")).status_code == 200
    await balances_are_those_of_the_log()


async def test_g9_a_firm_gets_so_many_and_is_told_kindly(product: Product, content: Path) -> None:
    with_terms(content, "limits: {per_company: 2, days: 30}")
    paths = []
    for name in ("an", "bo", "co"):
        address = f"{name}@brugwerk.example.org"
        await product.ask("gulle-gever", address)
        paths.append(await product.link(address, "/gift/"))
    answers = [await product.post(path) for path in paths]
    assert [answer.status_code for answer in answers] == [303, 303, 200]
    assert "Bij jouw organisatie liggen er al zoveel" in answers[2].text
    # Another firm, and the page that all see, notice nothing.
    await product.gift("gulle-gever", "dirk@anders.example.org")
    assert 'name="email"' in (await product.get("/nl/library/gulle-gever")).text


async def test_g10_a_hunter_gets_nothing_that_costs_us_until_a_person_says_otherwise(
    product: Product, content: Path
) -> None:
    with_terms(content, "cost: 3")
    for slug in ("service-als-cadeau", "opvolgen-zonder-duwen"):
        await product.gift(slug, READER)
    lead = await Lead.get()
    for n in range(2):
        await Gift.create(
            lead=lead, asset_slug=f"oud-{n}", language="nl", requested_at=now(), expires_at=now(),
            confirmed_at=now(),
        )  # fmt: skip
        await Event.create(
            lead=lead, kind="gift.taken", at=now(), subject=f"oud-{n}", evidence="human",
            dedup_key=f"oud:{n}",
        )  # fmt: skip
    await Lead.filter(id=lead.id).update(events_scored=-1)
    await product.work()
    assert (await Lead.get()).is_hunter
    await Delivery.all().update(next_try_at=now(), created_at=now())
    await product.ask("gulle-gever", READER)
    gift = await Gift.get(asset_slug="gulle-gever")
    path = product.site.link("/gift", "gift", gift.id).removeprefix(product.settings.base_url)
    assert "Lees er eerst één" in (await product.post(path)).text
    # What is open stays open.
    assert (await product.get("/nl/library/geven-werkt/read")).status_code == 200
    desk = await product.log_in("sales")
    card = f"/desk/leads/{lead.id}"
    assert "Koopjesjager?" in (await desk.get(card)).text
    assert lead.email in (await desk.get("/desk/leads?balance=hunter")).text
    without = await send(desk, card, f"{card}/hunter", do="trust", why="")
    assert "hunter_no_reason" in without.headers["location"]
    await send(desk, card, f"{card}/hunter", do="trust", why="Ken haar van de beurs")
    assert not (await Lead.get()).is_hunter
    assert "Ken haar van de beurs" in (await AuditEntry.get(action="hunter.trusted")).detail
    assert (await product.post(path)).status_code == 303
