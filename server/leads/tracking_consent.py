"""May we see what somebody does with the tip? A consent of its own, ended in one step.

Asked unticked, never of who switched profiling off or whose browser asks not to be followed
(DNT, GPC). One receipt for each change, however often and at once a button is pressed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from server.kit.clock import now
from server.kit.database import in_transaction
from server.kit.text import say
from server.leads import consents
from server.leads.models import Lead
from server.leads.subscribing import Asked
from server.web.visitor import Visitor

PURPOSE = "mail-tracking"


@dataclass(frozen=True)
class Choice:
    """What a page shows: `open` asks, `given` offers to take it back, `hidden` says nothing."""

    state: str
    wording: str
    since: datetime | None = None


@dataclass(frozen=True)
class Place:
    """Where the question stands, for the receipt: `page` holds no token."""

    language: str
    house_name: str
    page: str
    network: str
    proof: str


def wording(language: str, house_name: str) -> str:
    """The words beside the box, as they are shown and as the receipt keeps them."""
    return say(language, "leads.mail_tracking", house=house_name)


def ending(language: str) -> str:
    """The words on the button that takes it back."""
    return say(language, "leads.mail_tracking_stop")


def holds(lead: Lead) -> bool:
    """We may see what this lead does with the tip."""
    return lead.mail_tracking_at is not None and lead.profiling_off_at is None


def may_ask(lead: Lead, visitor: Visitor) -> bool:
    """The question may be put to this lead in this browser."""
    return lead.profiling_off_at is None and not visitor.wants_no_tracking


def choice_of(lead: Lead, language: str, house_name: str, *, asked: bool) -> Choice:
    """What stands on a page; `asked` says whether the question may stand there."""
    words = wording(language, house_name)
    if holds(lead):
        return Choice("given", words, lead.mail_tracking_at)
    return Choice("open" if asked else "hidden", words)


async def take(lead: Lead, form: Mapping[str, str], place: Place, *, asked: bool) -> bool:
    """The form of that page; True when it changed something. A "no" is taken from anybody."""
    if form.get("do") == "stop":
        words = ending(place.language)
        return await stop(lead, Asked(words, place.page, place.network), place.proof)
    if "following" in form and asked:
        words = wording(place.language, place.house_name)
        return await allow(lead, Asked(words, place.page, place.network), place.proof)
    return False


async def allow(lead: Lead, asked: Asked, proof: str) -> bool:
    """They said yes; True the first time, False also where profiling was switched off."""
    moment = now()
    async with in_transaction():
        # The condition sits in the UPDATE, so the database picks the one winner.
        won = await Lead.filter(id=lead.id, mail_tracking_at=None, profiling_off_at=None).update(
            mail_tracking_at=moment
        )
        if won:
            await _receipt(lead, asked, proof, given=True)
            lead.mail_tracking_at = moment
    return won == 1


async def stop(lead: Lead, asked: Asked, proof: str) -> bool:
    """They took it back; True the first time. Holds for the very next hit and mail."""
    async with in_transaction():
        won = await Lead.filter(id=lead.id, mail_tracking_at__isnull=False).update(
            mail_tracking_at=None
        )
        if won:
            await _receipt(lead, asked, proof, given=False)
            lead.mail_tracking_at = None
    return won == 1


async def _receipt(lead: Lead, asked: Asked, proof: str, *, given: bool) -> None:
    await consents.record(
        lead,
        PURPOSE,
        given=given,
        wording=asked.wording,
        page=asked.page,
        network=asked.network,
        proof=proof,
        asked_at=now(),
    )
