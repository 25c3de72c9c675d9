"""Every page as people meet it: narrow and wide, light and dark, Dutch and English, on paper."""

import re
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest
from playwright.async_api import Browser, Page, ViewportSize

from server.kit.house import read_house
from server.kit.text import LANGUAGES, catalogue
from tests.browser.furnishing import BOOK, PAPER, Furnished
from tests.browser.visits import NOT_FOUND, faults_of, overflow
from tests.support import machine
from tests.support.browser import axe

pytestmark = pytest.mark.browser

# In the short run each page is seen narrow and light in Dutch, wide and dark in English; the two
# languages share their templates. The whole matrix is for `make soak`.
NARROW: ViewportSize = {"width": 320, "height": 640}
WIDE: ViewportSize = {"width": 1280, "height": 800}
Looks = dict[str, list[tuple[ViewportSize, Any]]]
SHORT: Looks = {"nl": [(NARROW, "light")], "en": [(WIDE, "dark")]}
WHOLE: Looks = {
    lang: [(size, scheme) for size in (NARROW, WIDE) for scheme in ("light", "dark")]
    for lang in LANGUAGES
}
LOOKS = WHOLE if machine.SOAKS else SHORT
# Besides those of the looks.
WIDTHS = dict.fromkeys(LANGUAGES, (375, 768, 1024, 1600) if machine.SOAKS else ())
GROUPS = {
    "shop": [
        "/{lang}/",
        "/{lang}/library",
        "/{lang}/library?theme=geven",
        "/{lang}/library/geven-werkt",
        f"/{{lang}}/library/{BOOK}",
        f"/{{lang}}/library/{PAPER}",
        f"/{{lang}}/library/{BOOK}?sent=1",
        f"/{{lang}}/library/{PAPER}?sent=1&c=4",
    ],
    "house": [
        "/{lang}/articles",
        "/{lang}/search",
        "/{lang}/search?q={word}",
        "/{lang}/faq",
        "/{lang}/faq?q={word}",
        "/{lang}/faq?q=zzz",
        "/{lang}/contact",
        "/{lang}/contact?sent=1",
        "/{lang}/contact?about={word}",
        "/{lang}/about",
        "/{lang}/privacy",
        "/{lang}/why-free",
        "/{lang}/no-such-page",
    ],
    "tips": [
        "/{lang}/newsletter",
        "/{lang}/newsletter?sent=1",
        "/{lang}/newsletter/2026-47",
        "{confirm}",
        "{confirmed}",
        "{followed}",
        "{leave}",
        "{left}",
    ],
    "gifts": [
        "{waiting}",
        "{taken}",
        "{taken}/liked",
        "{liked}",
        "{liked}/liked",
        "{expired}",
        "{expired}/renew",
        "{gone}",
        "{taken}/read",
        "{taken}/read?c=2&size=s",
        "/{lang}/library/geven-werkt/read?c=3",
        "/{lang}/library/geven-werkt/read?c=10&size=l",
        "/{lang}/library/geven-werkt/read",
        f"/{{lang}}/library/{PAPER}/read?c=4",
    ],
    "kinds": [
        "/{lang}/library/eerste-vijf-minuten",
        "/{lang}/library/vraag-na-de-vraag",
        "/{lang}/library/proefweek-gesprekstrainer",
        "/{lang}/library/kaartenset-doorvragen",
        "/{lang}/library/meekijken-met-een-gesprek",
        "{webinar}",
        "{trial}",
        "{sample}",
        "{service}",
        "{liked}/liked?answer=3",
        "{surprise}",
    ],
    "own": [
        "{own}",
        "{own}?done=correct",
        "{taken}?mailed=1",
        "/{lang}/my-page",
        "/{lang}/my-page?sent=1",
        "/{lang}/my-page?erased=1",
    ],
    "desk": [
        "/desk/login",
        "/desk/login?sent=1",
        "/desk/",
        "/desk/leads",
        "/desk/leads?q=zzz",
        "/desk/leads/{lead}?in=leads",
        "/desk/leads?state=ready&sort=ready",
        "/desk/conversations",
        "/desk/conversations?view=waiting",
        "/desk/conversations?view=closed",
        "/desk/conversations/1",
        "/desk/conversations/2",
        "/desk/gifts",
        "/desk/gifts/gulle-gever",
        "/desk/gifts/gulle-gever/light",
        "/desk/handling",
        "/desk/quotes",
        "/desk/surprises",
        "/desk/leads/{lead}/surprise",
        "/desk/report",
        "/desk/report/giving",
        "/desk/report/years",
        "/desk/report/rights",
        "/desk/batches",
        "/desk/tokens",
        "/desk/customers",
        "/desk/newsletter",
        "/desk/newsletter/2026-48",
        "/desk/tables",
        "/desk/audit",
        "/desk/mail",
        "/desk/mail/{mail}",
        "/desk/outbox",
    ],
}
WORDS = {"nl": "adres", "en": "address"}
SMALLEST, SMALLEST_ON_DESK = 12, 11

