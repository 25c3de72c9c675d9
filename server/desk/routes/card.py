"""The card of one lead, and what is done on it."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.desk.routes.looking import lead_of, view_of
from server.kit.clock import now
from server.kit.database import in_transaction
from server.leads.models import Lead
from server.readiness.models import Score
from server.sales import timeline
from server.sales.rows import row_of, sum_parts
from server.staff import accounts
from server.tracking.log import Entry, record
from server.web.forms import read_form
from server.web.rendering import page
from server.web.routing import Route


async def card(request: Request) -> Response:
    """Everything about one lead: the sentence, the sum, the history, the receipts."""
    lead, view = await lead_of(request), await view_of(request)
    row = row_of(lead, await Score.get_or_none(lead_id=lead.id), view)
    return page(
        request,
        "desk/lead.html",
        lead=lead,
        row=row,
        lines=sum_parts(row, view),
        events=await timeline.lines_of(lead, view),
        given=await timeline.given_to(lead, view),
        returned=await timeline.returned_by(lead, view),
        consents=await timeline.consents_of(lead),
        now=now(),
    )


async def profiling(request: Request) -> Response:
    """On request of the lead: keep no record of what is read, and no score; or again."""
    lead, form = await lead_of(request), await read_form(request)
    off = form.get("do") == "off"
    moment = now()
    async with in_transaction():
        await Lead.filter(id=lead.id).update(profiling_off_at=moment if off else None)
        kind = "profiling.objected" if off else "profiling.allowed"
        await record(Entry(lead.id, kind, f"{kind}:{lead.id}:{moment.isoformat()}"))
        await accounts.audit(kind, f"lead {lead.id}", request.state.staff)
    return RedirectResponse(f"/desk/leads/{lead.id}", 303)


routes = [
    Route("/desk/leads/{number:int}", card, name="desk:card", methods=["GET"], role="sales"),
    Route(
        "/desk/leads/{number:int}/profiling",
        profiling,
        name="desk:profiling",
        methods=["POST"],
        role="sales",
    ),
]
