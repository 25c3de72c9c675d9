"""How did you like it: asked once, late, of readers alone; and a sentence that may be shown."""

from collections.abc import Callable

import pytest

from server.gifts.models import Gift, LedgerLine
from server.leads.models import Consent, Lead
from server.mail import outbox
from server.tracking.models import Event
from tests.gifts.liked import FRIEND, READER, link_in, questions, rate
from tests.product import Product, body_of

Clock = Callable[[float], None]
DAY = 1.0


async def test_g7_is_asked_once_seven_days_after_the_last_reading(
    product: Product, clock: Clock
) -> None:
    path = await product.gift("gulle-gever", READER, name="Joost")
    await product.read(path, 1)
    await product.work()
    clock(5 * DAY)
    await product.read(path, 2)
    for day in (7.5, 11.9):
        clock(day)
        await product.work()
        assert questions(product) == []
    clock(12.1)
    await product.work()
    (mail,) = questions(product)
    text = body_of(mail)
    assert all(f"{path}/liked?answer={number}" in text for number in (1, 2, 3, 4))
    assert "geen herinnering" in text
    assert (await Event.get(kind="liked.asked")).subject == "gulle-gever"
    for day in (20, 40, 100):
        clock(day)
        await product.read(path, 1)
        await product.work()
    clock(120)
    await product.work()
    assert len(questions(product)) == 1


async def test_g7_at_most_one_question_in_thirty_days(product: Product, clock: Clock) -> None:
    await product.read(await product.gift("gulle-gever", READER), 1)
    clock(15)
    await product.work()
    clock(20)
    await product.read(await product.gift("service-als-cadeau", READER), 1)
    for day, asked in ((28, 1), (44.9, 1), (45.1, 2)):
        clock(day)
        await product.work()
        assert len(questions(product)) == asked, day


@pytest.mark.parametrize("why", ["unread", "scanner", "rated", "profiling", "questions", "blocked"])
async def test_who_is_never_asked(product: Product, clock: Clock, why: str) -> None:
    path = await product.gift("gulle-gever", READER)
    if why == "scanner":
        async with product.browser("curl/8.5.0") as machine:
            await machine.get(f"{path}/read")
    elif why != "unread":
        await product.read(path, 1)
    await product.work()
    assert (await Gift.get()).ask_at is None or why not in ("unread", "scanner")
    if why == "rated":
        await rate(product, path, 3)
    elif why == "blocked":
        await outbox.suppress(product.site, READER, "complaint")
    elif why in ("profiling", "questions"):
        await product.post(f"{path}/me")
        me = await product.link(READER, "/me/")
        await product.post(me, data={"do": f"{why}-off"})
    clock(8)
    await product.work()
    assert questions(product) == []
    assert not await Event.exists(kind="liked.asked")
    assert not await Gift.exists(liked_asked_at__isnull=False)


async def test_what_was_read_long_ago_is_not_asked_about(product: Product, clock: Clock) -> None:
    await product.read(await product.gift("gulle-gever", READER), 1)
    clock(29)
    await product.work()
    assert questions(product) == []
    assert (await Gift.get()).ask_at is None


async def test_g7_only_a_pressed_button_counts_and_the_first(
    product: Product, clock: Clock
) -> None:
    path = await product.gift("gulle-gever", READER)
    await product.read(path, 1)
    clock(8)
    await product.work()
    (mail,) = questions(product)
    async with product.browser("", host="10.9.9.9") as scanner:
        for number in (1, 2, 3, 4):
            assert (await scanner.get(f"{path}/liked?answer={number}")).status_code == 200
        stop = link_in(mail, "/questions/")
        assert (await scanner.get(stop)).status_code == 200
    assert not await Event.exists(kind="rating")
    assert (await Lead.get()).questions_off_at is None
    page = (await product.get(link_in(mail, f"{path}/liked?answer=4"))).text
    assert 'value="4" checked' in page
    assert page.count(" checked") == 1
    await rate(product, path, 4, "Hoofdstuk drie.", **{"from": "mail"})
    await rate(product, path, 1)
    line = await LedgerLine.get(side="returned", kind="rating")
    assert (line.source, line.value) == ("mail", 0)
    assert (await Event.get(kind="rating", dedup_key=line.key)).value == 4


