"""The landing page's form, the personal gift page, reading and taking home through one's link."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.gifts import giving, reading
from server.gifts.giving import Opinion, Wish
from server.gifts.models import Gift
from server.kit.addresses import AddressError, normalise
from server.kit.text import file_size, say
from server.leads import tracking_consent
from server.leads.models import Lead
from server.leads.subscribing import Asked
from server.library.assets import Asset
from server.library.making import MEDIA_TYPES, cover_svg
from server.library.reader import NoSuchChapterError, asset_facts, place_or_start, reader_facts
from server.mail.postman import Postman
from server.web.downloads import Download
from server.web.errors import NotFoundError, OwnPageError, RefusedError
from server.web.forms import EvenAnswer, is_foreign, read_form
from server.web.limits import short_network
from server.web.rendering import page
from server.web.routing import Route
from server.web.visitor import visitor

RATINGS = (1, 2, 3, 4)


def giver(request: Request) -> Postman:
    """What giving needs, from this application."""
    state = request.app.state
    return Postman.of(state)


def consent_wording(request: Request, language: str) -> str:
    """The words beside the box, as they are shown and as a receipt keeps them."""
    house = request.app.state.house.fresh()
    return say(language, "library.tips_box", house=house.name)


async def ask(request: Request) -> Response:
    """Take the form of a landing page; the page after it is the same for everybody."""
    language = request.path_params["lang"]
    asset = request.app.state.library.exactly(
        request.path_params["slug"], language, request.app.state.today()
    )
    if not asset or not asset.asks_address:
        raise NotFoundError
    if is_foreign(request):
        raise RefusedError(403)
    form = await read_form(request)
    try:
        email = normalise(form.get("email", ""))
    except AddressError:
        facts = asset_facts(request.app.state.library, asset, request.app.state.today())
        return page(
            request,
            "library/asset.html",
            status=422,
            email=form.get("email", "")[:254],
            error="web.address_wrong",
            ticked="newsletter" in form,
            **facts,
        )
    if not form.get("website"):
        wish = Wish(email, _name(form), asset, _tips(request, form, asset), visitor(request))
        async with EvenAnswer():
            await giving.request_gift(giver(request), wish)
    # Who came from the reader finds the way back to their place on the page after it.
    parts = ["sent=1", *place_or_start(asset, form).parts]
    return RedirectResponse(f"{asset.path}?{'&'.join(parts)}", 303)


def _name(form: dict[str, str]) -> str:
    return " ".join(form.get("name", "").split())[:120]


def _tips(request: Request, form: dict[str, str], asset: Asset) -> Asked | None:
    if "newsletter" not in form:
        return None
    wording = consent_wording(request, asset.language)
    shown_on = f"{asset.path}/read" if "c" in form else asset.path
    return Asked(wording, shown_on, short_network(request))


async def _gift(request: Request, *, confirmed: bool = False) -> tuple[Gift, Asset]:
    """The gift a token opens and its asset; one whose term is over says how to get it back."""
    gift, asset = await _expired_or_not(request)
    if not gift.is_usable:
        token = request.path_params["token"]
        shown = {"asset": asset, "cover": cover_svg(asset), "token": token, "slim": True}
        raise OwnPageError(404, "gifts/expired.html", **shown)
    if confirmed and not gift.confirmed_at:
        raise NotFoundError
    return gift, asset


async def _expired_or_not(request: Request) -> tuple[Gift, Asset]:
    """The gift of a token that was not revoked; wrong and revoked are the same 404."""
    number = request.app.state.site.open(giving.PURPOSE, request.path_params["token"])
    gift = await Gift.get_or_none(id=number) if number else None
    if not gift or gift.revoked_at:
        raise NotFoundError
    request.state.language = gift.language
    asset = request.app.state.library.find(gift.asset_slug, gift.language)
    if not asset:
        raise OwnPageError(404, "gifts/gone.html", slim=True)
    return gift, asset


async def renew(request: Request) -> Response:
    """Mail a fresh link to whom the gift was given; what came of it shows nowhere."""
    gift, asset = await _expired_or_not(request)
    async with EvenAnswer():
        await giving.renew(giver(request), gift, asset, visitor(request))
    return RedirectResponse(f"/gift/{request.path_params['token']}/renew", 303)


async def renewed(request: Request) -> Response:
    """The page after that button, the same for everybody."""
    _, asset = await _expired_or_not(request)
    return page(request, "gifts/renewed.html", slim=True, asset=asset)


async def show(request: Request) -> Response:
    """A button until confirmed: mail scanners open links, only people press buttons."""
    gift, asset = await _gift(request)
    shared = {"gift": gift, "asset": asset, "token": request.path_params["token"]}
    if not gift.confirmed_at:
        return page(
            request,
            "gifts/gift.html",
            slim=True,
            cover=cover_svg(asset),
            tips_wording=consent_wording(request, gift.language),
            **shared,
        )
    state = request.app.state
    sizes = {}
    for kind in ("pdf", "epub"):
        made = await state.workshop.get(asset, state.house.fresh(), kind)
        sizes[kind] = file_size(gift.language, len(made))
    return page(
        request,
        "gifts/open.html",
        slim=True,
        cover=cover_svg(asset),
        sizes=sizes,
        clean=state.site.url(asset.path),
        mailed=bool(request.query_params.get("mailed")),
        tips_wait=await giving.tips_wait(gift),
        tips_wording=consent_wording(request, gift.language),
        choice=await _choice(request, gift),
        chapter=await reading.place_of(gift, asset, visitor(request)),
        **shared,
    )


async def _choice(request: Request, gift: Gift) -> tracking_consent.Choice:
    lead, house = await Lead.get(id=gift.lead_id), request.app.state.house.fresh()
    asked = await giving.may_ask_to_follow(gift, lead, visitor(request))
    return tracking_consent.choice_of(lead, gift.language, house.name, asked=asked)


async def take(request: Request) -> Response:
    """The button: confirms the address and hands the gift over."""
    gift, _ = await _gift(request)
    await giving.hand_over(giver(request), gift, visitor(request))
    return RedirectResponse(f"/gift/{request.path_params['token']}", 303)


async def follow(request: Request) -> Response:
    """Whether we may see what they do with the tip: the box below the gift, or taking it back."""
    gift, _ = await _gift(request, confirmed=True)
    form, house = await read_form(request), request.app.state.house.fresh()
    lead = await Lead.get(id=gift.lead_id)
    asked = await giving.may_ask_to_follow(gift, lead, visitor(request))
    network = short_network(request)
    place = tracking_consent.Place(
        gift.language, house.name, "/gift", network, "button on the gift page"
    )
    await tracking_consent.take(lead, form, place, asked=asked)
    return RedirectResponse(f"/gift/{request.path_params['token']}", 303)


async def read(request: Request) -> Response:
    """A chapter, read through one's own link."""
    gift, asset = await _gift(request, confirmed=True)
    base = f"/gift/{request.path_params['token']}/read"
    back = f"/gift/{request.path_params['token']}"
    try:
        facts = reader_facts(asset, request.query_params, base, back)
    except NoSuchChapterError:
        raise NotFoundError from None
    await reading.open_chapter(gift, asset, facts["chapter"].number, visitor(request))
    return page(request, "library/reader.html", **facts)


