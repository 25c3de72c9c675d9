"""Taking the demo away: everything it made goes, what real people did meanwhile stays."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from server.demo.models import Demo, DemoRow
from server.kit.database import db_time, in_transaction, lock_word, rows
from server.leads.models import Lead
from server.mail.models import Delivery
from server.mail.transport import remove_files
from server.staff import accounts
from server.staff.models import StaffUser

# The rows that were made for the demo, in the order in which they can go. A text stays where a
# mail to a real reader still rests on it; its links go with it.
GOES: Mapping[str, str] = MappingProxyType(
    {
        "issue": "DELETE FROM issue WHERE id IN ({rows})",
        "message": "DELETE FROM message WHERE id IN ({rows}) AND NOT EXISTS"
        " (SELECT 1 FROM delivery WHERE delivery.message_id = message.id)",
        "suppression": "DELETE FROM suppression WHERE id IN ({rows})",
        "batch": "DELETE FROM batch WHERE id IN ({rows})",
        "page_view": "DELETE FROM page_view WHERE id IN ({rows})",
        "audit_entry": "DELETE FROM audit_entry WHERE id IN ({rows})",
        "staff_user": "DELETE FROM staff_user WHERE id IN ({rows})",
    }
)
# Where a colleague of the demo may stand on something real.
STAFF = (
    ("outcome", "staff_id"),
    ("outcome", "undone_by_id"),
    ("note", "staff_id"),
    ("follow_up", "owner_id"),
    ("import_run", "staff_id"),
    ("conversation", "owner_id"),
    ("conversation_line", "staff_id"),
)
# An issue that was sent while the demo was there is left with its real readers.
RECOUNT = (
    "UPDATE issue SET audience = (SELECT COUNT(*) FROM delivery WHERE delivery.key >= 'issue:' ||"
    " issue.name || ':' AND delivery.key < 'issue:' || issue.name || ';') WHERE queued_at >= ?"
)


@dataclass(frozen=True)
class Emptied:
    """How many people went, and mails that lay in files."""

    leads: int
    files: int


async def empty(data: Path, by: StaffUser | None = None) -> Emptied | None:
    """Take everything away that the demo made; None where there is no demo."""
    async with in_transaction():
        await lock_word("demo")
        demo = await Demo.first()
        if not demo:
            return None
        emails = await Lead.filter(invented_at__isnull=False).values_list("email", flat=True)
        staff = await StaffUser.filter(invented_at__isnull=False).values_list("email", flat=True)
        addresses = [str(email) for email in (*emails, *staff)]
        # Copies and login links that were mailed to an address and to nobody's row.
        await Delivery.filter(lead_id=None, address__in=addresses).delete()
        await Lead.filter(invented_at__isnull=False).delete()
        for table, column in STAFF:
            await rows(
                f"UPDATE {table} SET {column} = NULL WHERE {column} IN"  # noqa: S608
                " (SELECT id FROM staff_user WHERE invented_at IS NOT NULL)"
            )
        for kind, statement in GOES.items():
            mine = "SELECT number FROM demo_row WHERE kind = ?"
            await rows(statement.format(rows=mine), kind)
        await rows(RECOUNT, db_time(demo.filled_at))
        await DemoRow.all().delete()
        await Demo.all().delete()
        await accounts.audit("demo.emptied", f"{len(emails)} leads", by)
    files = await asyncio.to_thread(remove_files, data, *addresses)
    return Emptied(len(emails), files)
