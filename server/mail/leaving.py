"""Leaving every list without a page of ours: by a mail, or by a complaint."""

from server.leads import subscribing
from server.leads.models import Lead, Subscription
from server.mail import outbox
from server.tracking.log import Entry, record


async def leave_lists(lead: Lead, *, wording: str, proof: str, key: str) -> bool:
    """End every list, also for what is queued, with a receipt; True when there was one to end.

    Belongs in a transaction.
    """
    left = False
    for wish in await Subscription.filter(lead_id=lead.id, ended_at=None):
        ended = await subscribing.end(wish, lead, wording=wording, proof=proof, page="")
        await outbox.withdraw(lead, wish.list)
        left = ended or left
    if left:
        await record(Entry(lead.id, "unsubscribe", f"unsubscribe:{key}"))
    return left
