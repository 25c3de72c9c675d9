"""One field searches everything that is public."""

import re

import pytest

from tests.product import Product

pytestmark = pytest.mark.pure


async def found(product: Product, query: str, lang: str = "nl") -> list[str]:
    """The paths that a search finds, best first."""
    page = (await product.get(f"/{lang}/search", params={"q": query})).text
    finds = page.partition('class="wrap listing finds"')[2].partition("</section>")[0]
    return re.findall(r'<h2><a href="([^"]+)"', finds)


async def test_titles_tips_questions_and_pages_are_found(product: Product) -> None:
    assert (await found(product, "gulle gever"))[0] == "/nl/library/gulle-gever"
    assert (await found(product, "schrijf op wat je gaf"))[0] == "/nl/newsletter/2026-47"
    assert any("/nl/faq#" in path for path in await found(product, "adres"))
    assert "/nl/privacy" in await found(product, "bewaren")
    assert (await found(product, "generous", "en"))[0] == "/en/library/gulle-gever"


async def test_accents_case_and_the_end_of_a_word_make_no_difference(product: Product) -> None:
    assert await found(product, "GÉVEN") == await found(product, "geven")
    assert set(await found(product, "gevers")) <= set(await found(product, "gever"))
    # The beginning of a word finds it, its middle does not.
    assert "/nl/library/gulle-gever" in await found(product, "grenz")
    assert "/nl/library/gulle-gever" not in await found(product, "renzen")


async def test_every_word_must_be_there(product: Product) -> None:
    assert await found(product, "gulle zzz") == []
    assert await found(product, "!?") == []


async def test_the_words_are_marked_and_nothing_else_is_markup(product: Product) -> None:
    page = (await product.get("/nl/search?q=adres")).text
    assert re.search(r"<mark>[Aa]dres\w*</mark>", page)
    page = (await product.get("/nl/search", params={"q": '"><img src=x onerror=1>'})).text
    assert "<img src=x" not in page
    assert 'value="&#34;&gt;&lt;img' in page


async def test_what_comes_by_mail_is_found_by_its_chapters_and_not_by_its_text(
    product: Product,
) -> None:
    library = product.state.library
    book = library.exactly("gulle-gever", "nl", product.state.today())
    path = book.path
    assert path in await found(product, book.chapters[1].title)
    last = " ".join("".join(book.chapters[-1].tree[1].itertext()).split()[:7])
    assert path not in await found(product, last)
    open_book = library.exactly("geven-werkt", "nl", product.state.today())
    last = " ".join("".join(open_book.chapters[-1].tree[1].itertext()).split()[:7])
    assert await found(product, last) == [open_book.path]


async def test_without_words_or_finds_the_page_helps_on(product: Product) -> None:
    for path in ("/nl/search", "/nl/search?q=zzzz"):
        page = (await product.get(path)).text
        assert "/nl/library/geven-werkt" in page
    assert "Niets gevonden met ‘zzzz’" in page
    assert "/nl/contact" in page
    assert 'action="/nl/search"' in (await product.get("/nl/zzz")).text
