"""Catalogue, covers, reading what is open."""

import asyncio
from datetime import UTC, date, datetime, time
from email.utils import formatdate

from starlette.requests import Request
from starlette.responses import Response

from server.kit.text import say
from server.library.assets import Asset
from server.library.cards import card
from server.library.kinds import Podcast
from server.library.making import MEDIA_TYPES, cover_svg, with_covers
from server.library.reader import (
    NoSuchChapterError,
    reader_facts,
)
from server.web.downloads import Download
from server.web.errors import NotFoundError
from server.web.pictures import picture
from server.web.rendering import page, render
from server.web.routing import Route

# How the shelves stand in the catalogue.
GROUPS = (
    ("books", ("e-book",)),
    ("papers", ("white paper",)),
    ("heard", ("webinar", "podcast")),
    ("tried", ("trial", "sample", "service")),
)


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
    """All titles in the groups of their kinds, narrowed by a theme if one is chosen."""
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
        groups=[(name, with_covers(_of(shown, kinds))) for name, kinds in GROUPS],
    )


def _of(assets: list[Asset], kinds: tuple[str, ...]) -> list[Asset]:
    return [asset for asset in assets if asset.kind in kinds]


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


async def recording(request: Request) -> Response:
    """The sound of a podcast that all may hear."""
    asset = _asset(request)
    own = asset.particulars
    is_it = isinstance(own, Podcast) and request.path_params["name"] == own.audio.name
    if not isinstance(own, Podcast) or not is_it or not asset.is_open:
        raise NotFoundError
    content = await asyncio.to_thread(own.audio.read_bytes)
    return Download(content, own.media_type, name=own.audio.name, request=request)


async def podcast_feed(request: Request) -> Response:
    """The episodes that all may hear as RSS 2.0, for programs that play podcasts."""
    state, language = request.app.state, request.path_params["lang"]
    heard = [
        asset
        for asset in state.library.assets(language, state.today())
        if asset.is_open and asset.kind == "podcast"
    ]
    noon = {one.slug: formatdate(_noon(one.published), usegmt=True) for one in heard}
    xml = render(request, "library/podcast.xml", episodes=heard, dates=noon)
    return Response(xml, media_type="application/rss+xml")


def _noon(day: date) -> float:
    return datetime.combine(day, time(12), UTC).timestamp()


routes = [
    Route(
        "/{lang:lang}/podcast/feed.xml",
        podcast_feed,
        name="library:podcast_feed",
        methods=["GET"],
        role="public",
        keeps=(),
    ),
    Route(
        "/{lang:lang}/library/{slug}/sound/{name}",
        recording,
        name="library:recording",
        methods=["GET"],
        role="public",
    ),
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
