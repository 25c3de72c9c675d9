"""What can go wrong with a call of another program, as RFC 9457 tells it."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.kit.text import say
from server.web.language import language_of

PATH = "/api/"
WORDS = {
    400: ("web.problem_400", "web.problem_400_how"),
    401: ("web.problem_401", "web.problem_401_how"),
    403: ("web.problem_403", "web.problem_403_how"),
    404: ("web.problem_404", "web.problem_404_how"),
    405: ("web.problem_405", "web.problem_405_how"),
    408: ("web.problem_400", "web.problem_400_how"),
    409: ("web.problem_409", "web.problem_409_how"),
    413: ("web.problem_413", "web.problem_413_how"),
    415: ("web.problem_415", "web.problem_415_how"),
    422: ("web.problem_422", "web.problem_422_how"),
    429: ("web.problem_429", "web.problem_429_how"),
    500: ("web.problem_500", "web.problem_500_how"),
    503: ("web.problem_500", "web.problem_500_how"),
}


class ProblemError(Exception):
    """A call is refused: `key` is the text of the detail where it is not that of the status.

    `errors`: field → (key of a text, its values), for what was sent wrongly.
    """

    def __init__(
        self,
        status: int,
        key: str = "",
        errors: Sequence[tuple[str, str, Mapping[str, object]]] = (),
        **values: object,
    ) -> None:
        super().__init__(f"{status} {key}")
        self.status, self.key, self.errors, self.values = status, key, errors, values


def problem(request: Request, error: ProblemError) -> Response:
    """The answer to a call that is refused, in the language of who calls."""
    language = language_of(request)
    title, detail = WORDS.get(error.status, WORDS[500])
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": say(language, title),
        "status": error.status,
        "detail": say(language, error.key or detail, **error.values),
    }
    if error.errors:
        body["errors"] = [
            {"field": field, "message": say(language, key, **values)}
            for field, key, values in error.errors
        ]
    headers = {"Content-Language": language}
    if error.status in (429, 503):
        headers["Retry-After"] = "60"
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body, error.status, headers, "application/problem+json")


async def refused_call(request: Request, error: Exception) -> Response:
    """For Starlette: the answer to a ProblemError."""
    return problem(request, error if isinstance(error, ProblemError) else ProblemError(500))
