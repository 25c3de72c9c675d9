"""The anchor from below: the least that Starlette can answer."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route


async def hello(request: Request) -> Response:
    """One word."""
    return PlainTextResponse("hello")


app = Starlette(routes=[Route("/", hello, methods=["GET"])])
