"""Writing to the log."""

from dataclasses import dataclass
from datetime import datetime

from server.kit.clock import now
from server.kit.database import db_time, rows
from server.tracking import review
from server.tracking.evidence import Hit, Verdict, judge
from server.tracking.models import Event
from server.web.visitor import Visitor


@dataclass(frozen=True)
class Entry:
    """A line to write. Without a visitor it is our own act: a person's, and needs no judging.

    `sign` -1 takes back the line that it repeats in all but its key.
    """

    lead_id: int
    kind: str
    dedup_key: str
    subject: str = ""
    gift_number: int | None = None
    delivery_number: int | None = None
    value: float = 0.0
    detail: str = ""
    visitor: Visitor | None = None
    evidence: str = ""
    rule: str = ""
    at: datetime | None = None
    sign: int = 1


UNDO = "undo:"  # what the key of a line begins with that takes back the line of the rest of it


def undoing(line: Event) -> Entry:
    """The line that takes a line of the log back."""
    return Entry(
        line.lead_id,
        line.kind,
        f"{UNDO}{line.dedup_key}"[:160],
        line.subject,
        line.gift_number,
        value=line.value,
        detail=line.detail,
        evidence=line.evidence,
        rule=line.rule,
        at=line.at,
        sign=-1,
    )


def verdict_on(visitor: Visitor, kind: str = "") -> Verdict:
    """Whether a person is behind a hit, by the rules that look at the hit alone."""
    hit = Hit(visitor.method, visitor.agent, visitor.purpose, network=visitor.network, kind=kind)
    return judge(hit)


async def record(entry: Entry) -> bool:
    """Write a line and count it on its lead; False when the key was there already.

    Without evidence of its own a hit is judged here by what it tells itself; then a hit on a mail
    has all hits on that mail judged anew, and so has a pressed button those of its time. What
    came through a gift is judged anew by the room of gifts, for lines rest on it.

    Belongs in the transaction of what it tells, so that neither stands without the other.
    """
    at = entry.at or now()
    who = entry.visitor
    verdict = Verdict(entry.evidence, entry.rule)
    if not verdict.evidence:
        verdict = verdict_on(who, entry.kind) if who else Verdict("human", "")
    if not await _write(entry, at, verdict):
        return False
    # Counted in the event's own transaction: whoever reads the log finds stale leads by it,
    # and nothing is lost when commits arrive out of order.
    await rows(
        "UPDATE lead SET event_count = event_count + 1, last_event_at = CASE WHEN"
        " last_event_at < ? THEN ? ELSE last_event_at END WHERE id = ?",
        db_time(at),
        db_time(at),
        entry.lead_id,
    )
    if entry.delivery_number is not None:
        await review.review_delivery(entry.lead_id, entry.delivery_number)
    elif who and who.method == "POST" and verdict.evidence == "human":
        await review.review_around(entry.lead_id, at)
    return True


async def _write(entry: Entry, at: datetime, verdict: Verdict) -> bool:
    who = entry.visitor
    written = await rows(
        "INSERT INTO event (lead_id, kind, at, subject, gift_number, delivery_number, value,"
        " detail, method, agent, purpose, network, reader, evidence, rule, sign, dedup_key)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (dedup_key) DO NOTHING RETURNING id",
        entry.lead_id,
        entry.kind,
        db_time(at),
        entry.subject,
        entry.gift_number,
        entry.delivery_number,
        entry.value,
        entry.detail,
        who.method if who else "",
        who.agent if who else "",
        who.purpose if who else "",
        who.network if who else "",
        who.reader if who else "",
        verdict.evidence,
        verdict.rule,
        entry.sign,
        entry.dedup_key,
    )
    return bool(written)
