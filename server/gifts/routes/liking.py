"""How did you like it: the question, the answer, and what follows on a good one."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.gifts import liking, passing_on, returning
from server.gifts.liking import Opinion
from server.gifts.models import Gift
from server.gifts.returning_ways import PASS_ON
from server.gifts.routes.behind import gift_of, quote_wording
from server.kit.text import whole_number
from server.leads.subscribing import Asked
from server.library.assets import Asset
from server.web.forms import read_form
from server.web.limits import short_network
from server.web.rendering import page
from server.web.routing import Route
from server.web.visitor import visitor

RATINGS = (1, 2, 3, 4)
PAGE, MAIL = "gift page", "mail"
# What is said after a way was taken.
DONE = {
    "review": "gifts.done_words",
    "question": "gifts.done_words",
    "case": "gifts.done_words",
    "pass_on": "gifts.done_pass_on",
    "talk": "gifts.done_talk",
    "buy": "gifts.done_buy",
    "nothing": "gifts.done_nothing",
}


async def liked(request: Request) -> Response:
    """How did you like it: the question alone, or what follows when it was answered."""
    gift, asset = await gift_of(request, confirmed=True)
    return await liked_page(request, gift, asset)


async def liked_page(
    request: Request, gift: Gift, asset: Asset, error: str = "", words: str = ""
) -> Response:
    """The page as things stand; `error` names the way whose words are missing."""
    state, query = request.app.state, request.query_params
    done = query.get("done", "") if gift.liked_at else ""
    ways = await returning.open_ways(gift, state.ways.fresh())
    taken = next((way for way in state.ways.fresh() if way.name == done), None)
    facts: dict[str, Any] = {
        "done": DONE.get(done, "") if taken else "",
        "taken": taken,
        "passed": await passing_on.address_of(state.site, gift, asset) if done == PASS_ON else "",
        # After one there is no next one on the same page.
        "ways": [] if taken else ways,
        "was_liked": (gift.liked or 0) >= liking.LIKED,
    }
    named = await liking.may_be_named(gift, visitor(request))
    return page(
        request,
        "gifts/liked.html",
        status=422 if error else 200,
        slim=True,
        gift=gift,
        asset=asset,
        token=request.path_params["token"],
        answer=_answer(query.get("answer", "")),
        via_mail=came_by(query) == MAIL or "answer" in query,
        quote_box=quote_wording(gift.language, named=named),
        error=error,
        words=words,
        **facts,
    )


def _answer(written: str) -> int:
    number = whole_number(written, 1)
    return number if number in RATINGS else 0


def came_by(given: Any) -> str:
    """By which road somebody came to an answer, as our own forms carry it along."""
    return MAIL if given.get("from") == MAIL else PAGE


def back_to_liked(request: Request, source: str, done: str = "") -> Response:
    """The page after a button of it."""
    parts = [f"done={done}"] * bool(done) + ["from=mail"] * (source == MAIL)
    query = "?" + "&".join(parts) if parts else ""
    return RedirectResponse(f"/gift/{request.path_params['token']}/liked{query}", 303)


async def rate(request: Request) -> Response:
    """Take the answer; only a pressed button counts, and the first."""
    gift, asset = await gift_of(request, confirmed=True)
    form, who = await read_form(request), visitor(request)
    source = came_by(form)
    if answer := _answer(form.get("liked", "")):
        why = form.get("why", "").strip()[: returning.LONGEST]
        quote = None
        if "quote" in form:
            words = quote_wording(gift.language, named=await liking.may_be_named(gift, who))
            quote = Asked(words, "/gift", short_network(request))
        await liking.rate(gift, asset, Opinion(answer, why, source, quote), who)
    return back_to_liked(request, source)


routes = [
    Route("/gift/{token}/liked", liked, name="gifts:liked", methods=["GET"], role="token"),
    Route("/gift/{token}/liked", rate, name="gifts:rate", methods=["POST"], role="token"),
]
