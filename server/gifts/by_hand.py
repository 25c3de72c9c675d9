"""What a person of ours gave or got back outside the site: at a fair, by post, over lunch.

Written twice it stands once: the same thing to the same lead on the same day by the same road.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from server.gifts import ledger
from server.gifts.models import LedgerLine
from server.kit.clock import now
from server.kit.database import in_transaction
from server.kit.house import House
from server.leads.models import Lead
from server.staff.models import StaffUser

# What came back, as sales may write it down; what the site itself records stands there already.
RETURNS = ("reply", "review", "forward", "referral.joined", "survey", "comment")
LONGEST = 300
MOST_EURO = 100_000.0
A_MOMENT = timedelta(minutes=5)


class ByHandError(ValueError):
    """This cannot be written down; `key` is the text that says why."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True)
class Handmade:
    """What was given or came back: `kind` is one of the catalogue, or of RETURNS; euro for `cost`
    and `value`; `source`: desk, table or api; `key` where that road has one of its own."""

    kind: str
    what: str
    at: datetime
    cost: float = 0.0
    value: float = 0.0
    why: str = ""
    asset_slug: str = ""
    unexpected: bool = False
    by_name: str = ""
    source: str = "desk"
    key: str = ""

    @property
    def is_personal(self) -> bool:
        return self.kind in ("personal", "attention")

    def check(self) -> None:
        """Raise ByHandError where something is missing or impossible."""
        if not self.what.strip() and not self.asset_slug:
            raise ByHandError("gifts.hand_what")
        if len(self.what) > LONGEST:
            raise ByHandError("gifts.hand_long")
        if not (0 <= self.cost <= MOST_EURO and 0 <= self.value <= MOST_EURO):
            raise ByHandError("gifts.hand_euro")
        if self.at > now() + A_MOMENT:
            raise ByHandError("gifts.hand_future")

    def key_for(self, lead: Lead) -> str:
        """The same for the same thing."""
        parts = [self.kind, self.what, self.asset_slug, f"{self.at:%Y-%m-%d}", self.by_name]
        print_ = sha256("\0".join([*parts, str(self.cost)]).encode()).hexdigest()[:24]
        return self.key or f"hand:{lead.id}:{print_}"


async def give(
    house: House, lead: Lead, made: Handmade, staff: StaffUser | None
) -> LedgerLine | None:
    """Write down what was given; None where it stands there already. Raises ByHandError."""
    made.check()
    days = house.giving.personal_days if made.is_personal else house.no_ask_days
    posted = _posted(lead, made, staff, ledger.EVENTS.get(made.kind, "gift.sent"), ledger.GIVEN)
    async with in_transaction():
        return await ledger.give(posted, days)


async def receive(lead: Lead, made: Handmade, staff: StaffUser | None) -> LedgerLine | None:
    """Write down what came back; None where it stands there already. Raises ByHandError."""
    made.check()
    if made.kind not in RETURNS:
        raise ByHandError("gifts.hand_kind")
    async with in_transaction():
        return await ledger.post(_posted(lead, made, staff, made.kind, ledger.RETURNED))


def _posted(
    lead: Lead, made: Handmade, staff: StaffUser | None, event: str, side: str
) -> ledger.Posted:
    return ledger.Posted(
        lead.id,
        made.key_for(lead),
        event,
        made.kind,
        side=side,
        asset_slug=made.asset_slug,
        what=made.what,
        words=made.what,
        cost=made.cost,
        value=made.value,
        why=made.why,
        unexpected=made.unexpected,
        personal=made.is_personal,
        source=made.source,
        by_name=made.by_name,
        staff=staff,
        at=made.at,
    )
