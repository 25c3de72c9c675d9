"""The application: every route of every room, what guards them, and what they share."""

import contextlib
import hmac
import logging
from collections.abc import AsyncIterator, Callable
from datetime import date, datetime, time, timedelta

from starlette.applications import Starlette
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp
from tortoise.exceptions import (
    DBConnectionError,
    DoesNotExist,
    IntegrityError,
    OperationalError,
)

from server.api import routes as api_routes
from server.contact import routes as contact_routes
from server.contact.answers import Answers
from server.contact.overview import waiting_for_us
from server.demo import routes as demo_routes
from server.demo.models import holds_demo
from server.desk import routes as desk_routes
from server.front import routes as front_routes
from server.front.articles import Articles
from server.front.searching import Indexes
from server.gifts import liking, limits
from server.gifts import routes as gifts_routes
from server.gifts.returning_ways import WaysFile
from server.kit.clock import now
from server.kit.database import (
    DeadlockDetectedError,
    close_database,
    is_orphan,
    open_database,
)
from server.kit.house import HouseFile
from server.kit.settings import Settings, load_settings
from server.kit.site import Site
from server.library import routes as library_routes
from server.library.assets import Library
from server.library.making import Workshop
from server.mail import gate
from server.mail import routes as mail_routes
from server.mail.letters import Letters
from server.newsletter import issuing
from server.newsletter import routes as newsletter_routes
from server.newsletter.tips import Tips
from server.privacy import routes as privacy_routes
from server.sales import routes as sales_routes
from server.sales.loyalty_file import LoyaltyFile
from server.staff import accounts, tokens
from server.tracking.visits import Visits
from server.web import routes as web_routes
from server.web.errors import RefusedError, WrongRoleError, error_page, refused
from server.web.forms import FormError, is_foreign, read_form
from server.web.limits import Buckets, client_network
from server.web.prepared import Facts, Prepared, keeping_of
from server.web.problems import ProblemError, refused_call
from server.web.rendering import make_environment
from server.web.routing import Endpoint, Route
from server.web.safety import Safety
from server.web.sessions import session_cookie

ROOMS = (
    web_routes,
    library_routes,
    mail_routes,
    gifts_routes,
    newsletter_routes,
    contact_routes,
    front_routes,
    sales_routes,
    privacy_routes,
    demo_routes,
    desk_routes,
    api_routes,
)
PUBLIC = ("public", "token", "signed")
TRIES = 3
CALLS_A_MINUTE = 600  # of one key

log = logging.getLogger("givefirst.app")


def all_routes() -> list[Route]:
    """The route table of the product, as the rooms declare it."""
    return [route for room in ROOMS for route in room.routes]


def make_app(settings: Settings) -> ASGIApp:
    """The whole site over these settings."""
    app = Starlette(
        routes=[_guarded(route) for route in all_routes()],
        lifespan=_lifespan,
        exception_handlers={
            RefusedError: refused,
            ProblemError: refused_call,
            # Whom this was about was erased while it was under way.
            DoesNotExist: _gone,
            IntegrityError: _gone,
            # The database is away for a moment: say so, and when to come back.
            OperationalError: _unavailable,
            DBConnectionError: _unavailable,
            DeadlockDetectedError: _unavailable,
            FormError: refused,
            404: _http_error,
            405: _http_error,
            500: _http_error,
        },
    )
    app.router.redirect_slashes = False
    _share(app, settings)
    return Prepared(Safety(app, settings.base_url), _facts_of(app), app.state.visits.note)


def create_app() -> ASGIApp:
    """The site over the settings of the environment; for the server that is told its name."""
    return make_app(load_settings())


def _share(app: Starlette, settings: Settings) -> None:
    state = app.state
    state.settings = settings
    state.site = Site(settings.base_url, settings.secrets)
    state.house = HouseFile(settings.content)
    state.templates = make_environment()
    state.buckets = Buckets(settings.form_rate)
    state.calls = Buckets(CALLS_A_MINUTE)
    state.library = Library(settings.content)
    state.tips = Tips(settings.content)
    state.answers = Answers(settings.content)
    state.articles = Articles(settings.content)
    state.indexes = Indexes()
    state.letters = Letters(settings.email_templates)
    state.workshop = Workshop(settings.data)
    state.ways = WaysFile(settings.content)
    state.loyalty = LoyaltyFile(settings.content, state.library)

    def today() -> date:
        return now().astimezone(settings.timezone).date()

    state.today = today
    state.visits = Visits(today)


@contextlib.asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    await open_database(app.state.settings)
    try:
        async with app.state.visits.written():
            yield
    finally:
        await close_database()


