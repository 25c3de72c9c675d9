"""Is it still good to give? The four questions with what was measured, and turning the light."""

from datetime import date

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.desk import lights
from server.gifts import light
from server.gifts.light import LightError, Turn
from server.library.assets import Asset
from server.library.light import QUESTIONS, Answer
from server.web.errors import NotFoundError, row_number
from server.web.forms import read_form
from server.web.rendering import page
from server.web.routing import methods_of_role

TOLD = ("turned", "waits", "approved", "withdrawn", "own")


def _asset(request: Request) -> Asset:
    slug = request.path_params["slug"]
    editions: list[Asset] = [one for one in request.app.state.library.all() if one.slug == slug]
    if not editions:
        raise NotFoundError
    mine = request.state.language
    return next((one for one in editions if one.language == mine), editions[0])


async def show(request: Request) -> Response:
    """The answers in force beside what was measured."""
    return await _show(request, _asset(request))


async def _show(
    request: Request, asset: Asset, error: str = "", typed: dict[str, str] | None = None
) -> Response:
    state, rules = request.app.state, request.app.state.house.fresh().giving
    standing = await light.standing_of(asset)
    figures = (await lights.figures_of([asset.slug], rules.many_gifts)).get(asset.slug)
    evidence = lights.evidence_of(asset, figures or lights.Figures(), state.today())
    said = tuple(one.answer for one in standing.light.answers)
    told = request.query_params.get("told", "")
    return page(
        request,
        "desk/light.html",
        status=422 if error else 200,
        asset=asset,
        standing=standing,
        questions=list(zip(QUESTIONS, standing.light.answers, evidence.colours, strict=True)),
        evidence=evidence,
        proposal=lights.proposed(said, evidence),
        may_approve=bool(standing.waiting and standing.waiting.staff_id != request.state.staff.id),
        error=error,
        typed=typed or {},
        told=told if told in TOLD else "",
        today=state.today(),
    )


async def turn(request: Request) -> Response:
    """New answers, or what a second person says to them."""
    asset, form = _asset(request), await read_form(request)
    answers = {
        one: Answer(form.get(f"{one}_answer", ""), form.get(f"{one}_why", "").strip())
        for one in QUESTIONS
    }
    turned = Turn(answers, form.get("why", "").strip(), _day(form.get("ends_on", "")))
    try:
        change = await light.turn(asset, turned, request.state.staff, request.app.state.today())
    except LightError as error:
        return await _show(request, asset, error.key, form)
    told = "waits" if change.waits else "turned"
    return RedirectResponse(f"/desk/gifts/{asset.slug}/light?told={told}", 303)


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        return None


async def decide(request: Request) -> Response:
    """Approve what a colleague answered, or take a set of answers back."""
    asset, form, number = _asset(request), await read_form(request), row_number(request)
    if form.get("do") == "approve":
        won = await light.approve(number, request.state.staff)
        told = "approved" if won else "own"
    else:
        await light.withdraw(number, request.state.staff)
        told = "withdrawn"
    return RedirectResponse(f"/desk/gifts/{asset.slug}/light?told={told}", 303)


_get, _post = methods_of_role("desk", "editor")
LIGHT = "/desk/gifts/{slug}/light"
routes = [
    _get(LIGHT, show, "light"),
    _post(LIGHT, turn, "turn_light"),
    _post(f"{LIGHT}/{{number:int}}", decide, "decide_light"),
]
