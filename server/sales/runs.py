"""Tables handed in on the desk: the worker looks them through and takes them in, so that a page
never waits for a hundred thousand rows."""

import asyncio
import logging
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tortoise.exceptions import IntegrityError

from server.kit.clock import now
from server.kit.house import House
from server.kit.site import Site
from server.kit.tables import Table, TableError, read_table
from server.kit.text import say
from server.readiness.keeping import MakeJudge
from server.sales.importing import Importer, Taken, take_in
from server.sales.incoming import Checked, Manner, check
from server.sales.models import ImportRun
from server.staff.models import StaffUser

log = logging.getLogger("givefirst.sales")

KEPT = timedelta(days=1)
MOST_TOLD = 500  # refused rows that are told one by one
MOST_SHOWN = 30


@dataclass(frozen=True)
class HandedIn:
    """A file and what a colleague said about it."""

    kind: str
    file_name: str
    data: bytes
    source: str
    on_list: str


async def hand_in(given: HandedIn, staff: StaffUser) -> ImportRun:
    """Keep a file for the worker. Raises TableError where it is no table at all."""
    await asyncio.to_thread(read_table, given.data)
    return await ImportRun.create(
        staff=staff,
        kind=given.kind,
        file_name=given.file_name[-120:],
        source=given.source[:120],
        on_list=given.on_list[:500],
        content=b64encode(given.data).decode(),
        state="waiting",
        report={},
        created_at=now(),
    )


async def go_ahead(number: int) -> bool:
    """Have a checked table taken in; False for one that is not waiting for that."""
    return await ImportRun.filter(id=number, state="checked").update(state="queued") == 1


async def drop(number: int) -> None:
    """Forget a table that was not taken in."""
    await ImportRun.filter(id=number, state__in=("waiting", "checked", "failed")).delete()


async def runs() -> list[ImportRun]:
    """The latest tables, newest first, without their content."""
    found = ImportRun.all().order_by("-id").limit(MOST_SHOWN).prefetch_related("staff")
    return await found.only(
        "id", "staff_id", "kind", "file_name", "source", "state", "report", "created_at", "done_at"
    )


@dataclass(frozen=True)
class Intake:
    """What taking tables in needs: `make_house` gives the house as it is now."""

    site: Site
    make_judge: MakeJudge
    zone: ZoneInfo
    language: str
    make_house: Callable[[], House]


async def work_on_next(intake: Intake) -> int:
    """Look through or take in the next table; 0 when none waits."""
    run = await ImportRun.filter(state__in=("waiting", "queued")).order_by("id").first()
    if not run:
        return 0
    data = b64decode(run.content)
    try:
        table = await asyncio.to_thread(read_table, data)
    except TableError as error:
        await _settle(run, "failed", {"error": [error.key, error.values]})
        return 1
    checked = await asyncio.to_thread(
        check, run.kind, table, Manner(intake.zone, intake.language, run.on_list)
    )
    if run.state == "waiting":
        fine = checked.good and not checked.columns.missing
        await _settle(run, "checked" if fine else "failed", report_of(checked))
        return 1
    importer = Importer(intake.site, await intake.make_judge(), run.source, intake.make_house())
    try:
        taken = await take_in(importer, checked)
    except (IntegrityError, ValueError, OverflowError) as error:
        # The table itself cannot be written: trying again would fail for ever.
        log.error("import %d: %s", run.id, type(error).__name__)
        report = report_of(checked) | {"error": ["sales.not_taken", {}]}
        await ImportRun.filter(id=run.id, state="queued").update(state="failed", report=report)
        return 1
    report = report_of(checked, taken)
    await ImportRun.filter(id=run.id, state="queued").update(
        state="done", report=report, content="", done_at=now()
    )
    return 1


async def _settle(run: ImportRun, state: str, report: dict[str, Any]) -> None:
    await ImportRun.filter(id=run.id, state="waiting").update(state=state, report=report)


async def forget_uploads_with(email: str) -> None:
    """Forget tables that wait and hold this address: what is erased does not come back by one."""
    async for run in ImportRun.exclude(content="").only("id", "content"):
        if email in b64decode(run.content).decode("utf-8", "replace").casefold():
            await ImportRun.filter(id=run.id).delete()


async def forget_old() -> int:
    """Forget what was handed in and not taken in within a day."""
    old = ImportRun.filter(created_at__lt=now() - KEPT).exclude(content="")
    return await old.exclude(state="queued").delete()


def report_of(checked: Checked, taken: Taken | None = None) -> dict[str, Any]:
    """What a table is and what becomes of it, as keys and figures; no address of it."""
    refused = taken.refused if taken else checked.refused
    report: dict[str, Any] = {
        "system": checked.columns.source,
        "encoding": checked.table.encoding,
        "separator": {"\t": "tab"}.get(checked.table.separator, checked.table.separator),
        "columns": _columns(checked, checked.table),
        "kept": list(checked.columns.extra),
        "missing": list(checked.columns.missing),
        "good": len(checked.good),
        "refused": len(refused),
        "lines": [[one.line, one.key, dict(one.values)] for one in refused[:MOST_TOLD]],
    }
    if taken:
        report |= {
            "good": taken.good,
            "made": taken.made,
            "changed": taken.changed,
            "same": taken.same,
        }
    return report


def _columns(checked: Checked, table: Table) -> list[list[str]]:
    places = sorted(checked.columns.fields.items(), key=lambda item: item[1])
    return [[table.header[place], name] for name, place in places]


def lines_of(run: ImportRun, language: str) -> list[tuple[int, str]]:
    """The refused lines of a table with their reasons in words."""
    told = run.report.get("lines", [])
    return [(line, say(language, key, **values)) for line, key, values in told]


def error_of(run: ImportRun, language: str) -> str:
    """Why a table could not be taken as a whole; empty where it could."""
    error = run.report.get("error")
    return say(language, error[0], **error[1]) if error else ""
