"""The pages for all by keys alone, read aloud in order, without motion, with wide letters."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page

from tests.browser.furnishing import Furnished
from tests.browser.visits import faults_of, overflow

pytestmark = pytest.mark.browser
PAGES = [
    "/nl/", "/nl/library/gulle-gever", "/nl/library/geven-werkt/read?c=2", "/nl/contact",
    "/nl/newsletter", "/nl/faq", "/nl/search?q=adres",
]  # fmt: skip
MOST_STOPS = 90

# What has the focus: its place among all elements, whether it is seen, and how that shows.
FOCUS = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  const style = getComputedStyle(one);
  return {
    place: [...document.querySelectorAll('*')].indexOf(one), tag: one.tagName,
    name: (one.innerText || one.getAttribute('aria-label') || one.labels?.[0]?.innerText
      || '').trim(),
    seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
    // A title whose link covers its whole book wears the ring around that.
    ringed: [style, getComputedStyle(one, '::after')].some(
      part => part.outlineStyle !== 'none' && parseFloat(part.outlineWidth) >= 2),
  };
}"""
MOVING = """() => [...document.querySelectorAll('*')].filter(one => {
  const style = getComputedStyle(one);
  const longest = text => Math.max(...text.split(',').map(parseFloat));
  return longest(style.transitionDuration) > 0 || longest(style.animationDuration) > 0
    || style.scrollBehavior === 'smooth';
}).map(one => one.outerHTML.slice(0, 80))"""
# The distances that a reader may ask for (WCAG 1.4.12).
SPACED = """* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
  word-spacing: 0.16em !important; } p { margin-block-end: 2em !important; }"""
CUT_OFF = """() => [...document.querySelectorAll('h1, h2, p, a, button, label, li, th, td')]
  .filter(one => one.checkVisibility() && !one.closest('svg, .visually-hidden, .trap, .skip'))
  .filter(one => ['hidden', 'clip'].includes(getComputedStyle(one).overflowX)
    && one.scrollWidth > one.clientWidth + 1)
  .map(one => one.outerHTML.slice(0, 80))"""


@pytest.fixture
async def reader(chromium: Browser) -> AsyncIterator[Page]:
    """A reader on a phone who wants nothing to move."""
    context = await chromium.new_context(
        viewport={"width": 390, "height": 800}, reduced_motion="reduce"
    )
    page = await context.new_page()
    faults = faults_of(page)
    yield page
    await context.close()
    assert not faults, faults


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_walked_by_tab_in_the_order_it_is_read(
    reader: Page, furnished: Furnished, path: str
) -> None:
    await reader.goto(furnished.server.url + path)
    places: list[int] = []
    for stop in range(MOST_STOPS):
        await reader.keyboard.press("Tab")
        focus = await reader.evaluate(FOCUS)
        if focus["tag"] == "BODY":
            break
        assert focus["seen"], (stop, focus)
        assert focus["ringed"], (stop, focus)
        assert focus["name"], (stop, focus)
        places.append(focus["place"])
    assert places == sorted(places), places
    assert 8 < len(places) < MOST_STOPS


async def test_the_first_key_leads_past_the_menu(reader: Page, furnished: Furnished) -> None:
    await reader.goto(f"{furnished.server.url}/nl/")
    await reader.keyboard.press("Tab")
    await reader.keyboard.press("Enter")
    await reader.keyboard.press("Tab")
    assert await reader.evaluate("!!document.activeElement.closest('main')")


@pytest.mark.parametrize("path", PAGES)
async def test_nothing_moves_and_wide_letters_cut_nothing_off(
    reader: Page, furnished: Furnished, path: str
) -> None:
    await reader.goto(furnished.server.url + path)
    assert await reader.evaluate(MOVING) == []
    await reader.evaluate(
        "css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);"
        " document.adoptedStyleSheets = [sheet]; }",
        SPACED,
    )
    assert await reader.evaluate(CUT_OFF) == []
    assert await overflow(reader) == 0
