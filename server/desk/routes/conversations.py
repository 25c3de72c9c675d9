"""Conversations: who waits for an answer, reading one, answering it by mail, closing it."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.contact import answering, overview
from server.contact.answering import Answer, AnswerError, NewerLineError
from server.contact.asking import Reception
from server.contact.models import OPEN, Conversation
from server.contact.overview import VIEWS
from server.contact.promising import span_words
from server.desk.routes.card import colleague
from server.kit.text import whole_number
from server.sales import follow_up
from server.web.errors import NotFoundError, row_number
from server.web.forms import read_form
from server.web.rendering import page
from server.web.routing import Route

TOLD = ("answered", "closed", "reopened", "assigned")


async def conversations(request: Request) -> Response:
    """One view of the list."""
    view = request.query_params.get("view", OPEN)
    return await _page(request, view if view in VIEWS else OPEN)


async def one(request: Request) -> Response:
    """One conversation, with the list it stands in beside it."""
    return await _one(request, row_number(request))


async def _one(request: Request, number: int, status: int = 200, **told_here: Any) -> Response:
    found = await overview.thread(Reception.of(request.app.state), number)
    if not found:
        raise NotFoundError
    conversation = found.conversation
    told = {"error": "", "text": answering.draft(conversation, request.state.staff), **told_here}
    return await _page(request, conversation.state, status, thread=found, **told)


async def _page(request: Request, view: str, status: int = 200, **values: Any) -> Response:
    reception, told = Reception.of(request.app.state), request.query_params.get("told", "")
    return page(
        request,
        "desk/conversations.html",
        status=status,
        view=view,
        counts=await overview.counts(),
        found=await overview.listed(reception, view),
        most=overview.MOST,
        usual=await overview.usual_wait(reception),
        span=lambda waited: span_words(request.state.language, waited),
        colleagues=await follow_up.colleagues(),
        told=told if told in TOLD else "",
        **{"thread": None, "error": "", "error_values": {}, "text": "", "asks": "", **values},
    )


async def _conversation(request: Request) -> Conversation:
    found = Conversation.get_or_none(id=row_number(request))
    conversation = await found.prefetch_related("lead")
    if not conversation:
        raise NotFoundError
    return conversation


def _back(conversation: Conversation, told: str) -> Response:
    return RedirectResponse(f"/desk/conversations/{conversation.id}?told={told}", 303)


async def answer(request: Request) -> Response:
    """Mail an answer; what came in meanwhile is shown first, with the text still there."""
    conversation, form = await _conversation(request), await read_form(request)
    text, seen = form.get("text", ""), whole_number(form.get("seen", "")) or 0
    closes = form.get("do") == "close"
    asks = {"yes": True, "no": False}.get(form.get("asks", ""))
    despite = " ".join(form.get("despite", "").split())
    helped = form.get("help") == "yes"
    given = Answer(text, seen, closes, helped=helped, asks=asks, despite=despite)
    try:
        await answering.answer(
            Reception.of(request.app.state), conversation, given, request.state.staff
        )
    except NewerLineError:
        return await _one(request, conversation.id, 409, error="desk.talk_newer", text=text)
    except AnswerError as error:
        told = {"error": error.key, "error_values": error.values, "text": text}
        return await _one(request, conversation.id, 422, asks=form.get("asks", ""), **told)
    return _back(conversation, "closed" if closes else "answered")


async def close(request: Request) -> Response:
    """Close it without an answer, or after one; what somebody just wrote is not thrown away."""
    conversation, form = await _conversation(request), await read_form(request)
    text, seen = form.get("text", ""), whole_number(form.get("seen", "")) or 0
    helped = form.get("help") == "yes"
    if answering.is_written(text, conversation, request.state.staff):
        return await _one(request, conversation.id, 422, error="contact.close_with_text", text=text)
    try:
        await answering.close(
            Reception.of(request.app.state), conversation, seen=seen, helped=helped
        )
    except NewerLineError:
        return await _one(request, conversation.id, 409, error="desk.talk_newer")
    return _back(conversation, "closed")


async def reopen(request: Request) -> Response:
    """Take a closed conversation up again."""
    conversation = await _conversation(request)
    await answering.reopen(conversation)
    return _back(conversation, "reopened")


async def assign(request: Request) -> Response:
    """Give it to a colleague, or to nobody."""
    conversation, form = await _conversation(request), await read_form(request)
    await answering.assign(conversation, await colleague(form.get("owner", "")))
    return _back(conversation, "assigned")


def _post(word: str, endpoint: Any) -> Route:
    path = f"/desk/conversations/{{number:int}}/{word}"
    return Route(path, endpoint, name=f"desk:talk_{word}", methods=["POST"], role="staff")


routes = [
    Route("/desk/conversations", conversations, name="desk:talks", methods=["GET"], role="staff"),
    Route("/desk/conversations/{number:int}", one, name="desk:talk", methods=["GET"], role="staff"),
    _post("answer", answer),
    _post("close", close),
    _post("reopen", reopen),
    _post("owner", assign),
]
