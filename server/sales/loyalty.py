"""The loyalty card: a stamp for whatever a customer gave back, not for money alone.

At most one stamp for each kind of return a day, counted on the log each time it is looked at: what
is taken back takes its stamp along. A full card is a gift, once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from server.gifts import limits
from server.gifts.limits import Taker
from server.gifts.models import Gift
from server.kit.clock import now
from server.kit.database import db_time, in_transaction, rows
from server.kit.site import Site
from server.kit.text import say
from server.leads.models import Lead
from server.library.assets import Asset
from server.sales import surprises, thanks
from server.sales.loyalty_file import PURPOSE, Loyalty
from server.sales.models import PlannedGift
from server.sales.surprises import CARD, Shop, Surprise
from server.tracking.evidence import COUNTS
from server.tracking.kinds import RETURNS
from server.tracking.models import Event


@dataclass(frozen=True)
class Stamp:
    """One kind of return on one day of the site."""

    kind: str
    day: date


@dataclass(frozen=True)
class Card:
    """Where a customer stands: what is on the card they fill now, and the full ones to choose for.

    `filled`: what is on it, oldest first; of a full one that waits, all of it.
    """

    loyalty: Loyalty
    stamps: tuple[Stamp, ...]
    redeemed: int

    @property
    def waits(self) -> int:
        """Full cards for which something may be chosen."""
        return max(0, len(self.stamps) // self.loyalty.stamps - self.redeemed)

    @property
    def filled(self) -> tuple[Stamp, ...]:
        first = self.redeemed * self.loyalty.stamps
        return self.stamps[first : first + self.loyalty.stamps]

    @property
    def empty(self) -> int:
        """Places without a stamp on it."""
        return self.loyalty.stamps - len(self.filled)


async def holder(site: Site, token: str) -> Lead | None:
    """Whose card a link opens; None for any other, and for who is no customer."""
    number = site.open(PURPOSE, token)
    lead = await Lead.get_or_none(id=number) if number else None
    return lead if lead and lead.customer_since else None


async def card_of(lead: Lead, loyalty: Loyalty, shop: Shop) -> Card:
    """The card of a customer, from the log."""
    redeemed = await PlannedGift.filter(lead_id=lead.id, why=thanks.REWARD).count()
    return Card(loyalty, await _stamps(lead, shop), redeemed)


async def _stamps(lead: Lead, shop: Shop) -> tuple[Stamp, ...]:
    told = Event.filter(lead_id=lead.id, kind__in=RETURNS, at__gte=lead.customer_since)
    counted: dict[Stamp, int] = {}
    for event in await told.filter(evidence__in=COUNTS).order_by("at", "id"):
        stamp = Stamp(event.kind, event.at.astimezone(shop.zone).date())
        counted[stamp] = counted.get(stamp, 0) + event.sign
    return tuple(stamp for stamp, times in counted.items() if times > 0)


async def rewards_for(lead: Lead, loyalty: Loyalty, shop: Shop) -> list[Asset]:
    """What may be chosen: of the rewards what they do not have and what there still is."""
    had = {gift.asset_slug for gift in await Gift.filter(lead_id=lead.id)}
    found = [shop.library.find(slug, lead.language, shop.today) for slug in loyalty.rewards]
    rules = shop.giver.house.giving
    return [
        asset
        for asset in found
        if asset
        and asset.slug not in had
        and not await limits.reached(Taker(asset, lead, rules, shop.today))
    ]


async def redeem(lead: Lead, loyalty: Loyalty, shop: Shop, slug: str) -> Gift | None:
    """Give what was chosen for a full card; None where no full card waits, or it may not be had.

    Each full card once, however many press at once.
    """
    async with in_transaction():
        held = await Lead.select_for_update().get_or_none(id=lead.id)
        card = await card_of(lead, loyalty, shop) if held else None
        asset = await _chosen(lead, loyalty, shop, slug)
        if not held or not card or not card.waits or not asset:
            return None
        key = f"card:{lead.id}:{card.redeemed + 1}"
        won = await rows(
            "INSERT INTO planned_gift (lead_id, key, why, due_at, asset_slug, line, state, made_at,"
            " done_at) VALUES (?, ?, ?, ?, ?, '', ?, ?, ?) ON CONFLICT (key) DO NOTHING"
            " RETURNING id",
            lead.id,
            key,
            thanks.REWARD,
            db_time(now()),
            asset.slug,
            thanks.SENT,
            db_time(now()),
            db_time(now()),
        )
        if not won:
            return None
        gift = await _give(lead, asset, shop)
        await PlannedGift.filter(id=won[0]["id"]).update(gift_number=gift.id)
        return gift


async def _chosen(lead: Lead, loyalty: Loyalty, shop: Shop, slug: str) -> Asset | None:
    found = shop.library.find(slug, lead.language, shop.today) if slug in loyalty.rewards else None
    if found:
        await limits.hold(Taker(found, lead, shop.giver.house.giving, shop.today))
    offered = await rewards_for(lead, loyalty, shop)
    return next((one for one in offered if one.slug == slug), None)


async def _give(lead: Lead, asset: Asset, shop: Shop) -> Gift:
    line, why = say(lead.language, "sales.card_line"), say(shop.language, "sales.card_why")
    gift = await surprises.hand_out(shop.giver, Surprise(lead, asset, line, None, CARD, why))
    if not gift:
        raise LookupError(asset.slug)  # it was not theirs a moment ago, and we hold the lead
    return gift


def by_kind(card: Card) -> Mapping[str, int]:
    """Kind of return → how many of its stamps are on the card."""
    found: dict[str, int] = {}
    for stamp in card.filled:
        found[stamp.kind] = found.get(stamp.kind, 0) + 1
    return found
