"""Joining and leaving the weekly tip."""

from dataclasses import dataclass
from datetime import timedelta

from server.kit.clock import now
from server.kit.database import in_transaction
from server.kit.house import House
from server.kit.site import Site
from server.kit.text import weekday_name
from server.leads import subscribing
from server.leads.models import Lead, Subscription
from server.leads.subscribing import Asked
from server.mail import outbox
from server.mail.models import Delivery
from server.mail.postman import Postman
from server.newsletter import sequences_running
from server.tracking.log import Entry, record
from server.web.visitor import Visitor

CONFIRM, UNSUBSCRIBE = "confirm", "unsubscribe"
PAUSE_DAYS = 28


async def sign_up(
    host: Postman, email: str, name: str, language: str, asked: Asked, source: str
) -> None:
    """Note the wish and mail the button that confirms it; the same for known and unknown."""
    async with in_transaction():
        lead = await outbox.meet(host.site, email, language, source)
        if not lead:
            return
        if name and lead.takes_name:
            await Lead.filter(id=lead.id).update(name=name)
            lead.name = name
        wish = await subscribing.ask_for(lead, asked)
        turn = await outbox.turn_for(lead) if wish else None
        if not wish or turn is None:
            return
        message = await host.keep("confirm", language)
        values = {
            "greeting": outbox.greeting(lead, language),
            "link": host.site.link("/confirm", CONFIRM, wish.id),
            "day": weekday_name(language, host.house.tip_weekday),
            "days": str(host.house.confirm_days),
        }
        key = f"confirm:{wish.id}:{turn:%Y%m%d%H%M}"
        await outbox.post(host.site, outbox.Posting(message, key, values, lead, at=turn))


async def wish_of(site: Site, token: str, house: House) -> Subscription | None:
    """The wish a confirmation link opens; None when it is wrong or older than its term."""
    number = site.open(CONFIRM, token)
    wish = await Subscription.get_or_none(id=number).prefetch_related("lead") if number else None
    if not wish or wish.ended_at:
        return None
    fresh = wish.asked_at > now() - timedelta(days=house.confirm_days)
    return wish if wish.confirmed_at or fresh else None


async def confirm(wish: Subscription) -> bool:
    """The button; True the first time."""
    async with in_transaction():
        lead = await Lead.get(id=wish.lead_id)
        won = await subscribing.confirm(wish, lead, "button in the mail")
        if won:
            key = f"tips:{wish.id}:{wish.asked_at.isoformat()}"
            await record(Entry(lead.id, "newsletter.confirmed", key))
    return won


@dataclass(frozen=True)
class Leaving:
    """Who an unsubscribe link speaks of: nobody for a mail to staff or a test."""

    lead: Lead | None
    subscription: Subscription | None
    delivery: Delivery | None = None


async def leaving(site: Site, token: str) -> Leaving | None:
    """Who the link belongs to; None for a wrong one."""
    number = site.open(UNSUBSCRIBE, token)
    delivery = await Delivery.get_or_none(id=number) if number else None
    if not delivery:
        return None
    lead = await Lead.get_or_none(id=delivery.lead_id) if delivery.lead_id else None
    wish = None
    if lead:
        wish = await Subscription.filter(lead_id=lead.id, list=subscribing.TIPS).first()
    return Leaving(lead, wish, delivery)


async def leave(
    who: Leaving, visitor: Visitor, wording: str, proof: str, page: str = "/unsubscribe"
) -> None:
    """End it, also for the mail that is ready to go; a second time changes nothing."""
    if not who.lead or not who.subscription:
        return
    async with in_transaction():
        ended = await subscribing.end(
            who.subscription, who.lead, wording=wording, proof=proof, page=page
        )
        await outbox.withdraw(who.lead, subscribing.TIPS)
        if ended:
            await sequences_running.end_all_of(who.lead, sequences_running.LEFT)
            key = f"unsubscribe:{who.subscription.id}:{who.subscription.asked_at.isoformat()}"
            await record(Entry(who.lead.id, "unsubscribe", key, visitor=visitor, evidence="human"))


async def pause(who: Leaving) -> None:
    """Four weeks of rest, also from the mail that is ready to go."""
    if not who.lead or not who.subscription or who.subscription.ended_at:
        return
    async with in_transaction():
        await subscribing.pause(who.subscription, PAUSE_DAYS)
        await outbox.withdraw(who.lead, subscribing.TIPS)
