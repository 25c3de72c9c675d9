"""Sending what is due: claim with a lease, look once more, send, write it down."""

import asyncio
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from math import ceil
from secrets import token_hex

from server.kit.clock import now
from server.kit.database import db_time, in_transaction, lock_rows, rows
from server.kit.settings import Settings
from server.kit.site import Site
from server.leads import tracking_consent
from server.leads.models import Lead, Subscription
from server.mail import outbox
from server.mail.mime import Sheet, compose, envelope_sender
from server.mail.models import TRANSACTIONAL, Delivery, Message, Pace
from server.mail.transport import Files, Outcome, Transport, open_transport
from server.staff.models import StaffUser

BATCH = 50
A_LINE = 5  # mails that are worth a connection of their own
AHEAD = timedelta(seconds=1)  # how far before its time a mail may leave, so that rates even out
LEASE = timedelta(seconds=30)
FIRST_RETRY, LAST_RETRY = timedelta(minutes=5), timedelta(hours=4)
TRIES_TO_RENDER = 3
GONE = ("5.1.1", "5.1.10")  # RFC 3463: no such mailbox, a null MX


@dataclass(frozen=True)
class Sender:
    """What sending needs to know."""

    settings: Settings
    site: Site

    async def send_batch(self) -> int:
        """Send what is due, at most fifty; how many rows were dealt with, 0 = nothing was due."""
        token = token_hex(8)
        claimed = await _claim(token, self.settings.mail_rate)
        lines = min(self.settings.mail_connections, ceil(len(claimed) / A_LINE))
        await asyncio.gather(*(self._line(claimed[n::lines], token) for n in range(lines)))
        return len(claimed)

    async def _line(self, deliveries: list[Delivery], token: str) -> None:
        """Send some of them one after another over a connection of their own."""
        async with open_transport(self.settings) as transport:
            for delivery in deliveries:
                await self._one(delivery, token, transport)

    async def _one(self, delivery: Delivery, token: str, transport: Transport) -> None:
        message = await Message.get(id=delivery.message_id)
        lead = await Lead.get_or_none(id=delivery.lead_id) if delivery.lead_id else None
        address = lead.email if lead else delivery.address
        moment = now()
        state, why = await self._may_go(delivery, message, lead, address, moment)
        if state:
            await delivery.settle(state, token, error=why)
            return
        name = "" if not lead else lead.name
        try:
            to = Address(display_name=name, addr_spec=address)
            sheet = await _sheet(message, lead)
            mail = compose(delivery, sheet, to, self.settings, self.site, moment)
        except (KeyError, ValueError, LookupError) as error:
            await _park(delivery, token, f"{type(error).__name__}: {error}")
            return
        # Committed before the first command: after a crash this row is in doubt, not lost.
        sending = {"state": "sending", "leased_until": moment + LEASE}
        if not await Delivery.filter(id=delivery.id, lease_token=token).update(**sending):
            return
        sender = envelope_sender(delivery, self.settings, self.site)
        way = await self._way_to(lead, address, transport)
        outcome = await way.send(sender, address, mail)
        if outcome.kind != "sent":
            await self._write_down(delivery, token, outcome, address)
            return
        written = await delivery.settle("sent", token, sent_at=now())
        if not written and not await Delivery.exists(id=delivery.id):
            # Erased while it went out: a file would outlive its row.
            await way.take_back()

    async def _way_to(self, lead: Lead | None, address: str, transport: Transport) -> Transport:
        """How a mail leaves; the invented people of a demo are mailed to files, whatever is set."""
        invented = lead.invented_at is not None if lead else await _is_invented(address)
        return Files(self.settings.data / "mail") if invented else transport

    async def _may_go(
        self, delivery: Delivery, message: Message, lead: Lead | None, address: str, at: datetime
    ) -> tuple[str, str]:
        """The state it gets instead of being sent, and why; two empty texts when it may go."""
        if delivery.not_after < at:
            return ("held", "too late") if message.list else ("expired", "too late")
        if not address or await outbox.is_suppressed(self.site, address):
            return "suppressed", "blocked address"
        if message.list and lead:
            wish = await Subscription.filter(lead_id=lead.id, list=message.list).first()
            if not wish or not wish.is_active:
                return "suppressed", "not on the list"
            if message.is_ask and lead.no_ask_until and lead.no_ask_until > at:
                return "suppressed", "no-ask window"
        return "", ""

    async def _write_down(
        self, delivery: Delivery, token: str, outcome: Outcome, address: str
    ) -> None:
        text = f"{outcome.code} {outcome.text}".strip()
        if outcome.kind == "never":
            await delivery.settle("failed", token, error=text)
            if outcome.text.startswith(GONE):
                await outbox.suppress(self.site, address, "no such mailbox")
        elif outcome.kind == "unsure" and (delivery.lane != TRANSACTIONAL and delivery.attempts):
            await delivery.settle("uncertain", token, error=text)
        else:
            await _try_again(delivery, token, text)


