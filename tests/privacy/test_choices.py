"""Each choice on the own page: at once, also for what is queued, and twice is once."""

import asyncio
from collections.abc import Callable

import pytest

from server.gifts.models import Gift
from server.leads.consents import chain_holds
from server.leads.models import Consent, Lead, Subscription
from server.mail.models import Delivery
from server.newsletter import issuing
from server.newsletter.queueing import queue_next
from server.readiness.models import Score
from server.tracking.models import Event
from tests.flows.test_tip import editor
from tests.privacy.test_own_page import READER, furnish
from tests.product import Product

Clock = Callable[[float], None]
ISSUE = "2026-47"


async def do(product: Product, path: str, what: str, **more: str) -> str:
    """Press a button; the page one comes back to."""
    answer = await product.post(path, data={"do": what, **more})
    assert answer.status_code == 303, answer.text
    place = answer.headers["location"].partition("#")[0]
    return (await product.get(place)).text


async def queue(product: Product) -> None:
    """Have an issue ready to go, and not sent."""
    await issuing.send(editor(product), ISSUE)
    while await queue_next(product.site):
        pass
    assert await Delivery.filter(key__startswith="issue:", state="queued").count() == 1


async def issues(product: Product) -> int:
    """How many copies of the issue arrived."""
    await product.work()
    return [str(mail["Subject"]) for mail in product.mails(READER)].count("Schrijf op wat je gaf")


async def test_a_pause_holds_at_once_and_can_be_ended(product: Product, clock: Clock) -> None:
    path = await furnish(product, clock)
    await queue(product)
    page = await do(product, path, "pause")
    assert "ook niet de mail die al klaarstond" in page
    assert "Weer elke week" in page
    assert not (await Subscription.get()).is_active
    assert await issues(product) == 0
    page = await do(product, path, "resume")
    assert "vanaf de eerstvolgende" in page
    assert "Vier weken pauze" in page
    assert (await Subscription.get()).is_active
    await issuing.send(editor(product), "2026-46")
    await product.work()
    assert str(product.mails(READER)[-1]["Subject"]) == "De tweede verrassing"


