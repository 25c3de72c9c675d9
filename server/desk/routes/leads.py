"""Today, the list of all leads, and what is done with several at once."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.desk.routes.card import DAYS_OF_REST, colleague, outcome_line
from server.desk.routes.looking import back, filters_of, picked, slugs_by_theme, view_of
from server.kit.clock import now
from server.sales import finding, follow_up, lists
from server.sales.finding import Filters
from server.sales.rows import sum_in_short
from server.staff.models import StaffUser
from server.web.errors import NotFoundError
from server.web.forms import read_form
from server.web.rendering import page
from server.web.routing import Route


async def today(request: Request) -> Response:
    """Whom to talk to, and about what."""
    view = await view_of(request)
    found = await lists.today(view, request.state.staff, request.app.state.today())
    return page(
        request,
        "desk/today.html",
        found=found,
        now=now(),
        today=request.app.state.today(),
        sums={row.lead.id: sum_in_short(row, view) for row in found.ready},
        done=await outcome_line(request, view, "done"),
        undone=await outcome_line(request, view, "undone"),
        few=found.outcomes < lists.LEARNS_FROM,
    )


async def leads(request: Request) -> Response:
    """All leads, with search, filters and views as links, in the order asked for."""
    filters = Filters.read(request.query_params)
    after, slugs = request.query_params.get("after", ""), slugs_by_theme(request)
    view = await view_of(request)
    found = await finding.page_of(view, filters, slugs, after)
    firm = found.rows[0].lead if filters.firm and found.rows else None
    return page(
        request,
        "desk/leads.html",
        found=found,
        filters=filters,
        after=after,
        views=await _views(request.state.staff, slugs),
        saved=await follow_up.views_of(request.state.staff),
        themes=list(slugs),
        colleagues=await follow_up.colleagues(),
        states=finding.STATES,
        firm=await finding.firm_of(firm, view) if firm else None,
        told=request.query_params.get("told", ""),
        today=request.app.state.today(),
        now=now(),
    )


async def _views(staff: StaffUser, slugs: dict[str, list[str]]) -> list[dict[str, Any]]:
    """The views everybody has, each with how many leads it holds."""
    known = (
        ("desk.view_ready", Filters(state="ready", order="ready")),
        ("desk.view_liked", Filters(balance="liked", order="returned")),
        ("desk.view_window", Filters(window=True)),
        ("desk.view_mine", Filters(owner=str(staff.id))),
        ("desk.view_silent", Filters(balance="silent")),
        ("desk.view_all", Filters()),
    )
    return [
        {"name": name, "address": one.address(), "count": await finding.count_of(one, slugs)}
        for name, one in known
    ]


async def together(request: Request) -> Response:
    """Give the chosen leads to a colleague, or let them rest."""
    form, ids = await read_form(request), await picked(request)
    default = "/desk/leads"
    if not ids:
        return back(form, default, told="none")
    if form.get("do") == "owner":
        count = await follow_up.assign(ids, await colleague(form.get("owner", "")))
    elif form.get("do") == "snooze" and form.get("days") in DAYS_OF_REST:
        count = await follow_up.snooze(ids, follow_up.in_days(int(form["days"])))
    elif form.get("do") == "wake":
        count = await follow_up.snooze(ids, None)
    else:
        raise NotFoundError
    return back(form, default, told=count)


async def save_view(request: Request) -> Response:
    """Keep the filters of this moment under a name."""
    form = await read_form(request)
    filters = filters_of(form)
    place = f"/desk/leads?{filters.address()}"
    name = " ".join(form.get("name", "").split())
    if not name:
        return back({}, place, told="no_name")
    kept = await follow_up.save_view(request.state.staff, name, filters.address())
    return back({}, place, told="saved" if kept else "too_many")


async def drop_view(request: Request) -> Response:
    """Forget a view."""
    number = request.path_params["number"]
    if number < 2**31:
        await follow_up.drop_view(request.state.staff, number)
    return RedirectResponse("/desk/leads", 303)


routes = [
    Route("/desk/", today, name="desk:today", methods=["GET"], role="sales"),
    Route("/desk/leads", leads, name="desk:leads", methods=["GET"], role="sales"),
    Route("/desk/leads/together", together, name="desk:together", methods=["POST"], role="sales"),
    Route("/desk/views", save_view, name="desk:save_view", methods=["POST"], role="sales"),
    Route(
        "/desk/views/{number:int}", drop_view, name="desk:drop_view", methods=["POST"], role="sales"
    ),
]
