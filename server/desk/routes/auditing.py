"""The audit log: who did what, and when."""

from starlette.requests import Request
from starlette.responses import Response

from server.desk import auditing
from server.kit.text import whole_number
from server.web.rendering import page
from server.web.routing import Route


async def audit(request: Request) -> Response:
    """The log, newest first, in pages by place."""
    last = whole_number(request.query_params.get("before", "")) or 0
    action = request.query_params.get("action", "")
    lines, more = await auditing.lines(request.state.language, last, action)
    return page(
        request,
        "desk/audit.html",
        lines=lines,
        more=more,
        action=action if action in auditing.ACTIONS else "",
        actions=auditing.names(request.state.language),
    )


routes = [Route("/desk/audit", audit, name="desk:audit", methods=["GET"], role="admin")]
