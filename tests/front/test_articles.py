"""Articles: read with their author and what to take along, listed, fed, found, checked."""

from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from server.kit import content
from server.kit.settings import Settings
from tests.product import Product, new_client
from tests.support.content import copied

pytestmark = pytest.mark.pure

ARTICLE = """---
title: Een uur zonder rekening
summary: Wat een gratis uur kost, en wat het opbrengt.
author: Marit Brugman
themes: [service]
related: [gulle-gever]
published: {published}
---

Een eerste zin met een noot.[^a] En <script>alert(1)</script> niets gevaarlijks.

## Wat het kost

Reken mee: zestig minuten.

| wat | uren |
|---|---:|
| luisteren | 1 |

[^a]: Een bron uit 1971.
"""


@pytest.fixture
async def shop(
    database: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Product]:
    """The product over content of its own, with two articles of which one is for later."""
    monkeypatch.setattr(content, "LOOK_AGAIN", 0.0)
    settings = Settings(**{**vars(database), "content": copied(tmp_path)})
    folder = settings.content / "articles"
    folder.mkdir(exist_ok=True)
    for file in folder.glob("*"):
        file.unlink()
    (folder / "gratis-uur.nl.md").write_text(ARTICLE.format(published="2026-10-01"), "utf-8")
    (folder / "later.nl.md").write_text(ARTICLE.format(published="2999-01-01"), "utf-8")
    async with new_client(settings) as client:
        yield Product(settings, client)


async def test_an_article_is_read_with_its_author_and_what_to_take_along(shop: Product) -> None:
    page = (await shop.get("/nl/articles/gratis-uur")).text
    assert "<h1>Een uur zonder rekening</h1>" in page
    assert "<h2>Wat het kost</h2>" in page
    assert '<a class="ref" id="r1" href="#n1"' in page
    assert "Een bron uit 1971." in page
    assert "<table" in page
    assert "<script>alert" not in page
    below = page.partition('<aside class="colophon"')[2]
    assert "sinds 2009" in below
    assert 'href="https://marit.brugman.example.org/" rel="me"' in below
    along = page.partition('id="h-take"')[2]
    assert along.index("gulle-gever") < along.index("service-als-cadeau")
    assert 'action="/nl/newsletter"' in page
    assert "http://127.0.0.1:8000/nl/articles/gratis-uur</code>" in page


async def test_a_link_that_stands_alone_becomes_a_gift_block_two_at_most(shop: Product) -> None:
    file = shop.settings.content / "articles" / "gratis-uur.nl.md"
    slugs = ("geven-werkt", "geven-werkt", "zzz", "gulle-gever", "service-als-cadeau")
    alone = "\n\n".join(f"[Een titel](/nl/library/{slug})" for slug in slugs)
    inside = "En [een titel](/nl/library/opvolgen-zonder-duwen) in een zin."
    text = file.read_text("utf-8").replace("Reken mee", f"{alone}\n\n{inside}\n\nReken mee")
    file.write_text(text, "utf-8")
    page = (await shop.get("/nl/articles/gratis-uur")).text
    prose = page.partition('class="prose article"')[2].partition('class="colophon"')[0]
    blocks = prose.split('<aside class="gift-block"')[1:]
    assert ["geven-werkt" in blocks[0], "gulle-gever" in blocks[1], len(blocks)] == [True, True, 2]
    for slug in ("geven-werkt", "zzz", "service-als-cadeau"):
        assert f'<p><a href="/nl/library/{slug}">Een titel</a></p>' in prose
    assert '<a href="/nl/library/opvolgen-zonder-duwen">een titel</a> in een zin' in prose
    assert "gift-block" not in (await shop.get("/nl/articles/feed.xml")).text


async def test_articles_are_listed_fed_and_mapped(shop: Product) -> None:
    for path in ("/nl/articles", "/nl/", "/sitemap.xml"):
        text = (await shop.get(path)).text
        assert "/nl/articles/gratis-uur" in text, path
        assert "/articles/later" not in text, path
    feed = await shop.get("/nl/articles/feed.xml")
    assert feed.headers["content-type"].startswith("application/atom+xml")
    atom = "{http://www.w3.org/2005/Atom}"
    (entry,) = ET.fromstring(feed.content).findall(f"{atom}entry")  # noqa: S314 (our own)
    assert entry.findtext(f"{atom}title") == "Een uur zonder rekening"
    assert entry.findtext(f"{atom}id") == "http://127.0.0.1:8000/nl/articles/gratis-uur"
    assert "zestig minuten" in (entry.findtext(f"{atom}content") or "")


async def test_what_is_not_published_or_not_there_is_not_found(shop: Product) -> None:
    for path in ("/nl/articles/later", "/en/articles/gratis-uur", "/nl/articles/x"):
        assert (await shop.get(path)).status_code == 404, path
    assert "still to come" in (await shop.get("/en/articles")).text


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("summary: ", "summery: "), "summary"),
        (("published: 2026-10-01", "published: gisteren"), "published"),
        (("noot.[^a]", "noot.[^b]"), "b"),
        (("author: Marit Brugman", "author:"), "author"),
    ],
)
async def test_a_faulty_article_is_left_out_and_told(
    shop: Product, change: tuple[str, str], told: str
) -> None:
    file = shop.settings.content / "articles" / "gratis-uur.nl.md"
    file.write_text(file.read_text("utf-8").replace(*change), "utf-8")
    assert (await shop.get("/nl/articles/gratis-uur")).status_code == 404
    (finding,) = shop.state.articles.findings()
    assert finding.file == file
    assert told in finding.text("nl")


async def test_an_author_without_a_profile_is_told_by_name(shop: Product) -> None:
    file = shop.settings.content / "articles" / "gratis-uur.nl.md"
    file.write_text(file.read_text("utf-8").replace("Marit Brugman", "Jan de Wit"), "utf-8")
    page = (await shop.get("/nl/articles/gratis-uur")).text
    box = page.partition('<aside class="colophon"')[2].partition("</aside>")[0]
    assert "<strong>Jan de Wit</strong>" in box
    assert "sinds 2009" not in box


async def test_a_profile_that_is_no_address_is_told(shop: Product) -> None:
    file = shop.settings.content / "site.yaml"
    file.write_text(file.read_text("utf-8").replace('"https://marit', '"javascript:marit'), "utf-8")
    await shop.get("/nl/")
    finding = shop.state.house.finding
    assert finding
    assert "Marit Brugman" in finding.text("nl")
