"""The operations as addresses: read what came in, check it, act, and tell the answer."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.api import calls, checking
from server.api.acting import ACTS, Counter, Given
from server.api.calls import Call
from server.api.operations import OPERATIONS, PREFIX, Operation, document
from server.readiness.keeping import make_judge
from server.web.errors import row_number
from server.web.forms import LARGEST, FormError, read_body
from server.web.problems import ProblemError
from server.web.routing import Endpoint, Route

NUMBERS = ("limit", "lead_id")


def _endpoint(one: Operation) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        given = await _given(one, request)
        counter, act = await _counter(request), ACTS[one.name]
        if one.method == "GET":
            answer = await act(counter, given)
        else:
            told = b"\0".join([one.name.encode(), request.state.body])
            call = Call(counter.token, request.headers.get("idempotency-key", ""), told)
            answer = await calls.once(counter.site, call, lambda: act(counter, given))
        return JSONResponse(answer.body, answer.status)

    return endpoint


async def _counter(request: Request) -> Counter:
    state = request.app.state
    return Counter(
        state.site,
        state.house.fresh(),
        await make_judge(state.library.kinds()),
        request.state.token,
        state.settings.language,
    )


async def _given(one: Operation, request: Request) -> Given:
    """What a call gives, checked. Raises ProblemError."""
    number = row_number(request) if "number" in request.path_params else 0
    if one.body is None:
        return Given(queries=_queries(one, request), number=number)
    body = await _body(request)
    if errors := list(checking.faults(one.body, body)):
        raise ProblemError(422, errors=errors)
    return Given(body, {}, number)


def _queries(one: Operation, request: Request) -> dict[str, Any]:
    given: dict[str, Any] = dict(request.query_params)
    for name in NUMBERS:
        written = str(given.get(name, ""))
        if written.isascii() and written.isdigit():
            given[name] = int(written[:18])
    shape = {"properties": one.queries, "additionalProperties": False}
    if errors := list(checking.faults(shape, given)):
        raise ProblemError(422, errors=errors)
    return given


async def _body(request: Request) -> Any:
    """The JSON of a call. Raises ProblemError."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ProblemError(415)
    try:
        # Of two calls that waited for each other one is answered once more.
        if not hasattr(request.state, "body"):
            request.state.body = await read_body(request, LARGEST)
        return json.loads(request.state.body.decode("utf-8"), parse_constant=_no_number)
    except FormError as error:
        raise ProblemError(error.status) from error
    except (ValueError, RecursionError):
        raise ProblemError(400, "api.no_json") from None


def _no_number(word: str) -> None:
    raise ValueError(word)


async def openapi(request: Request) -> Response:
    """What all operations are, for programs and those who write them."""
    return JSONResponse(document(request.app.state.settings.base_url))


routes = [
    *(
        Route(
            f"{PREFIX}{one.path}",
            _endpoint(one),
            name=f"api:{one.name}",
            methods=[one.method],
            role="bearer",
            scope=one.scope,
        )
        for one in OPERATIONS
    ),
    Route(f"{PREFIX}/openapi.json", openapi, name="api:openapi", methods=["GET"], role="public"),
]
