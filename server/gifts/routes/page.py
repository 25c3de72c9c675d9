"""The personal gift page: a button, and what is behind it."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.gifts import giving, kinds, liking, passing_on, reading
from server.gifts.limits import Taker
from server.gifts.models import Gift
from server.gifts.routes.behind import (
    consent_wording,
    full_facts,
    gift_of,
    given_behind,
    giver,
    quote_wording,
)
from server.kit.text import file_size
from server.leads import tracking_consent
from server.leads.models import Lead
from server.library.assets import Asset
from server.library.making import cover_svg
from server.library.reader import spoken
from server.staff.models import StaffUser
from server.web.forms import EvenAnswer, read_form
from server.web.limits import short_network
from server.web.rendering import page
from server.web.routing import Route
from server.web.visitor import visitor


async def renew(request: Request) -> Response:
    """Mail a fresh link to whom the gift was given; what came of it shows nowhere."""
    gift, asset = await given_behind(request)
    async with EvenAnswer():
        await giving.renew(giver(request), gift, asset, visitor(request))
    return RedirectResponse(f"/gift/{request.path_params['token']}/renew", 303)


async def renewed(request: Request) -> Response:
    """The page after that button, the same for everybody."""
    _, asset = await given_behind(request)
    return page(request, "gifts/renewed.html", slim=True, asset=asset)


async def show(request: Request) -> Response:
    """A button until confirmed: mail scanners open links, only people press buttons."""
    gift, asset = await gift_of(request)
    if gift.confirmed_at:
        return await opened(request, gift, asset)
    return page(
        request,
        "gifts/gift.html",
        slim=True,
        cover=cover_svg(asset),
        tips_wording=consent_wording(request, gift.language),
        gift=gift,
        asset=asset,
        token=request.path_params["token"],
        giver=await _giver_of(gift),
    )


async def _giver_of(gift: Gift) -> str:
    """Who of us gave it; empty where the house did."""
    by = await StaffUser.get_or_none(id=gift.given_by_id) if gift.given_by_id else None
    return by.shown_name if by else ""


async def opened(
    request: Request, gift: Gift, asset: Asset, status: int = 200, **told: Any
) -> Response:
    """What is behind the button; `told` is a form of its kind as it was filled in."""
    state = request.app.state
    return page(
        request,
        "gifts/open.html",
        status=status,
        slim=True,
        gift=gift,
        asset=asset,
        token=request.path_params["token"],
        giver=await _giver_of(gift),
        cover=cover_svg(asset),
        spoken=[] if asset.is_book else spoken(asset),
        sizes=await _sizes(request, asset) if asset.is_book else {},
        clean=state.site.url(asset.path),
        passed=await passing_on.address_of(state.site, gift, asset),
        quote_box=quote_wording(
            gift.language, named=await liking.may_be_named(gift, visitor(request))
        ),
        answer=0,
        via_mail=False,
        mailed=bool(request.query_params.get("mailed")),
        tips_wait=await giving.tips_wait(gift),
        tips_wording=consent_wording(request, gift.language),
        choice=await _choice(request, gift),
        chapter=await reading.place_of(gift, asset, visitor(request)) if asset.is_book else None,
        **{**await kinds.facts_of(gift, asset, state.settings.timezone), **told},
    )


async def _sizes(request: Request, asset: Asset) -> dict[str, str]:
    state, sizes = request.app.state, {}
    for kind in ("pdf", "epub"):
        made = await state.workshop.get(asset, state.house.fresh(), kind)
        sizes[kind] = file_size(asset.language, len(made))
    return sizes


async def _choice(request: Request, gift: Gift) -> tracking_consent.Choice:
    lead, house = await Lead.get(id=gift.lead_id), request.app.state.house.fresh()
    asked = await giving.may_ask_to_follow(gift, lead, visitor(request))
    return tracking_consent.choice_of(lead, gift.language, house.name, asked=asked)


async def take(request: Request) -> Response:
    """The button: confirms the address and hands the gift over."""
    gift, asset = await gift_of(request)
    writer, lead = giver(request), await Lead.get(id=gift.lead_id)
    taker = Taker(asset, lead, writer.house.giving, request.app.state.today())
    zone = request.app.state.settings.timezone
    handed = await giving.hand_over(writer, gift, taker, visitor(request), zone)
    if handed.full:
        return page(
            request, "gifts/full.html", slim=True, **full_facts(request, asset, handed.full)
        )
    return RedirectResponse(f"/gift/{request.path_params['token']}", 303)


async def follow(request: Request) -> Response:
    """Whether we may see what they do with the tip: the box below the gift, or taking it back."""
    gift, _ = await gift_of(request, confirmed=True)
    form, house = await read_form(request), request.app.state.house.fresh()
    lead = await Lead.get(id=gift.lead_id)
    asked = await giving.may_ask_to_follow(gift, lead, visitor(request))
    network = short_network(request)
    place = tracking_consent.Place(
        gift.language, house.name, "/gift", network, "button on the gift page"
    )
    await tracking_consent.take(lead, form, place, asked=asked)
    return RedirectResponse(f"/gift/{request.path_params['token']}", 303)


routes = [
    Route("/gift/{token}", show, name="gifts:show", methods=["GET"], role="token"),
    Route("/gift/{token}", take, name="gifts:take", methods=["POST"], role="token"),
    Route("/gift/{token}/renew", renewed, name="gifts:renewed", methods=["GET"], role="token"),
    Route("/gift/{token}/renew", renew, name="gifts:renew", methods=["POST"], role="token"),
    Route("/gift/{token}/following", follow, name="gifts:follow", methods=["POST"], role="token"),
]
