"""Giving an asset to a lead: they ask, they confirm their address, they take it home.

Nothing is asked in return. What we gave is recorded as events; readiness and sales read those
later, this room never calls them.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from tortoise.expressions import Q

from server.gifts import batches, kinds, ledger, limits, passing_on
from server.gifts.limits import Taker
from server.gifts.models import LINK, Gift
from server.kit.clock import now
from server.kit.database import db_time, in_transaction, rows
from server.kit.site import Site
from server.kit.text import say
from server.leads import subscribing, tracking_consent
from server.leads.models import Lead, Subscription, hold
from server.leads.subscribing import Asked
from server.library.assets import Asset
from server.mail import outbox
from server.mail.postman import Postman
from server.tracking.log import Entry, record
from server.tracking.models import Event
from server.web.visitor import Visitor

PURPOSE = LINK
OWNED = Q(confirmed_at__isnull=False) | Q(unasked_at__isnull=False)
TAKEN = ("gift.taken", "trial.started")


@dataclass(frozen=True)
class Wish:
    """A form that somebody sent: for whom, what, and whether the tip may come along."""

    email: str
    name: str
    asset: Asset
    tips: Asked | None
    visitor: Visitor
    source: str = "site"
    via: str = ""
    batch_id: int | None = None


async def request_gift(giver: Postman, wish: Wish) -> None:
    """Note the request and post the mail with the link, all or nothing.

    The same for a known and an unknown address, and for the tenth request as for the first: who
    asks cannot learn who is known here.
    """
    asset = wish.asset
    async with in_transaction():
        passed = await passing_on.behind(wish.via, asset.slug)
        batch = None if passed else await batches.behind(wish.via, asset.slug)
        if passed:
            wish = replace(wish, source=passing_on.SOURCE)
        elif batch:
            wish = replace(wish, source=batch.name, batch_id=batch.id)
        lead = await outbox.meet(giver.site, wish.email, asset.language, wish.source)
        if not lead:
            return
        if wish.name and lead.takes_name:
            await Lead.filter(id=lead.id).update(name=wish.name[:120])
            lead.name = wish.name[:120]
        gift = await _gift_of(giver, lead, wish)
        # The last form counts: who asks again without the tick does not get the tip.
        gift.with_tips = bool(wish.tips and await subscribing.ask_for(lead, wish.tips))
        await Gift.filter(id=gift.id).update(with_tips=gift.with_tips)
        await passing_on.keep(passed, gift, lead)
        await _post_link(giver, gift, asset, lead, wish.visitor)


async def renew(giver: Postman, gift: Gift, asset: Asset, visitor: Visitor) -> bool:
    """Another term for a link whose term is over, and the mail that brings it; True the first time.

    The mail goes to the address the gift was given to and nowhere else, within what a stranger's
    form may cause. For an address that gets nothing more, nothing happens.
    """
    moment = now()
    async with in_transaction():
        lead = await Lead.get_or_none(id=gift.lead_id)
        if not lead or await outbox.is_suppressed(giver.site, lead.email):
            return False
        # The condition sits in the UPDATE, so the database picks the one winner. The tick of the
        # old form is not the wish of who presses this button.
        until = moment + timedelta(days=giver.house.gift_link_days)
        over = Gift.filter(id=gift.id, revoked_at=None, expires_at__lte=moment)
        if not await over.update(expires_at=until, with_tips=False):
            return False
        await _post_link(giver, await Gift.get(id=gift.id), asset, lead, visitor)
    return True


async def _post_link(
    giver: Postman, gift: Gift, asset: Asset, lead: Lead, visitor: Visitor
) -> None:
    """Post the mail with the link and note that it was asked for, if there is a turn for it."""
    turn = await outbox.turn_for(lead)
    if turn is None:
        return
    key = f"gift:{gift.id}:{turn:%Y%m%d%H%M}"
    await record(Entry(lead.id, "gift.requested", key, asset.slug, gift.id, visitor=visitor))
    message = await giver.keep(asset.letter, asset.language)
    values = mail_values(giver, gift, asset, lead)
    await outbox.post(giver.site, outbox.Posting(message, key, values, lead, at=turn))


async def _gift_of(giver: Postman, lead: Lead, wish: Wish) -> Gift:
    """The one gift of this asset to this lead, its link good for another term."""
    moment = now()
    until = moment + timedelta(days=giver.house.gift_link_days)
    found = await rows(
        "INSERT INTO gift (lead_id, asset_slug, language, source, requested_at, expires_at,"
        " with_tips, liked_why, batch_id) VALUES (?, ?, ?, ?, ?, ?, ?, '', ?)"
        " ON CONFLICT (lead_id, asset_slug) DO UPDATE SET expires_at = excluded.expires_at,"
        " language = excluded.language RETURNING id",
        lead.id,
        wish.asset.slug,
        wish.asset.language,
        wish.source,
        db_time(moment),
        db_time(until),
        False,
        wish.batch_id,
    )
    return await Gift.get(id=found[0]["id"])


def mail_values(giver: Postman, gift: Gift, asset: Asset, lead: Lead) -> dict[str, str]:
    """What fills the slots of the gift mail."""
    language = asset.language
    return {
        **asset_values(giver, asset),
        "greeting": outbox.greeting(lead, language),
        "unasked": unasked(giver, language, known=lead.verified_at is not None),
        "link": giver.site.link("/gift", PURPOSE, gift.id),
        "tips": say(language, "gifts.mail_tips") if gift.with_tips else "",
    }


def asset_values(giver: Postman, asset: Asset) -> dict[str, str]:
    """What the gift mail says of an asset, whoever gets it."""
    return {
        "title": asset.title,
        "subtitle": asset.subtitle[:1].lower() + asset.subtitle[1:],
        "kind": say(asset.language, asset.kind_text),
        "minutes": str(asset.minutes),
        "cover": giver.site.url(f"{asset.path}/cover.png"),
        "days": str(giver.house.confirm_days),
        **kinds.mail_words(asset),
    }


def unasked(giver: Postman, language: str, *, known: bool) -> str:
    """What to do for who did not ask; an address that was never confirmed is gone by itself."""
    if known:
        return say(language, "gifts.mail_unasked_known")
    return say(language, "gifts.mail_unasked", count=giver.house.confirm_days)


@dataclass(frozen=True)
class Handed:
    """What came of the button: `first` the first time, `full` the limit that stood in the way."""

    first: bool = False
    full: str = ""


async def hand_over(
    giver: Postman, gift: Gift, taker: Taker, visitor: Visitor, zone: ZoneInfo
) -> Handed:
    """The button: confirms the address and hands the gift over, in one.

    Where a limit is reached the address is confirmed all the same, and nothing is handed over.
    """
    async with in_transaction():
        await limits.hold(taker)
        # Who erases takes the lead first and then what hangs on it: so do we.
        await hold([gift.lead_id])
        lead = await Lead.get(id=gift.lead_id)
        full = "" if await _is_theirs(gift) else await limits.reached(taker)
        first = not full and await gift.confirm()
        if first or full:
            await lead.verify()
        if first:
            await kinds.begin(gift, taker.asset, zone)
            await _log_taking(giver, gift, taker.asset, visitor)
            await passing_on.tell_sender(giver.site, gift, lead)
        if gift.with_tips:
            await _confirm_tips(lead)
    return Handed(first, full)


async def _is_theirs(gift: Gift) -> bool:
    """It was handed over, or it is a surprise: what we promised unasked is kept."""
    return await Gift.filter(id=gift.id).filter(OWNED).exists()


async def _log_taking(giver: Postman, gift: Gift, asset: Asset, visitor: Visitor) -> None:
    key = f"taken:{gift.id}"
    if gift.unasked_at:
        # It stands on the ledger since the day it was sent.
        unwrapped = Entry(
            gift.lead_id, "gift.unwrapped", key, asset.slug, gift.id,
            visitor=visitor, evidence="human", rule="10-button",
        )  # fmt: skip
        await record(unwrapped)
        return
    posted = ledger.Posted(
        gift.lead_id,
        key,
        ledger.EVENTS.get(asset.kind, "gift.taken"),
        asset.kind,
        asset_slug=asset.slug,
        gift_number=gift.id,
        cost=asset.terms.cost,
        value=asset.value,
        term=kinds.term_of(asset),
        source=gift.source,
        visitor=visitor,
    )
    await ledger.give(posted, giver.house.no_ask_days)


async def _confirm_tips(lead: Lead) -> None:
    wish = await Subscription.filter(lead_id=lead.id, list=subscribing.TIPS).first()
    if wish and await subscribing.confirm(wish, lead, "button on the gift page"):
        await record(
            Entry(lead.id, "newsletter.confirmed", f"tips:{wish.id}:{wish.asked_at.isoformat()}")
        )


async def may_ask_to_follow(gift: Gift, lead: Lead, visitor: Visitor) -> bool:
    """Whether to ask to be allowed to follow the tip: of who pressed the button, of nobody else.

    The link may have been passed on, and nobody says yes for another.
    """
    pressed = Event.filter(gift_number=gift.id, kind__in=TAKEN, reader=visitor.reader)
    return tracking_consent.may_ask(lead, visitor) and await pressed.exists()


async def gift_behind(site: Site, token: str) -> Gift | None:
    """The gift a link opens; None when it is wrong, expired or revoked."""
    number = site.open(PURPOSE, token)
    gift = await Gift.get_or_none(id=number) if number else None
    return gift if gift and gift.is_usable else None


async def extend(lead: Lead, number: int, days: int) -> Gift | None:
    """One of their gifts with its link good for another term; None for none of theirs."""
    gifts = Gift.filter(id=number, lead_id=lead.id, revoked_at=None)
    await gifts.update(expires_at=now() + timedelta(days=days))
    return await gifts.first()


async def tips_wait(gift: Gift) -> bool:
    """The box was ticked for this gift, and the button that confirms it not pressed since."""
    wishes = Subscription.filter(
        lead_id=gift.lead_id, list=subscribing.TIPS, confirmed_at=None, ended_at=None
    )
    return gift.with_tips and await wishes.exists()
