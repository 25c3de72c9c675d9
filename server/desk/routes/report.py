"""The report: whether giving works, for whoever works here."""

from starlette.requests import Request
from starlette.responses import Response

from server.desk.report.making import SPANS, make_report
from server.kit.text import whole_number
from server.web.rendering import page
from server.web.routing import Route


async def report(request: Request) -> Response:
    """The charts; `days` in the address says of how many days the first one is."""
    state = request.app.state
    asked = whole_number(request.query_params.get("days", ""))
    days = asked if asked in SPANS else SPANS[-1]
    found = await make_report(
        request.state.language, state.settings.timezone, days, state.house.fresh().confirm_days
    )
    return page(request, "desk/report.html", report=found, days=days, spans=SPANS)


routes = [Route("/desk/report", report, name="desk:report", methods=["GET"], role="staff")]
