"""What a code on a card opens."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.gifts import batches
from server.tracking.evidence import COUNTS
from server.tracking.log import verdict_on
from server.web.language import language_of
from server.web.routing import Route
from server.web.visitor import visitor

NOT_KEPT = {"Vary": "Accept-Language", "Cache-Control": "no-store"}


async def open_code(request: Request) -> Response:
    """To the page of the gift in the language of the visitor; to the library where it ended."""
    state, language = request.app.state, language_of(request)
    batch = await batches.behind(request.path_params["code"])
    asset = batch and state.library.find(batch.asset_slug, language, state.today())
    if not batch or not asset:
        return RedirectResponse(f"/{language}/library", 303, NOT_KEPT)
    if verdict_on(visitor(request)).evidence in COUNTS:
        await batches.count_opening(batch, state.today())
    return RedirectResponse(f"{asset.path}?from={batch.code}", 303, NOT_KEPT)


routes = [Route("/b/{code}", open_code, name="gifts:batch", methods=["GET"], role="public")]
