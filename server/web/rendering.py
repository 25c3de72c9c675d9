"""Templates: one environment for all rooms; `gifts/x.html` is `server/gifts/templates/x.html`."""

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from server.kit import text
from server.kit.clock import now
from server.kit.settings import PACKAGE
from server.web.language import language_of
from server.web.static import static_url
from server.web.style import style_url


@cache
def make_environment() -> Environment:
    """The environment of all rooms; everything is escaped, an unknown name is an error.

    One for all applications of a process: a template is compiled once.
    """
    folders = {folder.parent.name: folder for folder in PACKAGE.glob("*/templates")}
    loader = PrefixLoader({room: FileSystemLoader(folder) for room, folder in folders.items()})
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["static"] = static_url
    environment.globals["style"] = style_url
    environment.filters["em"] = emphasised
    environment.filters["ld"] = linked_data
    environment.filters["initials"] = initials
    environment.filters["mailto"] = lambda value: quote(str(value), safe="")
    return environment


def emphasised(sentence: str) -> Markup:
    """`*title*` in a sentence of ours becomes `<em>title</em>`; all else is escaped."""
    return Markup(re.sub(r"\*(.+?)\*", r"<em>\1</em>", str(escape(sentence))))  # noqa: S704


def linked_data(data: Mapping[str, Any]) -> Markup:
    """What a page is about, for machines that read (schema.org, JSON-LD 1.1)."""
    written = json.dumps({"@context": "https://schema.org", **data}, ensure_ascii=False)
    # Inside a script no text may look like its end.
    safe = written.replace("<", "\\u003c").replace("&", "\\u0026")
    return Markup('<script type="application/ld+json">{}</script>').format(Markup(safe))  # noqa: S704


def initials(name: str) -> str:
    """The monogram of a name: two capitals at most."""
    return "".join(word[0] for word in name.split() if word[0].isupper())[:2]


class Speaker:
    """The words, dates and numbers of one language in the zone of the site, for templates."""

    def __init__(self, language: str, zone: ZoneInfo) -> None:
        self.language, self.zone = language, zone

    def __call__(self, key: str, /, **values: Any) -> str:
        return text.say(self.language, key, **values)

    def local(self, moment: dt.date) -> dt.date:
        """A moment by the clock of the site; a bare date stays what it is."""
        return moment.astimezone(self.zone) if isinstance(moment, dt.datetime) else moment

    def date(self, moment: dt.date) -> str:
        return text.long_date(self.language, self.local(moment))

    def day(self, moment: dt.date) -> str:
        return text.day_and_date(self.language, self.local(moment))

    def day_month(self, moment: dt.date) -> str:
        return text.day_and_date(self.language, self.local(moment)).rsplit(" ", 1)[0]

    def short(self, moment: dt.date) -> str:
        local, this = self.local(moment), self.local(now())
        short = text.short_date(self.language, local)
        return short if local.year == this.year else f"{short} {local.year}"

    def time(self, moment: dt.datetime) -> str:
        return text.clock_time(self.language, moment.astimezone(self.zone))

    def weekday(self, moment: dt.date) -> str:
        return text.day_name(self.language, self.local(moment))

    def number(self, value: float, decimals: int = 0) -> str:
        return text.number(self.language, value, decimals)

    def euro(self, value: float) -> str:
        return text.euro(self.language, value)

    def size(self, octets: int) -> str:
        return text.file_size(self.language, octets)


def speaker(request: Request) -> Speaker:
    """The speaker for a request."""
    return Speaker(language_of(request), request.app.state.settings.timezone)


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """A template as a page in the language of the request."""
    return HTMLResponse(render(request, template, **values), status, dict(headers or {}))


def render(request: Request, template: str, **values: Any) -> str:
    """A template as text, with what every page knows."""
    state = request.app.state
    house, settings = state.house.fresh(), state.settings
    speak = speaker(request)
    context = {
        "t": speak,
        "lang": speak.language,
        "house": house,
        "opening": house.opening(now(), settings.timezone),
        "base_url": settings.base_url,
        "path": request.url.path,
        "staff": getattr(request.state, "staff", None),
        "csrf": getattr(request.state, "csrf", ""),
        "holds_demo": getattr(request.state, "holds_demo", False),
        "waiting": getattr(request.state, "waiting", 0),
        "is_shut": getattr(request.state, "is_shut", False),
        "here": _here(request.url.path, speak.language),
        "other_address": _other_address(
            request.url.path, speak.language, is_there=values.get("elsewhere", True)
        ),
        "default_language": settings.language,
        "elsewhere": True,
        "tip_day": speak.weekday(house.next_tip(now(), settings.timezone)),
        **values,
    }
    rendered: str = state.templates.get_template(template).render(context)
    return rendered


def _here(path: str, language: str) -> Callable[[str], Markup]:
    """For a menu: `aria-current` for the page one is on, `true` for the part one is in."""

    def here(part: str) -> Markup:
        start = f"/{language}/{part}"
        if path == start:
            return Markup(' aria-current="page"')
        return Markup(' aria-current="true"') if path.startswith(f"{start}/") else Markup("")

    return here


def _other_address(path: str, language: str, *, is_there: bool) -> str:
    """The same page in the other language; the home page where there is none."""
    home, start = f"/{text.other(language)}/", f"/{language}/"
    is_there = is_there and path.startswith(start)
    return f"{home}{path.removeprefix(start)}" if is_there else home
