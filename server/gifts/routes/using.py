"""Reading and taking home through one's own link."""

from starlette.requests import Request
from starlette.responses import Response

from server.gifts import reading
from server.gifts.models import Gift
from server.gifts.routes.behind import gift_of
from server.library.assets import Asset
from server.library.making import MEDIA_TYPES
from server.library.reader import NoSuchChapterError, reader_facts
from server.web.downloads import Download
from server.web.errors import NotFoundError
from server.web.rendering import page
from server.web.routing import Route
from server.web.visitor import visitor


async def _book(request: Request) -> tuple[Gift, Asset]:
    """A gift that is there to be read."""
    gift, asset = await gift_of(request, confirmed=True)
    if not asset.is_book:
        raise NotFoundError
    return gift, asset


async def read(request: Request) -> Response:
    """A chapter, read through one's own link."""
    gift, asset = await _book(request)
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
    gift, asset = await _book(request)
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


routes = [
    Route("/gift/{token}/read", read, name="gifts:read", methods=["GET"], role="token"),
    Route(
        "/gift/{token}/{slug}.{kind:kind}",
        download,
        name="gifts:download",
        methods=["GET"],
        role="token",
    ),
]
