"""Judging hits anew: what a later hit tells of earlier ones is written down at once.

Each review belongs in the transaction of the hit that caused it, after its lead was counted: that
row is locked then, so of two hits at once the second one sees the first. A line without a method
(our own act, or one whose traces were taken out) stays as it was judged.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from server.kit.clock import days
from server.kit.database import db_time, rows
from server.tracking.evidence import (
    COUNTS,
    GIFT_KINDS,
    MAIL_KINDS,
    NEAR,
    READERS_THAT_COUNT,
    Hit,
    Verdict,
    verdicts,
)
from server.tracking.models import Event

MOST = 500  # of one delivery or gift: the latest are judged anew, older ones stay as they are
MOST_MAILS = 20  # that one pressed button speaks for
AROUND = timedelta(days=NEAR)


async def review_delivery(lead_id: int, delivery_number: int) -> bool:
    """Judge all hits on one mail anew; True when a verdict changed."""
    hits = Event.filter(delivery_number=delivery_number, kind__in=MAIL_KINDS)
    events = await hits.exclude(method="").order_by("-id").limit(MOST)
    if not events:
        return False
    times = [event.at for event in events]
    presses = await _presses(lead_id, min(times) - AROUND, max(times) + AROUND)
    return await _review(lead_id, events, presses)


async def review_around(lead_id: int, at: datetime) -> None:
    """Judge the mails anew that were looked at around the time of a pressed button."""
    found = await rows(
        "SELECT delivery_number, MAX(id) AS last FROM event WHERE lead_id = ?"
        " AND delivery_number IS NOT NULL AND at >= ? AND at <= ?"
        " GROUP BY delivery_number ORDER BY 2 DESC LIMIT ?",
        lead_id,
        db_time(at - AROUND),
        db_time(at + AROUND),
        MOST_MAILS,
    )
    for row in found:
        await review_delivery(lead_id, row["delivery_number"])


async def review_gift(lead_id: int, gift_number: int) -> bool:
    """Judge all reading and downloads through one gift anew; True when a verdict changed."""
    uses = Event.filter(gift_number=gift_number, kind__in=GIFT_KINDS)
    events = await uses.exclude(method="").order_by("-id").limit(MOST)
    presses = Event.filter(gift_number=gift_number, method="POST", evidence="human")
    around = await presses.order_by("id").limit(MOST)
    if len(events) == MOST:
        around += await _first_readers(gift_number, events[-1].id)
    return await _review(lead_id, events, around)


async def _presses(lead_id: int, start: datetime, end: datetime) -> list[Event]:
    acts = Event.filter(lead_id=lead_id, method="POST", evidence="human", at__range=(start, end))
    return await acts.order_by("-id").limit(MOST)


async def _first_readers(gift_number: int, before: int) -> list[Event]:
    """The first lines of the readers who came first, where those are too old to be judged anew."""
    found = await rows(
        "SELECT MIN(id) AS id FROM event WHERE gift_number = ? AND id < ? AND kind IN (?, ?)"
        " AND evidence IN (?, ?) GROUP BY reader ORDER BY 1 LIMIT ?",
        gift_number,
        before,
        *GIFT_KINDS,
        *COUNTS,
        READERS_THAT_COUNT,
    )
    return await Event.filter(id__in=[row["id"] for row in found]) if found else []


async def _review(lead_id: int, events: Sequence[Event], around: Sequence[Event]) -> bool:
    hits = {event.id: _hit(event) for event in (*events, *around)}
    found = verdicts(hits.values())
    changed: dict[Verdict, list[int]] = {}
    for event in events:
        verdict = found[hits[event.id]]
        if verdict != (event.evidence, event.rule):
            changed.setdefault(verdict, []).append(event.id)
    for verdict, ids in changed.items():
        await rejudge(lead_id, ids, verdict)
    return bool(changed)


async def rejudge(lead_id: int, ids: Sequence[int], verdict: Verdict) -> None:
    """Write another verdict on lines of a lead, and have the score follow."""
    await Event.filter(id__in=list(ids)).update(evidence=verdict.evidence, rule=verdict.rule)
    await rows("UPDATE lead SET event_count = event_count + 1 WHERE id = ?", lead_id)


def _hit(event: Event) -> Hit:
    in_mail = event.kind in MAIL_KINDS
    return Hit(
        event.method,
        event.agent,
        event.purpose,
        days(event.at),
        event.network,
        event.method == "POST" and event.evidence == "human",
        event.kind,
        event.detail if event.kind == "gift.downloaded" else str(int(event.value)),
        int(event.detail) if in_mail and event.detail.isdigit() else 0,
    )
