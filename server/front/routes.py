"""The home page, articles, search, the map of the site."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from server.front import pieces
from server.front.articles import Article, related_assets
from server.front.gift_blocks import with_gift_blocks
from server.front.searching import Index, Piece
from server.kit.text import LANGUAGES, other, say
from server.library.assets import Asset
from server.library.cards import card
from server.library.making import cover_svg, with_covers
from server.newsletter import issuing
from server.newsletter.tips import Tip
from server.web.errors import NotFoundError
from server.web.feeds import Entry, feed
from server.web.pictures import picture
from server.web.rendering import page, render
from server.web.routing import Route

SITE_PAGES = (
    "",
    "library",
    "articles",
    "newsletter",
    "faq",
    "contact",
    "about",
    "privacy",
    "my-page",
    "why-free",
)
OTHERS = 3  # articles below one


def _assets(request: Request, language: str) -> list[Asset]:
    state = request.app.state
    found: list[Asset] = state.library.assets(language, state.today())
    return found


def _articles(request: Request, language: str) -> list[Article]:
    state = request.app.state
    found: list[Article] = state.articles.public(language, state.today())
    return found


async def _tips(request: Request, language: str) -> list[Tip]:
    state = request.app.state
    return await issuing.public_tips(state.tips, language, state.today())


async def home(request: Request) -> Response:
    """Something to take along before anything is said about us."""
    language = request.path_params["lang"]
    assets, articles = _assets(request, language), _articles(request, language)
    first = next((asset for asset in assets if asset.is_readable), None)
    tips = await _tips(request, language)
    return page(
        request,
        "front/home.html",
        books=with_covers(assets),
        tip=tips[0] if tips else None,
        article=articles[0] if articles else None,
        newest=with_covers([first])[0] if first else None,
    )


async def articles(request: Request) -> Response:
    """Every article, newest first."""
    found = _articles(request, request.path_params["lang"])
    return page(request, "front/articles.html", articles=found)


async def article(request: Request) -> Response:
    """One article, who wrote it, and what to take along."""
    found = _article(request)
    assets = _assets(request, found.language)

    def block(asset: Asset) -> str:
        cover = cover_svg(asset, uid=f"block-{asset.slug}")
        return render(request, "front/gift_block.html", asset=asset, cover=cover)

    blocks = {asset.path: partial(block, asset) for asset in assets}
    return page(
        request,
        "front/article.html",
        article=found,
        text=with_gift_blocks(found.html(), blocks),
        books=request.app.state.library.by_author(
            found.author, found.language, request.app.state.today()
        ),
        related=with_covers(related_assets(found, assets)),
        others=[one for one in _articles(request, found.language) if one is not found][:OTHERS],
        elsewhere=any(one.slug == found.slug for one in _articles(request, other(found.language))),
    )


def _article(request: Request) -> Article:
    slug = request.path_params["slug"]
    every = _articles(request, request.path_params["lang"])
    found = next((one for one in every if one.slug == slug), None)
    if not found:
        raise NotFoundError
    return found


async def article_card(request: Request) -> Response:
    """The picture beside a link to an article."""
    found, state = _article(request), request.app.state
    drawn = card(found.title, found.author, state.house.fresh())
    return picture(await state.workshop.card(f"article-{found.slug}", found.language, drawn))


async def house_card(request: Request) -> Response:
    """The picture beside a link to any other page."""
    state, language = request.app.state, request.path_params["lang"]
    house = state.house.fresh()
    title = house.welcome.get(language, {}).get("title", house.name)
    newest = next(iter(_assets(request, language)), None)
    cover = cover_svg(newest) if newest else ""
    drawn = card(title, house.line.get(language, ""), house, cover)
    return picture(await state.workshop.card("house", language, drawn))


async def articles_feed(request: Request) -> Response:
    """The articles as an Atom feed."""
    language = request.path_params["lang"]
    entries = [
        Entry(one.title, one.path, one.published.isoformat(), one.author, one.summary, one.html())
        for one in _articles(request, language)
    ]
    return feed(request, say(language, "web.articles"), f"/{language}/articles", entries)


async def search(request: Request) -> Response:
    """What holds the words one looks for; without words a few titles."""
    language = request.path_params["lang"]
    query = " ".join(request.query_params.get("q", "").split())[:100]
    finds = (await _index(request, language)).search(query) if query else []
    books = [] if finds else with_covers(_assets(request, language)[:3])
    return page(request, "front/search.html", query=query, finds=finds, books=books)


async def _index(request: Request, language: str) -> Index:
    state, tips = request.app.state, await _tips(request, language)
    shelves = (state.library, state.answers, state.articles, state.tips)
    facts = (state.today(), [shelf.version() for shelf in shelves], [tip.issue for tip in tips])

    def collect() -> list[Piece]:
        return [
            *pieces.of_assets(_assets(request, language)),
            *pieces.of_articles(_articles(request, language)),
            *pieces.of_tips(tips),
            *pieces.of_answers(state.answers, language),
        ]

    index: Index = state.indexes.get(language, facts, collect)
    return index


async def sitemap(request: Request) -> Response:
    """Every public page in both languages (sitemaps.org)."""
    paths = []
    for language in LANGUAGES:
        assets = _assets(request, language)
        paths += [asset.path for asset in assets]
        paths += [f"{asset.path}/read" for asset in assets if asset.is_readable]
        paths += [one.path for one in _articles(request, language)]
        paths += [one.path for one in await _tips(request, language)]
        paths += [f"/{language}/{name}" for name in SITE_PAGES]
    pages = [(path, _other(path, paths)) for path in paths]
    xml = render(request, "front/sitemap.xml", pages=pages)
    return Response(xml, media_type="application/xml")


def _other(path: str, paths: list[str]) -> str:
    """The same page in the other language, if it is there."""
    same = f"/{other(path[1:3])}{path[3:]}"
    return same if same in paths else ""


routes = [
    Route("/{lang:lang}/", home, name="front:home", methods=["GET"], role="public", keeps=()),
    Route(
        "/{lang:lang}/articles",
        articles,
        name="front:articles",
        methods=["GET"],
        role="public",
        keeps=(),
    ),
    Route(
        "/{lang:lang}/articles/feed.xml",
        articles_feed,
        name="front:articles_feed",
        methods=["GET"],
        role="public",
        keeps=(),
    ),
    Route(
        "/{lang:lang}/articles/{slug}",
        article,
        name="front:article",
        methods=["GET"],
        role="public",
        keeps=(),
    ),
    Route(
        "/{lang:lang}/articles/{slug}/card.png",
        article_card,
        name="front:article_card",
        methods=["GET"],
        role="public",
        keeps=(),
    ),
    Route(
        "/{lang:lang}/card.png",
        house_card,
        name="front:card",
        methods=["GET"],
        role="public",
        keeps=(),
    ),
    Route("/{lang:lang}/search", search, name="front:search", methods=["GET"], role="public"),
    Route("/sitemap.xml", sitemap, name="front:sitemap", methods=["GET"], role="public", keeps=()),
]
