"""Questions and answers, the form for a question, and the pages about the house."""

from collections.abc import Mapping
from datetime import date, timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.contact import asking
from server.contact.answers import PAGES
from server.contact.asking import Question, Reception
from server.contact.promising import changes_at, promise
from server.kit.addresses import AddressError, normalise
from server.kit.clock import now
from server.web.errors import NotFoundError, RefusedError
from server.web.forms import EvenAnswer, is_foreign, read_form
from server.web.prepared import keeping_of
from server.web.rendering import page, speaker
from server.web.routing import Endpoint, Route
from server.web.visitor import visitor

LONGEST_ABOUT = 100


async def faq(request: Request) -> Response:
    """All answers, or those that hold the words one looks for."""
    query = request.query_params.get("q", "").strip()[:100]
    groups = request.app.state.answers.groups(request.path_params["lang"], query)
    return page(request, "contact/faq.html", groups=groups, query=query)


async def contact(request: Request) -> Response:
    """A named person, the form for a question, other ways to reach them, and their hours."""
    state = request.app.state
    if request.query_params.get("sent"):
        promised = promise(state.house.fresh(), now(), state.settings.timezone)
        return page(request, "contact/sent.html", promised=promised)
    keeping = keeping_of(request.scope)
    turn = changes_at(state.house.fresh(), now(), state.settings.timezone)
    if keeping.until and turn:
        keeping.until = min(keeping.until, turn)
    about = " ".join(request.query_params.get("about", "").split())[:LONGEST_ABOUT]
    question = speaker(request)("contact.looked_for", query=about) if about else ""
    return _contact(request, {"question": question})


def _contact(
    request: Request, form: Mapping[str, str], faults: Mapping[str, str] | None = None
) -> Response:
    house = request.app.state.house.fresh()
    today = now().astimezone(request.app.state.settings.timezone).date()
    speak = speaker(request)
    days = [today + timedelta(days=ahead) for ahead in range(7)]
    week = [(speak.weekday(day), house.span(day), day == today) for day in days]
    closed = sorted(day for day in house.holidays if _soon(day, today))
    holidays = [(day, house.holidays[day]) for day in closed]
    return page(
        request,
        "contact/contact.html",
        status=422 if faults else 200,
        week=week,
        holidays=holidays,
        form=form,
        faults=faults or {},
        promised=promise(house, now(), request.app.state.settings.timezone),
        shortest=asking.SHORTEST,
        longest=asking.LONGEST,
    )


async def ask(request: Request) -> Response:
    """Take a question; the page after it is the same for everybody."""
    if is_foreign(request):
        raise RefusedError(403)
    given = await read_form(request)
    language, name = request.path_params["lang"], " ".join(given.get("name", "").split())[:120]
    text, email = asking.tidied(given.get("question", "")), ""
    faults: dict[str, str] = {}
    if fault := asking.fault_of(text):
        faults["question"] = fault
    try:
        email = normalise(given.get("email", ""))
    except AddressError:
        faults["email"] = "web.address_wrong"
    if faults:
        kept = {"email": given.get("email", "")[:254], "name": name, "question": text}
        return _contact(request, kept, faults)
    async with EvenAnswer():
        if not given.get("website"):
            question = Question(email, name, text, language)
            await asking.ask(Reception.of(request.app.state), question, visitor(request))
    return RedirectResponse(f"/{language}/contact?sent=1", 303)


def _soon(day: date, today: date) -> bool:
    return today <= day <= today + timedelta(days=60)


def about(name: str) -> Endpoint:
    """The endpoint of a page about the house."""

    async def show(request: Request) -> Response:
        found = request.app.state.answers.page(name, request.path_params["lang"])
        if not found:
            raise NotFoundError
        return page(request, "contact/page.html", text=found)

    return show


routes = [
    Route("/{lang:lang}/faq", faq, name="contact:faq", methods=["GET"], role="public", keeps=()),
    Route(
        "/{lang:lang}/contact",
        contact,
        name="contact:contact",
        methods=["GET"],
        role="public",
        keeps=(),
    ),
    Route("/{lang:lang}/contact", ask, name="contact:ask", methods=["POST"], role="public"),
    *(
        Route(
            f"/{{lang:lang}}/{name}",
            about(name),
            name=f"contact:{name}",
            methods=["GET"],
            role="public",
            keeps=(),
        )
        for name in PAGES
    ),
]
