"""Catalogue, covers, reading what is open."""

from starlette.requests import Request
from starlette.responses import Response

from server.kit.text import say
from server.library.assets import Asset
from server.library.cards import card
from server.library.making import MEDIA_TYPES, cover_svg, with_covers
from server.library.reader import (
    NoSuchChapterError,
    reader_facts,
)
from server.web.downloads import Download
from server.web.errors import NotFoundError
from server.web.pictures import picture
from server.web.rendering import page
from server.web.routing import Route


def _asset(request: Request) -> Asset:
    state = request.app.state
    found: Asset | None = state.library.exactly(
        request.path_params["slug"], request.path_params["lang"], state.today()
    )
    if not found:
        raise NotFoundError
    return found


def _readable_asset(request: Request) -> Asset:
    asset = _asset(request)
    if not asset.is_readable:
        raise NotFoundError
    return asset


async def catalogue(request: Request) -> Response:
    """All titles, by kind, narrowed by a theme if one is chosen."""
    state, language = request.app.state, request.path_params["lang"]
    assets = state.library.assets(language, state.today())
    themes = sorted({theme for asset in assets for theme in asset.themes})
    chosen = request.query_params.get("theme", "")
    shown = [asset for asset in assets if not chosen or chosen in asset.themes]
    counts = {theme: sum(theme in asset.themes for asset in assets) for theme in themes}
    return page(
        request,
        "library/library.html",
        chosen=chosen,
        counts=counts,
        total=len(assets),
        books=with_covers([asset for asset in shown if asset.kind == "e-book"]),
        papers=with_covers([asset for asset in shown if asset.kind != "e-book"]),
    )


async def read(request: Request) -> Response:
    """A chapter of what all may read."""
    asset = _readable_asset(request)
    try:
        facts = reader_facts(
            asset,
            request.query_params,
            f"{asset.path}/read",
            asset.path,
            offers_copy=asset.asks_address,
        )
    except NoSuchChapterError:
        raise NotFoundError from None
    return page(request, "library/reader.html", **facts)


async def download(request: Request) -> Response:
    """The PDF or EPUB of what all may read."""
    asset = _readable_asset(request)
    if request.path_params["file"] != asset.slug:
        raise NotFoundError
    kind = request.path_params["kind"]
    state = request.app.state
    content = await state.workshop.get(asset, state.house.fresh(), kind)
    return Download(content, MEDIA_TYPES[kind], name=f"{asset.slug}.{kind}", request=request)


async def cover(request: Request) -> Response:
    """The cover as a picture, for mail and for whoever shares the page."""
    state = request.app.state
    return picture(await state.workshop.get(_asset(request), state.house.fresh(), "png"))


async def share_card(request: Request) -> Response:
    """The picture beside a link to an asset."""
    asset, state = _asset(request), request.app.state
    line = f"{say(asset.language, asset.kind_text)}, {asset.author}"
    drawn = card(asset.title, line, state.house.fresh(), cover_svg(asset))
    return picture(await state.workshop.card(f"asset-{asset.slug}", asset.language, drawn))


routes = [
    Route(
        "/{lang:lang}/library",
        catalogue,
        name="library:all",
        methods=["GET"],
        role="public",
        keeps=("theme",),
    ),
    Route(
        "/{lang:lang}/library/{slug}/read",
        read,
        name="library:read",
        methods=["GET"],
        role="public",
        keeps=("c", "size"),
    ),
    Route(
        "/{lang:lang}/library/{slug}/card.png",
        share_card,
        name="library:card",
        methods=["GET"],
        role="public",
        keeps=(),
    ),
    Route(
        "/{lang:lang}/library/{slug}/cover.png",
        cover,
        name="library:cover",
        methods=["GET"],
        role="public",
        keeps=(),
    ),
    Route(
        "/{lang:lang}/library/{slug}/{file}.{kind:kind}",
        download,
        name="library:download",
        methods=["GET"],
        role="public",
    ),
]
