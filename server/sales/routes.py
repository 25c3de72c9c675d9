"""The page of a loyalty card: what is on it, and choosing something for a full one."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.gifts.giving import PURPOSE as GIFT
from server.kit.text import say
from server.leads.models import Lead
from server.library.making import cover_svg
from server.mail.postman import Postman
from server.sales import loyalty
from server.sales.loyalty_file import Loyalty
from server.sales.surprises import Shop
from server.web.errors import NotFoundError
from server.web.forms import read_form
from server.web.rendering import page
from server.web.routing import Route

STAMPS = {
    "reply": "sales.stamp_reply",
    "question": "sales.stamp_question",
    "rating": "sales.stamp_rating",
    "rating.personal": "sales.stamp_rating",
    "review": "sales.stamp_review",
    "forward": "sales.stamp_forward",
    "referral.joined": "sales.stamp_referral",
    "comment": "sales.stamp_comment",
    "survey": "sales.stamp_survey",
    "purchase": "sales.stamp_purchase",
}


async def _mine(request: Request) -> tuple[Lead, Loyalty, Shop]:
    """Whose card, of which kind; wrong, erased, no customer and no card are the same 404."""
    state = request.app.state
    lead = await loyalty.holder(state.site, request.path_params["token"])
    kind = state.loyalty.fresh()
    if not lead or not kind:
        raise NotFoundError
    request.state.language = lead.language
    zone = state.settings.timezone
    return lead, kind, Shop(Postman.of(state), state.library, zone, state.today(), lead.language)


async def show(request: Request) -> Response:
    """The stamps, in words and drawn; a choice where a card is full."""
    return await _show(request, *await _mine(request))


async def _show(
    request: Request, lead: Lead, kind: Loyalty, shop: Shop, error: str = ""
) -> Response:
    card = await loyalty.card_of(lead, kind, shop)
    rewards = await loyalty.rewards_for(lead, kind, shop) if card.waits else []
    words = [(say(shop.language, STAMPS[one.kind]), one.day) for one in card.filled]
    return page(
        request,
        "sales/card.html",
        status=409 if error else 200,
        slim=True,
        card=card,
        stamps=words,
        rewards=[(one, cover_svg(one, uid=f"reward-{one.slug}")) for one in rewards],
        error=error,
        token=request.path_params["token"],
    )


async def choose(request: Request) -> Response:
    """Something for a full card, at once; a second press leads to the card as it is then."""
    (lead, kind, shop), form = await _mine(request), await read_form(request)
    gift = await loyalty.redeem(lead, kind, shop, form.get("reward", ""))
    if not gift:
        return await _show(request, lead, kind, shop, "sales.card_taken")
    return RedirectResponse(f"/gift/{request.app.state.site.token(GIFT, gift.id)}", 303)


routes = [
    Route("/card/{token}", show, name="sales:card", methods=["GET"], role="token"),
    Route("/card/{token}", choose, name="sales:redeem", methods=["POST"], role="token"),
]
