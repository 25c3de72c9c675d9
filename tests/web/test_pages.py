"""Every page in both languages, and what is said when there is none."""

import re
from pathlib import Path

import pytest

from server.kit.database import rows
from server.kit.settings import Settings
from tests.product import Product, new_client
from tests.support import machine
from tests.support.content import copied

pytestmark = [] if machine.SOAKS else [pytest.mark.thin]

PAGES = [
    "", "library", "library?theme=geven", "library?theme=zzz", "library/geven-werkt",
    "library/gulle-gever", "library/geven-werkt/read?c=2&size=l", "newsletter",
    "newsletter/2026-47", "faq", "faq?q=adres", "faq?q=zzz", "contact", "about", "privacy",
    "why-free", "articles", "search", "search?q=adres", "search?q=zzz", "my-page",
    "my-page?sent=1", "my-page?erased=1",
]  # fmt: skip


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("page", PAGES)
async def test_a_page_speaks_its_language(product: Product, lang: str, page: str) -> None:
    answer = await product.get(f"/{lang}/{page}")
    assert answer.status_code == 200
    assert f'<html lang="{lang}">' in answer.text
    assert re.search(r"<title>[^<]{5,}</title>", answer.text)
    assert ("Veelgestelde vragen" in answer.text or "helpt je verder" in answer.text) == (
        lang == "nl"
    )
    assert "{{" not in answer.text
    assert answer.text.count("<h1") == 1


async def test_a_site_without_a_house_still_shows_its_pages(
    database: Settings, tmp_path: Path
) -> None:
    settings = Settings(**{**vars(database), "content": copied(tmp_path)})
    (settings.content / "site.yaml").unlink()
    async with new_client(settings) as client:
        for path in PAGES:
            answer = await client.get(f"/nl/{path}")
            assert answer.status_code == 200, path
            assert "None" not in re.sub(r"<[^>]*>", "", answer.text), path


async def test_the_front_door_speaks_the_language_of_the_browser(product: Product) -> None:
    for header, place in (("en-GB,en", "/en/"), ("nl", "/nl/"), ("fr", "/nl/")):
        answer = await product.get("/", headers={"accept-language": header})
        assert (answer.status_code, answer.headers["location"]) == (302, place)
        assert answer.headers["vary"] == "Accept-Language"


@pytest.mark.parametrize(
    ("path", "lang"),
    [
        ("/nl/library/zzz", "nl"), ("/en/library/zzz", "en"), ("/en/zzz", "en"),
        ("/en/newsletter/zzz", "en"), ("/nl/library/geven-werkt/read?c=99", "nl"),
        ("/en/library/geven-werkt/read?c=0", "en"), ("/en/library/geven-werkt/read?c=x", "en"),
        ("/en/library/geven-werkt/read?c=" + "9" * 500, "en"), ("/en/library/%00", "en"),
        ("/en/library/" + "x" * 3000, "en"), ("/gift/zzz", "en"), ("/confirm/1.x", "en"),
        ("/unsubscribe/", "en"), ("/de/", "en"), ("/zzz", "en"), ("/desk/login/zzz", "en"),
    ],
)  # fmt: skip
async def test_what_is_not_there_is_said_kindly(product: Product, path: str, lang: str) -> None:
    answer = await product.get(path, headers={"accept-language": "en"})
    assert answer.status_code == 404
    words = {"nl": "Deze plank is leeg", "en": "This shelf is empty"}
    assert words[lang] in answer.text
    assert f'<html lang="{lang}">' in answer.text


async def test_a_way_that_a_page_does_not_work(product: Product) -> None:
    for method in ("PUT", "DELETE", "PATCH", "POST"):
        answer = await product.client.request(method, "/nl/faq")
        assert answer.status_code == 405
        assert "Zo werkt deze pagina niet" in answer.text


async def test_machines_find_feed_map_and_rules(product: Product) -> None:
    robots = (await product.get("/robots.txt")).text
    assert "Disallow: /gift/" in robots
    assert "Sitemap: http://127.0.0.1:8000/sitemap.xml" in robots
    sitemap = (await product.get("/sitemap.xml")).text
    found = re.findall(r"<loc>http://127\.0\.0\.1:8000([^<]+)</loc>", sitemap)
    assert len(found) == len(set(found)) > 25
    for path in found:
        assert (await product.get(path)).status_code == 200, path
    for path in ("/health", "/ready"):
        assert (await product.get(path)).json()["status"]


async def test_static_files_keep_for_a_year_and_know_their_version(product: Product) -> None:
    page = (await product.get("/nl/")).text
    (style,) = re.findall(r'<link rel="stylesheet" href="([^"]+)">', page)
    css = (await product.get(style)).text
    addresses = [style, *re.findall(r'"(/static/[^"]+)"', page + css)]
    assert len(addresses) > 4
    for address in addresses:
        answer = await product.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        again = await product.get(address, headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304
    for path in ("/static/icon.svg", "/style/public.css", "/style/public.css?v=old"):
        assert "immutable" not in (await product.get(path)).headers["cache-control"], path
    assert (await product.get("/style/zzz.css")).status_code == 404


async def test_the_accent_of_the_house_is_a_style_of_our_own(product: Product) -> None:
    answer = await product.get("/style/public.css")
    assert answer.headers["content-type"].startswith("text/css")
    assert "--accent:#1f5a45" in answer.text


async def test_a_database_that_is_away_is_said_kindly(product: Product) -> None:
    await rows("ALTER TABLE issue RENAME TO elsewhere")
    answer = await product.get("/nl/newsletter")
    assert answer.status_code == 503
    assert "Er ging iets mis bij ons" in answer.text
    assert answer.headers["retry-after"] == "60"
    assert "issue" not in answer.text
    assert (await product.get("/nl/faq")).status_code == 200
    await rows("ALTER TABLE elsewhere RENAME TO issue")
    assert (await product.get("/nl/newsletter")).status_code == 200
