"""Giving something back, passing it on, and being asked nothing more."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.gifts import asking, passing_on, returning
from server.gifts.models import Gift
from server.gifts.returning import GivenBack
from server.gifts.returning_ways import BUY, WRITTEN
from server.gifts.routes.behind import gift_of
from server.gifts.routes.liking import PAGE, back_to_liked, came_by, liked_page
from server.kit.database import in_transaction
from server.web.errors import NotFoundError
from server.web.forms import read_form
from server.web.rendering import page
from server.web.routing import Route
from server.web.visitor import visitor


async def give_back(request: Request) -> Response:
    """Take one of the ways that are left; a second press on one changes nothing."""
    gift, asset = await gift_of(request, confirmed=True)
    form = await read_form(request)
    name, source = form.get("way", ""), came_by(form)
    words = form.get("words", "").strip()
    ways = await returning.open_ways(gift, request.app.state.ways.fresh())
    way = next((one for one in ways if one.name == name), None)
    if not way:
        return back_to_liked(request, source)
    if way.name in WRITTEN and not words:
        return await liked_page(request, gift, asset, error=way.name)
    given = GivenBack(way, words, source, gift.language)
    await returning.give_back(gift, given, visitor(request))
    if way.name == BUY and way.href[gift.language].startswith("/"):
        return RedirectResponse(way.href[gift.language], 303)
    return back_to_liked(request, source, way.name)


async def pass_on(request: Request) -> Response:
    """Make the link to pass on, on the gift page."""
    gift, _ = await gift_of(request, confirmed=True)
    await passing_on.make(gift, PAGE, visitor(request))
    return RedirectResponse(f"/gift/{request.path_params['token']}#pass-on", 303)


async def show_stop(request: Request) -> Response:
    """No more questions: a button, for mail scanners open links."""
    gift = await _asked(request)
    done = bool(request.query_params.get("done"))
    return page(request, "gifts/questions.html", slim=True, gift=gift, done=done)


async def stop(request: Request) -> Response:
    """They are asked nothing more, from this very moment."""
    gift = await _asked(request)
    async with in_transaction():
        await asking.want_questions(gift.lead_id, wanted=False)
    return RedirectResponse(f"/questions/{request.path_params['token']}?done=1", 303)


async def _asked(request: Request) -> Gift:
    gift = await asking.behind(request.app.state.site, request.path_params["token"])
    if not gift:
        raise NotFoundError
    request.state.language = gift.language
    return gift


routes = [
    Route("/gift/{token}/back", give_back, name="gifts:back", methods=["POST"], role="token"),
    Route("/gift/{token}/pass-on", pass_on, name="gifts:pass_on", methods=["POST"], role="token"),
    Route("/questions/{token}", show_stop, name="gifts:show_stop", methods=["GET"], role="token"),
    Route("/questions/{token}", stop, name="gifts:stop", methods=["POST"], role="token"),
]
