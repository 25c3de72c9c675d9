"""What the example year is, and the button that takes it away."""

from starlette.requests import Request
from starlette.responses import Response

from server.desk import example
from server.web.errors import NotFoundError
from server.web.rendering import page
from server.web.routing import Route


async def show(request: Request) -> Response:
    """How much there is, and what stays; NotFoundError where nothing was invented."""
    counts = await example.counts()
    if not counts["leads"] and not counts["staff"]:
        raise NotFoundError
    unsure = "unsure" in request.query_params
    return page(request, "desk/example.html", counts=counts, unsure=unsure)


routes = [Route("/desk/demo", show, name="desk:demo", methods=["GET"], role="admin")]
