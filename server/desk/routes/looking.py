"""What the pages of the desk have in common: how a colleague sees things, and of whom a page is."""

from starlette.requests import Request

from server.leads.models import Lead
from server.readiness.keeping import make_judge
from server.sales.rows import View
from server.web.errors import NotFoundError


async def view_of(request: Request) -> View:
    """How the colleague who asks sees things."""
    state, language = request.app.state, request.state.language
    titles = state.library.titles(language)
    judge = await make_judge(state.library.kinds())
    return View(language, state.settings.timezone, titles, judge)


async def lead_of(request: Request) -> Lead:
    """The lead of the number in the address; NotFoundError."""
    number = request.path_params["number"]
    lead = await Lead.get_or_none(id=number) if number < 2**31 else None
    if not lead:
        raise NotFoundError
    return lead
