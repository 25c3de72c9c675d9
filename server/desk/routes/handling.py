"""What is done by hand for what was given: parcels to send, codes to take in, who came."""

from datetime import date, datetime, time, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.gifts import kinds_sample, kinds_service, kinds_webinar
from server.gifts.kinds_webinar import Held
from server.gifts.models import Parcel
from server.kit.clock import now
from server.kit.slots import on_wall
from server.kit.text import whole_number
from server.web.errors import NotFoundError, row_number
from server.web.forms import read_form, read_values
from server.web.rendering import page
from server.web.routing import Route

NOON = time(12)
LONG_AGO = timedelta(days=60)  # a parcel was not sent longer before it is noted
TOLD = ("sent", "redeemed", "attended")


async def handling(request: Request) -> Response:
    """All three on one page; `code` shows what became of a voucher."""
    code = request.query_params.get("code", "")
    voucher = await kinds_service.find(kinds_service.read_code(code)) if code else None
    return await _page(request, code=code, voucher=voucher)


async def _page(request: Request, status: int = 200, **told_here: Any) -> Response:
    state, language = request.app.state, request.state.language
    told = request.query_params.get("told", "")
    held = await kinds_webinar.held(state.library, language, state.settings.timezone)
    return page(
        request,
        "desk/handling.html",
        status=status,
        titles=state.library.titles(language),
        today=state.today(),
        parcels=await kinds_sample.waiting(),
        sent=await kinds_sample.sent(),
        redeemed=await kinds_service.latest(),
        held=held,
        told=told if told in TOLD else "",
        **{"code": "", "voucher": None, "error": "", "parcel_error": 0, **told_here},
    )


async def send(request: Request) -> Response:
    """Note that a parcel left on a day; one that was noted before stays as it was."""
    number, form = row_number(request), await read_form(request)
    parcel = await Parcel.get_or_none(id=number)
    if not parcel:
        raise NotFoundError
    at = _left_at(request, form.get("on", ""))
    if at is None:
        return await _page(request, 422, parcel_error=number)
    await kinds_sample.send(number, at, request.state.staff)
    return RedirectResponse("/desk/handling?told=sent#parcels", 303)


def _left_at(request: Request, written: str) -> datetime | None:
    """Now for today, noon for an earlier day; None for no such day."""
    state = request.app.state
    try:
        day = date.fromisoformat(written)
    except ValueError:
        return None
    if day == state.today():
        return now()
    if not state.today() - LONG_AGO <= day < state.today():
        return None
    return on_wall(day, NOON, state.settings.timezone)


async def redeem(request: Request) -> Response:
    """Take a code in; for one that was taken in before it says when and by whom."""
    written = (await read_form(request)).get("code", "").strip()[:40]
    voucher = await kinds_service.find(kinds_service.read_code(written))
    if not voucher:
        return await _page(request, 422, error=written or "?")
    first = await kinds_service.redeem(voucher, request.state.staff)
    told = "&told=redeemed" if first else ""
    return RedirectResponse(f"/desk/handling?code={voucher.code}{told}#codes", 303)


async def attend(request: Request) -> Response:
    """Note who came to a webinar."""
    held = await _held(request)
    wanted = [whole_number(one) for one in await read_values(request, "gift")]
    await kinds_webinar.attend(held, [one for one in wanted if one])
    return RedirectResponse("/desk/handling?told=attended#webinars", 303)


async def _held(request: Request) -> Held:
    state, slug = request.app.state, request.path_params["slug"]
    every = await kinds_webinar.held(state.library, request.state.language, state.settings.timezone)
    found = next((one for one in every if one.asset.slug == slug), None)
    if not found:
        raise NotFoundError
    return found


routes = [
    Route("/desk/handling", handling, name="desk:handling", methods=["GET"], role="staff"),
    Route(
        "/desk/handling/parcels/{number:int}",
        send,
        name="desk:parcel_sent",
        methods=["POST"],
        role="staff",
    ),
    Route("/desk/handling/codes", redeem, name="desk:redeem", methods=["POST"], role="staff"),
    Route(
        "/desk/handling/webinars/{slug}",
        attend,
        name="desk:attend",
        methods=["POST"],
        role="staff",
    ),
]
