"""What a reader who said yes does with a tip: links followed, opened, and what only machines do."""

from server.kit.clock import now
from server.kit.database import in_transaction
from server.kit.site import Site
from server.leads import tracking_consent
from server.leads.models import Lead
from server.mail.links import PURPOSE, TRAP
from server.mail.models import Delivery, Message, MessageLink
from server.mail.outbox import links_of
from server.tracking import evidence
from server.tracking.log import Entry, record, verdict_on
from server.web.visitor import Visitor

SUBJECT = 80  # characters of the subject that the log keeps


async def delivery_of(site: Site, token: str) -> Delivery | None:
    """The delivery a token in a tip was made for; None for a wrong one."""
    number = site.open(PURPOSE, token)
    return await Delivery.get_or_none(id=number) if number else None


async def target_of(site: Site, delivery: Delivery, number: int) -> str | None:
    """Where link `number` leads: home for the trap, else what the table says; None: nowhere."""
    if number == TRAP:
        message = await Message.get(id=delivery.message_id)
        return site.url(f"/{message.language}/")
    link = await MessageLink.filter(message_id=delivery.message_id, number=number).first()
    return link.target if link else None


async def note(delivery: Delivery, kind: str, number: int, visitor: Visitor) -> None:
    """Record a hit, if the consent stands at this very moment and the browser allows it.

    The line keeps how many links the message has, so that it can be judged from the log alone.
    """
    if visitor.wants_no_tracking or delivery.lead_id is None:
        return
    message = await Message.get(id=delivery.message_id)
    if not message.list:
        return
    links = await links_of(message)
    async with in_transaction():
        # Locked: a consent that is taken back meanwhile waits, or is seen here. Not its key, for
        # whoever writes a line holds that first and would be waited for.
        lead = await Lead.select_for_update(no_key=True).get_or_none(id=delivery.lead_id)
        if not lead or not tracking_consent.holds(lead):
            return
        await record(
            Entry(
                lead.id,
                kind,
                _key(delivery, kind, number, visitor),
                _shortened(message.subject),
                delivery_number=delivery.id,
                value=number,
                detail=str(len(links)),
                visitor=visitor,
            )
        )


def _key(delivery: Delivery, kind: str, number: int, visitor: Visitor) -> str:
    """One line for the same reader, link and minute; opening counts once a day.

    A machine's look does not take the place of a reader's.
    """
    when = f"{now():%Y%m%d}" if kind == evidence.OPEN else f"{now():%Y%m%d%H%M}"
    looks = verdict_on(visitor, kind).evidence
    return f"{kind}:{delivery.id}:{number}:{visitor.reader}:{looks}:{when}"


def _shortened(subject: str) -> str:
    return subject if len(subject) <= SUBJECT else f"{subject[: SUBJECT - 1]}…"
