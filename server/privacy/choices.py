"""What a person may choose on their own page; each choice holds at once, however often pressed."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from server.gifts import asking, giving, liking
from server.gifts.models import Gift
from server.kit.clock import now
from server.kit.database import in_transaction
from server.kit.house import House
from server.kit.text import say, whole_number
from server.leads import subscribing, tracking_consent
from server.leads.models import Lead, Subscription, company_key
from server.leads.subscribing import Asked
from server.leads.timezones import zone_of
from server.leads.tracking_consent import Place
from server.newsletter import joining, wishes
from server.newsletter.joining import Leaving
from server.tracking.log import Entry, record
from server.web.visitor import Visitor

PAGE = "/me"


class GoneError(Exception):
    """They were erased meanwhile."""


@asynccontextmanager
async def held(lead_id: int) -> AsyncIterator[Lead]:
    """The lead, locked until the end of this transaction. Raises GoneError."""
    async with in_transaction():
        lead = await Lead.select_for_update().get_or_none(id=lead_id)
        if not lead:
            raise GoneError
        yield lead


async def tips_of(lead: Lead) -> Subscription | None:
    """Their subscription to the weekly tip, in whatever state."""
    return await Subscription.filter(lead_id=lead.id, list=subscribing.TIPS).first()


async def pause(lead_id: int) -> None:
    """Four weeks without a tip, the one that is ready to go included."""
    async with held(lead_id) as lead:
        await joining.pause(Leaving(lead, await tips_of(lead)))


async def resume(lead_id: int) -> None:
    """The tip again, from the next one on."""
    async with held(lead_id) as lead:
        wish = await tips_of(lead)
        if wish:
            await subscribing.resume(wish)


async def leave(lead_id: int, visitor: Visitor) -> None:
    """Off the list, with a receipt, and nothing of it any more."""
    async with held(lead_id) as lead:
        wording = say(lead.language, "privacy.leave_wording")
        who = Leaving(lead, await tips_of(lead))
        await joining.leave(who, visitor, wording, "button", PAGE)


async def speak(lead_id: int, language: str) -> bool:
    """Pages and mails in this language; False for one we do not speak."""
    async with held(lead_id) as lead:
        return await wishes.speak(lead, language)


async def want_every(lead_id: int, weeks: str) -> bool:
    """The tip as often as they say; False for a rhythm that we do not have."""
    async with held(lead_id) as lead:
        wish = await tips_of(lead)
        return wish is not None and await wishes.want_every(lead, wish, weeks)


async def want_topics(lead_id: int, topics: Sequence[str], house: House) -> bool:
    """Tips about these themes; False where none of them is left."""
    async with held(lead_id) as lead:
        wish = await tips_of(lead)
        return wish is not None and await wishes.want_topics(lead, wish, topics, house)


async def live_in(lead_id: int, written: str) -> bool:
    """The clock they live by, empty: that of the site; False for one that does not exist."""
    zone = zone_of(written) if written else ""
    if zone is None:
        return False
    async with held(lead_id) as lead:
        await Lead.filter(id=lead.id).update(timezone=zone)
    return True


async def correct(lead_id: int, name: str, company: str, role: str) -> None:
    """Name, firm and role as they say; the log tells that it was done and not what."""
    fresh = {"name": name, "company": company, "role": role}
    async with held(lead_id) as lead:
        if all(getattr(lead, field) == value for field, value in fresh.items()):
            return
        await Lead.filter(id=lead.id).update(**fresh, company_key=company_key(company))
        moment = now()
        await record(Entry(lead.id, "lead.corrected", f"corrected:{lead.id}:{moment.isoformat()}"))


async def follow(lead_id: int, form: Mapping[str, str], place: Place) -> None:
    """Yes or no to our seeing what they do with the tip, with a receipt for each change."""
    async with held(lead_id) as lead:
        await tracking_consent.take(lead, form, place, asked=True)


async def stay(lead_id: int) -> None:
    """They want to be kept: a sign of life, so the months count anew."""
    async with held(lead_id) as lead:
        await record(Entry(lead.id, "lead.kept", f"kept:{lead.id}:{now():%Y%m%d}"))


async def renew(lead_id: int, gift: str, days: int) -> Gift | None:
    """One of their gifts with its link good again; None for none of theirs."""
    number = whole_number(gift)
    if number is None:
        return None
    async with held(lead_id) as lead:
        return await giving.extend(lead, number, days)


async def want_questions(lead_id: int, *, wanted: bool) -> None:
    """Whether we ask how they liked what we gave."""
    async with held(lead_id) as lead:
        await asking.want_questions(lead.id, wanted=wanted)


async def take_back_quote(lead_id: int, gift: str, network: str) -> bool:
    """A sentence of theirs off the page, with a receipt; False for none of theirs."""
    number = whole_number(gift)
    if number is None:
        return False
    async with held(lead_id) as lead:
        asked = Asked(say(lead.language, "privacy.quote_back"), PAGE, network)
        return await liking.take_back_quote(lead, number, asked)