# The smallest text of a page with its size, outside of drawings.
SMALL_TEXT = """least => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const words = walker.currentNode.data.trim(), parent = walker.currentNode.parentElement;
    if (!words || parent.closest('svg, script') || !parent.checkVisibility()) continue;
    const size = parseFloat(getComputedStyle(parent).fontSize);
    const may = parent.closest('.face, .nav') ? least[1] : least[0];
    if (size < may - 0.01) found.push(`${size}px: ${words.slice(0, 60)}`);
  }
  return found;
}"""

# What speaks in its own language: names, titles, what people wrote or were sent, sources.
QUOTED = "svg, code, pre, .footnotes, tbody a, .lead-who, .sub, .plain, .frame, [translate=no]"

# Every text of a page that is there to be read or heard, in the language of the page.
TEXTS = """quoted => {
  const lang = document.documentElement.lang, found = [document.title];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT);
  while (walker.nextNode()) {
    const one = walker.currentNode;
    if (one.closest('[lang]').lang !== lang || one.closest(quoted)) continue;
    for (const node of one.childNodes) if (node.nodeType === 3) found.push(node.data);
    for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
      if (one.hasAttribute(name)) found.push(one.getAttribute(name));
  }
  return found.map(text => text.replace(/\\s+/g, ' ').trim()).filter(text => text);
}"""


@pytest.fixture
async def visitors(chromium: Browser, furnished: Furnished) -> AsyncIterator[dict[str, Page]]:
    """A page per language that moves nothing, so that no colour is caught halfway."""
    pages = {}
    for lang in LANGUAGES:
        context = await chromium.new_context(locale=lang, reduced_motion="reduce")
        context.set_default_timeout(10_000)
        pages[lang] = await context.new_page()
    faults = {lang: faults_of(page, NOT_FOUND) for lang, page in pages.items()}
    yield pages
    for page in pages.values():
        await page.context.close()
    assert not any(faults.values()), faults


def values_of(lang: str, site: Furnished) -> dict[str, str]:
    """What stands between braces in the places of GROUPS, in a language."""
    return {**site.paths[lang], "lang": lang, "word": WORDS[lang], "mail": site.mail, "lead": "2"}


async def walk(page: Page, group: str, lang: str, site: Furnished) -> AsyncIterator[str]:
    """Open the pages of a group one by one, each in its language; the place of each."""
    values = values_of(lang, site)
    for place in GROUPS[group]:
        if place == "/desk/":
            await page.context.add_cookies([site.cookie(lang)])  # type: ignore[list-item]
        await page.goto(site.server.url + place.format_map(values))
        assert await page.locator("html").get_attribute("lang") == lang, page.url
        yield place


async def looks(page: Page, lang: str) -> AsyncIterator[str]:
    """Show the page in each look of a language; its name."""
    for size, scheme in LOOKS[lang]:
        await page.set_viewport_size(size)
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        yield f"{page.url} ({lang}, {size['width']} px, {scheme})"


async def too_wide(page: Page, lang: str) -> list[int]:
    """The widths of a window, of those between, in which a page scrolls sideways."""
    found = []
    for width in WIDTHS[lang]:
        await page.set_viewport_size({"width": width, "height": 800})
        if await overflow(page):
            found.append(width)
    return found


