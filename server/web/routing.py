"""Routes that say who may use them and in which language they speak."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as PlainRoute

from server.kit.text import LANGUAGES
from server.web.forms import LARGEST

Role = Literal["public", "token", "signed", "bearer", "staff", "sales", "editor", "admin"]
Endpoint = Callable[[Request], Awaitable[Response]]


class _Language(Convertor[str]):
    """One of our languages; any other first part of a path is simply not found."""

    regex = "|".join(LANGUAGES)

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


class _Kind(_Language):
    regex = "pdf|epub"


register_url_convertor("lang", _Language())
register_url_convertor("kind", _Kind())


class Route(PlainRoute):
    """A route that declares its role: `public`, `token` (the token in the path is the proof),
    `signed` (a machine whose call bears its signature),
    `bearer` (another program, whose key may do what `scope` names),
    `staff` (whoever is logged in), or the staff role that may use it beside the admin.

    `largest` is how many octets a form may have. A public page whose answer depends on nobody
    who asks may be kept: `keeps` names the fields of the query that it shows (none: an empty
    tuple), and an address with any other field is made anew each time.
    """

    def __init__(
        self,
        path: str,
        endpoint: Endpoint,
        *,
        name: str,
        methods: Sequence[str],
        role: Role,
        largest: int = LARGEST,
        keeps: tuple[str, ...] | None = None,
        scope: str = "",
    ) -> None:
        super().__init__(path, endpoint, name=name, methods=list(methods))
        self.role: Role = role
        self.largest = largest
        self.keeps = keeps
        self.scope = scope


Make = Callable[[str, Endpoint, str], Route]


def methods_of_role(room: str, role: Role) -> tuple[Make, Make]:
    """Makers of GET and of POST routes of a room for one role: path, endpoint, name."""

    def get(path: str, endpoint: Endpoint, name: str) -> Route:
        return Route(path, endpoint, name=f"{room}:{name}", methods=["GET"], role=role)

    def post(path: str, endpoint: Endpoint, name: str) -> Route:
        return Route(path, endpoint, name=f"{room}:{name}", methods=["POST"], role=role)

    return get, post
