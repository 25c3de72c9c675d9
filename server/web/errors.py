"""What can go wrong with a request, and the page that says so kindly."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from server.kit.text import say
from server.web.forms import FormError
from server.web.language import language_of
from server.web.problems import PATH, ProblemError, problem
from server.web.rendering import page

HEADINGS = {
    400: ("web.error_400", "web.error_400_lead"),
    403: ("web.error_403", "web.error_403_lead"),
    404: ("web.error_404", "web.error_404_lead"),
    405: ("web.error_405", "web.error_405_lead"),
    408: ("web.error_400", "web.error_400_lead"),
    413: ("web.error_413", "web.error_413_lead"),
    429: ("web.error_429", "web.error_429_lead"),
    500: ("web.error_500", "web.error_500_lead"),
    503: ("web.error_500", "web.error_500_lead"),
}
LARGEST_NUMBER = 2**31 - 1  # of a row, on either engine
ROLE = ("web.error_role", "web.error_role_lead")


class RefusedError(Exception):
    """The request is refused; the page for `status` says what to do."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class WrongRoleError(RefusedError):
    """A colleague asked for a page of another role."""

    def __init__(self) -> None:
        super().__init__(403)


class NotFoundError(RefusedError):
    """There is nothing here, or not for who asks: the two look the same."""

    def __init__(self) -> None:
        super().__init__(404)


class OwnPageError(RefusedError):
    """The request is refused, and a page of its own says why and what to do."""

    def __init__(self, status: int, template: str, **values: Any) -> None:
        super().__init__(status)
        self.template, self.values = template, values


def row_number(request: Request) -> int:
    """The number in the address of a page about one row; NotFoundError for one no row can have."""
    number: int = request.path_params["number"]
    if number > LARGEST_NUMBER:
        raise NotFoundError
    return number


def error_page(request: Request, status: int, words: tuple[str, str] | None = None) -> Response:
    """A friendly page in the language of the reader, with the right status; a problem for a
    program that calls."""
    if request.url.path.startswith(PATH):
        return problem(request, ProblemError(status))
    heading, lead = words or HEADINGS.get(status, HEADINGS[500])
    language = language_of(request)
    headers = {"Retry-After": "60"} if status in (429, 503) else {}
    return page(
        request,
        "web/message.html",
        status=status,
        headers=headers,
        heading=say(language, heading),
        lead=say(language, lead),
        searches=status == 404,
        kicker=str(status),
    )


async def refused(request: Request, error: Exception) -> Response:
    """For Starlette: the page for a RefusedError or a FormError."""
    if isinstance(error, OwnPageError):
        return page(request, error.template, status=error.status, **error.values)
    status = error.status if isinstance(error, (RefusedError, FormError)) else 500
    return error_page(request, status, ROLE if isinstance(error, WrongRoleError) else None)