def _guarded(route: Route) -> Route:
    """The route behind what its role asks for."""
    if route.role == "bearer":
        guard = _bearer(route.scope)
    else:
        guard = _public(route.keeps) if route.role in PUBLIC else _staff_only(route.largest)
    methods = sorted(set(route.methods or ()) - {"HEAD"})
    return Route(
        route.path,
        guard(route.endpoint, route.role),
        name=route.name,
        methods=methods,
        role=route.role,
        largest=route.largest,
        keeps=route.keeps,
        scope=route.scope,
    )


def _bearer(scope: str) -> Callable[[Endpoint, str], Endpoint]:
    """The guard of a call of another program: its key is the proof, no cookie is looked at."""

    def guard(endpoint: Endpoint, role: str) -> Endpoint:
        async def guarded(request: Request) -> Response:
            kind, _, secret = request.headers.get("authorization", "").partition(" ")
            token = await tokens.find(secret.strip() if kind.lower() == "bearer" else "")
            if not token:
                raise ProblemError(401)
            if not request.app.state.calls.allow(str(token.id)):
                raise ProblemError(429)
            if not token.may(scope):
                raise ProblemError(403, "api.no_scope", scope=scope)
            request.state.token = token
            await tokens.touch(token)
            return await _answer(endpoint, request)

        return guarded

    return guard


def _public(keeps: tuple[str, ...] | None) -> Callable[[Endpoint, str], Endpoint]:
    """The guard of a page for all, whose answer may be kept for these fields of the query."""

    def guard(endpoint: Endpoint, role: str) -> Endpoint:
        async def guarded(request: Request) -> Response:
            # A button on a token page is not counted: its token is the proof.
            counted = request.method == "POST" and role == "public"
            if counted and not request.app.state.buckets.allow(client_network(request)):
                raise RefusedError(429)
            if keeps is not None and set(request.query_params) <= set(keeps):
                keeping_of(request.scope).until = _holds_until(request.app.state)
            return await _answer(endpoint, request)

        return guarded

    return guard


def _holds_until(state: State) -> datetime:
    """Until a public page says something else of itself: we open or close, or a day begins."""
    local = now().astimezone(state.settings.timezone)
    midnight = datetime.combine(local.date() + timedelta(days=1), time(), state.settings.timezone)
    changes_at = state.house.fresh().opening(now(), state.settings.timezone).changes_at
    return min(midnight, changes_at or midnight)


def _facts_of(app: Starlette) -> Facts:
    """What public pages show that may change at any moment: the content, and what was sent."""
    state, sent, gone = app.state, set[str](), frozenset[str]()
    quotes: list[liking.Quote] = []

    async def facts() -> object:
        nonlocal sent, gone, quotes
        # Without the database pages go on as they were.
        with contextlib.suppress(OperationalError, DBConnectionError):
            sent = await issuing.sent_names()
            gone = await limits.closed(state.library.all(), state.today())
            quotes = await liking.quotes_shown()
        shelves = (state.library, state.tips, state.answers, state.articles)
        return state.house.fresh(), [shelf.version() for shelf in shelves], sent, gone, quotes

    return facts


def _staff_only(largest: int) -> Callable[[Endpoint, str], Endpoint]:
    """The guard of a page of staff whose form has at most so many octets."""

    def guard(endpoint: Endpoint, role: str) -> Endpoint:
        return _for_staff(endpoint, role, largest)

    return guard


def _for_staff(endpoint: Endpoint, role: str, largest: int) -> Endpoint:
    async def guarded(request: Request) -> Response:
        session = await accounts.find_session(request.cookies.get(session_cookie(request), ""))
        if not session:
            return RedirectResponse("/desk/login", 303)
        if not session.user.may(role) and role != "staff":
            raise WrongRoleError
        request.state.staff, request.state.csrf = session.user, session.csrf
        request.state.language = session.user.language
        request.state.holds_demo = await holds_demo()
        request.state.waiting = await waiting_for_us()
        request.state.is_shut = session.user.may("admin") and await gate.is_shut()
        if request.method == "POST":
            form = await read_form(request, largest)
            if is_foreign(request) or not _same(form.get("csrf", ""), session.csrf):
                raise RefusedError(403)
        await accounts.touch(session)
        return await _answer(endpoint, request)

    return guarded


async def _answer(endpoint: Endpoint, request: Request) -> Response:
    """The answer; asked for again where PostgreSQL ended one of two that waited for each other."""
    for _ in range(TRIES - 1):
        try:
            return await endpoint(request)
        except DeadlockDetectedError:
            log.warning("deadlock: once more")
    return await endpoint(request)


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


async def _gone(request: Request, error: Exception) -> Response:
    if isinstance(error, IntegrityError) and not is_orphan(error):
        raise error
    return error_page(request, 404)


async def _unavailable(request: Request, error: Exception) -> Response:
    log.error("database: %s", type(error).__name__)
    return error_page(request, 503)


async def _http_error(request: Request, error: Exception) -> Response:
    return error_page(request, getattr(error, "status_code", 500))
