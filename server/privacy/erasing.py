"""Erasing a lead: every row, every file, and what the database keeps of deleted rows."""

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path

from tortoise.exceptions import OperationalError

from server.kit.database import in_transaction, lock_word, sweep
from server.kit.site import Site
from server.leads.models import Lead
from server.mail import outbox
from server.mail.inbound import forget_letters
from server.mail.models import Delivery
from server.mail.transport import remove_files
from server.privacy.holdings import holdings_of
from server.sales import purchases, runs
from server.staff import accounts
from server.staff.models import StaffUser

log = logging.getLogger("givefirst.privacy")


@dataclass(frozen=True)
class Erased:
    """What was erased: table → rows, and mails that lay in files."""

    lead_id: int
    rows: dict[str, int]
    files: int


async def erase(
    site: Site, data: Path, lead_id: int, *, by: StaffUser | None = None
) -> Erased | None:
    """Erase a lead at their wish; nothing is sent to the address any more, whoever asks.

    What stays is a keyed hash of the address and a line in the audit log without it. None when
    there is no such lead, as for the second of two who press at once.
    """
    done = await _erase(site, data, lead_id, by, "erased")
    if done:
        await sweep_now()
    return done


async def forget(site: Site, data: Path, lead_id: int) -> Erased | None:
    """Erase a lead because their time has come; who asks for a book later is welcome.

    Sweep the database when all of them are done.
    """
    return await _erase(site, data, lead_id, None, "")


async def sweep_now() -> None:
    """Take what is left of deleted rows out of the files; a busy database is left to the worker."""
    try:
        await sweep()
    except OperationalError:
        log.warning("the database was too busy to be swept; the worker tries again")


async def _erase(
    site: Site, data: Path, lead_id: int, by: StaffUser | None, reason: str
) -> Erased | None:
    known = await Lead.get_or_none(id=lead_id)
    if not known:
        return None
    email = known.email
    async with in_transaction():
        # A form for this address waits for us, or we for it: no row is made behind our back.
        await lock_word(email)
        lead = await Lead.select_for_update().get_or_none(id=lead_id)
        if not lead:
            return None
        held = await holdings_of(lead)
        if reason:
            await outbox.suppress(site, email, reason)
        strays = Delivery.filter(lead_id=None, address=email)
        await strays.exclude(key__startswith="login:").delete()
        await runs.forget_uploads_with(email)
        await purchases.forget(site, email)
        await forget_letters(email)
        told = await Delivery.filter(about_id=lead.id).values_list("mail_id", flat=True)
        await lead.delete()
        await accounts.audit("lead.erased" if reason else "lead.forgotten", f"lead {lead_id}", by)
    mail_ids = [str(one) for one in told]
    files = await asyncio.to_thread(remove_files, data, email, mail_ids=mail_ids)
    own = {table: len(rows) for table, rows in held.items() if table != "message"}
    return Erased(lead_id, own, files)