async def _is_invented(address: str) -> bool:
    """Somebody of a demo has this address."""
    lead = Lead.filter(email=address, invented_at__isnull=False)
    staff = StaffUser.filter(email=address, invented_at__isnull=False)
    return await lead.exists() or await staff.exists()


async def _sheet(message: Message, lead: Lead | None) -> Sheet:
    """What is written to this reader: followed in the weekly tip only, and only after a yes."""
    followed = bool(lead and message.list and tracking_consent.holds(lead))
    return Sheet(message, await outbox.links_of(message), followed)


async def _claim(token: str, rate: float) -> list[Delivery]:
    """Take what is due, and no more than the rate of all workers together lets go now."""
    if not rate:
        return await _take(token, BATCH)
    async with in_transaction():
        pace = await Pace.select_for_update().get(id=1)
        moment = now()
        start = max(pace.next_at, moment)
        room = int(((moment + AHEAD) - start).total_seconds() * rate)
        if room <= 0:
            return []
        claimed = await _take(token, min(room, BATCH))
        later = start + timedelta(seconds=len(claimed) / rate)
        await Pace.filter(id=1).update(next_at=later)
    return claimed


async def _take(token: str, most: int) -> list[Delivery]:
    moment = now()
    due = (
        "SELECT id FROM delivery WHERE state IN ('queued', 'retry') AND next_try_at <= ?"  # noqa: S608
        " ORDER BY lane, next_try_at, id LIMIT ?" + lock_rows()
    )
    claimed = await rows(
        "UPDATE delivery SET state = 'leased', lease_token = ?, leased_until = ?"  # noqa: S608
        f" WHERE id IN ({due}) RETURNING id",
        token,
        db_time(moment + LEASE),
        db_time(moment),
        most,
    )
    ids = [row["id"] for row in claimed]
    return await Delivery.filter(id__in=ids).order_by("lane", "id") if ids else []


async def _try_again(delivery: Delivery, token: str, text: str) -> None:
    attempts = delivery.attempts + 1
    pause = min(FIRST_RETRY * 2 ** (attempts - 1), LAST_RETRY) * random.uniform(0.8, 1.2)  # noqa: S311
    at = now() + pause
    if at > delivery.not_after:
        await delivery.settle("expired", token, error=text, attempts=attempts)
    else:
        await delivery.settle("retry", token, error=text, attempts=attempts, next_try_at=at)


async def _park(delivery: Delivery, token: str, text: str) -> None:
    attempts = delivery.attempts + 1
    state = "parked" if attempts >= TRIES_TO_RENDER else "retry"
    await delivery.settle(state, token, error=text, attempts=attempts)


async def take_back_leases(*, alone: bool = False) -> int:
    """Free rows whose worker died: leased ones at once, sending ones by the policy of their class.

    A mail somebody waits for is tried again; a newsletter once, under the same Message-ID, then it
    stays in doubt for a person to decide. `alone`: no other worker can live (SQLite at start).
    """
    moment = now()
    lost = Delivery.filter() if alone else Delivery.filter(leased_until__lt=moment)
    free = {"lease_token": "", "leased_until": None}
    back = await lost.filter(state="leased").update(state="queued", **free)
    again = lost.filter(state="sending")
    back += await again.filter(lane=TRANSACTIONAL).update(state="retry", **free)
    doubt = again.exclude(lane=TRANSACTIONAL)
    back += await doubt.filter(attempts=0).update(state="retry", attempts=1, **free)
    return back + await doubt.filter(attempts__gt=0).update(state="uncertain", **free)
