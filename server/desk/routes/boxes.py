"""What the pages of the editor share: findings, and drafts in a box."""

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from server.desk import previewing
from server.kit.content import Finding
from server.web.rendering import render


def findings(request: Request) -> list[Finding]:
    """What is wrong with any file."""
    state = request.app.state
    found: list[Finding] = state.library.findings() + state.tips.findings()
    found += state.ways.findings() + state.loyalty.findings()
    found += state.answers.findings() + state.articles.findings() + state.letters.findings()
    return [*found, state.house.finding] if state.house.finding else found


def boxed(request: Request, html: str) -> Response:
    """A draft in a box that can do nothing."""
    headers = previewing.preview_policy(request.app.state.settings.base_url)
    return HTMLResponse(html, headers=headers)


def as_reader(request: Request, language: str, template: str, **values: Any) -> Response:
    """A public page as a reader would see it: no colleague, no desk, in its own language."""
    request.state.language, request.state.staff = language, None
    return boxed(request, render(request, template, **values))
