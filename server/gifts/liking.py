"""How they liked it, in one tap and their own words, and whether we may show those words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from server.gifts import ledger, reading
from server.gifts.models import Gift
from server.kit.clock import now
from server.kit.database import in_transaction
from server.leads import consents
from server.leads.models import Lead, hold
from server.leads.subscribing import Asked
from server.library.assets import Asset
from server.staff.models import StaffUser
from server.tracking.models import Event
from server.web.visitor import Visitor

PURPOSE = "quote"
LIKED = 3  # of 4: from here on it was liked
MOST = 12  # sentences on one page
ANSWERS = {1: "gifts.liked_1", 2: "gifts.liked_2", 3: "gifts.liked_3", 4: "gifts.liked_4"}


@dataclass(frozen=True)
class Opinion:
    """How they liked it, 1 to 4, and why; `source`: by which road it came.

    `quote`: the words beside the box that allows us to show theirs, where it was ticked.
    """

    liked: int
    why: str
    source: str
    quote: Asked | None = None


async def rate(gift: Gift, asset: Asset, opinion: Opinion, visitor: Visitor) -> bool:
    """How they liked it; the first answer counts."""
    async with in_transaction():
        await hold([gift.lead_id])
        if not await gift.rate(opinion.liked, opinion.why):
            return False
        posted = ledger.Posted(
            gift.lead_id,
            f"rating:{gift.id}",
            "rating",
            "rating",
            side=ledger.RETURNED,
            asset_slug=gift.asset_slug,
            gift_number=gift.id,
            answer=opinion.liked,
            words=opinion.why,
            source=opinion.source,
            visitor=visitor,
        )
        await ledger.post(posted)
        if opinion.quote and opinion.why:
            await _allow_quote(gift, opinion.quote, visitor)
        # Who answers is a reader: what went fast in the same browser is looked at anew.
        await reading.settle(gift, asset)
    return True


async def may_be_named(gift: Gift, visitor: Visitor) -> bool:
    """It is they who pressed the button of this gift: a link may have been passed on, and nobody
    puts the name of another under a sentence."""
    pressed = Event.filter(dedup_key=f"taken:{gift.id}", reader=visitor.reader)
    return await pressed.exists()


async def _allow_quote(gift: Gift, asked: Asked, visitor: Visitor) -> None:
    named = await may_be_named(gift, visitor)
    await Gift.filter(id=gift.id).update(quoted_at=now(), quote_named=named)
    await _receipt(gift.lead_id, asked, "button on the gift page", given=True)


async def take_back_quote(lead: Lead, number: int, asked: Asked) -> bool:
    """Their sentence is theirs again, and off the page at once; False for none of theirs."""
    gone = {"quoted_at": None, "quote_shown_at": None, "quote_shown_by_id": None}
    quotes = Gift.filter(id=number, lead_id=lead.id, quoted_at__isnull=False)
    if not await quotes.update(**gone, quote_named=False):
        return False
    await _receipt(lead.id, asked, "button", given=False)
    return True


async def _receipt(lead_id: int, asked: Asked, proof: str, *, given: bool) -> None:
    await consents.record(
        await Lead.get(id=lead_id),
        PURPOSE,
        given=given,
        wording=asked.wording,
        page=asked.page,
        network=asked.network,
        proof=proof,
        asked_at=now(),
    )


@dataclass(frozen=True)
class Quote:
    """A sentence that we may show; `name` is a first name or nothing at all."""

    number: int
    lead_id: int
    slug: str
    language: str
    words: str
    name: str
    liked: int
    allowed_at: datetime
    shown_at: datetime | None
    shown_by: str


async def quotes_shown(slug: str = "", language: str = "") -> list[Quote]:
    """What stands on the page of an edition, newest first; without one what stands on any page."""
    shown = Gift.filter(quoted_at__isnull=False, quote_shown_at__isnull=False)
    if slug:
        shown = shown.filter(asset_slug=slug, language=language).limit(MOST)
    found = await shown.order_by("-quote_shown_at", "-id").prefetch_related("lead")
    return [_quote(gift) for gift in found]


async def quotes_allowed() -> list[Quote]:
    """Every sentence that we may show: first those that wait for one of us, the newest first."""
    allowed = Gift.filter(quoted_at__isnull=False).order_by("-quoted_at", "-id")
    found = [_quote(one) for one in await allowed.prefetch_related("lead", "quote_shown_by")]
    return sorted(found, key=lambda one: one.shown_at is not None)


async def quotes_of(lead: Lead) -> list[Quote]:
    """The sentences of a lead that we may show."""
    own = Gift.filter(lead_id=lead.id, quoted_at__isnull=False).order_by("-quoted_at")
    return [_quote(gift) for gift in await own.prefetch_related("lead")]


def _quote(gift: Gift) -> Quote:
    name = gift.lead.name if gift.quote_named else ""
    by = gift.quote_shown_by if gift.quote_shown_by_id else None
    return Quote(
        gift.id,
        gift.lead_id,
        gift.asset_slug,
        gift.language,
        gift.liked_why,
        name.split()[0] if name.strip() else "",
        gift.liked or 0,
        gift.quoted_at or now(),
        gift.quote_shown_at,
        by.shown_name if isinstance(by, StaffUser) else "",
    )


async def show_quote(number: int, staff: StaffUser, *, shown: bool) -> bool:
    """One of us agrees that a sentence stands on the page, or takes it off; False where it may
    not be shown any more."""
    fresh = {
        "quote_shown_at": now() if shown else None,
        "quote_shown_by_id": staff.id if shown else None,
    }
    return bool(await Gift.filter(id=number, quoted_at__isnull=False).update(**fresh))


@dataclass(frozen=True)
class Said:
    """One view on an asset with its words."""

    liked: int
    words: str
    at: datetime

    @property
    def liked_text(self) -> str:
        """The key of how they liked it, in words."""
        return ANSWERS[self.liked]


async def said_of(slug: str) -> Sequence[Said]:
    """What people wrote with their view on an asset, newest first."""
    written = Gift.filter(asset_slug=slug, liked_at__isnull=False).exclude(liked_why="")
    found = await written.order_by("-liked_at", "-id").limit(MOST)
    return [Said(one.liked or 1, one.liked_why, one.liked_at or now()) for one in found]
