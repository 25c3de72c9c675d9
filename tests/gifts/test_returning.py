"""Giving back: after a liked gift, in ways of one's own choice, and nothing is one of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from server.gifts.models import LedgerLine
from server.gifts.returning_ways import KNOWN, WaysFile
from server.tracking.models import Event
from tests.gifts.liked import READER, rate
from tests.product import Product
from tests.support.content import copied

Clock = Callable[[float], None]
WRITTEN = {"review": "review", "question": "survey", "case": "comment"}


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    return environ | {"GIVEFIRST_CONTENT": str(copied(tmp_path))}


async def back(product: Product, gift: str, way: str, words: str = "") -> str:
    """Take a way; the page after it."""
    answer = await product.post(f"{gift}/back", data={"way": way, "words": words})
    assert answer.status_code == 303, answer.text
    return (await product.get(answer.headers["location"])).text


async def test_g14_ways_are_offered_after_a_liked_gift_alone(
    product: Product, clock: Clock
) -> None:
    path = await product.gift("gulle-gever", READER)
    assert "graag gedaan" not in (await product.get(f"{path}/liked")).text
    await back(product, path, "review", "Te vroeg.")
    assert not await Event.exists(kind="review")
    page = await rate(product, path, 3)
    assert all(f'value="{way}"' in page for way in KNOWN)
    clock(1)
    other = await product.gift("service-als-cadeau", READER)
    page = await rate(product, other, 2)
    assert "graag gedaan" not in page
    assert "Wat kunnen we beter doen?" in page
    assert 'href="/nl/contact"' in page
    # Who looked on and pressed nothing is still one whom nobody asked.
    assert not await Event.exists(kind="ask.return")


async def test_g14_each_way_is_recorded_once_with_its_source(product: Product) -> None:
    path = await product.gift("gulle-gever", READER)
    await rate(product, path, 4)
    for way, kind in WRITTEN.items():
        assert "iemand leest ze" in await back(product, path, way, f"Over {way}.")
        await back(product, path, way, "Nog eens.")
        event, line = await Event.get(kind=kind), await LedgerLine.get(kind=way)
        assert (event.detail, event.dedup_key, event.evidence) == (
            f"Over {way}.",
            line.key,
            "human",
        )
        assert (line.side, line.source) == ("returned", "gift page")
    assert "?via=" in await back(product, path, "pass_on")
    assert "Iemand van ons schrijft je" in await back(product, path, "talk")
    assert "Over ons" in await back(product, path, "buy")
    kinds = ("forward", "contact.requested", "page.offer")
    assert await Event.filter(kind__in=kinds).count() == len(kinds)
    assert await Event.filter(kind="ask.return").count() == 1
    page = (await product.get(f"{path}/liked")).text
    assert "graag gedaan" in page
    assert 'value="review"' not in page


async def test_g14_nothing_ends_it_for_good(product: Product) -> None:
    path = await product.gift("gulle-gever", READER)
    await rate(product, path, 4)
    assert "Graag gedaan" in await back(product, path, "nothing")
    page = (await product.get(f"{path}/liked")).text
    assert "hoeft niet" not in page
    await back(product, path, "review", "Toch nog.")
    assert not await Event.exists(kind="review")
    assert await Event.filter(kind="return.none").count() == 1
    assert not await LedgerLine.exists(side="returned", kind="nothing")


async def test_a_way_in_words_needs_words(product: Product) -> None:
    path = await product.gift("gulle-gever", READER)
    await rate(product, path, 4)
    answer = await product.post(f"{path}/back", data={"way": "review", "words": " "})
    assert answer.status_code == 422
    assert "Hier staat nog niets" in answer.text
    assert not await Event.exists(kind="review")


async def test_looking_at_what_is_for_sale_is_noted_of_nobody_who_minds(product: Product) -> None:
    path = await product.gift("gulle-gever", READER)
    await rate(product, path, 4)
    form = {"way": "buy"}
    answer = await product.post(f"{path}/back", data=form, headers={"DNT": "1"})
    assert answer.headers["location"] == "/nl/about"
    assert not await Event.exists(kind="page.offer")


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("  review:", "  applause:", 6, "`applause` is no way"),
        ("  nothing:", "  # nothing:", 5, "at least 3 ways"),
        ("nl: /nl/about", "nl: javascript:x", 24, "is no address"),
        ("nl: /nl/about", "nl: //evil.example", 24, "is no address"),
        (', en: "Talk to us"', "", 18, "lacks `label`"),
    ],
)
def test_a_fault_in_the_file_is_named_and_the_rest_goes_on(
    tmp_path: Path, old: str, new: str, line: int, told: str
) -> None:
    content = copied(tmp_path)
    file = content / "giving-back.yaml"
    text = file.read_text("utf-8")
    assert old in text
    if old.startswith("  nothing"):
        text = text[: text.index(old)]
    file.write_text(text.replace(old, new, 1), "utf-8")
    ways = WaysFile(content)
    (finding,) = ways.findings()
    assert (finding.line, told in finding.text("en")) == (line, True), finding.text("en")
    assert [way.name for way in ways.fresh()][-1] == "nothing"


async def test_an_address_elsewhere_is_a_link_and_no_redirect(product: Product) -> None:
    file = product.settings.content / "giving-back.yaml"
    text = file.read_text("utf-8").replace("/nl/about", "https://shop.example.org/aanbod")
    file.write_text(text, "utf-8")
    path = await product.gift("gulle-gever", READER)
    await rate(product, path, 4)
    assert 'href="https://shop.example.org/aanbod"' in await back(product, path, "buy")
