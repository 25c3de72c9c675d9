"""From a landing page to reading, and what is remembered of it."""

import asyncio
from collections.abc import Callable
from itertools import pairwise

from server.gifts.models import Gift
from server.leads.models import Consent, Lead, Subscription
from server.mail.models import Delivery
from server.readiness.models import Score
from server.tracking.models import Event
from tests.product import MINUTE, PHONE, TABLET, Product, body_of

Clock = Callable[[float], None]
READER = "joost@example.org"


async def test_an_open_book_is_read_without_an_address(product: Product) -> None:
    for path in ("", "/read", "/read?c=4", "/geven-werkt.pdf", "/geven-werkt.epub"):
        answer = await product.get(f"/nl/library/geven-werkt{path}")
        assert answer.status_code == 200
    landing = await product.get("/nl/library/geven-werkt")
    assert "<form" not in landing.text.partition("<footer")[0]
    assert await Lead.all().count() == 0


async def test_a_book_behind_the_gate_is_not_at_its_public_address(product: Product) -> None:
    for path in ("/read", "/gulle-gever.pdf", "/gulle-gever.epub"):
        assert (await product.get(f"/nl/library/gulle-gever{path}")).status_code == 404


async def test_asked_mailed_pressed_and_read(product: Product) -> None:
    answer = await product.ask("service-als-cadeau", " Joost@Example.ORG ", name="Joost")
    assert answer.headers["location"] == "/nl/library/service-als-cadeau?sent=1"
    assert "mailbox" in (await product.get(answer.headers["location"])).text
    path = await product.link(READER, "/gift/")
    page = await product.get(path)
    assert "Ja, geef mij mijn exemplaar" in page.text
    assert (await product.get(f"{path}/read")).status_code == 404
    assert (await product.post(path)).headers["location"] == path
    opened = await product.get(path)
    assert "Begin met lezen" in opened.text
    assert "http://127.0.0.1:8000/nl/library/service-als-cadeau</code>" in opened.text
    chapter = await product.get(f"{path}/read?c=2")
    assert "Hoofdstuk 2 van 4" in chapter.text
    kinds = [event.kind for event in await Event.all().order_by("id")]
    assert kinds == ["gift.requested", "gift.taken", "read.chapter", "read.25"]
    assert (await Lead.get()).verified_at


async def test_the_mail_reads_well_and_asks_nothing(product: Product) -> None:
    await product.ask("gulle-gever", READER, name="Joost", lang="en")
    await product.work()
    mail = product.mails(READER)[0]
    text = body_of(mail)
    assert mail["Subject"] == "Generous, with limits: here is your copy"
    assert text.startswith("Generous, with limits is waiting for you\n\nDear Joost,")
    assert all(len(line) <= 72 or line.startswith("http") for line in text.splitlines())
    assert "Bureau Brugman, Voorbeeldkade 12" in text
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "List-Unsubscribe" not in mail
    assert "{{" not in body_of(mail, "html") + text


async def test_opening_the_link_does_not_confirm(product: Product) -> None:
    await product.ask("gulle-gever", READER)
    path = await product.link(READER, "/gift/")
    for _ in range(3):
        await product.get(path)
        await product.client.head(path)
    assert (await Gift.get()).confirmed_at is None
    assert (await Lead.get()).verified_at is None


