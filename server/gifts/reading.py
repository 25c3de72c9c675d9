"""Reading through a link of one's own: which chapters, how far, and whether it still counts.

A link gives access, never an identity. It may be passed on: from the third pair of network and
browser on, reading through it is `unknown` and counts for nobody.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import ceil

from server.gifts import asking
from server.gifts.models import Gift
from server.kit.clock import now
from server.kit.database import in_transaction
from server.leads.models import Lead
from server.library.assets import Asset
from server.tracking.evidence import COUNTS, Verdict
from server.tracking.log import Entry, record, verdict_on
from server.tracking.models import Event
from server.tracking.review import rejudge, review_gift
from server.web.visitor import Visitor

LEAFED = timedelta(seconds=10)  # turned sooner than this, a chapter was leafed through
STEPS = (25, 50, 75, 100)


async def open_chapter(gift: Gift, asset: Asset, number: int, visitor: Visitor) -> None:
    """Record that a chapter was opened, and how much has now been read."""
    # A machine's look does not take the place of a reader's in the same minute.
    evidence = verdict_on(visitor).evidence
    key = f"chapter:{gift.id}:{number}:{visitor.reader}:{evidence}:{now():%Y%m%d%H%M}"
    entry = Entry(
        gift.lead_id,
        "read.chapter",
        key,
        gift.asset_slug,
        gift.id,
        value=number,
        visitor=visitor,
    )
    await _use(gift, asset, entry, visitor)


async def took_home(gift: Gift, asset: Asset, kind: str, visitor: Visitor) -> None:
    """Record that a PDF or EPUB was delivered; once a day for one reader."""
    key = f"download:{gift.id}:{kind}:{visitor.reader}:{now():%Y%m%d}"
    entry = Entry(
        gift.lead_id,
        "gift.downloaded",
        key,
        gift.asset_slug,
        gift.id,
        detail=kind,
        visitor=visitor,
    )
    await _use(gift, asset, entry, visitor)


async def place_of(gift: Gift, asset: Asset, visitor: Visitor) -> int | None:
    """The chapter this very reader opened last, past the first; None where we may not look.

    Of nobody else: the link may have been passed on.
    """
    if not await _may_follow(gift, visitor):
        return None
    opened = Event.filter(gift_number=gift.id, kind="read.chapter", reader=visitor.reader)
    last = await opened.filter(evidence__in=COUNTS).order_by("-at", "-id").first()
    number = int(last.value) if last else 1
    return number if 1 < number <= len(asset.chapters) else None


async def _use(gift: Gift, asset: Asset, entry: Entry, visitor: Visitor) -> None:
    async with in_transaction():
        if await _may_follow(gift, visitor) and await record(entry):
            await settle(gift, asset)


async def _may_follow(gift: Gift, visitor: Visitor) -> bool:
    """Not for who asked not to be followed, in the browser or with us."""
    if visitor.wants_no_tracking:
        return False
    return not await Lead.filter(id=gift.lead_id, profiling_off_at__isnull=False).exists()


async def settle(gift: Gift, asset: Asset) -> None:
    """Judge the reading through a gift anew, and bring what rests on it in step.

    A step that was reached by a machine's hits is a machine's; when a person reaches it later it is
    written again, and when the hits turn out to be a person's after all it stands as it stood.
    Belongs in the transaction of the hit or the button that caused it.
    """
    await review_gift(gift.lead_id, gift.id)
    await asking.look_again(gift.id)
    chapters = await Event.filter(gift_number=gift.id, kind="read.chapter").order_by("at", "id")
    kinds = [f"read.{step}" for step in STEPS]
    lines = await Event.filter(gift_number=gift.id, kind__in=kinds).order_by("id")
    read = list(_chapters_read(chapters).values())
    for step, kind in zip(STEPS, kinds, strict=True):
        needed = max(1, ceil(step * len(asset.chapters) / 100))
        mine = [line for line in lines if line.kind == kind]
        standing = [line for line in mine if line.evidence in COUNTS]
        hollow = [line for line in standing if _rests_on_machines(line, chapters, needed)]
        if hollow:
            ids = [line.id for line in hollow]
            await rejudge(gift.lead_id, ids, Verdict("scanner", "4-rests"))
        if len(hollow) == len(standing) and len(read) >= needed:
            await _reach(kind, read[needed - 1], mine)


def _rests_on_machines(line: Event, chapters: Sequence[Event], needed: int) -> bool:
    """Without what machines opened before it, the step would not have been reached."""
    before = [chapter for chapter in chapters if chapter.at <= line.at]
    by_people = {chapter.value for chapter in before if chapter.evidence in COUNTS}
    return len(by_people) < needed <= len({chapter.value for chapter in before})


async def _reach(kind: str, by: Event, mine: Sequence[Event]) -> None:
    """Write that a step was reached by this chapter, or have the line of then count again."""
    then = [line.id for line in mine if (line.at, line.reader) == (by.at, by.reader)]
    verdict = Verdict(by.evidence, by.rule)
    if then:
        await rejudge(by.lead_id, then[:1], verdict)
        return
    key = f"{kind.replace('.', f':{by.gift_number}:')}" + (f":{by.id}" if mine else "")
    who = Visitor(by.method, by.agent, by.purpose, by.network, by.reader, wants_no_tracking=False)
    await record(
        Entry(
            by.lead_id,
            kind,
            key,
            by.subject,
            by.gift_number,
            visitor=who,
            evidence=verdict.evidence,
            rule=verdict.rule,
            at=by.at,
        )
    )


def _chapters_read(chapters: Sequence[Event]) -> Mapping[float, Event]:
    """Chapters that a person opened and did not leaf through at once, as they came."""
    opened = [chapter for chapter in chapters if chapter.evidence in COUNTS]
    read: dict[float, Event] = {}
    for n, chapter in enumerate(opened):
        later = [other.at for other in opened[n + 1 :] if other.reader == chapter.reader]
        if not later or later[0] - chapter.at >= LEAFED:
            read.setdefault(chapter.value, chapter)
    return read
