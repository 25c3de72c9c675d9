"""A visitor in a real browser: reading, asking, taking home, signing up, leaving again."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.visits import UNPROCESSABLE, faults_of, link_mailed, overflow
from tests.support.live import LiveServer

pytestmark = pytest.mark.browser

OPEN = "/nl/library/geven-werkt"
MAILED = "/nl/library/gulle-gever"


@pytest.fixture(autouse=True)
def nothing_breaks(page: Page) -> Iterator[None]:
    """No page of a visit may break a script or the content security policy."""
    faults = faults_of(page, UNPROCESSABLE)
    yield
    assert not faults, "\n".join(faults)


@pytest.fixture
async def bare(chromium: Browser) -> AsyncIterator[Page]:
    """A page of a visitor whose browser runs no scripts."""
    context = await chromium.new_context(locale="nl-NL", java_script_enabled=False)
    context.set_default_timeout(10_000)
    page = await context.new_page()
    faults = faults_of(page)
    yield page
    await context.close()
    assert not faults, "\n".join(faults)


async def ask(page: Page, server: LiveServer, address: str) -> str:
    """Fill in the form of the landing page; the link that is mailed."""
    await page.goto(f"{server.url}{MAILED}")
    await page.get_by_label("Je e-mailadres").fill(address)
    await page.get_by_role("button", name="Stuur het mij").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Kijk eens in je mailbox")
    return await link_mailed(server, address, "/gift/")


async def take(page: Page, link: str) -> None:
    """Open the link of the mail and press the button."""
    await page.goto(link)
    await page.get_by_role("button", name="Ja, geef mij mijn exemplaar").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Veel leesplezier")


async def test_from_the_door_to_the_second_chapter(page: Page, live_server: LiveServer) -> None:
    await page.goto(live_server.url)
    await expect(page).to_have_url(f"{live_server.url}/nl/")
    await page.locator(".hero-book h2 a").click()
    await expect(page).to_have_url(f"{live_server.url}{OPEN}")
    assert await page.locator("main input").count() == 0
    await page.get_by_role("link", name="Begin met lezen").click()
    await expect(page.locator(".chapter .kicker")).to_have_text("Hoofdstuk 1")
    assert len(await page.locator(".chapter").inner_text()) > 1000
    await page.get_by_role("navigation", name="Bladeren").get_by_role("link").last.click()
    await expect(page.locator(".chapter .kicker")).to_have_text("Hoofdstuk 2")
    await expect(page).to_have_url(f"{live_server.url}{OPEN}/read?c=2")


async def test_a_chapter_is_one_press_from_the_home_page(
    page: Page, live_server: LiveServer
) -> None:
    await page.goto(f"{live_server.url}/nl/")
    await page.get_by_role("link", name="Lees meteen een hoofdstuk").click()
    await expect(page.locator(".chapter h1")).to_be_visible()


async def test_a_title_behind_the_form_shows_a_piece_before_it_asks(
    page: Page, live_server: LiveServer
) -> None:
    await page.goto(f"{live_server.url}{MAILED}")
    await page.get_by_role("link", name="Lees eerst het begin").click()
    await expect(page.locator("#sample .prose")).to_be_in_viewport()
    assert len(await page.locator("#sample .prose").inner_text()) > 400


async def test_the_last_chapter_leads_back_and_the_letters_grow(
    page: Page, live_server: LiveServer
) -> None:
    await page.goto(f"{live_server.url}{OPEN}/read?c=10")
    size = "getComputedStyle(document.querySelector('.chapter > p')).fontSize"
    before = await page.evaluate(f"parseFloat({size})")
    await page.get_by_role("link", name="Grote letter").click()
    await expect(page.locator(".reader")).to_have_attribute("data-size", "l")
    assert await page.evaluate(f"parseFloat({size})") > before
    await page.get_by_role("link", name="Terug naar Geven werkt").click()
    await expect(page).to_have_url(f"{live_server.url}{OPEN}")


async def test_the_browser_itself_remembers_the_place_and_the_letters(
    page: Page, live_server: LiveServer
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    first = f"{live_server.url}{OPEN}/read"
    resume = page.get_by_role("link", name="Verder waar je was")
    await page.goto(first)
    await expect(resume).to_have_count(0)
    await page.goto(f"{first}?c=3")
    await page.get_by_role("link", name="Grote letter").click()
    await expect(page).to_have_url(f"{first}?c=3&size=l")
    await page.goto(first)
    await expect(resume).to_have_text("Verder waar je was: hoofdstuk 3")
    await expect(page.locator(".reader")).to_have_attribute("data-size", "l")
    await expect(page.locator(".sizes [aria-current]")).to_have_text("AGrote letter")
    await resume.click()
    await expect(page.locator(".chapter .kicker")).to_have_text("Hoofdstuk 3")
    await expect(page.locator(".reader")).to_have_attribute("data-size", "l")
    await page.get_by_role("link", name="Gewone letter").click()
    await expect(page.locator(".reader")).to_have_attribute("data-size", "m")
    await page.goto(f"{first}?size=s")
    await expect(page.locator(".reader")).to_have_attribute("data-size", "s")
    await page.goto(f"{live_server.url}/en/library/geven-werkt/read")
    await expect(page.locator(".resume")).to_be_hidden()
    assert await page.context.cookies() == []
    assert {url.partition("?")[0] for url in asked if "/static/" not in url} == {
        first,
        first.replace("/nl/", "/en/"),
        f"{live_server.url}/style/public.css",
    }


async def test_a_browser_that_keeps_nothing_reads_as_well(
    page: Page, live_server: LiveServer
) -> None:
    refuse = "Object.defineProperty(window, 'localStorage', {get() { throw new Error('no'); }})"
    await page.add_init_script(refuse)
    first = f"{live_server.url}{OPEN}/read"
    await page.goto(f"{first}?c=3")
    await page.get_by_role("link", name="Grote letter").click()
    await expect(page.locator(".reader")).to_have_attribute("data-size", "l")
    await page.goto(first)
    await expect(page.locator(".resume")).to_be_hidden()


async def test_what_was_remembered_wrongly_is_no_harm(page: Page, live_server: LiveServer) -> None:
    first = f"{live_server.url}{OPEN}/read"
    await page.goto(first)
    for odd in ("99", "1", "0", "-1", "2.5", "x", ""):
        keep = "odd => localStorage.setItem('givefirst.place.nl/geven-werkt', odd)"
        await page.evaluate(keep, odd)
        await page.evaluate("odd => localStorage.setItem('givefirst.size', odd)", odd)
        await page.goto(first)
        await expect(page.locator(".resume")).to_be_hidden()
        await expect(page.locator(".reader")).to_have_attribute("data-size", "m")


async def test_a_theme_narrows_the_shelves(page: Page, live_server: LiveServer) -> None:
    await page.goto(f"{live_server.url}/nl/library")
    titles = page.locator("main h3")
    assert await titles.count() == 10
    filters = page.get_by_role("navigation", name="Kies uit de bibliotheek")
    await filters.get_by_role("link", name="Grenzen").click()
    await expect(titles).to_have_text(["De gulle gever stelt grenzen"])
    await expect(filters.locator("[aria-current]")).to_contain_text("Grenzen")
    await filters.get_by_role("link", name="Alles").click()
    await expect(titles).to_have_count(10)


async def test_asked_mailed_read_taken_home_and_rated(page: Page, live_server: LiveServer) -> None:
    await take(page, await ask(page, live_server, "joost@example.org"))
    gift = page.url
    await page.get_by_role("link", name="Begin met lezen").click()
    await expect(page.locator(".chapter h1")).to_have_text("Vier vragen vooraf")
    await page.get_by_role("link", name="De gulle gever stelt grenzen").click()
    await expect(page).to_have_url(gift)
    for kind, start in (("PDF", b"%PDF-"), ("EPUB", b"PK\x03\x04")):
        async with page.expect_download() as started:
            await page.get_by_role("link", name=kind, exact=True).click()
        taken = await started.value
        assert taken.suggested_filename == f"gulle-gever.{kind.lower()}"
        content = Path(await taken.path()).read_bytes()
        assert content.startswith(start)
        assert len(content) > 10_000
    await page.get_by_label("Heel goed").check()
    await page.get_by_label("Wat bleef hangen").fill("De rekensom.")
    await page.get_by_role("button", name="Verstuur mijn oordeel").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Dank je wel")
    await page.goto(gift)
    await expect(page.get_by_role("heading", name="Dank voor je oordeel")).to_be_visible()
    assert await page.context.cookies() == []


async def test_the_link_works_on_the_phone_too(
    page: Page, chromium: Browser, live_server: LiveServer
) -> None:
    link = await ask(page, live_server, "anna@example.org")
    await take(page, link)
    screen = {"width": 390, "height": 844}
    context = await chromium.new_context(viewport=screen, is_mobile=True, has_touch=True)
    context.set_default_timeout(10_000)
    phone = await context.new_page()
    faults = faults_of(phone)
    await phone.goto(link)
    await expect(phone.get_by_role("heading", level=1)).to_have_text("Veel leesplezier")
    assert await overflow(phone) == 0
    await phone.get_by_role("link", name="Begin met lezen").tap()
    await expect(phone.locator(".chapter h1")).to_have_text("Vier vragen vooraf")
    assert await overflow(phone) == 0
    assert "anna" not in (await phone.content()).lower()
    await context.close()
    assert not faults


async def test_the_other_language_is_the_same_page(page: Page, live_server: LiveServer) -> None:
    await page.goto(f"{live_server.url}{MAILED}")
    await page.get_by_role("link", name="English").click()
    await expect(page).to_have_url(f"{live_server.url}/en/library/gulle-gever")
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Generous, with limits")
    await page.get_by_role("link", name="Nederlands").first.click()
    await expect(page).to_have_url(f"{live_server.url}{MAILED}")


async def test_a_wrong_address_is_named_beside_the_field_and_kept(
    page: Page, live_server: LiveServer
) -> None:
    await page.goto(f"{live_server.url}{MAILED}")
    field = page.get_by_label("Je e-mailadres")
    await field.fill("joost@")
    await page.get_by_label("Stuur me ook de wekelijkse tip").check()
    await page.get_by_role("button", name="Stuur het mij").click()
    assert await field.evaluate("field => field.matches(':invalid')")  # the browser says it first
    await page.locator("form.ask").evaluate("form => { form.noValidate = true }")
    await page.get_by_role("button", name="Stuur het mij").click()
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(field).to_have_value("joost@")
    await expect(field).to_have_accessible_description(
        "Dit is geen volledig e-mailadres. Controleer het stuk voor en na de @."
    )
    await expect(page.get_by_label("Stuur me ook de wekelijkse tip")).to_be_checked()
    box, told = await field.bounding_box(), await page.locator("#email-error").bounding_box()
    assert box
    assert told
    assert 0 <= told["y"] - (box["y"] + box["height"]) < 20
    await field.fill("kees@example.org")
    await page.get_by_role("button", name="Stuur het mij").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Kijk eens in je mailbox")


async def test_signing_up_confirming_and_leaving(page: Page, live_server: LiveServer) -> None:
    await page.goto(f"{live_server.url}/nl/newsletter")
    form = page.get_by_role("form", name="Stuur mij de tip")
    await form.get_by_label("Je e-mailadres").fill("lena@example.org")
    await form.get_by_label("Je voornaam").fill("Lena")
    await form.get_by_role("button", name="Meld mij aan").click()
    await expect(page).to_have_url(f"{live_server.url}/nl/newsletter?sent=1")
    await page.goto(await link_mailed(live_server, "lena@example.org", "/confirm/"))
    await page.get_by_role("button", name="Ja, stuur mij de tip").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Tot ")
    leave = await link_mailed(live_server, "lena@example.org", "/unsubscribe/")
    await page.goto(leave)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Afmelden")
    await page.get_by_role("button", name="Meld mij af").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Je staat niet op de lijst")
    await page.goto(leave)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Je staat niet op de lijst")


async def test_the_keyboard_alone_is_enough_to_ask(page: Page, live_server: LiveServer) -> None:
    await page.goto(f"{live_server.url}{MAILED}")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Naar de inhoud")).to_be_focused()
    await expect(page.get_by_role("link", name="Naar de inhoud")).to_be_in_viewport()
    await page.keyboard.press("Enter")
    field = page.get_by_label("Je e-mailadres")
    for _ in range(12):
        await page.keyboard.press("Tab")
        if await field.evaluate("field => field === document.activeElement"):
            break
    await page.keyboard.type("toets@example.org")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{live_server.url}{MAILED}?sent=1")


async def test_reading_needs_no_script(bare: Page, live_server: LiveServer) -> None:
    await bare.goto(f"{live_server.url}/nl/")
    await bare.locator(".hero-book h2 a").click()
    await bare.get_by_role("link", name="Begin met lezen").click()
    await bare.get_by_role("link", name="Volgende").click()
    await expect(bare.locator(".chapter .kicker")).to_have_text("Hoofdstuk 2")
    await bare.goto(f"{live_server.url}/nl/faq")
    await bare.locator("summary").first.click()
    await expect(bare.locator("details .prose").first).to_be_visible()
    await bare.get_by_label("Zoek een antwoord").fill("adres")
    await bare.get_by_role("button", name="Zoek").click()
    await expect(bare).to_have_url(f"{live_server.url}/nl/faq?q=adres")
    await expect(bare.locator("details[open]").first).to_be_visible()


async def test_asking_needs_no_script(bare: Page, live_server: LiveServer) -> None:
    await take(bare, await ask(bare, live_server, "zonder@example.org"))
    async with bare.expect_download() as started:
        await bare.get_by_role("link", name="PDF", exact=True).click()
    assert Path(await (await started.value).path()).read_bytes().startswith(b"%PDF-")
    await bare.get_by_label("Goed", exact=True).check()
    await bare.get_by_role("button", name="Verstuur mijn oordeel").click()
    await expect(bare.get_by_role("heading", level=1)).to_have_text("Dank je wel")


async def test_the_tip_needs_no_script(bare: Page, live_server: LiveServer) -> None:
    await bare.goto(f"{live_server.url}/nl/newsletter/2026-47")
    await bare.get_by_label("Je e-mailadres").fill("tip@example.org")
    await bare.get_by_role("button", name="Meld mij aan").click()
    await bare.goto(await link_mailed(live_server, "tip@example.org", "/confirm/"))
    await bare.get_by_role("button", name="Ja, stuur mij de tip").click()
    await bare.goto(await link_mailed(live_server, "tip@example.org", "/unsubscribe/"))
    await bare.get_by_role("button", name="Vier weken pauze").click()
    await expect(bare.get_by_role("heading", level=1)).to_have_text("Vier weken rust")
