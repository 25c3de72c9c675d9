"""The desk in a real browser: logging in and out, every page, the keys, the phone."""

import re
from collections.abc import AsyncIterator

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
    "Weggevers": "/desk/gifts",
    "Nieuwsbrief": "/desk/newsletter",
    "Postvak": "/desk/mail",
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
    assert await menu.get_by_role("link").all_inner_texts() == list(MENU)
    for words, path in MENU.items():
        await menu.get_by_role("link", name=words).click()
        await expect(desk).to_have_url(f"{furnished.server.url}{path}")
        await expect(menu.locator('[aria-current="page"]')).to_have_text(words)
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
    await desk.get_by_role("button", name="Zoek").click()
    await expect(rows).to_have_count(1)
    await desk.get_by_role("link", name="‘VAN DIJK’ wissen").click()
    await expect(rows).to_have_count(everybody)
    await desk.get_by_role("navigation", name="Weergaven").get_by_role("link", name="Nieuw").click()
    await expect(desk).to_have_url(re.compile("state=new"))
    assert 0 < await rows.count() < everybody


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
    await expect(desk).to_have_url(re.compile(r"/desk/leads/\d+$"))
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
    edge = await desk.get_by_role("heading", level=1).bounding_box()
    assert edge
    for part in ("th a", ".st", ".wy", ".bl"):
        box = await desk.locator(f".grid--leads tbody {part}").first.bounding_box()
        assert box
        assert abs(box["x"] - edge["x"]) < 4, f"{part} begins at {box['x']}, not at {edge['x']}"
    await desk.locator(".grid--leads tbody th a").first.click()
    await expect(desk).to_have_url(re.compile(r"/desk/leads/\d+$"))
    assert await overflow(desk) == 0
