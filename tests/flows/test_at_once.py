"""Many at once on one lead, on running sites: one is first, the others hear it, nothing breaks."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from httpx2 import AsyncClient, Response

from server.kit.clock import now
from server.leads.models import Lead
from server.mail.models import Suppression
from server.sales.models import FollowUp, Note, Outcome
from server.staff import accounts
from server.tracking.models import Event
from tests.cli.commands import Done, givefirst
from tests.desk.test_outcomes import ready_lead, word
from tests.product import Product
from tests.support.live import LiveServers
from tests.support.tables import leads_table

ROUNDS = 6
BUTTONS = (
    "accepted", "contacted", "meeting", "offer", "won", "not_now:90", "lost:price", "not_a_fit:junk"
)  # fmt: skip
SELLERS = 20
Browsers = Sequence[AsyncClient]


@pytest.fixture
async def sites(
    product: Product, start_server: LiveServers, engine: str
) -> AsyncIterator[LiveServers]:
    """Sites over the database of the product: two on PostgreSQL, one on SQLite."""
    for _ in range(2 if engine == "postgres" else 1):
        start_server(
            "--no-worker",
            GIVEFIRST_DATABASE_URL=product.settings.database_url,
            GIVEFIRST_DATA=str(product.settings.data),
        )
    yield start_server
    assert "Traceback" not in start_server.printed(), start_server.printed()[-9000:]


@pytest.fixture
async def sellers(product: Product, sites: LiveServers) -> AsyncIterator[Browsers]:
    """Colleagues in browsers of their own, spread over the sites."""
    async with AsyncExitStack() as stack:
        browsers = []
        for n in range(SELLERS):
            user = await accounts.add_staff(f"seller{n}@staff.example.org", "admin", "nl")
            secret = await accounts.login_secret(user)
            url = sites.started[n % len(sites.started)].url
            browser = AsyncClient(base_url=url, trust_env=False, timeout=30)
            await stack.enter_async_context(browser)
            assert (await browser.post(f"/desk/login/{secret}")).status_code == 303
            browsers.append(browser)
        yield browsers


async def words(sellers: Browsers) -> list[str]:
    """The word that each of them has to send along."""
    pages = await asyncio.gather(*(one.get("/desk/leads") for one in sellers))
    return [word(page.text) for page in pages]


async def all_at_once(calls: Sequence[Awaitable[Response]]) -> list[Response]:
    """All answers to calls that are made in the same instant; none may be of the 500s."""
    answers = list(await asyncio.gather(*calls))
    broken = [
        (one.request.method, one.request.url.path, one.status_code)
        for one in answers
        if one.status_code >= 500
    ]
    assert not broken
    return answers


async def test_of_twenty_outcomes_at_once_one_is_first_and_all_see_it(
    product: Product, sellers: Browsers
) -> None:
    lead = await ready_lead(product)
    csrf = await words(sellers)
    for turn in range(2):
        newest = await Outcome.filter(lead_id=lead.id).order_by("-id").first()
        after = str(newest.id if newest else 0)
        answers = await all_at_once(
            [
                one.post(
                    f"/desk/leads/{lead.id}/outcome",
                    data={"csrf": csrf[n], "after": after, "outcome": BUTTONS[n % len(BUTTONS)]},
                )
                for n, one in enumerate(sellers)
            ]
        )
        assert await Outcome.all().count() == turn + 1
        made = await Outcome.all().order_by("-id").first()
        assert made
        places = [one.headers["location"] for one in answers]
        assert sum(f"done={made.id}" in place for place in places) == 1
        assert sum(f"newer={made.id}" in place for place in places) == SELLERS - 1


async def test_of_twenty_undos_at_once_one_counts(product: Product, sellers: Browsers) -> None:
    lead = await ready_lead(product)
    csrf = await words(sellers)
    form = {"csrf": csrf[0], "after": "0", "outcome": "won", "value": "100"}
    await sellers[0].post(f"/desk/leads/{lead.id}/outcome", data=form)
    outcome = await Outcome.get()
    await all_at_once(
        [
            one.post(f"/desk/outcomes/{outcome.id}/undo", data={"csrf": csrf[n]})
            for n, one in enumerate(sellers)
        ]
    )
    assert await Event.filter(lead_id=lead.id, sign=-1).count() == 1


def everything_on(lead: Lead, outcome: int, note: int) -> list[tuple[str, dict[str, str]]]:
    """Every form of the desk about a lead."""
    card = f"/desk/leads/{lead.id}"
    forms: list[tuple[str, dict[str, str]]] = [
        (f"{card}/outcome", {"after": "999999999", "outcome": "offer"}),
        (f"{card}/outcome", {"after": "0", "outcome": "won", "value": "1"}),
        (f"/desk/outcomes/{outcome}/undo", {}),
        (f"{card}/notes", {"note": "bel terug", "due": "week"}),
        (f"/desk/notes/{note}", {"do": "done"}),
        (f"/desk/notes/{note}", {"do": "remove"}),
        (f"{card}/owner", {"owner": "1"}),
        (f"{card}/snooze", {"days": "7"}),
        (f"{card}/profiling", {"do": "off"}),
        ("/desk/leads/together", {"do": "snooze", "days": "7", "pick": str(lead.id)}),
        ("/desk/leads/chosen", {"pick": str(lead.id)}),
    ]
    return forms


async def test_erasing_in_the_same_instant_as_anything_else_breaks_nothing(
    product: Product, sellers: Browsers
) -> None:
    csrf = await words(sellers)
    for turn in range(ROUNDS):
        address = f"an{turn}@example.org"
        lead = await ready_lead(product, address)
        gift = await product.gift("service-als-cadeau", address)
        await product.ask("geven-werkt", address)
        outcome = await Outcome.create(
            lead=lead,
            key=f"o:{turn}",
            kind="offer",
            at=now(),
            recorded_at=now(),
            source="desk",
            state="ready",
            points=1,
            probability=0.1,
            reasons=[],
            model_version=1,
        )
        note = await Note.create(lead=lead, text="x", at=now(), due_on=now().date())
        forms = everything_on(lead, outcome.id, note.id)
        calls: list[Awaitable[Response]] = []
        for n, (path, form) in enumerate(forms):
            calls.append(sellers[n].post(path, data={**form, "csrf": csrf[n]}))
        calls.append(sellers[15].get(f"/desk/leads/{lead.id}"))
        calls.insert(
            turn * 2,
            sellers[16].post(
                f"/desk/leads/{lead.id}/erase", data={"csrf": csrf[16], "sure": "yes"}
            ),
        )
        calls += [
            sellers[17].post(gift),
            sellers[18].post(f"{gift}/liked", data={"liked": "4"}),
            sellers[19].get(f"{gift}/read?c=1"),
            sellers[17].get(gift),
            sellers[18].post(f"{gift}/me"),
            sellers[19].post("/nl/library/gulle-gever", data={"email": address}),
        ]
        await all_at_once(calls)
        assert not await Lead.exists(email=address)
        assert await Suppression.all().count() == turn + 1
        assert await FollowUp.all().count() == await Note.all().count() == 0


def commands_at_once(environ: dict[str, str], *commands: Sequence[str]) -> list[Done]:
    """Commands in processes of their own, begun together; none may end with a traceback."""
    with ThreadPoolExecutor(len(commands)) as threads:
        done = list(threads.map(lambda words_: givefirst(environ, *words_), commands))
    assert not [one.err for one in done if "Traceback" in one.err]
    return done


async def test_two_tables_at_once_make_each_lead_once(
    product: Product, environ: dict[str, str], tmp_path: Path
) -> None:
    made = leads_table(1500)
    files = [tmp_path / "there.csv", tmp_path / "back.csv"]
    files[0].write_bytes(made.data())
    header, *rest = made.lines
    files[1].write_text("\n".join([header, *reversed(rest)]), "utf-8")
    words_ = [["leads", "import", str(file), "--source", "beurs", "--json"] for file in files]
    done = commands_at_once(environ, *words_)
    told = [one.json() for one in done]
    everybody = await Lead.all().count()
    assert everybody >= 1500 - len(made.bad)
    assert sum(one["new"] for one in told) == everybody
    for one in told:
        counted = one["new"] + one["changed"] + one["unchanged"] + len(one["refused"])
        assert counted == 1500


async def test_a_table_goes_in_while_its_people_are_erased_and_ask_for_books(
    product: Product, sellers: Browsers, environ: dict[str, str], tmp_path: Path
) -> None:
    csrf = await words(sellers)
    known = [f"good{n}@example.org" for n in range(3, 1400, 100)]
    for address in known:
        await product.ask("gulle-gever", address)
    file = tmp_path / "leads.csv"
    file.write_bytes(leads_table(1500).data())
    leads = {lead.email: lead.id for lead in await Lead.all()}
    command = ["leads", "import", str(file), "--source", "beurs", "--json"]
    importing = asyncio.create_task(asyncio.to_thread(commands_at_once, environ, command))
    for n, address in enumerate(known):
        form = {"csrf": csrf[n], "sure": "yes"}
        book = "/nl/library/service-als-cadeau"
        await all_at_once(
            [
                sellers[n].post(f"/desk/leads/{leads[address]}/erase", data=form),
                sellers[n].post(book, data={"email": address}),
                sellers[n].post(book, data={"email": f"good{n * 50 + 1}@example.org"}),
            ]
        )
    (done,) = await importing
    assert done.code == 0, done.err
    told = done.json()
    counted = told["new"] + told["changed"] + told["unchanged"] + len(told["refused"])
    assert counted == 1500
    assert not await Lead.filter(email__in=known).exists()
