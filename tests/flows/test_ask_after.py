"""A book that all may read, with a form at its end for who would like to keep it."""

import asyncio
import re
from pathlib import Path

import pytest

from server.gifts.models import Gift
from server.leads.models import Consent, Lead, Subscription
from server.library.assets import Library
from tests.product import Product
from tests.support.content import copied, with_gate

READER = "joost@example.org"
BOOK = "/nl/library/geven-werkt"
FORM = f'<form class="ask form" id="ask" method="post" action="{BOOK}#ask"'
BOX = '<input type="checkbox" name="newsletter" value="yes"> <span>'
END = {"c": "10", "size": "l"}


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """A site with a title behind each gate."""
    content = copied(tmp_path)
    with_gate(content, "geven-werkt", "ask-after")
    with_gate(content, "service-als-cadeau", "open")
    return environ | {"GIVEFIRST_CONTENT": str(content)}


async def test_it_is_read_and_taken_home_without_an_address(product: Product) -> None:
    for path in ("", "/read", "/read?c=10", "/geven-werkt.pdf", "/geven-werkt.epub"):
        assert (await product.get(BOOK + path)).status_code == 200
    assert await Lead.all().count() == 0
    assert f"{BOOK}/read</loc>" in (await product.get("/sitemap.xml")).text


async def test_the_form_stands_after_the_last_chapter_and_below_the_sample_only(
    product: Product,
) -> None:
    landing = (await product.get(BOOK)).text
    assert landing.index("Begin met lezen") < landing.index('id="sample"') < landing.index(FORM)
    assert "Lezen kan zonder adres." in landing
    for chapter in (1, 2, 9):
        assert "<form" not in (await product.get(f"{BOOK}/read?c={chapter}")).text
    last = (await product.get(f"{BOOK}/read?c=10&size=l")).text
    assert last.index("Dit was het laatste hoofdstuk") < last.index(FORM)
    for page in (landing, last):
        assert BOX in page
        assert page.count("<form") == 1
    shelf = (await product.get("/nl/library")).text
    assert shelf.count("meteen te lezen") == 4
    assert shelf.count("komt per mail") == 4


async def test_who_fills_it_in_gets_a_copy_and_finds_the_way_back(product: Product) -> None:
    answer = await product.post(BOOK, data={"email": READER, **END})
    assert answer.headers["location"] == f"{BOOK}?sent=1&c=10&size=l"
    sent = (await product.get(answer.headers["location"])).text
    assert f'href="{BOOK}/read?c=10&amp;size=l">Lees intussen verder' in sent
    gift = await product.link(READER, "/gift/")
    assert (await product.post(gift)).status_code == 303
    end = await product.get(f"{gift}/read?c=10")
    assert end.status_code == 200
    assert "<form" not in end.text
    assert await Subscription.all().count() == 0


async def test_the_receipt_of_the_tip_names_the_page_of_the_box(product: Product) -> None:
    for n, (place, shown_on) in enumerate((({}, BOOK), (END, f"{BOOK}/read"))):
        form = {"email": f"r{n}@example.org", "newsletter": "yes", **place}
        await product.post(BOOK, data=form)
        await product.post(await product.link(f"r{n}@example.org", "/gift/"))
        receipt = await Consent.all().order_by("-id").first()
        assert receipt
        assert receipt.page == shown_on


async def test_a_place_that_is_none_leads_to_the_beginning(product: Product) -> None:
    for odd in ("11", "0", "x", "99999", ""):
        answer = await product.post(BOOK, data={"email": READER, "c": odd, "size": "xl"})
        assert answer.headers["location"] == f"{BOOK}?sent=1"
        assert f'href="{BOOK}/read">' in (await product.get(f"{BOOK}?sent=1&c={odd}")).text


async def test_a_wrong_address_is_told_in_the_same_form(product: Product) -> None:
    answer = await product.post(BOOK, data={"email": "joost@", **END})
    assert answer.status_code == 422
    assert re.search(rf"{re.escape(FORM)}.*id=\"email-error\"", answer.text, re.DOTALL)


def test_each_gate_says_who_may_read_and_whether_an_address_is_asked(tmp_path: Path) -> None:
    found = {}
    for gate in ("open", "ask-after", "email"):
        folder = tmp_path / gate
        folder.mkdir()
        with_gate(copied(folder), "gulle-gever", gate)
        asset = Library(folder / "content").all()
        found[gate] = next(
            (one.is_readable, one.asks_address) for one in asset if one.slug == "gulle-gever"
        )
        assert Library(folder / "content").findings() == []
    assert found == {"open": (True, False), "ask-after": (True, True), "email": (False, True)}


async def test_only_what_asks_for_an_address_takes_a_form(product: Product) -> None:
    found = [
        (await product.ask(slug, READER)).status_code
        for slug in ("service-als-cadeau", "geven-werkt", "gulle-gever")
    ]
    assert found == [404, 303, 303]
    assert (await product.get("/nl/library/gulle-gever/read")).status_code == 404


async def test_the_desk_names_the_gate_and_counts_what_was_given(product: Product) -> None:
    await product.gift("geven-werkt", READER)
    await asyncio.gather(*(product.ask("geven-werkt", READER) for _ in range(2)))
    assert await Gift.all().count() == 1
    desk = await product.log_in("editor")
    listed = (await desk.get("/desk/gifts")).text
    row = listed.partition(">Geven werkt<")[2].partition("</tr>")[0]
    assert "meteen te lezen, adres mag na afloop" in row
    assert re.findall(r'data-label="[^"]+">([^<]+)<', row) == ["1", "0", "0", "–"]
    page = (await desk.get("/desk/gifts/geven-werkt")).text
    assert "meteen te lezen, adres mag na afloop" in page
    assert "Wie gewoon op de site leest, kennen we niet." in page
    assert "geven-werkt/nl/mail" in page
    assert FORM in (await desk.get("/desk/gifts/geven-werkt/nl/read?c=10")).text
    await desk.aclose()