async def test_leaving_holds_at_once_with_one_receipt(product: Product, clock: Clock) -> None:
    path = await furnish(product, clock)
    await queue(product)
    answers = await asyncio.gather(*(product.post(path, data={"do": "leave"}) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {303}
    assert await issues(product) == 0
    receipts = await Consent.all().order_by("id")
    assert [one.given for one in receipts] == [True, False]
    assert (receipts[1].page, receipts[1].wording) == ("/me", "Meld mij af voor de tip")
    assert await chain_holds(await Lead.get())
    assert await Event.filter(kind="unsubscribe").count() == 1
    page = (await product.get(path)).text
    assert "Je krijgt geen wekelijkse tip" in page
    assert "Ingetrokken op" in page
    assert "Open je exemplaar" in page


async def test_who_never_had_the_tip_loses_nothing_by_leaving(product: Product) -> None:
    await product.gift("gulle-gever", READER)
    path = await product.link(READER, "/me/")
    for what in ("leave", "pause", "resume"):
        await do(product, path, what)
    assert await Subscription.all().count() == await Consent.all().count() == 0
    assert "Daar heb je geen ja op gezegd" in (await product.get(path)).text


async def test_the_language_is_that_of_the_next_page_and_mail(
    product: Product, clock: Clock
) -> None:
    path = await furnish(product, clock)
    page = await do(product, path, "language", language="en")
    assert "in English from now on" in page
    assert '<html lang="en">' in page
    await issuing.send(editor(product), ISSUE)
    await product.work()
    assert product.mails(READER)[-1]["Content-Language"] == "en"
    for wrong in ("de", "", "EN", "nl,en"):
        answer = await product.post(path, data={"do": "language", "language": wrong})
        assert answer.status_code == 422
        assert "Choose Dutch or English" in answer.text
    assert (await Lead.get()).language == "en"


async def test_a_correction_is_kept_and_the_log_tells_no_values(
    product: Product, clock: Clock
) -> None:
    path = await furnish(product, clock)
    form = {"name": "  Joost \t van  Dijk ", "company": "Van Dijk", "role": "directeur"}
    page = await do(product, path, "correct", **form)
    assert "zo staat het nu bij ons" in page
    assert 'value="Joost van Dijk"' in page
    await do(product, path, "correct", **form)
    lead = await Lead.get()
    assert (lead.name, lead.company, lead.role) == ("Joost van Dijk", "Van Dijk", "directeur")
    event = await Event.get(kind="lead.corrected")
    assert "Dijk" not in str(dict(event))
    await do(product, path, "correct", name="x" * 500, company="", role="")
    lead = await Lead.get()
    assert (len(lead.name), lead.company, lead.role) == (120, "", "")


async def test_objecting_ends_the_score_at_once_and_keeps_the_gifts(
    product: Product, clock: Clock
) -> None:
    path = await furnish(product, clock)
    assert (await Score.get()).points > 0
    page = await do(product, path, "profiling-off")
    assert "tellen we voor jou niets op" in page
    # Without a turn of the worker: it holds before the answer.
    score = await Score.get()
    assert (score.state, score.points, score.probability) == ("objected", 0, 0)
    lead = await Lead.get()
    assert lead.events_scored == lead.event_count
    gift = await product.link(READER, "/gift/")
    lines = await Event.all().count()
    assert (await product.get(f"{gift}/read?c=1")).status_code == 200
    assert await Event.all().count() == lines
    assert (await Subscription.get()).is_active
    await do(product, path, "profiling-off")
    assert await Event.filter(kind="profiling.objected").count() == 1
    page = await do(product, path, "profiling-on")
    assert "Tel voor mij niets op" in page
    assert (await Score.get()).points > 0
    assert (await Lead.get()).profiling_off_at is None


async def test_pressing_object_many_times_at_once_is_once(product: Product, clock: Clock) -> None:
    path = await furnish(product, clock)
    presses = (product.post(path, data={"do": "profiling-off"}) for _ in range(5))
    assert {answer.status_code for answer in await asyncio.gather(*presses)} == {303}
    assert await Event.filter(kind="profiling.objected").count() == 1


@pytest.mark.parametrize("what", ["", "x", "PAUSE", "keep ", "{{7*7}}"])
async def test_an_unknown_choice_is_said_and_changes_nothing(product: Product, what: str) -> None:
    await product.gift("gulle-gever", READER, tips=True)
    path = await product.link(READER, "/me/")
    before = dict(await Lead.get()), dict(await Subscription.get())
    answer = await product.post(path, data={"do": what})
    assert answer.status_code == 422
    assert "Deze keuze kennen we niet" in answer.text
    assert (dict(await Lead.get()), dict(await Subscription.get())) == before


async def test_no_choice_takes_a_gift_away(product: Product, clock: Clock) -> None:
    path = await furnish(product, clock)
    gift = await product.link(READER, "/gift/")
    before = dict(await Gift.get())
    for what in ("pause", "resume", "leave", "correct", "profiling-off", "profiling-on", "keep"):
        await do(product, path, what)
        assert "Hier lezen" in (await product.get(gift)).text
    assert dict(await Gift.get()) == before


async def test_looking_changes_nothing(product: Product, clock: Clock) -> None:
    path = await furnish(product, clock)
    before = [dict(await Lead.get()), dict(await Gift.get()), await Event.all().count()]
    for place in (path, f"{path}?done=leave", f"{path}/export.json", f"{path}/export.csv"):
        for method in ("GET", "HEAD"):
            assert (await product.client.request(method, place)).status_code == 200
    assert [dict(await Lead.get()), dict(await Gift.get()), await Event.all().count()] == before
