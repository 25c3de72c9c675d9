"""What somebody bought, by whichever road it comes: the shop, a table, or a colleague.

A purchase is a return like any other, and stands once by its number. It makes a customer, ends the
sequences before a sale, and plans a gift in thanks. Bought by who is not known yet, it waits under
a keyed hash of the address, and is forgotten when nobody comes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from server.gifts import ledger
from server.gifts.models import LedgerLine
from server.kit.clock import now
from server.kit.database import db_time, in_transaction, rows
from server.kit.house import House
from server.kit.site import Site
from server.leads.models import Lead
from server.mail import outbox
from server.newsletter.sequences_running import look_again
from server.sales import thanks
from server.sales.models import WaitingPurchase
from server.staff.models import StaffUser

WAITS = timedelta(days=90)
A_MOMENT = timedelta(minutes=15)  # longer than a transaction in which somebody appears
MOST_EURO = 1e9
LONGEST_WHAT, LONGEST_NUMBER = 200, 80


class PurchaseError(ValueError):
    """This cannot have been bought; `key` is the text that says why."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True)
class Bought:
    """What was bought: `number` is what the shop calls it, if anything.

    `optout_offered`: with it they were offered a way out of mail about what else there is.
    """

    amount: float
    at: datetime
    what: str = ""
    number: str = ""
    optout_offered: bool = False
    source: str = "table"

    @property
    def print(self) -> str:
        """The same for the same purchase."""
        named = self.number or f"{self.at.isoformat()}:{self.amount}:{self.what}"
        return sha256(named.encode()).hexdigest()[:32]

    def check(self) -> None:
        """Raise PurchaseError where it is impossible."""
        if not 0 <= self.amount <= MOST_EURO:
            raise PurchaseError("gifts.hand_euro")
        if self.at > now() + timedelta(minutes=5):
            raise PurchaseError("gifts.hand_future")


async def take(house: House, lead: Lead, bought: Bought, staff: StaffUser | None = None) -> bool:
    """Write a purchase down with all that follows from it; False where it stands there already.

    Belongs in a transaction that holds the lead. Raises PurchaseError.
    """
    bought.check()
    posted = ledger.Posted(
        lead.id,
        f"purchase:{lead.id}:{bought.print}",
        "purchase",
        "purchase",
        side=ledger.RETURNED,
        what=bought.what,
        words=bought.what,
        value=bought.amount,
        source=bought.source,
        staff=staff,
        at=bought.at,
    )
    if not await ledger.post(posted):
        return False
    await Lead.filter(id=lead.id, customer_since=None).update(customer_since=bought.at)
    if bought.optout_offered:
        offered = Lead.filter(id=lead.id, optout_offered_at=None)
        await offered.update(optout_offered_at=bought.at)
    await look_again(lead.id)
    await thanks.plan(lead, posted.key, bought.at, house.giving.thanks_after_days)
    return True


async def take_from(site: Site, house: House, email: str, bought: Bought) -> Lead | None:
    """Write down what the person at a normalised address bought; None where nobody is known there.

    Then it waits; unless the address gets nothing more, of which nothing is kept. Belongs in a
    transaction. Raises PurchaseError.
    """
    bought.check()
    lead = await Lead.select_for_update(no_key=True).get_or_none(email=email)
    if lead and is_known(lead):
        await take(house, lead, bought)
        return lead
    if not await outbox.is_suppressed(site, email):
        await _keep(site, email, bought)
    return None


async def undo(line: LedgerLine) -> None:
    """A purchase was taken back: no thanks for it, and no customer of who bought nothing else.

    Belongs in the transaction of its counter-entry.
    """
    await thanks.drop_for(line.key)
    others = await ledger.lines_of(await Lead.get(id=line.lead_id), ledger.RETURNED)
    first = min((one.at for one in others if one.kind == line.kind), default=None)
    customers = Lead.filter(id=line.lead_id, customer_since=line.at)
    await customers.update(customer_since=first)


def is_known(lead: Lead) -> bool:
    """They showed that the address is theirs, or a table of ours named them."""
    return bool(lead.verified_at or lead.imported_at or lead.customer_since)


async def _keep(site: Site, email: str, bought: Bought) -> None:
    await rows(
        "INSERT INTO waiting_purchase (fingerprint, key, amount, what, number, optout_offered, at,"
        " received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (fingerprint, key) DO NOTHING",
        _print(site, email),
        bought.print,
        bought.amount,
        bought.what[:LONGEST_WHAT],
        bought.number[:LONGEST_NUMBER],
        bought.optout_offered,
        db_time(bought.at),
        db_time(now()),
    )


async def forget(site: Site, email: str) -> None:
    """Nothing waits for this address any more."""
    await WaitingPurchase.filter(fingerprint=_print(site, email)).delete()


def _print(site: Site, email: str) -> str:
    return site.fingerprint("purchase", email)


async def join(site: Site, house: House, emails: Sequence[str]) -> int:
    """What these people bought before we knew them is theirs now; how many purchases.

    Belongs in the transaction in which they appear.
    """
    if not emails or not await WaitingPurchase.exists():
        return 0
    prints = {_print(site, email): email for email in emails}
    joined = 0
    for waiting in await WaitingPurchase.filter(fingerprint__in=list(prints)).order_by("id"):
        lead = await Lead.select_for_update(no_key=True).get_or_none(
            email=prints[waiting.fingerprint]
        )
        # Who deletes the row takes the purchase: of two that look at once, one.
        if lead and await WaitingPurchase.filter(id=waiting.id).delete():
            await take(house, lead, _bought(waiting))
            joined += 1
    return joined


def _bought(waiting: WaitingPurchase) -> Bought:
    return Bought(
        waiting.amount,
        waiting.at,
        waiting.what,
        waiting.number,
        optout_offered=waiting.optout_offered,
        source="api",
    )


async def join_verified(site: Site, house: House) -> int:
    """Join what waits with who pressed a button since; forget what waited too long."""
    gone = await WaitingPurchase.filter(received_at__lt=now() - WAITS).delete()
    oldest = await WaitingPurchase.all().order_by("received_at").first()
    if not oldest:
        return gone
    # Who came by a table was joined as they came.
    appeared = Lead.filter(verified_at__gt=oldest.received_at - A_MOMENT, imported_at=None)
    emails = [str(email) for email in await appeared.values_list("email", flat=True)]
    async with in_transaction():
        return gone + await join(site, house, emails)
