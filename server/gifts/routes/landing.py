"""The landing page of an asset and its form."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.gifts import giving, liking, limits
from server.gifts.giving import Wish
from server.gifts.passing_on import LONGEST
from server.gifts.routes.behind import FULL, consent_wording, giver
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


async def show(request: Request) -> Response:
    """What it is, a real piece of it, why it is free, and one field."""
    asset = _published(request)
    if request.query_params.get("sent") and asset.asks_address:
        place = place_or_start(asset, request.query_params)
        reading = place.address(f"{asset.path}/read")
        return page(request, "library/sent.html", asset=asset, reading=reading)
    return await _landing(request, asset, email="", error="", ticked=False)


async def _landing(request: Request, asset: Asset, **form: Any) -> Response:
    """The page with its form as it was filled in; where all are gone it says so instead."""
    state = request.app.state
    full = await limits.reached_for_all(asset, state.today()) if asset.asks_address else ""
    facts = asset_facts(state.library, asset, state.today())
    query = request.query_params
    # Who came by a card holds a code as well: in the form both are the road that led here.
    form["via"] = _via(query.get("via") or query.get("from") or form.get("via", ""))
    return page(
        request,
        "library/asset.html",
        status=422 if form["error"] else 200,
        quotes=await liking.quotes_shown(asset.slug, asset.language),
        **form,
        **facts | {"full": full, "full_text": FULL.get(full, "")},
    )


def _published(request: Request) -> Asset:
    state, path = request.app.state, request.path_params
    found: Asset | None = state.library.exactly(path["slug"], path["lang"], state.today())
    if not found:
        raise NotFoundError
    return found


async def ask(request: Request) -> Response:
    """Take the form of a landing page; the page after it is the same for everybody."""
    asset = _published(request)
    if not asset.asks_address:
        raise NotFoundError
    if is_foreign(request):
        raise RefusedError(403)
    form = await read_form(request)
    try:
        email = normalise(form.get("email", ""))
    except AddressError:
        typed = form.get("email", "")[:254]
        return await _landing(
            request,
            asset,
            email=typed,
            error="web.address_wrong",
            ticked="newsletter" in form,
            via=form.get("via", ""),
        )
    if await limits.reached_for_all(asset, request.app.state.today()):
        return await _landing(request, asset, email="", error="", ticked=False)
    if not form.get("website"):
        tips, via = _tips(request, form, asset), _via(form.get("via", ""))
        wish = Wish(email, _name(form), asset, tips, visitor(request), via=via)
        async with EvenAnswer():
            await giving.request_gift(giver(request), wish)
    # Who came from the reader finds the way back to their place on the page after it.
    parts = ["sent=1", *place_or_start(asset, form).parts]
    return RedirectResponse(f"{asset.path}?{'&'.join(parts)}", 303)


def _name(form: dict[str, str]) -> str:
    return " ".join(form.get("name", "").split())[:120]


def _via(written: str) -> str:
    """A code as an address holds it; whether it is one shows nowhere."""
    return written if len(written) <= LONGEST and written.isascii() and written.isalnum() else ""


def _tips(request: Request, form: dict[str, str], asset: Asset) -> Asked | None:
    if "newsletter" not in form:
        return None
    wording = consent_wording(request, asset.language)
    shown_on = f"{asset.path}/read" if "c" in form else asset.path
    return Asked(wording, shown_on, short_network(request))


routes = [
    Route(
        "/{lang:lang}/library/{slug}",
        show,
        name="gifts:landing",
        methods=["GET"],
        role="public",
        keeps=(),
    ),
    Route("/{lang:lang}/library/{slug}", ask, name="gifts:ask", methods=["POST"], role="public"),
]
