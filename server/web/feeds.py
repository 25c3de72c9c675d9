"""Atom feeds (RFC 4287) of what is written."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from server.web.rendering import render

MOST = 20


@dataclass(frozen=True)
class Entry:
    """One text in a feed; `updated` is a day in ISO 8601."""

    title: str
    path: str
    updated: str
    author: str
    summary: str
    html: str


def feed(request: Request, title: str, about: str, entries: Sequence[Entry]) -> Response:
    """The newest entries as a feed; `about` is the path of the page that lists them."""
    newest = entries[:MOST]
    xml = render(request, "web/feed.xml", title=title, about=about, entries=newest)
    return Response(xml, media_type="application/atom+xml")
