"""The desk in a real browser: logging in and out, every page, the keys, the phone."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from playwright.async_api import Page, ViewportSize, expect

from tests.browser.furnishing import BOOK, Furnished
from tests.browser.visits import NOT_FOUND, faults_of, link_mailed, links_mailed, overflow
from tests.support.browser import axe
from tests.support.live import LiveServer

pytestmark = pytest.mark.browser

ADMIN = "marit@brugman.example.org"
PHONE: ViewportSize = {"width": 375, "height": 740}
MENU = {
    "Vandaag": "/desk/",
    "Leads": "/desk/leads",
    "Gesprekken": "/desk/conversations",
    "Weggevers": "/desk/gifts",
    "Nieuwsbrief": "/desk/newsletter",
    "Afhandelen": "/desk/handling",
    "Verslag": "/desk/report",
    "Postvak": "/desk/mail",
    "Verzending": "/desk/outbox",
    "Tabellen": "/desk/tables",
    "Logboek": "/desk/audit",
}


@pytest.fixture
async def desk(page: Page, furnished: Furnished) -> AsyncIterator[Page]:
    """A page of a colleague who is logged in; nothing may break in it."""
    await page.context.add_cookies([furnished.cookie("nl")])  # type: ignore[list-item]
    faults = faults_of(page)
    yield page
    assert not faults, "\n".join(faults)


def printed_link(server: LiveServer) -> str:
    """The login link that `serve` printed."""
    found = re.search(r"http\S+/desk/login/\S+", server.printed())
    assert found, server.printed()
    return found[0]


async def focused(page: Page) -> str:
    """The words of what has the focus."""
    words: str = await page.evaluate("document.activeElement.textContent.trim()")
    return words


async def current_row(page: Page) -> str:
    """The first link of the row that the keys are on."""
    return await page.locator('[aria-current="true"] a').first.inner_text()


async def test_the_printed_link_logs_in_once(page: Page, live_server: LiveServer) -> None:
    faults = faults_of(page, NOT_FOUND)
    await page.goto(f"{live_server.url}/desk/")
    await expect(page).to_have_url(f"{live_server.url}/desk/login")
    link = printed_link(live_server)
    await page.goto(link)
    await page.reload()  # looking uses nothing up
    await page.get_by_role("button", name="Log mij in").click()
    await expect(page).to_have_url(f"{live_server.url}/desk/")
    await expect(page.get_by_role("heading", name="Vandaag is niemand klaar")).to_be_visible()
    await page.context.clear_cookies()
    used = await page.goto(link)
    assert used
    assert used.status == 404
    await expect(page.get_by_role("button", name="Log mij in")).to_have_count(0)
    assert not faults, "\n".join(faults)


async def log_in_by_mail(page: Page, server: LiveServer) -> None:
    """Have a link mailed, open it and press the button."""
    before = links_mailed(server, ADMIN, "/desk/login/")
    await page.goto(f"{server.url}/desk/login")
    await page.get_by_label("Je e-mailadres").fill(ADMIN)
    await page.get_by_role("button", name="Mail mij een link").click()
    await expect(page.get_by_role("status")).to_be_visible()
    await page.goto(await link_mailed(server, ADMIN, "/desk/login/", before))
    await page.get_by_role("button", name="Log mij in").click()
    await expect(page).to_have_url(f"{server.url}/desk/")


async def test_the_menu_leads_to_every_page(desk: Page, furnished: Furnished) -> None:
    await desk.goto(f"{furnished.server.url}/desk/")
    menu = desk.get_by_role("navigation", name="het bureau")
    told = await menu.get_by_role("link").all_inner_texts()
    # Beside the conversations stands how many wait for us.
    assert [" ".join(one.split()) for one in told] == [
        f"{words} 1" if words == "Gesprekken" else words for words in MENU
    ]
    for words, path in MENU.items():
        await menu.get_by_role("link", name=words).click()
        await expect(desk).to_have_url(f"{furnished.server.url}{path}")
        await expect(menu.locator('[aria-current="page"]:visible')).to_contain_text(words)
        await expect(desk.get_by_role("heading", level=1)).to_be_visible()


async def test_today_names_who_is_ready_and_the_card_says_why(
    desk: Page, furnished: Furnished
) -> None:
    await desk.goto(f"{furnished.server.url}/desk/")
    first = desk.locator(".lead").first
    await expect(first.locator(".why")).to_contain_text("heel goed")
    await expect(desk.locator("main .btn--go")).to_have_count(1)
    name = await first.locator("h3").inner_text()
    await first.locator(".btn--go").click()
    await expect(desk.get_by_role("heading", level=1)).to_have_text(name)
    await expect(desk.locator(".lede .why")).to_contain_text("heel goed")
    assert await desk.locator(".time > li").count() >= 6
    total = await desk.locator(".bill .total .p").inner_text()
    points = await desk.locator(".bill tr:not(.total) .p").all_inner_texts()
    assert sum(int(one.replace("−", "-")) for one in points) == int(total)


async def test_leads_are_found_and_filtered(desk: Page, furnished: Furnished) -> None:
    await desk.goto(f"{furnished.server.url}/desk/leads")
    rows = desk.locator(".grid--leads tbody tr")
    everybody = await rows.count()
    await desk.get_by_role("searchbox").fill("VAN DIJK")
    await desk.keyboard.press("Enter")
    await expect(rows).to_have_count(1)
    await desk.get_by_role("link", name=re.compile("VAN DIJK.*weghalen")).click()
    await expect(rows).to_have_count(everybody)
    await desk.get_by_text("Filter", exact=True).click()
    await desk.locator(".filter-panel").get_by_role("link", name="nieuw", exact=True).click()
    await expect(desk).to_have_url(re.compile("state=new"))
    assert 0 < await rows.count() < everybody
    views = desk.get_by_role("navigation", name="Weergaven")
    await views.get_by_role("link", name=re.compile("^Klaar")).click()
    await expect(desk).to_have_url(re.compile("state=ready"))
    await expect(views.locator('[aria-current="page"]')).to_contain_text("Klaar")


async def test_an_outcome_takes_two_clicks_and_so_does_taking_it_back(
    desk: Page, furnished: Furnished
) -> None:
    await desk.goto(f"{furnished.server.url}/desk/")
    first = desk.locator(".lead").first
    name = await first.locator("h3").inner_text()
    await first.get_by_text("Uitkomst").click()
    await first.get_by_role("button", name="3 maanden").click()
    strip = desk.get_by_role("status")
    await expect(strip).to_contain_text(f"{name}: Nu niet, komt op")
    assert name not in await desk.locator("article.lead h3").all_inner_texts()
    await strip.get_by_role("button", name="Ongedaan maken").click()
    await expect(strip).to_contain_text("teruggedraaid")
    assert name in await desk.locator("article.lead h3").all_inner_texts()


async def test_an_outcome_by_keys_alone(desk: Page, furnished: Furnished) -> None:
    await desk.goto(f"{furnished.server.url}/desk/")
    await desk.keyboard.press("j")
    await desk.keyboard.press("o")
    assert await focused(desk) == "Opgepakt"
    await desk.keyboard.press("Escape")
    await expect(desk.locator(".lead .outcome[open]")).to_have_count(0)
    await desk.keyboard.press("o")
    await desk.keyboard.press("Tab")
    await desk.keyboard.press("Enter")
    await expect(desk.get_by_role("status")).to_contain_text("Gesproken")
    await desk.keyboard.press("z")
    await expect(desk.get_by_role("status")).to_contain_text("teruggedraaid")


async def test_several_are_chosen_and_given_to_a_colleague(
    desk: Page, furnished: Furnished
) -> None:
    await desk.goto(f"{furnished.server.url}/desk/leads")
    bar = desk.get_by_role("region", name="Met de gekozen leads")
    await expect(bar).to_be_hidden()
    await desk.keyboard.press("j")
    await desk.keyboard.press("x")
    await desk.locator(".pick input").nth(1).check()
    await expect(bar).to_be_visible()
    await bar.get_by_role("button", name="Wijs toe").click()
    await expect(desk.get_by_role("status")).to_have_text("Gedaan voor 2 leads.")
    await desk.get_by_role("navigation", name="Weergaven").get_by_text("Van mij").click()
    await expect(desk.locator(".grid--leads tbody tr")).to_have_count(2)


async def test_a_table_is_handed_in_shown_and_taken_in(
    desk: Page, furnished: Furnished, tmp_path: Path
) -> None:
    file = tmp_path / "beurs.csv"
    file.write_text("email;naam\nnieuw@beurs.example.org;Nora\nfout;X\n", "utf-8")
    await desk.goto(f"{furnished.server.url}/desk/tables")
    await desk.get_by_label("Het bestand").set_input_files(file)
    await desk.get_by_label("Waar komen deze leads vandaan").fill("beurs")
    await desk.get_by_role("button", name="Kijk het door").click()
    await desk.get_by_role("button", name="Lees deze ene regel in").click(timeout=20_000)
    await expect(desk.locator(".run-state").first).to_contain_text("1 nieuw", timeout=20_000)
    await desk.get_by_text("Eén geweigerde regel").first.click()
    await expect(desk.get_by_text("email is geen e-mailadres").first).to_be_visible()
    await desk.goto(f"{furnished.server.url}/desk/leads?q=Nora")
    await expect(desk.locator(".grid--leads tbody tr")).to_have_count(1)


async def test_a_mail_shows_as_it_looks_and_as_text(desk: Page, furnished: Furnished) -> None:
    server = furnished.server
    httpx2.post(f"{server.url}/nl/library/{BOOK}", data={"email": "post@example.org"})
    await link_mailed(server, "post@example.org", "/gift/")
    await desk.goto(f"{server.url}/desk/mail")
    row = desk.get_by_role("row").filter(has_text="post@example.org")
    await row.get_by_role("link").click()
    await expect(desk.locator("pre").first).to_contain_text("Open mijn exemplaar:")
    looks = desk.frame_locator("iframe")
    await expect(looks.locator("h1, h2").first).to_contain_text("ligt voor je klaar")
    await expect(looks.get_by_role("img", name="gulle gever")).to_be_visible()
    await desk.get_by_role("link", name=f"{server.url}/gift/").click()
    await expect(desk.get_by_role("button", name="Ja, geef mij mijn exemplaar")).to_be_visible()


async def test_the_keys_walk_the_list_and_open_a_card(desk: Page, furnished: Furnished) -> None:
    await desk.goto(f"{furnished.server.url}/desk/leads")
    names = await desk.locator(".grid--leads tbody th a").all_inner_texts()
    await desk.keyboard.press("j")
    assert (await current_row(desk), await focused(desk)) == (names[0], names[0])
    await desk.keyboard.press("j")
    await desk.keyboard.press("j")
    assert await current_row(desk) == names[2]
    await desk.keyboard.press("k")
    assert await current_row(desk) == names[1]
    for _ in range(len(names) + 3):
        await desk.keyboard.press("k")
    assert await current_row(desk) == names[0]
    await desk.keyboard.press("Enter")
    await expect(desk).to_have_url(re.compile(r"/desk/leads/\d+(\?|$)"))
    await expect(desk.get_by_role("heading", level=1)).to_have_text(names[0])


async def test_keys_search_and_go_and_are_silent_while_typing(
    desk: Page, furnished: Furnished
) -> None:
    await desk.goto(f"{furnished.server.url}/desk/leads")
    await desk.keyboard.press("/")
    search = desk.get_by_role("searchbox")
    await expect(search).to_be_focused()
    await desk.keyboard.type("j/gv?k")
    await expect(search).to_have_value("j/gv?k")
    await expect(desk).to_have_url(f"{furnished.server.url}/desk/leads")
    await expect(desk.locator("#keys")).to_be_hidden()
    await desk.keyboard.press("Tab")
    await expect(search).not_to_be_focused()
    for key, path in (("v", "/desk/"), ("l", "/desk/leads"), ("w", "/desk/gifts")):
        await desk.keyboard.press("g")
        await desk.keyboard.press(key)
        await expect(desk).to_have_url(f"{furnished.server.url}{path}")
        await desk.wait_for_load_state()  # before it no key is heard


async def test_the_help_opens_and_closes(desk: Page, furnished: Furnished) -> None:
    await desk.goto(f"{furnished.server.url}/desk/")
    helping = desk.get_by_role("dialog", name="Sneltoetsen")
    for way_out in ("Escape", "?"):
        await desk.keyboard.press("?")
        await expect(helping).to_be_visible()
        await desk.keyboard.press(way_out)
        await expect(helping).to_be_hidden()
    button = desk.get_by_role("button", name="Sneltoetsen")
    await button.click()
    await expect(helping).to_be_visible()
    assert await axe(desk) == []
    await helping.get_by_role("button", name="Sluit").click()
    await expect(helping).to_be_hidden()
    await expect(button).to_be_focused()


async def test_switched_off_the_keys_do_nothing(desk: Page, furnished: Furnished) -> None:
    await desk.goto(f"{furnished.server.url}/desk/leads")
    await desk.get_by_role("button", name="Sneltoetsen").click()
    await desk.get_by_role("checkbox", name="Sneltoetsen aan").uncheck()
    await desk.keyboard.press("Escape")
    await desk.reload()  # the choice is kept on this device
    for key in ("j", "/", "?", "g", "v"):
        await desk.keyboard.press(key)
    await expect(desk.locator('tbody [aria-current="true"]')).to_have_count(0)
    await expect(desk.get_by_role("searchbox")).not_to_be_focused()
    await expect(desk.locator("#keys")).to_be_hidden()
    await expect(desk).to_have_url(f"{furnished.server.url}/desk/leads")
    await desk.get_by_role("button", name="Sneltoetsen").click()
    await desk.get_by_role("checkbox", name="Sneltoetsen aan").check()
    await desk.keyboard.press("Escape")
    await desk.keyboard.press("j")
    await expect(desk.locator('tbody [aria-current="true"]')).to_have_count(1)


@pytest.mark.parametrize("screen", [PHONE, {"width": 1280, "height": 800}], ids=["phone", "desk"])
async def test_who_logged_in_by_mail_can_log_out_on_any_screen(
    page: Page, live_server: LiveServer, screen: ViewportSize
) -> None:
    await page.set_viewport_size(screen)
    await log_in_by_mail(page, live_server)
    for path in MENU.values():
        await page.goto(f"{live_server.url}{path}")
        await expect(page.get_by_role("button", name="Uitloggen")).to_be_visible()
    session = await page.context.cookies()
    assert [cookie["httpOnly"] for cookie in session] == [True]
    await page.get_by_role("button", name="Uitloggen").click()
    await expect(page).to_have_url(f"{live_server.url}/desk/login")
    assert await page.context.cookies() == []
    await page.context.add_cookies([{**session[0]}])  # type: ignore[typeddict-item]
    await page.goto(f"{live_server.url}/desk/")
    await expect(page).to_have_url(f"{live_server.url}/desk/login")


async def test_lists_are_cards_on_a_phone(desk: Page, furnished: Furnished) -> None:
    await desk.set_viewport_size(PHONE)
    for path in MENU.values():
        await desk.goto(f"{furnished.server.url}{path}")
        assert await overflow(desk) == 0, path
        await expect(desk.get_by_role("navigation", name="het bureau")).to_be_in_viewport()
    await desk.goto(f"{furnished.server.url}/desk/leads")
    heading = await desk.get_by_role("heading", level=1).bounding_box()
    tick = await desk.locator(".grid--leads tbody .pick").first.bounding_box()
    edge = await desk.locator(".grid--leads tbody th a").first.bounding_box()
    assert heading
    assert tick
    assert edge
    assert abs(tick["x"] - heading["x"]) < 4
    for part in (".st", ".wy", ".bl"):
        box = await desk.locator(f".grid--leads tbody {part}").first.bounding_box()
        assert box
        assert abs(box["x"] - edge["x"]) < 4, f"{part} begins at {box['x']}, not at {edge['x']}"
    await desk.locator(".grid--leads tbody th a").first.click()
    await expect(desk).to_have_url(re.compile(r"/desk/leads/\d+(\?|$)"))
    assert await overflow(desk) == 0
