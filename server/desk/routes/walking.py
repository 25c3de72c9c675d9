"""Walking through a list from card to card: where this lead stands in it, and who is beside it."""

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request

from server.desk.routes.looking import slugs_by_theme
from server.leads.models import Lead
from server.sales import finding, lists
from server.sales.finding import Filters
from server.sales.rows import View


@dataclass(frozen=True)
class Walk:
    """The list one came from: `query` goes on with every step, `place` counts from 1 (0: not told).

    `before` and `after` are the numbers of the leads beside this one; None at either end.
    """

    query: str
    back: str
    before: int | None
    after: int | None
    place: int = 0
    total: int = 0

    @property
    def is_today(self) -> bool:
        """It is the list of today, and not that of all leads."""
        return self.query == "in=today"


async def walk_of(request: Request, lead: Lead, view: View) -> Walk | None:
    """The list that `in` in the address names; None for a card that was opened by itself."""
    came_from = request.query_params.get("in", "")
    if came_from == "today":
        return await _through_today(request, lead, view)
    if came_from != "leads":
        return None
    filters = Filters.read(request.query_params)
    before, after = await finding.beside(lead.id, filters, slugs_by_theme(request))
    query = filters.address()
    in_list = urlencode({"in": "leads"}) + (f"&{query}" if query else "")
    return Walk(in_list, f"/desk/leads?{query}" if query else "/desk/leads", before, after)


async def _through_today(request: Request, lead: Lead, view: View) -> Walk:
    """Who was dealt with is off the list: from there one goes on with the first that is left."""
    found = await lists.today(view, request.state.staff, request.app.state.today())
    ids = [row.lead.id for row in (*found.ready, *found.ask)]
    if lead.id not in ids:
        return Walk("in=today", "/desk/", None, ids[0] if ids else None)
    at = ids.index(lead.id)
    before, after = ids[at - 1] if at else None, ids[at + 1] if at + 1 < len(ids) else None
    return Walk("in=today", "/desk/", before, after, at + 1, len(ids))