async def download(request: Request) -> Response:
    """The PDF or EPUB; a delivery to the end counts, a HEAD, an abort or a later range does not."""
    gift, asset = await _gift(request, confirmed=True)
    slug, kind = request.path_params["slug"], request.path_params["kind"]
    if slug != gift.asset_slug:
        raise NotFoundError
    state = request.app.state
    content = await state.workshop.get(asset, state.house.fresh(), kind)
    who = visitor(request)

    async def delivered() -> None:
        await reading.took_home(gift, asset, kind, who)

    return Download(
        content, MEDIA_TYPES[kind], name=f"{slug}.{kind}", request=request, on_delivered=delivered
    )


async def liked(request: Request) -> Response:
    """How did you like it: the question alone, or thanks when it was answered."""
    gift, asset = await _gift(request, confirmed=True)
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
    gift, asset = await _gift(request, confirmed=True)
    form = await read_form(request)
    answer = form.get("liked", "")
    if answer.isdigit() and int(answer) in RATINGS:
        opinion = Opinion(int(answer), form.get("why", "").strip()[:2000])
        await giving.rate(gift, asset, opinion, visitor(request))
    return RedirectResponse(f"/gift/{request.path_params['token']}/liked", 303)


routes = [
    Route("/{lang:lang}/library/{slug}", ask, name="gifts:ask", methods=["POST"], role="public"),
    Route("/gift/{token}", show, name="gifts:show", methods=["GET"], role="token"),
    Route("/gift/{token}", take, name="gifts:take", methods=["POST"], role="token"),
    Route("/gift/{token}/renew", renewed, name="gifts:renewed", methods=["GET"], role="token"),
    Route("/gift/{token}/renew", renew, name="gifts:renew", methods=["POST"], role="token"),
    Route("/gift/{token}/following", follow, name="gifts:follow", methods=["POST"], role="token"),
    Route("/gift/{token}/read", read, name="gifts:read", methods=["GET"], role="token"),
    Route("/gift/{token}/liked", liked, name="gifts:liked", methods=["GET"], role="token"),
    Route("/gift/{token}/liked", rate, name="gifts:rate", methods=["POST"], role="token"),
    Route(
        "/gift/{token}/{slug}.{kind:kind}",
        download,
        name="gifts:download",
        methods=["GET"],
        role="token",
    ),
]
