"""What readers want of the tip: how often, about what, in which language; also of what waits."""

from collections.abc import Sequence

from server.kit.clock import now
from server.kit.database import in_transaction, rows
from server.kit.house import House
from server.kit.text import LANGUAGES
from server.leads import subscribing
from server.leads.models import Lead, Subscription
from server.mail.models import Delivery
from server.newsletter.audience import LISTED, RESTS, Rules, Where, fits, rested
from server.newsletter.models import Issue, IssueText, IssueVariant

EVERY = (1, *RESTS)
WAITING = ("queued", "retry", "held", "leased")


async def want_every(lead: Lead, wish: Subscription, weeks: str) -> bool:
    """A tip no more often than every so many weeks; False for a rhythm that we do not have."""
    if weeks not in map(str, EVERY):
        return False
    async with in_transaction():
        await subscribing.want_every(wish, int(weeks))
        await refit(lead)
    return True


async def want_topics(lead: Lead, wish: Subscription, topics: Sequence[str], house: House) -> bool:
    """Only tips about these themes of the house, all of them: everything; False for none."""
    chosen = [theme for theme in house.themes if theme in topics]
    if not chosen:
        return False
    async with in_transaction():
        await subscribing.want_topics(wish, [] if len(chosen) == len(house.themes) else chosen)
        await refit(lead)
    return True


async def speak(lead: Lead, language: str) -> bool:
    """Pages and mails in this language; False for one we do not speak."""
    if language not in LANGUAGES:
        return False
    async with in_transaction():
        await Lead.filter(id=lead.id).update(language=language)
        lead.language = language
        await refit(lead)
    return True


def topics_of(wish: Subscription, house: House) -> list[str]:
    """The themes that they get now: all, where they chose none."""
    chosen = wish.topics.split(",")
    return [theme for theme in house.themes if not wish.topics or theme in chosen]


async def refit(lead: Lead) -> None:
    """Have what waits for a reader follow what they want now: withdrawn, or in their language.

    What a worker holds to send next loses its lease, so that it does not go as it was. Belongs in
    the transaction of the change.
    """
    waiting = Delivery.filter(lead_id=lead.id, state__in=WAITING, key__startswith="issue:")
    for delivery in await waiting:
        issue = await Issue.get_or_none(name=delivery.key.split(":")[1])
        if not issue:
            continue
        text = await IssueText.get_or_none(issue_id=issue.id, language=lead.language)
        if not text:
            await _withdraw(delivery, "not in this language")
        elif not await _is_fit(lead, fits(Rules.kept(issue.rules))):
            await _withdraw(delivery, "not about a topic they chose")
        elif not await _is_fit(lead, rested(now(), f" AND d.id <> {delivery.id}")):
            await _withdraw(delivery, "not this week")
        elif not await _is_in(issue, text, delivery):
            await rows(
                "UPDATE delivery SET message_id = ?, lease_token = '',"
                " state = CASE WHEN state = 'leased' THEN 'queued' ELSE state END WHERE id = ?"
                " AND state IN ('queued', 'retry', 'held', 'leased')",
                text.message_id,
                delivery.id,
            )


async def _is_in(issue: Issue, text: IssueText, delivery: Delivery) -> bool:
    """It waits in the language of the text already, with whichever of two subjects."""
    if text.message_id == delivery.message_id:
        return True
    return await IssueVariant.exists(
        issue_id=issue.id, language=text.language, message_id=delivery.message_id
    )


async def _is_fit(lead: Lead, where: Where) -> bool:
    own = Where("s.lead_id = ? AND s.list = ?", (lead.id, subscribing.TIPS)) & where
    return bool(await rows(f"SELECT s.id {LISTED} {own.sql}", *own.values))


async def _withdraw(delivery: Delivery, why: str) -> None:
    await Delivery.filter(id=delivery.id, state__in=WAITING).update(
        state="suppressed", error=why, lease_token=""
    )
