"""Questions and answers, contact, and the pages about the house."""

from datetime import date, timedelta

from starlette.requests import Request
from starlette.responses import Response

from server.contact.answers import PAGES
from server.kit.clock import now
from server.web.errors import NotFoundError
from server.web.rendering import page, speaker
from server.web.routing import Endpoint, Route


async def faq(request: Request) -> Response:
    """All answers, or those that hold the words one looks for."""
    query = request.query_params.get("q", "").strip()[:100]
    groups = request.app.state.answers.groups(request.path_params["lang"], query)
    return page(request, "contact/faq.html", groups=groups, query=query)


async def contact(request: Request) -> Response:
    """A named person, the ways to reach them, and when they are there."""
    house = request.app.state.house.fresh()
    today = now().astimezone(request.app.state.settings.timezone).date()
    speak = speaker(request)
    days = [today + timedelta(days=ahead) for ahead in range(7)]
    week = [(speak.weekday(day), house.span(day), day == today) for day in days]
    closed = sorted(day for day in house.holidays if _soon(day, today))
    holidays = [(day, house.holidays[day]) for day in closed]
    return page(request, "contact/contact.html", week=week, holidays=holidays)


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
