"""The button that takes the demo away."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.demo import emptying
from server.web.forms import read_form
from server.web.routing import Route


async def empty(request: Request) -> Response:
    """Take the demo away, once somebody said that they are sure."""
    form = await read_form(request)
    if form.get("sure") != "yes":
        return RedirectResponse("/desk/demo?unsure=1", 303)
    await emptying.empty(request.app.state.settings.data, request.state.staff)
    return RedirectResponse("/desk/", 303)


routes = [Route("/desk/demo", empty, name="demo:empty", methods=["POST"], role="admin")]
