"""How did you like it: the question, and the answer."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.gifts import giving
from server.gifts.giving import Opinion
from server.gifts.routes.behind import gift_of
from server.web.forms import read_form
from server.web.rendering import page
from server.web.routing import Route
from server.web.visitor import visitor

RATINGS = (1, 2, 3, 4)


async def liked(request: Request) -> Response:
    """How did you like it: the question alone, or thanks when it was answered."""
    gift, asset = await gift_of(request, confirmed=True)
    return page(
        request,
        "gifts/liked.html",
        slim=True,
        gift=gift,
        asset=asset,
        token=request.path_params["token"],
    )


async def rate(request: Request) -> Response:
    """Take the answer; nothing else is asked."""
    gift, asset = await gift_of(request, confirmed=True)
    form = await read_form(request)
    answer = form.get("liked", "")
    if answer.isdigit() and int(answer) in RATINGS:
        opinion = Opinion(int(answer), form.get("why", "").strip()[:2000])
        await giving.rate(gift, asset, opinion, visitor(request))
    return RedirectResponse(f"/gift/{request.path_params['token']}/liked", 303)


routes = [
    Route("/gift/{token}/liked", liked, name="gifts:liked", methods=["GET"], role="token"),
    Route("/gift/{token}/liked", rate, name="gifts:rate", methods=["POST"], role="token"),
]
