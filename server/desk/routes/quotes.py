"""Sentences that readers allow us to show, and which of them one of us agreed to."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.gifts import liking
from server.web.errors import NotFoundError, row_number
from server.web.forms import read_form
from server.web.rendering import page
from server.web.routing import Route


async def quotes(request: Request) -> Response:
    """Every sentence we may show: first those nobody has looked at."""
    library = request.app.state.library
    found = []
    for one in await liking.quotes_allowed():
        asset = library.find(one.slug, one.language)
        found.append((one, asset.title if asset else one.slug, asset.path if asset else ""))
    return page(request, "desk/quotes.html", quotes=found)


async def show(request: Request) -> Response:
    """Show a sentence on the page of its title, or take it off."""
    form = await read_form(request)
    shown = form.get("do") == "show"
    if not await liking.show_quote(row_number(request), request.state.staff, shown=shown):
        raise NotFoundError
    return RedirectResponse("/desk/quotes", 303)


routes = [
    Route("/desk/quotes", quotes, name="desk:quotes", methods=["GET"], role="editor"),
    Route(
        "/desk/quotes/{number:int}", show, name="desk:show_quote", methods=["POST"], role="editor"
    ),
]
