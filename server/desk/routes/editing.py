"""The editor's pages: titles with their figures, drafts in a box, what is to mend."""

from starlette.requests import Request
from starlette.responses import Response

from server.desk import previewing, stock
from server.desk.routes.boxes import as_reader, boxed, findings
from server.gifts.liking import quotes_shown, said_of
from server.kit.giving import GivingRules
from server.library.assets import Asset
from server.library.making import LEAVES, MEDIA_TYPES
from server.library.press import PressError
from server.library.reader import NoSuchChapterError, asset_facts, reader_facts
from server.mail.postman import Postman
from server.web.downloads import Download
from server.web.errors import NotFoundError
from server.web.rendering import page
from server.web.routing import methods_of_role


async def gifts(request: Request) -> Response:
    """Titles with their figures, and what is wrong with the files."""
    state, language = request.app.state, request.state.language
    return page(
        request,
        "desk/gifts.html",
        faults=previewing.faults(findings(request), language),
        stocked=await stock.stock(state.library.all(), language, _rules(request), state.today()),
        today=state.today(),
    )


def _asset(request: Request) -> Asset:
    """The edition an address names; drafts too."""
    items = request.app.state.library.all()
    slug, language = request.path_params["slug"], request.path_params["lang"]
    for asset in items:
        if (asset.slug, asset.language) == (slug, language):
            return asset  # type: ignore[no-any-return]
    raise NotFoundError


async def gift(request: Request) -> Response:
    """One title: who took it and from where, and how it looks before anybody sees it."""
    state, spoken = request.app.state, request.query_params.get("lang", "")
    editions = [one for one in state.library.all() if one.slug == request.path_params["slug"]]
    if not editions:
        raise NotFoundError
    wanted = spoken or request.state.language
    asset = next((one for one in editions if one.language == wanted), editions[0])
    letter = previewing.gift_letter(_giver(request), asset)
    (stocked,) = await stock.stock(editions, asset.language, _rules(request), state.today())
    return page(
        request,
        "desk/gift.html",
        asset=asset,
        editions=sorted(editions, key=lambda one: one.language),
        stocked=stocked,
        roads=await stock.roads_to(asset.slug),
        said=await said_of(asset.slug),
        faults=previewing.faults_in(findings(request), asset.folder, request.state.language),
        letter=letter,
        leaves=range(1, LEAVES + 1),
        is_draft=asset.published > state.today(),
    )


def _rules(request: Request) -> GivingRules:
    rules: GivingRules = request.app.state.house.fresh().giving
    return rules


def _giver(request: Request) -> Postman:
    state = request.app.state
    return Postman.of(state)


async def gift_page(request: Request) -> Response:
    """The landing page of a draft."""
    asset, state = _asset(request), request.app.state
    facts = asset_facts(state.library, asset, state.today())
    shown = {"email": "", "error": "", "ticked": False, "via": "", **facts}
    shown["quotes"] = await quotes_shown(asset.slug, asset.language)
    return as_reader(request, asset.language, "library/asset.html", **shown)


def _book(request: Request) -> Asset:
    asset = _asset(request)
    if not asset.is_book:
        raise NotFoundError
    return asset


async def gift_read(request: Request) -> Response:
    """A chapter of a draft."""
    asset, base = _book(request), request.url.path
    try:
        offers_copy = asset.is_readable and asset.asks_address
        facts = reader_facts(asset, request.query_params, base, base, offers_copy=offers_copy)
    except NoSuchChapterError:
        raise NotFoundError from None
    return as_reader(request, asset.language, "library/reader.html", **facts)


async def gift_mail(request: Request) -> Response:
    """The mail that brings it."""
    return boxed(request, previewing.gift_letter(_giver(request), _asset(request)).html)


async def gift_file(request: Request) -> Response:
    """The PDF or EPUB of a draft."""
    asset, kind, state = _book(request), request.path_params["kind"], request.app.state
    try:
        content = await state.workshop.get(asset, state.house.fresh(), kind)
    except PressError:
        raise NotFoundError from None
    name = f"{asset.slug}.{asset.language}.{kind}"
    return Download(content, MEDIA_TYPES[kind], name=name, request=request)


async def gift_leaf(request: Request) -> Response:
    """A page of the book as a picture."""
    asset, state = _book(request), request.app.state
    try:
        leaf = await state.workshop.leaf(asset, state.house.fresh(), request.path_params["number"])
    except PressError:
        leaf = None
    if not leaf:
        raise NotFoundError
    return Response(leaf, media_type="image/png")


DRAFT = "/desk/gifts/{slug}/{lang:lang}"

_get, _post = methods_of_role("desk", "editor")

routes = [
    _get("/desk/gifts", gifts, "gifts"),
    _get("/desk/gifts/{slug}", gift, "gift"),
    _get(f"{DRAFT}/page", gift_page, "gift_page"),
    _get(f"{DRAFT}/read", gift_read, "gift_read"),
    _get(f"{DRAFT}/mail", gift_mail, "gift_mail"),
    _get(f"{DRAFT}/leaf/{{number:int}}", gift_leaf, "gift_leaf"),
    _get(f"{DRAFT}/book.{{kind:kind}}", gift_file, "gift_file"),
]
