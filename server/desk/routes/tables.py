"""Tables in and out: hand one in, see what becomes of it, take it in; take leads out."""

from collections.abc import AsyncIterator, Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from server.desk.routes.looking import back, filters_of, picked, slugs_by_theme
from server.kit.tables import TableError
from server.sales import exporting, runs
from server.sales.columns import FIELDS, KINDS
from server.sales.exporting import FORMATS, Record
from server.sales.runs import HandedIn
from server.staff import accounts
from server.web.errors import NotFoundError, row_number
from server.web.forms import LARGEST_FILE, read_file, read_form
from server.web.rendering import page
from server.web.routing import Route


async def tables(request: Request) -> Response:
    """The form, and what was handed in of late."""
    return await _tables(request)


async def _tables(
    request: Request, status: int = 200, error: str = "", **values: object
) -> Response:
    found, language = await runs.runs(), request.state.language
    return page(
        request,
        "desk/tables.html",
        status=status,
        runs=found,
        lines={run.id: runs.lines_of(run, language) for run in found},
        errors={run.id: runs.error_of(run, language) for run in found},
        waiting=any(run.state in ("waiting", "queued") for run in found),
        fields=FIELDS,
        error=error,
        values=values,
        form=await read_form(request) if request.method == "POST" else {},
    )


async def hand_in(request: Request) -> Response:
    """Take a file; it is looked through first and nothing is written."""
    form, (name, data) = await read_form(request), await read_file(request, "file")
    kind, source = form.get("kind", ""), " ".join(form.get("source", "").split())
    if kind not in KINDS:
        raise NotFoundError
    if not data:
        return await _tables(request, 422, "desk.tables_no_file")
    if kind == "leads" and not source:
        return await _tables(request, 422, "desk.tables_no_source")
    on_list = " ".join(form.get("on_list", "").split())
    given = HandedIn(kind, name, data, source or name, on_list)
    try:
        await runs.hand_in(given, request.state.staff)
    except TableError as error:
        return await _tables(request, 422, error.key, **error.values)
    return RedirectResponse("/desk/tables", 303)


async def decide(request: Request) -> Response:
    """Take a table in that was looked through, or forget it."""
    form, number = await read_form(request), row_number(request)
    if form.get("do") == "drop":
        await runs.drop(number)
    elif await runs.go_ahead(number):
        await accounts.audit("table.imported", f"import {number}", request.state.staff)
    return RedirectResponse("/desk/tables", 303)


async def export(request: Request) -> Response:
    """The leads that the filters of a list let through, as one file."""
    form = await read_form(request)
    filters = filters_of(form)
    records = exporting.records_of(filters, slugs_by_theme(request))
    return await _sent(request, records, form.get("format", ""), filters.address() or "all")


async def export_chosen(request: Request) -> Response:
    """The leads that were ticked."""
    form, ids = await read_form(request), await picked(request)
    if not ids:
        return back(form, "/desk/leads", told="none")
    return await _sent(request, exporting.chosen(ids), "csv", f"{len(ids)} chosen")


async def _sent(
    request: Request, records: AsyncIterator[Sequence[Record]], format_: str, what: str
) -> Response:
    if format_ not in FORMATS:
        raise NotFoundError
    write, media_type = FORMATS[format_]
    await accounts.audit("leads.exported", f"{format_}: {what}", request.state.staff)
    headers = {"content-disposition": f'attachment; filename="leads.{format_}"'}
    return StreamingResponse(write(records), media_type=media_type, headers=headers)


routes = [
    Route("/desk/tables", tables, name="desk:tables", methods=["GET"], role="admin"),
    Route(
        "/desk/tables",
        hand_in,
        name="desk:hand_in",
        methods=["POST"],
        role="admin",
        largest=LARGEST_FILE,
    ),
    Route("/desk/tables/{number:int}", decide, name="desk:decide", methods=["POST"], role="admin"),
    Route("/desk/leads/export", export, name="desk:export", methods=["POST"], role="admin"),
    Route(
        "/desk/leads/chosen",
        export_chosen,
        name="desk:export_chosen",
        methods=["POST"],
        role="sales",
    ),
]
