"""Following up: notes and tasks, whose lead it is, and letting it rest until a day."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from server.kit.clock import now
from server.kit.database import db_time, in_transaction, rows
from server.leads.models import Lead, hold
from server.sales.models import FollowUp, Note, SavedView
from server.staff.models import StaffUser

LONGEST_NOTE = 4000
MOST_VIEWS = 20
MOST_TASKS = 50


async def add_note(lead: Lead, text: str, due_on: date | None, staff: StaffUser) -> Note | None:
    """Write something down; with a day it is a task. None for nothing at all."""
    text = text.strip()[:LONGEST_NOTE]
    if not text and not due_on:
        return None
    return await Note.create(lead=lead, staff=staff, text=text, at=now(), due_on=due_on)


async def notes_of(lead: Lead) -> list[Note]:
    """Open tasks first by day, then what was written down, newest first."""
    found = await Note.filter(lead_id=lead.id).order_by("-id").prefetch_related("staff")
    tasks = [note for note in found if note.due_on and not note.done_at]
    rest = [note for note in found if not note.due_on or note.done_at]
    return sorted(tasks, key=lambda note: (note.due_on or date.max, note.id)) + rest


async def finish(number: int, *, done: bool) -> Note | None:
    """Tick a task off, or on again; None when there is none."""
    await Note.filter(id=number, due_on__isnull=False).update(done_at=now() if done else None)
    return await Note.get_or_none(id=number)


async def remove(number: int) -> Note | None:
    """Take a note away; the note as it was, None when there is none."""
    note = await Note.get_or_none(id=number)
    if note:
        await note.delete()
    return note


async def tasks_due(staff: StaffUser, today: date) -> list[Note]:
    """What this colleague set for today or earlier, the oldest first."""
    due = Note.filter(staff_id=staff.id, due_on__lte=today, done_at=None)
    return await due.order_by("due_on", "id").limit(MOST_TASKS).prefetch_related("lead")


async def assign(lead_ids: Sequence[int], owner: StaffUser | None) -> int:
    """Give these leads to a colleague, or to nobody; how many there were."""
    return await _set(lead_ids, "owner_id", owner.id if owner else None)


async def snooze(lead_ids: Sequence[int], until: datetime | None) -> int:
    """Keep these leads off the list of today until then, or wake them; how many there were."""
    return await _set(lead_ids, "snoozed_until", db_time(until) if until else None)


async def _set(lead_ids: Sequence[int], column: str, value: object) -> int:
    async with in_transaction():
        known = await hold(lead_ids)
        for lead_id in known:
            await rows(
                f"INSERT INTO follow_up (lead_id, {column}) VALUES (?, ?)"  # noqa: S608 (two names)
                f" ON CONFLICT (lead_id) DO UPDATE SET {column} = excluded.{column}",
                lead_id,
                value,
            )
    return len(known)


def in_days(number: int) -> datetime:
    """A moment so many days from now."""
    return now() + timedelta(days=number)


async def follow_up_of(lead: Lead) -> FollowUp | None:
    """Whose it is and until when it rests."""
    return await FollowUp.filter(lead_id=lead.id).prefetch_related("owner").first()


async def colleagues() -> list[StaffUser]:
    """Who a lead can be given to."""
    found = StaffUser.filter(disabled_at=None, role__in=("sales", "admin"))
    return await found.order_by("name", "email")


async def save_view(staff: StaffUser, name: str, query: str) -> bool:
    """Keep a set of filters under a name; False when there are too many already."""
    name = " ".join(name.split())[:60]
    if await SavedView.filter(staff_id=staff.id).count() >= MOST_VIEWS:
        return False
    await rows(
        "INSERT INTO saved_view (staff_id, name, query) VALUES (?, ?, ?)"
        " ON CONFLICT (staff_id, name) DO UPDATE SET query = excluded.query",
        staff.id,
        name,
        query[:400],
    )
    return True


async def drop_view(staff: StaffUser, number: int) -> None:
    """Forget a view of this colleague."""
    await SavedView.filter(id=number, staff_id=staff.id).delete()


async def views_of(staff: StaffUser) -> list[SavedView]:
    """The views this colleague kept, by name."""
    return await SavedView.filter(staff_id=staff.id).order_by("name")
