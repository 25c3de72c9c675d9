"""What a link of a gift opens, and what giving needs of the application."""

from typing import Any

from starlette.requests import Request

from server.gifts import limits
from server.gifts.models import LINK, Gift
from server.kit.text import say
from server.library.assets import Asset
from server.library.making import cover_svg, with_covers
from server.mail.postman import Postman
from server.web.errors import NotFoundError, OwnPageError

# What is said where a limit is reached.
FULL = {
    limits.TOTAL: "gifts.full_total",
    limits.OVER: "gifts.full_over",
    limits.LEAD: "gifts.full_lead",
    limits.COMPANY: "gifts.full_company",
    limits.COSTLY: "gifts.full_costly",
}


def giver(request: Request) -> Postman:
    """What giving needs, from this application."""
    state = request.app.state
    return Postman.of(state)


def consent_wording(request: Request, language: str) -> str:
    """The words beside the box, as they are shown and as a receipt keeps them."""
    house = request.app.state.house.fresh()
    return say(language, "library.tips_box", house=house.name)


def quote_wording(language: str, *, named: bool) -> str:
    """The words beside the box that allows us to show a sentence, as a receipt keeps them."""
    return say(language, "gifts.quote_box_named" if named else "gifts.quote_box")


async def gift_of(request: Request, *, confirmed: bool = False) -> tuple[Gift, Asset]:
    """The gift a token opens and its asset; one whose term is over says how to get it back."""
    gift, asset = await given_behind(request)
    if not gift.is_usable:
        token = request.path_params["token"]
        shown = {"asset": asset, "cover": cover_svg(asset), "token": token, "slim": True}
        raise OwnPageError(404, "gifts/expired.html", **shown)
    if confirmed and not gift.confirmed_at:
        raise NotFoundError
    return gift, asset


async def given_behind(request: Request) -> tuple[Gift, Asset]:
    """The gift of a token that was not revoked; wrong and revoked are the same 404."""
    number = request.app.state.site.open(LINK, request.path_params["token"])
    gift = await Gift.get_or_none(id=number) if number else None
    if not gift or gift.revoked_at:
        raise NotFoundError
    request.state.language = gift.language
    asset = request.app.state.library.find(gift.asset_slug, gift.language)
    if not asset:
        raise OwnPageError(404, "gifts/gone.html", slim=True)
    return gift, asset


def full_facts(request: Request, asset: Asset, limit: str) -> dict[str, Any]:
    """What the page shows where a limit is reached: which, and what there is instead."""
    state = request.app.state
    open_ones = [
        other
        for other in state.library.assets(asset.language, state.today())
        if other.slug != asset.slug and (other.is_readable or not other.terms.limits.are_set)
    ]
    near = sorted(open_ones, key=lambda other: -len(set(other.themes) & set(asset.themes)))
    return {
        "asset": asset,
        "text": FULL[limit],
        "cover": cover_svg(asset),
        "beside": with_covers(near[:3]),
    }
