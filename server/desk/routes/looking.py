"""What the pages of the desk have in common: how a colleague sees things, and of whom a page is."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.kit.text import whole_number
from server.leads.models import Lead
from server.sales.finding import Filters
from server.sales.rows import View, make_view
from server.web.errors import NotFoundError, row_number
from server.web.forms import read_values

OWN = re.compile(r"/desk/[A-Za-z0-9/_-]*(\?[A-Za-z0-9=&%._+-]*)?")


async def view_of(request: Request) -> View:
    """How the colleague who asks sees things."""
    state = request.app.state
    return await make_view(state.library, request.state.language, state.settings.timezone)


async def lead_of(request: Request) -> Lead:
    """The lead of the number in the address; NotFoundError."""
    lead = await Lead.get_or_none(id=row_number(request))
    if not lead:
        raise NotFoundError
    return lead


def slugs_by_theme(request: Request) -> dict[str, list[str]]:
    """Theme → the slugs of its assets."""
    found: dict[str, set[str]] = {}
    for asset in request.app.state.library.all():
        for theme in asset.themes:
            found.setdefault(theme, set()).add(asset.slug)
    return {theme: sorted(slugs) for theme, slugs in sorted(found.items())}


def back(form: Mapping[str, str], default: str, **told: object) -> Response:
    """To the page of the desk that a form came from, with something to tell there."""
    place = form.get("next", "")
    place = place if OWN.fullmatch(place) else default
    if told:
        place += ("&" if "?" in place else "?") + urlencode(told)
    return RedirectResponse(place, 303)


def filters_of(form: Mapping[str, str]) -> Filters:
    """The filters of the list that a form was sent from, which it carries as an address does."""
    try:
        pairs = parse_qsl(form.get("query", "")[:1000], max_num_fields=20)
    except ValueError:
        pairs = []
    return Filters.read(dict(pairs))


async def picked(request: Request) -> list[int]:
    """The numbers of the leads that were ticked."""
    given = await read_values(request, "pick")
    numbers = [whole_number(one) for one in given]
    return [number for number in numbers if number is not None]
