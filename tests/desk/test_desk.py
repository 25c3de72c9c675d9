"""Colleagues get in by a link that works once, and see true sentences and sums that add up."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from server.cli.shared import judge_of
from server.leads.models import Lead
from server.readiness.keeping import replay
from server.readiness.models import Score, Transition
from server.staff import accounts
from server.staff.models import AuditEntry, LoginLink, StaffSession
from server.tracking.log import Entry, record
from server.tracking.models import Event
from tests.product import MINUTE, Product, body_of
from tests.support.content import copied

Clock = Callable[[float], None]
READER = "joost@example.org"


async def test_a_login_link_works_once_and_by_a_button_only(product: Product) -> None:
    user = await accounts.add_staff("marit@example.org", "admin", "nl")
    path = f"/desk/login/{await accounts.login_secret(user)}"
    for _ in range(3):
        assert "Log mij in" in (await product.get(path)).text
        await product.client.head(path)
    assert (await LoginLink.get()).used_at is None
    answer = await product.post(path)
    assert answer.headers["location"] == "/desk/"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert (await product.post(path)).status_code == 404
    assert (await product.get(path)).status_code == 404
    assert await AuditEntry.filter(action="staff.login").count() == 1


async def test_a_login_link_lives_a_quarter(product: Product, clock: Clock) -> None:
    user = await accounts.add_staff("marit@example.org", "sales", "nl")
    path = f"/desk/login/{await accounts.login_secret(user)}"
    clock(16 * MINUTE)
    assert (await product.post(path)).status_code == 404
    assert await StaffSession.all().count() == 0


async def test_only_hashes_are_kept(product: Product) -> None:
    user = await accounts.add_staff("marit@example.org", "sales", "nl")
    secret = await accounts.login_secret(user)
    assert secret
    answer = await product.post(f"/desk/login/{secret}")
    cookie = re.search(r"desk=([^;]+)", answer.headers["set-cookie"])
    assert cookie
    kept = str(await LoginLink.all().values()) + str(await StaffSession.all().values())
    assert secret not in kept
    assert cookie[1] not in kept


async def test_a_known_and_an_unknown_colleague_are_answered_alike(product: Product) -> None:
    await accounts.add_staff("marit@example.org", "sales", "nl")
    answers = []
    for address in ("marit@example.org", "nobody@example.org", "no address"):
        answers.append(await product.post("/desk/login", data={"email": address}))
        assert answers[-1].headers["location"] == "/desk/login?sent=1"
    assert len({str(sorted(answer.headers.items())) for answer in answers}) == 1
    await product.work()
    (mail,) = product.mails()
    assert mail["To"] == "marit@example.org"
    path = re.search(r"http://[^/]+(/desk/login/\S+)", body_of(mail))
    assert path
    assert (await product.post(path[1])).status_code == 303


async def test_at_most_three_links_are_open(product: Product) -> None:
    await accounts.add_staff("marit@example.org", "sales", "nl")
    for _ in range(6):
        await product.post("/desk/login", data={"email": "marit@example.org"})
    assert await LoginLink.all().count() == 3


async def test_sessions_end_by_themselves_and_with_the_role(product: Product, clock: Clock) -> None:
    desk = await product.log_in("admin")
    clock(31 * MINUTE)
    assert (await desk.get("/desk/")).headers["location"] == "/desk/login"
    clock(0)
    sales = await product.log_in("sales")
    clock(31 * MINUTE)
    assert (await sales.get("/desk/")).status_code == 200
    await accounts.add_staff("sales@staff.example.org", "editor", "nl")
    assert (await sales.get("/desk/")).headers["location"] == "/desk/login"
    await desk.aclose()
    await sales.aclose()


async def test_logging_out_ends_the_session(product: Product) -> None:
    desk = await product.log_in("sales")
    word = re.search(r'name="csrf" value="([^"]+)"', (await desk.get("/desk/")).text)
    assert word
    await desk.post("/desk/logout", data={"csrf": word[1]})
    assert await StaffSession.all().count() == 0
    assert (await desk.get("/desk/")).headers["location"] == "/desk/login"
    await desk.aclose()


async def test_an_editor_begins_with_the_titles(product: Product) -> None:
    user = await accounts.add_staff("ed@example.org", "editor", "en")
    answer = await product.post(f"/desk/login/{await accounts.login_secret(user)}")
    assert answer.headers["location"] == "/desk/gifts"
    assert "Four questions" in (await product.get("/desk/gifts")).text


async def ready_reader(product: Product, clock: Clock, address: str = READER) -> None:
    """Two gifts three weeks apart, both read to the end and liked."""
    for slug, day, chapters in (("gulle-gever", -20.0, 11), ("service-als-cadeau", -12.0, 4)):
        clock(day)
        gift = await product.gift(slug, address, name="Joost Bakker")
        for chapter in range(1, chapters + 1):
            clock(day + 1 + chapter * 3 * MINUTE)
            await product.read(gift, chapter)
        clock(day + 8)
        await product.post(f"{gift}/liked", data={"liked": "4", "why": "Hoofdstuk twee."})
    clock(0)
    await product.work()


async def test_from_the_log_to_the_list_of_today(product: Product, clock: Clock) -> None:
    await ready_reader(product, clock)
    lead = await Lead.get()
    score = await Score.get(lead_id=lead.id)
    assert (score.state, score.points) == ("ready", 25)
    assert lead.events_scored == lead.event_count
    desk = await product.log_in("sales")
    today = (await desk.get("/desk/")).text
    assert "Eén mens is klaar voor een aanbod." in today
    assert "Vond <em>Service als cadeau</em> 4 dagen geleden heel goed" in today
    assert "25</b> = " in today
    card = await desk.get(f"/desk/leads/{lead.id}")
    points = re.findall(r'<td class="p[^"]*">([−\d]+)</td>', card.text)
    numbers = [int(one.replace("−", "-")) for one in points]
    assert sum(numbers[:-1]) == numbers[-1] == score.points
    assert "Hoofdstuk twee." in card.text
    assert "Service als cadeau" in card.text
    assert await replay(await judge_of(product.settings)) == (1, [])
    await desk.aclose()


async def test_who_asks_for_contact_is_on_the_list_at_once(product: Product) -> None:
    await product.gift("gulle-gever", READER, name="Joost Bakker")
    lead = await Lead.get()
    await record(Entry(lead.id, "contact.requested", "contact:1"))
    await product.work()
    desk = await product.log_in("sales")
    page = await desk.get("/desk/")
    assert "Eén mens is klaar voor een aanbod." in page.text
    assert "Joost Bakker" in page.text
    assert "Bel terug" in page.text
    moved = await Transition.filter(lead_id=lead.id).order_by("id")
    assert moved[-1].state == "ready"
    assert sum(reason[1] for reason in moved[-1].reasons) == moved[-1].points
    await desk.aclose()


async def test_nobody_is_called_ready_in_the_quiet_days(product: Product, clock: Clock) -> None:
    await ready_reader(product, clock)
    await (await Lead.get()).keep_quiet(3)
    desk = await product.log_in("sales")
    page = (await desk.get("/desk/")).text
    assert "Klaar voor een aanbod" not in page
    card = await desk.get(f"/desk/leads/{(await Lead.get()).id}")
    assert "Nog niets vragen" in card.text
    await desk.aclose()


async def test_a_scanner_is_told_and_not_counted(product: Product) -> None:
    gift = await product.gift("gulle-gever", READER)
    before = (await product.work(), (await Score.get()).points)[1]
    async with product.browser("curl/8.5.0") as scanner:
        for chapter in (1, 2, 3, 4):
            await scanner.get(f"{gift}/read?c={chapter}")
        await scanner.head(f"{gift}/read")
    await product.work()
    assert {e.evidence for e in await Event.filter(kind="read.chapter")} == {"scanner"}
    assert (await Score.get()).points == before
    desk = await product.log_in("sales")
    card = (await desk.get("/desk/leads/1")).text
    assert "scanner" in card
    await desk.aclose()


async def test_profiling_off_takes_the_score_away_and_keeps_the_gifts(
    product: Product, clock: Clock
) -> None:
    await ready_reader(product, clock)
    desk = await product.log_in("sales")
    page = await desk.get("/desk/leads/1")
    word = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert word
    await desk.post("/desk/leads/1/profiling", data={"csrf": word[1], "do": "off"})
    count = await Event.all().count()
    gift = f"/gift/{product.site.token('gift', 1)}"
    assert (await product.get(f"{gift}/read?c=1")).status_code == 200
    assert await Event.all().count() == count
    await product.work()
    assert ((await Score.get()).state, (await Score.get()).points) == ("objected", 0)
    assert "geen profiel" in (await desk.get("/desk/leads/1")).text
    await desk.post("/desk/leads/1/profiling", data={"csrf": word[1], "do": "on"})
    await product.work()
    assert (await Score.get()).points == 25
    assert await AuditEntry.filter(action__startswith="profiling").count() == 2
    await desk.aclose()


async def test_the_list_is_searched_and_turned_page_by_page(product: Product, clock: Clock) -> None:
    for n in range(120):
        clock(-1 + n * MINUTE)
        await Lead.meet(f"reader{n:03d}@example.org", "nl", "test")
    clock(0)
    await Lead.filter(email="reader007@example.org").update(name="Ünal 100% _x", company="Acme")
    desk = await product.log_in("sales")
    seen: list[str] = []
    path = "/desk/leads"
    for _ in range(5):
        page = (await desk.get(path)).text
        seen += re.findall(r"(reader\d{3}@example\.org|Ünal 100% _x)</a>", page)
        more = re.search(r'href="(/desk/leads\?after=[^"]+)"', page)
        if not more:
            break
        path = more[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 120
    assert seen[0] == "reader119@example.org"
    for query, count in (("reader01", 10), ("ACME", 1), ("100%", 1), ("_x", 1), ("zzz", 0)):
        found = (await desk.get("/desk/leads", params={"q": query})).text
        assert found.count('<th scope="row">') == count, query
    for odd in ("nonsense", "", "%00", "9" * 300):
        assert (await desk.get("/desk/leads", params={"after": odd})).status_code == 200
    await desk.aclose()


@pytest.mark.parametrize("number", ["0", "99", "99999999999999999999"])
async def test_a_lead_that_is_not_there_is_not_found(product: Product, number: str) -> None:
    desk = await product.log_in("sales")
    assert (await desk.get(f"/desk/leads/{number}")).status_code == 404
    await desk.aclose()


class TestWithNothingToGive:
    """A house that has written nothing yet."""

    @pytest.fixture
    def environ(self, environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
        content = copied(tmp_path)
        for name in ("library", "newsletter"):
            shutil.rmtree(content / name)
            (content / name).mkdir()
        return environ | {"GIVEFIRST_CONTENT": str(content)}

    async def test_each_empty_list_says_what_will_come_and_how(self, product: Product) -> None:
        desk = await product.log_in()
        told = {
            "/desk/": "de eerste komt als iemand op de site iets aanvraagt",
            "/desk/leads": "staat daarna hier, met een zin die zegt waarom",
            "/desk/leads?owner=none": "In deze weergave staat nu niemand",
            "/desk/leads?q=zzz": "Zoek op een stuk van de naam",
            "/desk/gifts": "een map in content/library",
            "/desk/newsletter": "een tekst in content/newsletter",
            "/desk/mail": "Vraag op de site een weggever aan",
            "/desk/report": "Zodra iemand iets aanvraagt op de site",
        }
        for path, words in told.items():
            assert words in (await desk.get(path)).text, path
        assert "0 lezen" not in (await desk.get("/desk/")).text
