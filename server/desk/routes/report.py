"""The report: whether giving works, for whoever works here."""

from starlette.requests import Request
from starlette.responses import Response

from server.desk.report.effect import effects
from server.desk.report.giving import effect_chart
from server.desk.report.making import SPANS, make_report
from server.desk.report.rights import rights as rights_of
from server.desk.report.words import Words
from server.desk.report.years import make_years
from server.kit.text import whole_number
from server.newsletter.sequences import Sequences
from server.web.rendering import page
from server.web.routing import methods_of_role


async def report(request: Request) -> Response:
    """The charts; `days` in the address says of how many days the first one is."""
    state = request.app.state
    asked = whole_number(request.query_params.get("days", ""))
    days = asked if asked in SPANS else SPANS[-1]
    found = await make_report(
        request.state.language, state.settings.timezone, days, state.house.fresh().confirm_days
    )
    return page(request, "desk/report.html", report=found, days=days, spans=SPANS)


async def giving(request: Request) -> Response:
    """What each extra brings that some do not get."""
    words, zone = Words(request.state.language), request.app.state.settings.timezone
    titles = _titles(request)
    found = [(one, effect_chart(words, one, titles, zone)) for one in await effects()]
    return page(request, "desk/effect.html", found=found)


def _titles(request: Request) -> dict[str, str]:
    """The name of each asset and each sequence that an experiment may be about."""
    state, language = request.app.state, request.state.language
    assets = {f"asset:{slug}": title for slug, title in state.library.titles(language).items()}
    found = Sequences(state.settings.content).all().values()
    return assets | {f"sequence:{one.name}": one.titles[language] for one in found}


async def years(request: Request) -> Response:
    """What came of first gifts, over years."""
    state, language = request.app.state, request.state.language
    titles = state.library.titles(language)
    charts = await make_years(Words(language), state.settings.timezone, titles)
    return page(request, "desk/years.html", charts=charts)


async def rights(request: Request) -> Response:
    """Who had many gifts and never let anything hear."""
    most = request.app.state.house.fresh().giving.many_gifts
    return page(request, "desk/rights.html", found=await rights_of(most), most=most)


_get, _ = methods_of_role("desk", "staff")
routes = [
    _get("/desk/report", report, "report"),
    _get("/desk/report/giving", giving, "report_giving"),
    _get("/desk/report/years", years, "report_years"),
    _get("/desk/report/rights", rights, "report_rights"),
]
