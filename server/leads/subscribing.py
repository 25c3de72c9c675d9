"""Subscribing to a list: asked, confirmed by a button, ended in one step."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from server.kit.clock import now
from server.leads import consents
from server.leads.models import Lead, Subscription

TIPS = "tips"


@dataclass(frozen=True)
class Asked:
    """Where and in which words somebody was asked: what a receipt of consent needs."""

    wording: str
    page: str
    network: str


async def ask_for(lead: Lead, asked: Asked, list_name: str = TIPS) -> Subscription | None:
    """Note a wish that a button still has to confirm; None when they are on the list already."""
    found = await Subscription.filter(lead_id=lead.id, list=list_name).first()
    if found and found.confirmed_at and not found.ended_at:
        return None
    fresh: dict[str, Any] = {
        "wording": asked.wording,
        "page": asked.page,
        "network": asked.network,
        "asked_at": now(),
        "confirmed_at": None,
        "ended_at": None,
        "paused_until": None,
        "every_weeks": 1,
        "topics": "",
    }
    if found:
        await found.update_from_dict(fresh).save()
        return found
    return await Subscription.create(lead=lead, list=list_name, **fresh)


async def confirm(subscription: Subscription, lead: Lead, proof: str) -> bool:
    """The button: True the first time, however often and at once it is pressed."""
    # The condition sits in the UPDATE, so the database picks the one winner.
    won = await Subscription.filter(id=subscription.id, confirmed_at=None, ended_at=None).update(
        confirmed_at=now()
    )
    if won:
        await lead.verify()
        await consents.record(
            lead,
            subscription.list,
            given=True,
            wording=subscription.wording,
            page=subscription.page,
            network=subscription.network,
            proof=proof,
            asked_at=subscription.asked_at,
        )
    return won == 1


async def end(
    subscription: Subscription, lead: Lead, *, wording: str, proof: str, page: str
) -> bool:
    """Leave the list: True the first time; effective for whatever is queued."""
    won = await Subscription.filter(id=subscription.id, ended_at=None).update(ended_at=now())
    if won:
        await consents.record(
            lead,
            subscription.list,
            given=False,
            wording=wording,
            page=page,
            network="",
            proof=proof,
            asked_at=now(),
        )
    return won == 1


async def want_every(subscription: Subscription, weeks: int) -> None:
    """No more than one mail of this list in so many weeks."""
    await Subscription.filter(id=subscription.id).update(every_weeks=weeks)


async def want_topics(subscription: Subscription, topics: Sequence[str]) -> None:
    """Only what is about one of these; none: about everything."""
    words = f",{','.join(topics)}," if topics else ""
    await Subscription.filter(id=subscription.id).update(topics=words)


async def pause(subscription: Subscription, days: int) -> None:
    """No mail of this list for so many days, also none that is queued."""
    await Subscription.filter(id=subscription.id).update(paused_until=now() + timedelta(days=days))


async def resume(subscription: Subscription) -> None:
    """The end of a pause, now."""
    await Subscription.filter(id=subscription.id).update(paused_until=None)