async def test_pressing_twice_at_once_gives_once(product: Product) -> None:
    await product.ask("gulle-gever", READER)
    path = await product.link(READER, "/gift/")
    answers = await asyncio.gather(*(product.post(path) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {303}
    assert await Event.filter(kind="gift.taken").count() == 1


async def test_a_ticked_box_is_confirmed_by_the_same_button(product: Product) -> None:
    await product.ask("gulle-gever", READER, tips=True)
    path = await product.link(READER, "/gift/")
    page = await product.get(path)
    assert "Ja, mijn exemplaar en de wekelijkse tip" in page.text
    assert not (await Subscription.get()).is_active
    assert await Consent.all().count() == 0
    await product.post(path)
    assert (await Subscription.get()).is_active
    receipt = await Consent.get()
    assert receipt.given
    assert receipt.wording == "Stuur me ook de wekelijkse tip van Bureau Brugman."
    assert receipt.page == "/nl/library/gulle-gever"
    assert receipt.network == "127.0.0.0/24"


async def test_an_unticked_box_leaves_no_trace(product: Product) -> None:
    await product.gift("gulle-gever", READER)
    assert await Subscription.all().count() == 0
    assert await Consent.all().count() == 0


async def test_who_asks_again_without_the_tick_gets_no_tip(product: Product) -> None:
    await product.ask("gulle-gever", READER, tips=True)
    await product.ask("gulle-gever", READER)
    await product.post(await product.link(READER, "/gift/"))
    assert not (await Subscription.get()).is_active


async def test_a_tick_on_a_second_request_waits_for_a_button(
    product: Product, clock: Clock
) -> None:
    clock(-1)
    path = await product.gift("gulle-gever", READER)
    clock(0)
    await product.ask("gulle-gever", READER, tips=True)
    assert "Ja, stuur mij de tip" in (await product.get(path)).text
    await product.post(path)
    assert (await Subscription.get()).is_active


async def test_known_and_unknown_addresses_look_the_same(product: Product) -> None:
    await product.gift("gulle-gever", READER)
    known = await product.ask("gulle-gever", READER)
    unknown = await product.ask("gulle-gever", "nobody@example.org")
    assert (known.status_code, dict(known.headers)) == (unknown.status_code, dict(unknown.headers))
    assert known.text == unknown.text


async def test_a_wrong_address_is_named_and_nothing_is_lost(product: Product) -> None:
    form = {"email": "joost@", "newsletter": "yes"}
    for lang, words in (("nl", "geen volledig e-mailadres"), ("en", "not a complete e-mail")):
        answer = await product.post(f"/{lang}/library/gulle-gever", data=form)
        assert answer.status_code == 422
        assert words in answer.text
        assert 'value="joost@"' in answer.text
        assert 'value="yes" checked' in answer.text
    assert await Lead.all().count() == 0


async def test_a_robot_that_fills_every_field_gets_the_page_and_nothing_else(
    product: Product,
) -> None:
    form = {"email": READER, "website": "https://spam.example.org"}
    answer = await product.post("/nl/library/gulle-gever", data=form)
    assert answer.headers["location"].endswith("?sent=1")
    assert await Lead.all().count() == 0


async def test_fifty_forms_at_once_make_one_lead_and_one_mail(product: Product) -> None:
    answers = await asyncio.gather(*(product.ask("gulle-gever", READER) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {303}
    assert await Lead.all().count() == 1
    assert await Gift.all().count() == 1
    due = [one for one in await Delivery.all() if one.next_try_at <= one.created_at]
    assert len(due) == 1
    assert await Delivery.all().count() <= 3


async def test_strangers_cause_one_mail_a_quarter_and_three_a_day(
    product: Product, clock: Clock
) -> None:
    for minute in range(0, 240, 5):
        clock(minute * MINUTE - 1)
        await product.ask("gulle-gever", READER)
        await product.work()
    moments = sorted(one.next_try_at for one in await Delivery.all())
    assert len(product.mails(READER)) == 3
    gaps = [(b - a).total_seconds() for a, b in pairwise(moments)]
    assert min(gaps) >= 15 * 60


async def test_the_link_works_on_another_device_and_names_nobody(product: Product) -> None:
    path = await product.gift("gulle-gever", READER, name="Joost")
    async with product.browser() as phone:
        page = await phone.get(path)
        chapter = await phone.get(f"{path}/read?c=3")
    assert page.status_code == chapter.status_code == 200
    assert "Joost" not in page.text + chapter.text
    assert READER not in page.text + chapter.text
    assert "set-cookie" not in page.headers


async def test_from_the_third_reader_on_it_counts_for_nobody(product: Product) -> None:
    path = await product.gift("gulle-gever", READER)
    await product.read(path, 1)
    for agent in (PHONE, TABLET):
        async with product.browser(agent) as device:
            await device.get(f"{path}/read?c=2")
    lines = await Event.filter(kind="read.chapter").order_by("id")
    assert [line.evidence for line in lines] == ["likely", "likely", "unknown"]
    assert lines[-1].rule == "third-reader"


async def test_a_scanner_before_the_reader_takes_nothing_from_them(
    product: Product, clock: Clock
) -> None:
    path = await product.gift("service-als-cadeau", READER)
    for agent in ("curl/8.5.0", "Go-http-client/2.0", ""):
        async with product.browser(agent) as scanner:
            for number in (1, 2, 3, 4):
                await scanner.get(f"{path}/read?c={number}")
            await scanner.get(f"{path}/service-als-cadeau.pdf")
    assert not await Event.exists(kind="read.25")
    for number in (1, 2, 3, 4):
        clock(number * 3 * MINUTE)
        await product.read(path, number)
    assert (await Event.get(kind="read.100")).evidence == "likely"


async def test_leafing_through_is_not_reading(product: Product) -> None:
    path = await product.gift("service-als-cadeau", READER)
    await product.read(path, 1, 2, 3, 4)
    assert not await Event.exists(kind="read.100")
    assert await Event.exists(kind="read.25")


async def test_reading_on_is_reading_to_the_end(product: Product, clock: Clock) -> None:
    path = await product.gift("service-als-cadeau", READER)
    for number in (1, 2, 3, 4):
        clock(number * 3 * MINUTE)
        await product.read(path, number)
    assert await Event.filter(kind="read.100", subject="service-als-cadeau").count() == 1


async def test_a_browser_that_asks_not_to_be_followed_is_not(product: Product) -> None:
    path = await product.gift("gulle-gever", READER)
    for header in ("DNT", "Sec-GPC"):
        answer = await product.get(f"{path}/read", headers={header: "1"})
        assert answer.status_code == 200
    assert not await Event.filter(kind__startswith="read").exists()


async def test_how_they_liked_it_is_recorded_once(product: Product) -> None:
    path = await product.gift("gulle-gever", READER)
    form = {"liked": "4", "why": "Hoofdstuk drie."}
    await asyncio.gather(*(product.post(f"{path}/liked", data=form) for _ in range(3)))
    await product.post(f"{path}/liked", data={"liked": "1"})
    event = await Event.get(kind="rating")
    assert (event.value, event.detail) == (4, "Hoofdstuk drie.")
    assert "Dank je wel" in (await product.get(f"{path}/liked")).text
    for wrong in ("0", "5", "x", ""):
        await product.post(f"{path}/liked", data={"liked": wrong})
    assert await Event.filter(kind="rating").count() == 1


async def test_wrong_and_revoked_links_are_the_same_friendly_page(product: Product) -> None:
    path = await product.gift("gulle-gever", READER)
    wrong = await product.get("/gift/1.nonsense", headers={"accept-language": "nl"})
    other = path[:-1] + ("A" if path[-1] != "A" else "B")
    assert (await product.get(other)).status_code == 404
    await Gift.all().update(revoked_at=(await Gift.get()).requested_at)
    revoked = await product.get(path, headers={"accept-language": "nl"})
    assert wrong.status_code == revoked.status_code == 404
    assert wrong.text == revoked.text
    assert "Deze plank is leeg" in wrong.text


async def test_the_days_after_a_gift_are_quiet(product: Product) -> None:
    await product.gift("gulle-gever", READER)
    lead = await Lead.get()
    assert lead.no_ask_until
    assert 2.9 < (lead.no_ask_until - lead.created_at).total_seconds() / 86400 < 3.1


async def test_an_address_nobody_confirmed_is_gone_after_a_week(
    product: Product, clock: Clock
) -> None:
    clock(-8)
    await product.ask("gulle-gever", READER, tips=True)
    await product.gift("gulle-gever", "kept@example.org")
    clock(0)
    await product.work()
    assert [lead.email for lead in await Lead.all()] == ["kept@example.org"]
    assert await Gift.all().count() == await Score.all().count() == 1
    assert await Subscription.all().count() == 0


async def test_who_is_quiet_for_two_years_is_forgotten(product: Product, clock: Clock) -> None:
    await product.gift("gulle-gever", READER)
    await product.gift("gulle-gever", "listed@example.org", tips=True)
    clock(700)
    await product.gift("gulle-gever", "recent@example.org")
    clock(800)
    await product.work()
    assert await Lead.filter(email=READER).exists()
    assert product.mails(READER)[-1]["Subject"] == "Zullen we je gegevens bewaren?"
    clock(831)
    await product.work()
    left = {lead.email for lead in await Lead.all()}
    assert left == {"listed@example.org", "recent@example.org"}
    assert not await Event.filter(lead_id=1).exists()
