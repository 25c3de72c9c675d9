"""Static files, style sheets, robots, health."""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from server.kit.database import rows
from server.web.language import language_of
from server.web.routing import Route
from server.web.static import static_files
from server.web.style import SHEETS, sheet

YEAR = "public, max-age=31536000, immutable"
HOUR = "public, max-age=3600"
# Previews run in a sandbox without an origin of their own and need styles and fonts.
FOR_ALL = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


async def home(request: Request) -> Response:
    """To the home page in the language of the visitor."""
    language = language_of(request)
    return RedirectResponse(f"/{language}/", 302, {"Vary": "Accept-Language"})


async def static(request: Request) -> Response:
    """A file of the product; the version in its address lets browsers keep it for a year."""
    file = static_files().get(request.path_params["path"])
    if not file:
        return PlainTextResponse("404", 404)
    keep = YEAR if request.query_params.get("v") == file.version else HOUR
    headers = {"Cache-Control": keep, **FOR_ALL}
    return Response(file.content, media_type=file.media_type, headers=headers)


async def style(request: Request) -> Response:
    """The style sheet of a side of the site in the colour of the house."""
    name = request.path_params["name"]
    if name not in SHEETS:
        return PlainTextResponse("404", 404)
    made = sheet(name, request.app.state.house.fresh().accent)
    keep = YEAR if request.query_params.get("v") == made.version else HOUR
    headers = {"Cache-Control": keep, **FOR_ALL}
    return Response(made.content, media_type="text/css", headers=headers)


async def robots(request: Request) -> Response:
    """What crawlers leave alone: personal pages and the desk."""
    lines = ["User-agent: *"]
    lines += [
        f"Disallow: /{path}/" for path in ("gift", "confirm", "unsubscribe", "me", "t", "b", "desk")
    ]
    lines.append(f"Sitemap: {request.app.state.site.url('/sitemap.xml')}")
    return PlainTextResponse("\n".join(lines) + "\n")


async def health(request: Request) -> Response:
    """The process lives."""
    return JSONResponse({"status": "ok"})


async def ready(request: Request) -> Response:
    """The database answers."""
    await rows("SELECT 1")
    return JSONResponse({"status": "ready"})


routes = [
    Route("/", home, name="web:home", methods=["GET"], role="public"),
    Route(
        "/static/{path:path}",
        static,
        name="web:static",
        methods=["GET"],
        role="public",
        keeps=("v",),
    ),
    Route(
        "/style/{name}.css",
        style,
        name="web:style",
        methods=["GET"],
        role="public",
        keeps=("v",),
    ),
    Route("/robots.txt", robots, name="web:robots", methods=["GET"], role="public", keeps=()),
    Route("/health", health, name="web:health", methods=["GET"], role="public"),
    Route("/ready", ready, name="web:ready", methods=["GET"], role="public"),
]