async def test_the_mail_has_a_way_to_be_asked_nothing_more(product: Product, clock: Clock) -> None:
    path = await product.gift("gulle-gever", READER)
    await product.read(path, 1)
    clock(8)
    await product.work()
    stop = link_in(questions(product)[0], "/questions/")
    assert (await product.get(f"{stop}x")).status_code == 404
    # The link of the gift, which may be passed on, does not open it.
    assert (await product.post(path.replace("/gift/", "/questions/"))).status_code == 404
    answer = await product.post(stop)
    assert "vragen je niet meer" in (await product.get(answer.headers["location"])).text
    await product.post(stop)
    assert (await Lead.get()).questions_off_at is not None
    assert await Event.filter(kind="questions.off").count() == 1
    await product.post(f"{path}/me")
    me = await product.link(READER, "/me/")
    assert "Je mag het me weer vragen" in (await product.get(me)).text
    await product.post(me, data={"do": "questions-on"})
    assert (await Lead.get()).questions_off_at is None


async def test_pages_say_beforehand_that_it_is_asked(product: Product) -> None:
    path = await product.gift("gulle-gever", READER)
    for page in (path, "/nl/library/gulle-gever"):
        assert "een paar dagen na het lezen, vragen we per mail" in (await product.get(page)).text


async def test_a_sentence_stands_on_the_page_once_both_agreed_and_goes_at_once(
    product: Product,
) -> None:
    landing, words = "/nl/library/gulle-gever", "Hoofdstuk drie <veranderde> alles."
    for address, name in ((READER, "Joost de Vries"), (FRIEND, "Sanne Bos")):
        path = await product.gift("gulle-gever", address, name=name)
        await rate(product, path, 4, words if address == READER else "Mooi.", quote="yes")
    desk = await product.log_in("editor")
    listed = (await desk.get("/desk/quotes")).text
    assert "Als naam: Joost<" in listed
    assert words not in (await product.get(landing)).text
    gift = await Gift.get(liked_why=words)
    form = {"csrf": listed.partition('name="csrf" value="')[2].partition('"')[0]}
    await desk.post(f"/desk/quotes/{gift.id}", data={**form, "do": "show"})
    page = (await product.get(landing)).text
    assert "Hoofdstuk drie &lt;veranderde&gt; alles." in page
    assert "Joost" in page
    assert "Vries" not in page
    assert "Mooi." not in page
    assert "Hoofdstuk drie" in (await desk.get("/desk/gifts/gulle-gever")).text
    await desk.post(f"/desk/quotes/{gift.id}", data={**form, "do": "hide"})
    assert "Hoofdstuk drie" not in (await product.get(landing)).text
    await desk.post(f"/desk/quotes/{gift.id}", data={**form, "do": "show"})
    await _take_back(product, gift)
    assert "Hoofdstuk drie" not in (await product.get(landing)).text
    assert (await desk.post(f"/desk/quotes/{gift.id}", data=form)).status_code == 404
    receipts = await Consent.filter(purpose="quote", lead_id=gift.lead_id).order_by("id")
    assert [one.given for one in receipts] == [True, False]
    assert "met mijn voornaam" in receipts[0].wording


async def _take_back(product: Product, gift: Gift) -> None:
    await product.post(f"/gift/{product.site.token('gift', gift.id)}/me")
    me = await product.link(READER, "/me/")
    other = await Gift.get(liked_why="Mooi.")
    wrong = await product.post(me, data={"do": "unquote", "gift": str(other.id)})
    assert wrong.status_code == 422
    done = await product.post(me, data={"do": "unquote", "gift": str(gift.id)})
    assert done.status_code == 303


async def test_nobody_puts_the_name_of_another_under_a_sentence(product: Product) -> None:
    path = await product.gift("gulle-gever", READER, name="Joost")
    async with product.browser(host="10.1.2.3") as friend:
        assert "zonder mijn naam" in (await friend.get(f"{path}/liked")).text
        form = {"liked": "4", "why": "Van mij.", "quote": "yes"}
        await friend.post(f"{path}/liked", data=form)
    assert not (await Gift.get()).quote_named


async def test_no_words_or_no_tick_is_no_sentence(product: Product, clock: Clock) -> None:
    path = await product.gift("gulle-gever", READER)
    await rate(product, path, 4, " ", quote="yes")
    clock(1)
    other = await product.gift("service-als-cadeau", READER)
    await rate(product, other, 4, "Goed.")
    assert not await Gift.exists(quoted_at__isnull=False)
    assert not await Consent.exists(purpose="quote")