@pytest.mark.parametrize("group", GROUPS)
async def test_every_page_can_be_used_by_everybody_in_one_language(
    visitors: dict[str, Page], furnished: Furnished, group: str
) -> None:
    """In each look nothing is too wide, too small or closed to anybody; no page mixes languages.

    In the short run axe reads every other page in Dutch and those between in English.
    """
    faults, sentences = [], []
    for turn, (lang, page) in enumerate(visitors.items()):
        said: dict[str, set[str]] = {}
        async for place in walk(page, group, lang, furnished):
            texts = set(await page.evaluate(TEXTS, QUOTED))
            faults += [f"{lang} {place}: {text}" for text in texts & sentences_not_of(lang)]
            said[place] = long_sentences(texts)
            is_read = machine.SOAKS or len(said) % 2 == turn
            # Narrow is where it breaks: that is looked at on every page.
            if is_read or lang == "nl":
                faults += await _seen(page, lang, is_read=is_read)
        sentences.append(said)
    dutch, english = sentences
    faults += [
        f"both, {place}: {one}" for place in GROUPS[group] for one in dutch[place] & english[place]
    ]
    assert not faults, "\n".join(faults)


async def _seen(page: Page, lang: str, *, is_read: bool) -> list[str]:
    """What is wrong with a page in each look of a language; where it `is_read`, also for axe."""
    faults = [f"{page.url} scrolls sideways at {one} px" for one in await too_wide(page, lang)]
    async for look in looks(page, lang):
        found = ["scrolls sideways"] if await overflow(page) else []
        found += await page.evaluate(SMALL_TEXT, [SMALLEST, SMALLEST_ON_DESK])
        found += await axe(page) if is_read else []
        faults += [f"{look}: {one}" for one in found]
    return faults


def sentences_not_of(lang: str) -> set[str]:
    """The texts of the product that can stand on no page in this language."""
    own: set[str] = set()
    others: set[str] = set()
    for languages in catalogue().values():
        for language, sentence in languages.items():
            forms = [sentence] if isinstance(sentence, str) else sentence.values()
            (own if language == lang else others).update(forms)
    return others - own


def long_sentences(texts: Iterable[str]) -> set[str]:
    """Sentences of more than 25 letters that hold no name and no address."""
    house = read_house(machine.REPOSITORY / "content" / "site.yaml")
    names = "|".join(map(re.escape, (house.postal_address, house.host_name, house.name)))
    addresses_ = r"\S+@\S+|https?://\S+"
    bare = (re.sub(f"{names}|{addresses_}", "", text) for text in texts)
    parts = (part.strip() for text in bare for part in re.split(r"[.?!;:]", text))
    return {part for part in parts if len(part) > 25}


async def test_a_sentence_in_the_wrong_language_is_told(page: Page) -> None:
    leave = "Eén knop en je krijgt de tip niet meer, ook niet de mail die al klaarstond"
    await page.set_content(f"<html lang=en><body><p>{leave}. <b>x</b></p><p>Afmelden</p>")
    texts = await page.evaluate(TEXTS, QUOTED)
    assert set(texts) & sentences_not_of("en") == {"Afmelden"}
    assert long_sentences(texts) == {leave}


async def test_text_that_is_too_small_or_too_wide_is_told(page: Page) -> None:
    wide = "<p style='font-size: 11px; width: 200vw'>klein</p><p class=nav>groot</p>"
    await page.set_content(f"<html lang=nl><body>{wide}")
    assert await page.evaluate(SMALL_TEXT, [SMALLEST, SMALLEST_ON_DESK]) == ["11px: klein"]
    assert await overflow(page) > 0


async def test_on_paper_stands_the_book_and_not_the_site(
    visitors: dict[str, Page], furnished: Furnished
) -> None:
    page = visitors["nl"]
    await page.goto(f"{furnished.server.url}{furnished.paths['nl']['taken']}/read")
    around = ".mast, .foot, .skip, .reader-bar, .toc, .turn, form"
    assert await page.locator(".mast, .foot, .toc, .turn").locator("visible=true").count() == 4
    await page.emulate_media(media="print", color_scheme="dark")
    assert await page.locator(around).locator("visible=true").count() == 0
    for part in (".chapter h1", ".chapter p.opening", ".chapter table", ".footnotes li"):
        assert await page.locator(part).first.is_visible(), part
    ink = "[getComputedStyle(document.querySelector('.chapter .opening')).color,"
    ink += " getComputedStyle(document.body).backgroundColor]"
    assert await page.evaluate(ink) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    await page.goto(f"{furnished.server.url}/nl/library/{BOOK}")
    assert await page.locator(f"{around}, .ask").locator("visible=true").count() == 0
    assert await page.locator("h1").is_visible()
