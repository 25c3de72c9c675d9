"""Which language to speak: the path decides, else the row behind a token, else the browser."""

import re

from starlette.requests import Request

from server.kit.text import LANGUAGES


def accepted(header: str, default: str) -> str:
    """The best of our languages for an Accept-Language header (RFC 9110 §12.5.4)."""
    wishes = []
    for position, part in enumerate(header[:500].split(",")):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            weight = 0.0
        language = tag.split("-")[0].lower()
        if language in LANGUAGES and weight > 0:
            wishes.append((-weight, position, language))
    return min(wishes)[2] if wishes else default


def language_of(request: Request) -> str:
    """The language of this request, as far as it shows in the request itself."""
    chosen: str | None = getattr(request.state, "language", None)
    if chosen:
        return chosen
    in_path = re.match(r"/([a-z]{2})(/|$)", request.url.path)
    if in_path and in_path[1] in LANGUAGES:
        return in_path[1]
    default: str = request.app.state.settings.language
    return accepted(request.headers.get("accept-language", ""), default)
