"""The editor's pages: titles and issues with their figures, and what is wrong with the files."""

from starlette.requests import Request
from starlette.responses import Response

from server.desk import stock
from server.web.rendering import page, speaker
from server.web.routing import Route


async def gifts(request: Request) -> Response:
    """Titles with their figures, and what is wrong with the files."""
    state, speak = request.app.state, speaker(request)
    findings = state.library.findings() + state.tips.findings() + state.answers.findings()
    findings += state.letters.findings()
    if state.house.finding:
        findings.append(state.house.finding)
    return page(
        request,
        "desk/gifts.html",
        faults=stock.faults(findings, speak),
        stocked=await stock.stock(state.library.all(), speak.language),
    )


async def newsletter(request: Request) -> Response:
    """Issues and where they stand."""
    shown = await stock.issues(request.app.state.tips, request.state.language)
    return page(request, "desk/newsletter.html", issues=shown)


routes = [
    Route("/desk/gifts", gifts, name="desk:gifts", methods=["GET"], role="editor"),
    Route("/desk/newsletter", newsletter, name="desk:newsletter", methods=["GET"], role="editor"),
]
