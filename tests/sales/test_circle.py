"""After a purchase: a customer, no more sequence, a gift in thanks, a card with stamps."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import pytest

from server.gifts import by_hand
from server.gifts.by_hand import Handmade
from server.gifts.models import Gift, LedgerLine
from server.kit.clock import now
from server.kit.database import in_transaction
from server.kit.house import HouseFile
from server.kit.settings import sample_folder
from server.leads.models import Lead, Subscription
from server.library.assets import Library
from server.mail import outbox
from server.mail.letters import Letters
from server.mail.models import Delivery
from server.newsletter.models import Enrolment
from server.privacy import erasing
from server.sales import purchases
from server.sales.loyalty_file import LoyaltyFile, link_of
from server.sales.models import Note, PlannedGift, WaitingPurchase
from server.sales.purchases import Bought
from server.tracking.models import Event
from tests.cli.commands import givefirst
from tests.product import Product, body_of
from tests.sales.test_giving import Clock, balances_are_those_of_the_log, reader, send
from tests.support.content import copied

READER = "joost@example.org"


async def buys(
    product: Product, address: str, number: str = "F1", *, optout: bool = False, days_ago: int = 0
) -> Lead | None:
    """The shop tells of a purchase."""
    at = now() - timedelta(days=days_ago)
    bought = Bought(120.0, at, "Training", number, optout_offered=optout, source="api")
    house = HouseFile(product.settings.content).fresh()
    async with in_transaction():
        return await purchases.take_from(product.site, house, address, bought)


async def test_g16_a_purchase_makes_a_customer_once_and_ends_what_came_before(
    product: Product, clock: Clock
) -> None:
    lead = await reader(product)
    before = {"joined_at": now(), "entered_at": now(), "due_at": now() + timedelta(days=5)}
    await Enrolment.create(lead=lead, sequence="vijf-weggevers", step=0, why="", **before)
    for _ in range(2):
        assert await buys(product, READER)
    line = await LedgerLine.get(side="returned")
    assert (line.kind, line.value, line.what, line.source) == ("purchase", 120, "Training", "api")
    assert (await Event.get(kind="purchase")).dedup_key == line.key
    assert (await Lead.get()).customer_since == line.at
    plan = await PlannedGift.get()
    assert (plan.state, (plan.due_at - line.at).days) == ("planned", 3)
    # The sequence is looked at in the very next turn, though nothing of it was due, and ends.
    await product.work()
    assert (await Enrolment.get()).why == "purchase"
    await Enrolment.all().update(ended_at=None, why="", joined_at=now(), due_at=now())
    await buys(product, READER, "F0", days_ago=9)
    await product.work()
    assert (await Enrolment.get()).why == "purchase"  # told of later, bought before
    await balances_are_those_of_the_log()


async def test_g16_thanks_go_some_days_later_with_a_gift_and_without_an_ask(
    product: Product, clock: Clock
) -> None:
    lead = await reader(product)
    await buys(product, READER)
    await product.work()
    assert not await Gift.all().exists()
    clock(3.1)
    await product.work()
    gift, plan = await Gift.get(), await PlannedGift.get()
    assert (plan.state, plan.gift_number, gift.source) == ("sent", gift.id, "thanks")
    mail = " ".join(body_of(product.mails(READER)[-1]).split())
    assert "Dank je wel dat je voor ons koos" in mail
    card = link_of(product.site, lead)
    assert card in mail
    line = await LedgerLine.get(side="given")
    assert (line.why, line.unexpected, line.source) == ("na een aankoop", True, "thanks")
    quiet = (await Lead.get()).no_ask_until
    assert quiet is not None
    assert (quiet - now()).days == 9
    # It is opened like any gift, spends nothing of the surprises of the week, and goes once.
    path = await product.link(READER, "/gift/")
    assert (await product.post(path)).status_code == 303
    desk = await product.log_in("sales")
    assert "nog 5 te geven" in (await desk.get("/desk/surprises")).text
    await product.work()
    assert await Gift.all().count() == 1
    await balances_are_those_of_the_log()
    await desk.aclose()


async def test_g16_who_may_not_be_mailed_is_thanked_by_a_person(
    product: Product, clock: Clock
) -> None:
    await product.log_in("sales")
    await product.gift("gulle-gever", READER)
    await buys(product, READER)
    clock(3.1)
    mails = len(product.mails(READER))
    await product.work()
    assert (await PlannedGift.get()).state == "held"
    assert "geef iets in het echt" in (await Note.get()).text
    assert len(product.mails(READER)) == mails
    lead = await Lead.get()
    desk = await product.log_in("sales")
    assert "Geef iets in het echt" in (await desk.get(f"/desk/leads/{lead.id}")).text
    clock(200)
    desk = await product.log_in("sales")
    listed = await desk.get("/desk/customers")
    assert "een bedankje wacht op jou" in listed.text
    assert f"/desk/leads/{lead.id}/surprise" in listed.text
    # A customer who was offered a way out is mailed.
    await product.gift("service-als-cadeau", "an@example.org")
    await buys(product, "an@example.org", "F2", optout=True)
    clock(203.1)
    await product.work()
    assert (await Gift.get(source="thanks")).asset_slug != "service-als-cadeau"


async def test_g16_sales_changes_or_drops_the_thanks(product: Product, clock: Clock) -> None:
    lead = await reader(product)
    desk = await product.log_in("sales")
    card = f"/desk/leads/{lead.id}"
    form = {"what": "Training", "amount": "1.250,50", "optout": "yes"}
    for told in ("desk.bought_told", "desk.hand_twice"):
        answer = await send(desk, card, f"{card}/purchase", **form)
        assert told in answer.headers["location"]
    assert (await LedgerLine.get()).value == 1250.5
    assert (await Lead.get()).optout_offered_at
    plan = await PlannedGift.get()
    path = f"/desk/planned/{plan.id}"
    assert path in (await desk.get(card)).text
    wrong = await send(desk, path, asset="", line="Koop nu ons boek.")
    assert wrong.status_code == 422
    assert "Koop nu ons boek." in wrong.text
    chosen = re.findall(r'name="asset" value="([^"]+)"', wrong.text)[1]
    await send(desk, path, asset=chosen, line="Veel plezier ermee, Marit.")
    clock(3.1)
    await product.work()
    assert (await Gift.get()).asset_slug == chosen
    assert "Veel plezier ermee, Marit." in body_of(product.mails(READER)[-1])
    desk = await product.log_in("sales")
    assert (await desk.get(path)).status_code == 404  # it went


async def test_g16_a_purchase_that_was_wrong_leaves_no_customer_and_no_thanks(
    product: Product,
) -> None:
    lead = await reader(product)
    await buys(product, READER)
    desk = await product.log_in("sales")
    undo = f"/desk/ledger/{(await LedgerLine.get()).id}/take-back"
    await send(desk, f"/desk/leads/{lead.id}", undo, why="Verkeerde klant")
    assert (await Lead.get()).customer_since is None
    assert (await PlannedGift.get()).state == "dropped"
    await balances_are_those_of_the_log()
    await desk.aclose()


async def test_g16_what_a_stranger_bought_waits_without_their_address(
    product: Product, clock: Clock
) -> None:
    for _ in range(2):
        assert await buys(product, READER) is None
    waiting = await WaitingPurchase.get()
    assert "joost" not in str(dict(waiting))
    await product.ask("gulle-gever", READER)
    assert await buys(product, READER) is None  # nobody showed that the address is theirs
    await product.gift("gulle-gever", READER)
    await product.work()
    assert await WaitingPurchase.all().count() == 0
    assert (await Lead.get()).customer_since == waiting.at
    assert await LedgerLine.filter(side="returned").count() == 1
    # Who never comes is forgotten.
    await buys(product, "niemand@example.org", "F2")
    clock(91)
    await product.work()
    assert await WaitingPurchase.all().count() == 0
    await balances_are_those_of_the_log()


async def test_g16_of_who_was_erased_nothing_is_kept(product: Product) -> None:
    await buys(product, READER)
    await product.ask("gulle-gever", READER)
    await erasing.erase(product.site, product.settings.data, (await Lead.get()).id)
    assert await WaitingPurchase.all().count() == 0
    assert await buys(product, READER, "F2") is None
    assert await WaitingPurchase.all().count() == 0
    assert await Event.all().count() == 0


async def test_g16_a_table_makes_customers_and_brings_what_waited(
    product: Product, tmp_path: Path, environ: dict[str, str]
) -> None:
    await buys(product, "an@example.org")
    leads, sales = tmp_path / "leads.csv", tmp_path / "koop.csv"
    leads.write_text("email\nan@example.org\nbo@example.org\n", "utf-8")
    givefirst(environ, "leads", "import", str(leads), "--source", "beurs")
    assert await WaitingPurchase.all().count() == 0
    assert (await Lead.get(email="an@example.org")).customer_since
    sales.write_text(
        "email,at,amount,what,id\nbo@example.org,2020-01-02,80,Boek,7\n"
        "bo@example.org,2020-01-02,80,Boek,7\nniemand@example.org,2020-01-02,80,Boek,8\n",
        "utf-8",
    )
    told = givefirst(environ, "purchases", "import", str(sales), "--json")
    assert '"new": 1' in told.out
    bo = await Lead.get(email="bo@example.org")
    assert bo.customer_since
    # No thanks for what was bought years ago.
    assert not await PlannedGift.filter(lead_id=bo.id).exists()
    await balances_are_those_of_the_log()


async def test_g16_a_full_card_is_a_gift_once_and_stamps_are_for_any_return(
    product: Product, clock: Clock
) -> None:
    clock(-30)
    lead = await reader(product)
    path = link_of(product.site, lead).removeprefix(product.settings.base_url)
    assert (await product.get(path)).status_code == 404  # no customer
    await by_hand.receive(lead, Handmade("reply", "voor de koop", now()), None)
    clock(-25)
    await buys(product, READER)
    for day, kind in enumerate(("reply", "review", "forward", "comment", "reply"), -20):
        clock(day)
        for n in range(2):  # twice on a day is one stamp
            await by_hand.receive(lead, Handmade(kind, f"dank {n}", now()), None)
    clock(0)
    page = (await product.get(path)).text
    assert page.count('class="stamp"') == 6
    assert "Je kocht iets" in page
    rewards = re.findall(r'name="reward" value="([^"]+)"', page)
    assert rewards
    before = await Gift.all().count()
    answers = await asyncio.gather(
        *(product.post(path, data={"reward": slug}) for slug in (rewards[0], rewards[-1]) * 2)
    )
    assert sorted(answer.status_code for answer in answers) == [303, 409, 409, 409]
    assert await Gift.all().count() == before + 1
    line = await LedgerLine.get(source="card")
    assert (line.side, line.why, line.unexpected) == ("given", "volle kaart", False)
    won = next(answer for answer in answers if answer.status_code == 303)
    assert (await product.get(won.headers["location"])).status_code == 200
    page = (await product.get(path)).text
    assert 'class="stamp"' not in page
    assert 'name="reward"' not in page
    assert (await product.post(path, data={"reward": "../site"})).status_code == 409
    await balances_are_those_of_the_log()


async def test_g16_a_stamp_goes_with_what_was_taken_back(product: Product) -> None:
    lead = await reader(product)
    await buys(product, READER)
    await by_hand.receive(lead, Handmade("review", "mooi", now()), None)
    path = link_of(product.site, lead).removeprefix(product.settings.base_url)
    assert (await product.get(path)).text.count('class="stamp"') == 2
    desk = await product.log_in("sales")
    number = (await LedgerLine.get(kind="review")).id
    await send(desk, f"/desk/leads/{lead.id}", f"/desk/ledger/{number}/take-back", why="Vergist")
    assert (await product.get(path)).text.count('class="stamp"') == 1
    await desk.aclose()


@pytest.mark.pure
def test_a_card_that_is_wrong_is_told_with_its_line_and_is_none(tmp_path: Path) -> None:
    content = copied(tmp_path)
    file, cards = content / "loyalty.yaml", LoyaltyFile(content, Library(content))
    good = file.read_text("utf-8")
    assert cards.fresh()
    for old, new, line in (
        ("stamps: 6", "stamps: 1", "2 tot en met 24"),
        ("[gulle-gever", "[bestaat-niet", "bestaat-niet"),
        ('nl: "Jouw kaart"', 'nl: ""', "twee talen"),
    ):
        file.write_text(good.replace(old, new), "utf-8")
        (finding,) = LoyaltyFile(content, Library(content)).findings()
        assert finding.line > 1
        assert line in finding.text("nl")
        assert LoyaltyFile(content, Library(content)).fresh() is None
    file.unlink()
    assert cards.fresh() is None
    assert cards.findings() == []


async def test_a_blocked_customer_is_never_mailed_thanks(product: Product, clock: Clock) -> None:
    lead = await reader(product)
    await buys(product, READER, optout=True)
    async with in_transaction():
        await outbox.suppress(product.site, lead.email, "complaint")
    clock(3.1)
    mails = await Delivery.all().count()
    await product.work()
    assert await Delivery.all().count() == mails
    assert (await PlannedGift.get()).state == "held"
    assert await Subscription.all().exists()


@pytest.mark.pure
def test_thanks_of_a_house_without_a_card_say_nothing_of_one() -> None:
    house = HouseFile(sample_folder("content")).fresh()
    for language in ("nl", "en"):
        letter = Letters(sample_folder("email_templates")).get("thanks", language, house)
        assert "{{ card }}" in letter.html
        bare = letter.without("card")
        for text in (bare.html, bare.text):
            assert "{{ card }}" not in text
            assert "stempels" not in text
            assert "stamps" not in text
            assert "{{ link }}" in text
            assert ("een jaar" if language == "nl" else "a year") in text
