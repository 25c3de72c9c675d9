"""What goes when its time has come: traces of reading, and people of whom nothing was heard."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from server.kit.clock import now
from server.kit.database import db_time, in_transaction, rows, sweep
from server.leads.models import Lead
from server.mail import outbox
from server.mail.postman import Postman
from server.privacy import erasing
from server.privacy.models import KeepRequest
from server.staff.models import AuditEntry
from server.tracking.models import Event

AT_ONCE, LINES_AT_ONCE = 500, 2000
QUIET_MONTHS, QUIET_DAYS = 24, 730
ANSWER_DAYS = 30
TRACE_DAYS = 396  # 13 months
MAIL_LIVES = timedelta(days=7)
NIGHT = 3  # the hour in which a large file is written anew
RAW = ("read.chapter", "gift.downloaded", "mail.click", "mail.open", "visit")

# The words of the index in tracking/migrations/0004_traces.sql.
_TRACES = (
    "SELECT id, lead_id, kind FROM event WHERE at < ? AND (network <> '' OR kind IN"
    " ('read.chapter', 'gift.downloaded', 'mail.click', 'mail.open', 'visit'))"
    " ORDER BY at LIMIT ?"
)
# Of whom nothing was heard since a moment, and who are on no list: a list is kept until they leave.
_QUIET = (
    "SELECT l.id FROM lead l LEFT JOIN keep_request k ON k.lead_id = l.id"
    " WHERE l.last_event_at < ? AND l.asked_at < ? AND NOT EXISTS (SELECT 1 FROM subscription s"
    " WHERE s.lead_id = l.id AND s.confirmed_at IS NOT NULL AND s.ended_at IS NULL)"
)
_TO_ASK = (
    f"{_QUIET} AND (k.id IS NULL OR k.asked_at < l.last_event_at OR k.asked_at < l.asked_at)"
    " ORDER BY l.last_event_at LIMIT ?"
)
_TO_FORGET = (
    f"{_QUIET} AND k.asked_at < ? AND k.asked_at >= l.last_event_at AND k.asked_at >= l.asked_at"
    " ORDER BY k.asked_at LIMIT ?"
)


async def ask_quiet(postman: Postman) -> int:
    """Ask those of whom nothing was heard for 24 months, once, whether we may keep them."""
    limit = db_time(now() - timedelta(days=QUIET_DAYS))
    found = await rows(_TO_ASK, limit, limit, AT_ONCE)
    for row in found:
        await _ask(postman, row["id"])
    return len(found)


async def _ask(postman: Postman, lead_id: int) -> None:
    moment = now()
    async with in_transaction():
        lead = await Lead.select_for_update().get_or_none(id=lead_id)
        if not lead:
            return
        asked = await KeepRequest.get_or_none(lead_id=lead.id)
        if asked and asked.asked_at >= max(lead.last_event_at, lead.asked_at):
            return
        await KeepRequest.update_or_create(lead_id=lead.id, defaults={"asked_at": moment})
        language = lead.language
        message = await postman.keep("keep", language)
        values = {
            "greeting": outbox.greeting(lead, language),
            "months": str(QUIET_MONTHS),
            "days": str(ANSWER_DAYS),
        }
        key = f"keep:{lead.id}:{moment:%Y%m%d}"
        posting = outbox.Posting(message, key, values, lead, lives=MAIL_LIVES)
        await outbox.post(postman.site, posting)


async def waits_for_answer(lead: Lead) -> datetime | None:
    """Until when a lead can say that they want to be kept; None where nothing was asked."""
    asked = await KeepRequest.get_or_none(lead_id=lead.id)
    if not asked or asked.asked_at < max(lead.last_event_at, lead.asked_at):
        return None
    return asked.asked_at + timedelta(days=ANSWER_DAYS)


async def forget_quiet(postman: Postman, data: Path) -> int:
    """Erase those who were asked 30 days ago and gave no sign since."""
    moment = now()
    limit = db_time(moment - timedelta(days=QUIET_DAYS))
    asked = db_time(moment - timedelta(days=ANSWER_DAYS))
    found = await rows(_TO_FORGET, limit, limit, asked, AT_ONCE)
    for row in found:
        await erasing.forget(postman.site, data, row["id"])
    if found:
        await erasing.sweep_now()
    return len(found)


async def forget_traces() -> int:
    """After 13 months single openings are deleted, and of all other lines what tells one reader
    from another. The counter of the lead is raised, so that scores follow."""
    limit = db_time(now() - timedelta(days=TRACE_DAYS))
    found = await rows(_TRACES, limit, LINES_AT_ONCE)
    raw = [row["id"] for row in found if row["kind"] in RAW]
    others = [row["id"] for row in found if row["kind"] not in RAW]
    async with in_transaction():
        if raw:
            await Event.filter(id__in=raw).delete()
        if others:
            nothing = dict.fromkeys(("method", "agent", "purpose", "network", "reader"), "")
            await Event.filter(id__in=others).update(**nothing)
        for lead_id, count in sorted(Counter(row["lead_id"] for row in found).items()):
            await rows("UPDATE lead SET event_count = event_count + ? WHERE id = ?", count, lead_id)
    return len(found)


async def sweep_traces(zone: ZoneInfo) -> int:
    """Once more over the file of a database from which somebody was erased in the last hours; a
    large file at night. How many were erased."""
    moment = now()
    night = moment.astimezone(zone).hour == NIGHT
    since = moment - timedelta(hours=25 if night else 2)
    gone = AuditEntry.filter(action__in=("lead.erased", "lead.forgotten"), at__gt=since)
    count = await gone.count()
    if count:
        await sweep(large=night)
    return count
