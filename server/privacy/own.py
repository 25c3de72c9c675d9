"""The link to a person's own page: what opens it, and mailing it to them."""

from datetime import timedelta

from server.kit.clock import now
from server.kit.database import in_transaction
from server.kit.site import Site
from server.leads.models import Lead
from server.mail import outbox
from server.mail.mime import ME
from server.mail.models import Delivery
from server.mail.postman import Postman

LINK_DAYS = 90


async def owner_of(site: Site, token: str) -> Lead | None:
    """Whose page a link opens, for 90 days after the mail it came with; None for any other."""
    number = site.open(ME, token)
    since = now() - timedelta(days=LINK_DAYS)
    mails = Delivery.filter(id=number, next_try_at__gt=since)
    delivery = await mails.first().prefetch_related("lead") if number else None
    return delivery.lead if delivery else None


async def mail_to_address(postman: Postman, email: str) -> None:
    """Mail the link if somebody with this address is known here; who asks cannot tell."""
    async with in_transaction():
        lead = await Lead.select_for_update().get_or_none(email=email)
        if lead:
            await _post(postman, lead)


async def mail_to_lead(postman: Postman, lead_id: int) -> None:
    """Mail the link to the address of a lead."""
    async with in_transaction():
        lead = await Lead.select_for_update().get_or_none(id=lead_id)
        if lead:
            await _post(postman, lead)


async def _post(postman: Postman, lead: Lead) -> None:
    turn = await outbox.turn_for(lead)
    if turn is None:
        return
    language = lead.language
    message = await postman.keep("me", language)
    values = {"greeting": outbox.greeting(lead, language), "days": str(LINK_DAYS)}
    key = f"me:{lead.id}:{turn:%Y%m%d%H%M}"
    await outbox.post(postman.site, outbox.Posting(message, key, values, lead, at=turn))
