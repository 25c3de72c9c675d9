"""Reading through a link of one's own: which chapters, how far, and whether it still counts.

A link gives access, never an identity. It may be passed on: from the third pair of network and
browser on, reading through it is `unknown` and counts for nobody.
"""

from datetime import timedelta

from server.gifts.models import Gift
from server.kit.clock import now
from server.kit.database import in_transaction
from server.leads.models import Lead
from server.library.assets import Asset
from server.tracking.log import Entry, record
from server.tracking.models import Event
from server.web.visitor import Visitor

READERS_THAT_COUNT = 2
LEAFED = timedelta(seconds=10)  # turned sooner than this, a chapter was leafed through
STEPS = (25, 50, 75, 100)


async def open_chapter(gift: Gift, asset: Asset, number: int, visitor: Visitor) -> None:
    """Record that a chapter was opened, and how much has now been read."""
    async with in_transaction():
        if not await _may_record(gift, visitor):
            return
        evidence, rule = await _whose(gift, visitor)
        opened = Entry(
            gift.lead_id,
            "read.chapter",
            f"chapter:{gift.id}:{number}:{visitor.reader}:{now():%Y%m%d%H%M}",
            gift.asset_slug,
            gift.id,
            value=number,
            visitor=visitor,
            evidence=evidence,
            rule=rule,
        )
        if not await record(opened):
            return
        await Gift.filter(id=gift.id).update(last_read_at=now())
        if evidence == "unknown" or visitor.method != "GET":
            return
        share = 100 * len(await _chapters_read(gift)) // max(1, len(asset.chapters))
        for step in STEPS:
            if share >= step:
                await record(
                    Entry(
                        gift.lead_id,
                        f"read.{step}",
                        f"read:{gift.id}:{step}",
                        gift.asset_slug,
                        gift.id,
                        visitor=visitor,
                    )
                )


async def took_home(gift: Gift, kind: str, visitor: Visitor) -> None:
    """Record that a PDF or EPUB was delivered; once a day for one reader."""
    async with in_transaction():
        if not await _may_record(gift, visitor):
            return
        evidence, rule = await _whose(gift, visitor)
        key = f"download:{gift.id}:{kind}:{visitor.reader}:{now():%Y%m%d}"
        await record(
            Entry(
                gift.lead_id,
                "gift.downloaded",
                key,
                gift.asset_slug,
                gift.id,
                detail=kind,
                visitor=visitor,
                evidence=evidence,
                rule=rule,
            )
        )


async def _may_record(gift: Gift, visitor: Visitor) -> bool:
    """Not for who asked not to be followed, in the browser or with us."""
    if visitor.wants_no_tracking:
        return False
    return not await Lead.filter(id=gift.lead_id, profiling_off_at__isnull=False).exists()


async def _whose(gift: Gift, visitor: Visitor) -> tuple[str, str]:
    readers = (
        await Event.filter(gift_number=gift.id, reader__not="")
        .order_by("id")
        .values_list("reader", flat=True)
    )
    known = list(dict.fromkeys(str(reader) for reader in readers))[:READERS_THAT_COUNT]
    if visitor.reader in known or len(known) < READERS_THAT_COUNT:
        return "", ""
    return "unknown", "third-reader"


async def _chapters_read(gift: Gift) -> set[int]:
    """Chapters that were opened and not leafed through at once."""
    opened = (
        await Event.filter(gift_number=gift.id, kind="read.chapter")
        .exclude(evidence="unknown")
        .order_by("at", "id")
        .values_list("value", "at", "reader")
    )
    read = set()
    for n, (number, at, reader) in enumerate(opened):
        later = [when for _, when, who in opened[n + 1 :] if who == reader]
        if not later or later[0] - at >= LEAFED:
            read.add(int(number))
    return read
