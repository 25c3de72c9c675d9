"""Today and the list of all leads."""

from starlette.requests import Request
from starlette.responses import Response

from server.desk.routes.looking import view_of
from server.kit.clock import now
from server.sales import lists
from server.sales.rows import sum_in_short
from server.web.rendering import page
from server.web.routing import Route


async def today(request: Request) -> Response:
    """Whom to talk to, and about what."""
    view = await view_of(request)
    found = await lists.today(view)
    return page(
        request,
        "desk/today.html",
        found=found,
        now=now(),
        sums={row.lead.id: sum_in_short(row, view) for row in found.ready},
    )


async def leads(request: Request) -> Response:
    """All leads, with search, states as links and pages."""
    query = request.query_params.get("q", "").strip()[:100]
    state = request.query_params.get("state", "")
    after = request.query_params.get("after", "")
    found = await lists.page_of(await view_of(request), query, state, after)
    return page(
        request,
        "desk/leads.html",
        found=found,
        query=query,
        state=state,
        after=after,
        states=lists.STATES,
    )


routes = [
    Route("/desk/", today, name="desk:today", methods=["GET"], role="sales"),
    Route("/desk/leads", leads, name="desk:leads", methods=["GET"], role="sales"),
]
