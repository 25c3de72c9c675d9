"""Cards with a code: they lead to the gift, the road stands on the ledger, openings name nobody."""

import asyncio
from pathlib import Path

from server.gifts import batches
from server.gifts.models import Batch, BatchOpening, Gift, LedgerLine
from server.leads.models import Lead
from server.tracking.models import Event
from tests.desk.test_outcomes import word
from tests.product import Product

SLUG = "gulle-gever"
READER = "joost@example.org"
PAGE = "/desk/batches"
NAME = "Beurs Utrecht 2026"


async def made(product: Product) -> Batch:
    """A batch that an editor made."""
    desk = await product.log_in("editor")
    csrf = word((await desk.get(PAGE)).text)
    form = {"csrf": csrf, "name": NAME, "place": "Jaarbeurs", "asset": SLUG}
    assert (await desk.post(PAGE, data=form)).status_code == 303
    batch = await Batch.get()
    assert len(batch.code) == 6
    # What is missing is said, and what was typed is kept.
    for wrong in ({"name": " "}, {"asset": "nothing"}):
        answer = await desk.post(PAGE, data=form | wrong)
        assert answer.status_code == 422
        assert 'value="Jaarbeurs"' in answer.text
    assert await Batch.all().count() == 1
    return batch


async def test_g28_a_code_leads_to_the_gift_and_the_fair_stands_on_the_ledger(
    product: Product,
) -> None:
    batch = await made(product)
    asked = {"accept-language": "en-GB,en;q=0.9"}
    answer = await product.get(f"/b/{batch.code.upper()}", headers=asked)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/en/library/{SLUG}?from={batch.code}"
    await asyncio.gather(*(product.get(f"/b/{batch.code}") for _ in range(4)))
    await product.get(f"/b/{batch.code}", headers={"user-agent": "Googlebot/2.1"})
    opening = await BatchOpening.get()
    assert (opening.times, opening.day) == (5, product.state.today())
    assert not await Event.exists()
    landing = await product.get(f"/nl/library/{SLUG}?from={batch.code}")
    assert f'name="via" value="{batch.code}"' in landing.text
    form = {"email": READER, "via": batch.code}
    assert (await product.post(f"/nl/library/{SLUG}", data=form)).status_code == 303
    path = await product.link(READER, "/gift/")
    assert (await product.post(path)).status_code == 303
    await product.read(path, 1)
    gift, line = await Gift.get(), await LedgerLine.get()
    assert (gift.batch_id, gift.source, line.source) == (batch.id, NAME, NAME)
    assert (await Lead.get()).source == NAME
    (one,) = await batches.counted()
    assert (one.opened, one.asked, one.taken) == (5, 1, 1)
    desk = await product.log_in("sales")
    page = (await desk.get(PAGE)).text
    assert NAME in page
    assert "<dt>Geopend</dt><dd>5</dd>" in page
    assert NAME in (await desk.get(f"/desk/leads/{gift.lead_id}")).text


async def test_g28_a_wrong_or_ended_code_leads_kindly_to_the_library(product: Product) -> None:
    batch = await made(product)
    for code in ("zzzzzz", "x", "a" * 300):
        answer = await product.get(f"/b/{code}")
        assert (answer.status_code, answer.headers["location"]) == (303, "/nl/library")
    desk = await product.log_in("sales")
    csrf = word((await desk.get(PAGE)).text)
    assert (await desk.post(f"{PAGE}/{batch.id}/end", data={"csrf": csrf})).status_code == 303
    answer = await product.get(f"/b/{batch.code}")
    assert answer.headers["location"] == "/nl/library"
    assert not await BatchOpening.exists()
    # Who holds the old address still gets the gift; it is of no batch any more.
    await product.post(f"/nl/library/{SLUG}", data={"email": READER, "via": batch.code})
    assert (await Gift.get()).batch_id is None


async def test_g28_the_code_is_given_as_pictures_and_on_a_sheet(
    product: Product, tmp_path: Path
) -> None:
    batch = await made(product)
    desk = await product.log_in("sales")
    svg = await desk.get(f"{PAGE}/{batch.id}/code.svg")
    assert svg.headers["content-type"].startswith("image/svg+xml")
    assert svg.text.lstrip().startswith(("<?xml", "<svg"))
    assert "attachment" in svg.headers["content-disposition"]
    png = await desk.get(f"{PAGE}/{batch.id}/code.png")
    assert png.content.startswith(b"\x89PNG")
    assert (await desk.get(f"{PAGE}/{batch.id}/code.gif")).status_code == 404
    assert (await desk.get(f"{PAGE}/999/code.svg")).status_code == 404
    sheet = (await desk.get(f"{PAGE}/{batch.id}/sheet?lang=en")).text
    assert f"/b/{batch.code}" in sheet
    assert sheet.count('class="card"') == 8
    assert "The Generous Giver" in sheet or 'lang="en"' in sheet
