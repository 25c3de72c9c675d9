"""The form of a landing page."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.gifts import giving
from server.gifts.giving import Wish
from server.gifts.routes.behind import consent_wording, giver
from server.kit.addresses import AddressError, normalise
from server.leads.subscribing import Asked
from server.library.assets import Asset
from server.library.reader import asset_facts, place_or_start
from server.web.errors import NotFoundError, RefusedError
from server.web.forms import EvenAnswer, is_foreign, read_form
from server.web.limits import short_network
from server.web.rendering import page
from server.web.routing import Route
from server.web.visitor import visitor


async def ask(request: Request) -> Response:
    """Take the form of a landing page; the page after it is the same for everybody."""
    language = request.path_params["lang"]
    asset = request.app.state.library.exactly(
        request.path_params["slug"], language, request.app.state.today()
    )
    if not asset or not asset.asks_address:
        raise NotFoundError
    if is_foreign(request):
        raise RefusedError(403)
    form = await read_form(request)
    try:
        email = normalise(form.get("email", ""))
    except AddressError:
        facts = asset_facts(request.app.state.library, asset, request.app.state.today())
        return page(
            request,
            "library/asset.html",
            status=422,
            email=form.get("email", "")[:254],
            error="web.address_wrong",
            ticked="newsletter" in form,
            **facts,
        )
    if not form.get("website"):
        wish = Wish(email, _name(form), asset, _tips(request, form, asset), visitor(request))
        async with EvenAnswer():
            await giving.request_gift(giver(request), wish)
    # Who came from the reader finds the way back to their place on the page after it.
    parts = ["sent=1", *place_or_start(asset, form).parts]
    return RedirectResponse(f"{asset.path}?{'&'.join(parts)}", 303)


def _name(form: dict[str, str]) -> str:
    return " ".join(form.get("name", "").split())[:120]


def _tips(request: Request, form: dict[str, str], asset: Asset) -> Asked | None:
    if "newsletter" not in form:
        return None
    wording = consent_wording(request, asset.language)
    shown_on = f"{asset.path}/read" if "c" in form else asset.path
    return Asked(wording, shown_on, short_network(request))


routes = [
    Route("/{lang:lang}/library/{slug}", ask, name="gifts:ask", methods=["POST"], role="public"),
]
