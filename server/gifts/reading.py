"""Reading through a link of one's own: which chapters, how far, and whether it still counts.

A link gives access, never an identity. It may be passed on: from the third pair of network and
browser on, reading through it is `unknown` and counts for nobody.
"""

from dataclasses import replace
from datetime import timedelta

from server.gifts.models import Gift
from server.kit.clock import now
from server.kit.database import in_transaction
from server.leads.models import Lead
from server.library.assets import Asset
from server.tracking.evidence import Verdict
from server.tracking.log import Entry, record, verdict_on
from server.tracking.models import Event
from server.web.visitor import Visitor

READERS_THAT_COUNT = 2
COUNTS = ("human", "likely")
THROUGH_THE_LINK = ("read.chapter", "gift.downloaded")
LEAFED = timedelta(seconds=10)  # turned sooner than this, a chapter was leafed through
STEPS = (25, 50, 75, 100)


async def open_chapter(gift: Gift, asset: Asset, number: int, visitor: Visitor) -> None:
    """Record that a chapter was opened, and how much has now been read."""
    async with in_transaction():
        if not await _may_record(gift, visitor):
            return
        verdict = await _verdict(gift, visitor)
        key = f"chapter:{gift.id}:{number}:{visitor.reader}:{now():%Y%m%d%H%M}"
        opened = replace(_entry(gift, "read.chapter", key, visitor, verdict), value=number)
        if await record(opened) and verdict.evidence in COUNTS:
            await _record_steps(gift, asset, visitor, verdict)


def _entry(gift: Gift, kind: str, key: str, visitor: Visitor, verdict: Verdict) -> Entry:
    return Entry(
        gift.lead_id,
        kind,
        key,
        gift.asset_slug,
        gift.id,
        visitor=visitor,
        evidence=verdict.evidence,
        rule=verdict.rule,
    )


async def _record_steps(gift: Gift, asset: Asset, visitor: Visitor, verdict: Verdict) -> None:
    share = 100 * len(await _chapters_read(gift)) // max(1, len(asset.chapters))
    for step in STEPS:
        if share >= step:
            key = f"read:{gift.id}:{step}"
            await record(_entry(gift, f"read.{step}", key, visitor, verdict))


async def took_home(gift: Gift, kind: str, visitor: Visitor) -> None:
    """Record that a PDF or EPUB was delivered; once a day for one reader."""
    async with in_transaction():
        if not await _may_record(gift, visitor):
            return
        verdict = await _verdict(gift, visitor)
        key = f"download:{gift.id}:{kind}:{visitor.reader}:{now():%Y%m%d}"
        taken = replace(_entry(gift, "gift.downloaded", key, visitor, verdict), detail=kind)
        await record(taken)


async def _may_record(gift: Gift, visitor: Visitor) -> bool:
    """Not for who asked not to be followed, in the browser or with us."""
    if visitor.wants_no_tracking:
        return False
    return not await Lead.filter(id=gift.lead_id, profiling_off_at__isnull=False).exists()


async def _verdict(gift: Gift, visitor: Visitor) -> Verdict:
    """A machine is a machine; of people the first two readers through this link count."""
    verdict = verdict_on(visitor)
    if verdict.evidence not in COUNTS:
        return verdict
    readers = (
        await Event.filter(gift_number=gift.id, kind__in=THROUGH_THE_LINK, evidence__in=COUNTS)
        .order_by("id")
        .values_list("reader", flat=True)
    )
    known = list(dict.fromkeys(str(reader) for reader in readers))
    if visitor.reader in known or len(known) < READERS_THAT_COUNT:
        return verdict
    return Verdict("unknown", "third-reader")


async def _chapters_read(gift: Gift) -> set[int]:
    """Chapters that a person opened and did not leaf through at once."""
    opened = (
        await Event.filter(gift_number=gift.id, kind="read.chapter", evidence__in=COUNTS)
        .order_by("at", "id")
        .values_list("value", "at", "reader")
    )
    read = set()
    for n, (number, at, reader) in enumerate(opened):
        later = [when for _, when, who in opened[n + 1 :] if who == reader]
        if not later or later[0] - at >= LEAFED:
            read.add(int(number))
    return read
