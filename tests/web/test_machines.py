"""What a page says to those who share it and to machines that read: cards, languages, facts."""

import json
import re

import pytest
from httpx2 import Response

from tests.product import Product

pytestmark = pytest.mark.pure
PAGES = {
    "": "WebSite", "library": "", "library/geven-werkt": "Book", "articles": "",
    "library/service-als-cadeau": "Report", "newsletter": "", "newsletter/2026-47": "Article",
    "faq": "FAQPage", "contact": "", "about": "", "privacy": "", "why-free": "",
}  # fmt: skip


def said(page: Response) -> dict[str, str]:
    """The properties a page is shared with."""
    found = re.findall(
        r'<meta (?:property|name)="((?:og|twitter):[^"]+)" content="([^"]*)"', page.text
    )
    return dict(found)


def facts(page: Response) -> list[dict[str, object]]:
    """What a page says of itself in JSON-LD."""
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page.text, re.DOTALL)
    return [json.loads(one) for one in found]


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("path", PAGES)
async def test_a_page_can_be_shared_and_names_its_other_language(
    product: Product, path: str, lang: str
) -> None:
    page = await product.get(f"/{lang}/{path}")
    base, here = "http://127.0.0.1:8000", f"http://127.0.0.1:8000/{lang}/{path}"
    assert re.findall(r'rel="canonical" href="([^"]+)"', page.text) == [here]
    languages = dict(re.findall(r'hreflang="([^"]+)" href="(http[^"]+)"', page.text))
    assert languages == {
        "nl": f"{base}/nl/{path}",
        "en": f"{base}/en/{path}",
        "x-default": f"{base}/nl/{path}",
    }
    told = said(page)
    assert told["og:url"] == here
    assert len(told["og:title"]) > 5
    assert 20 < len(told["og:description"]) < 300
    assert told["og:locale"] == {"nl": "nl_NL", "en": "en_GB"}[lang]
    kinds = [one["@type"] for one in facts(page)]
    assert kinds[:1] == ([PAGES[path]] if PAGES[path] else [])


async def test_a_card_is_a_picture_of_its_own_page(product: Product) -> None:
    seen = set()
    for path in ("", "library/geven-werkt", "newsletter/2026-47"):
        address = said(await product.get(f"/nl/{path}"))["og:image"]
        card = await product.get(address.removeprefix("http://127.0.0.1:8000"))
        assert card.headers["content-type"] == "image/png"
        assert card.headers["cross-origin-resource-policy"] == "cross-origin"
        size = (
            int.from_bytes(card.content[16:20], "big"),
            int.from_bytes(card.content[20:24], "big"),
        )
        assert size == (1200, 630)
        assert len(card.content) < 300_000
        seen.add(card.content)
    assert len(seen) == 3
    assert (await product.get("/nl/library/zzz/card.png")).status_code == 404


async def test_a_page_in_one_language_only_offers_no_other(product: Product) -> None:
    page = await product.get("/nl/library/geven-werkt")
    assert 'href="/en/library/geven-werkt"' in page.text
    library = product.state.library
    english = ("library/geven-werkt/index", "en")
    del library._shelf.fresh()[english]
    page = await product.get("/nl/library/geven-werkt?x=1")
    assert "x-default" not in page.text
    assert 'href="/en/library/geven-werkt"' not in page.text


async def test_what_is_not_for_all_asks_not_to_be_listed(product: Product) -> None:
    gift = await product.gift("gulle-gever", "anna@example.org")
    for path in ("/nl/zzz", gift, f"{gift}/read", "/nl/search?q=adres", "/nl/faq?q=adres"):
        page = await product.get(path)
        assert '<meta name="robots" content="noindex">' in page.text, path
        assert "og:image" not in page.text or "?q=" in path, path


async def test_no_text_ends_the_facts_too_early(product: Product) -> None:
    page = await product.get("/nl/faq")
    (questions,) = facts(page)
    answers = questions["mainEntity"]
    assert isinstance(answers, list)
    assert any("</p>" in one["acceptedAnswer"]["text"] for one in answers)
    (raw,) = re.findall(r'ld\+json">(.*?)</script>', page.text, re.DOTALL)
    assert "<" not in raw
