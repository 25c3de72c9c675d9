"""Passing a gift on: the sender is counted, and nobody can tell who came or who sent them."""

from server.gifts.models import Gift, LedgerLine, PassOn
from server.leads.models import Lead
from server.tracking.models import Event
from tests.gifts.liked import FRIEND, READER
from tests.product import Product

SLUG = "gulle-gever"


async def passed_on(product: Product) -> str:
    """A reader makes a link to pass on; its code."""
    path = await product.gift(SLUG, READER, name="Joost")
    for _ in range(2):
        assert (await product.post(f"{path}/pass-on")).status_code == 303
    code = (await PassOn.get()).code
    page = (await product.get(path)).text
    assert f"/nl/library/{SLUG}?via={code}" in page
    assert f"<code>http://127.0.0.1:8000/nl/library/{SLUG}</code>" in page
    return code


async def take(product: Product, address: str, code: str) -> Gift:
    """Ask for the gift by a link that was passed on, and press the button."""
    form = {"email": address, "via": code}
    assert (await product.post(f"/nl/library/{SLUG}", data=form)).status_code == 303
    gift = await Gift.filter(lead__email=address).first()
    assert gift
    await product.work()
    path = f"/gift/{product.site.token('gift', gift.id)}"
    assert (await product.post(path)).status_code == 303
    return gift


async def test_g26_a_friend_who_acts_is_a_return_of_the_sender_and_nobody_knows_who(
    product: Product,
) -> None:
    code = await passed_on(product)
    assert (await LedgerLine.get(kind="forward")).side == "returned"
    page = (await product.get(f"/nl/library/{SLUG}?via={code}")).text
    assert f'name="via" value="{code}"' in page
    assert "Joost" not in page
    assert READER not in page
    await product.post(f"/nl/library/{SLUG}", data={"email": FRIEND, "via": code})
    friend = await Lead.get(email=FRIEND)
    waiting = await Gift.get(lead_id=friend.id)
    assert (waiting.via, waiting.source, friend.source) == (code, "passed on", "passed on")
    assert not await Event.exists(kind="referral.joined")
    gift = await take(product, FRIEND, code)
    await gift.refresh_from_db()
    assert gift.via == ""
    sender = await Lead.get(email=READER)
    joined, line = await Event.get(kind="referral.joined"), await LedgerLine.get(kind="referral")
    assert (joined.lead_id, joined.dedup_key, line.lead_id) == (sender.id, line.key, sender.id)
    told = f"{joined.dedup_key} {joined.detail} {joined.reader} {line.what} {line.why}"
    assert FRIEND not in told
    assert str(friend.id) not in joined.dedup_key.split(":")
    assert (
        await Event.filter(lead_id=friend.id, reader=joined.reader, kind="gift.taken").count() == 0
    )
    desk = await product.log_in()
    for lead in (friend, sender):
        card = (await desk.get(f"/desk/leads/{lead.id}")).text
        other = sender if lead is friend else friend
        assert other.email not in card
        assert code not in card
    assert "Doorgestuurd" in (await desk.get(f"/desk/gifts/{SLUG}")).text


async def test_g26_who_was_known_or_is_the_sender_counts_for_nobody(product: Product) -> None:
    code = await passed_on(product)
    await product.gift("service-als-cadeau", FRIEND)
    for address in (FRIEND, READER):
        await product.post(f"/nl/library/{SLUG}", data={"email": address, "via": code})
        assert not await Gift.exists(via=code)
        await take(product, address, code)
    assert not await Event.exists(kind="referral.joined")


async def test_a_friend_who_became_known_meanwhile_counts_for_nobody(product: Product) -> None:
    code = await passed_on(product)
    await product.post(f"/nl/library/{SLUG}", data={"email": FRIEND, "via": code})
    friend = await Lead.get(email=FRIEND)
    await friend.verify()
    gift = await take(product, FRIEND, code)
    await gift.refresh_from_db()
    assert gift.via == ""
    assert not await Event.exists(kind="referral.joined")


async def test_g26_reading_without_an_address_is_not_acting(product: Product) -> None:
    code = await passed_on(product)
    async with product.browser() as friend:
        assert (await friend.get(f"/nl/library/{SLUG}?via={code}")).status_code == 200
    assert await Lead.all().count() == 1
    assert not await Event.exists(kind="referral.joined")


async def test_a_wrong_code_changes_nothing(product: Product) -> None:
    code = await passed_on(product)
    for wrong in ("0" * 12, code + "0", "<b>", "x" * 500, ""):
        assert (await product.get(f"/nl/library/{SLUG}", params={"via": wrong})).status_code == 200
        gift = await take(product, FRIEND, wrong)
        assert (gift.via, gift.source) == ("", "site")
        await Lead.filter(email=FRIEND).delete()
    # The link of one title says nothing about another.
    await product.post("/nl/library/service-als-cadeau", data={"email": FRIEND, "via": code})
    assert (await Gift.get(lead__email=FRIEND)).source == "site"


async def test_a_friend_counts_once_also_after_they_were_erased(product: Product) -> None:
    code = await passed_on(product)
    for _ in range(2):
        await take(product, FRIEND, code)
        await Lead.filter(email=FRIEND).delete()
    assert await Event.filter(kind="referral.joined").count() == 1


async def test_a_sender_who_is_gone_stands_in_nobodys_way(product: Product) -> None:
    code = await passed_on(product)
    await product.post(f"/nl/library/{SLUG}", data={"email": FRIEND, "via": code})
    await Lead.filter(email=READER).delete()
    assert not await PassOn.exists()
    gift = await take(product, FRIEND, code)
    assert (await Gift.get(id=gift.id)).confirmed_at is not None
