"""The newsletter on the desk: the schedule, one issue, and what an editor decides about it."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.desk import issues, previewing
from server.desk.report.mailed import charts_of
from server.desk.report.words import Words
from server.desk.routes.boxes import as_reader, boxed
from server.kit.addresses import AddressError, normalise
from server.kit.clock import now
from server.kit.slots import in_gap, on_wall
from server.kit.text import clock_time, weekday_name
from server.newsletter import issuing, lineup, linting, rhythm, steering
from server.newsletter.audience import audience_now
from server.newsletter.issuing import Editor
from server.newsletter.models import Issue, IssuePlan
from server.newsletter.reporting import report_of
from server.newsletter.splitting import NEEDED, contest_of
from server.newsletter.tips import Tip
from server.staff import accounts
from server.web.errors import NotFoundError
from server.web.forms import read_form
from server.web.rendering import page
from server.web.routing import methods_of_role


async def newsletter(request: Request) -> Response:
    """What is held, under way, to come, waiting and sent."""
    return await _newsletter(request)


async def _newsletter(request: Request, status: int = 200, error: str = "") -> Response:
    editor = editor_of(request)
    return page(
        request,
        "desk/newsletter.html",
        status=status,
        board=await issues.board(editor, request.state.language),
        slots=_slots(editor, request.state.language),
        zone=str(editor.zone),
        told=request.query_params.get("told", ""),
        error=error,
    )


def _slots(editor: Editor, language: str) -> list[tuple[str, str]]:
    """The day and the hour of each slot in words."""
    found = []
    for slot in editor.house.tip_slots:
        at = datetime.combine(now().date(), slot.at)
        found.append((weekday_name(language, slot.weekday), clock_time(language, at)))
    return found


async def steer(request: Request) -> Response:
    """The switch of the rhythm, and leaving a slot empty or not."""
    form = await read_form(request)
    do, key = form.get("do", ""), form.get("key", "")
    if do in ("on", "off"):
        if await rhythm.switch(editor_of(request), on=do == "on"):
            await accounts.audit(f"rhythm.{do}", "", request.state.staff)
    elif do in ("skip", "open"):
        if not await rhythm.skip(key, skipped=do == "skip"):
            return await _newsletter(request, 409, "desk.slot_past")
        action = "slot.skipped" if do == "skip" else "slot.opened"
        await accounts.audit(action, key, request.state.staff)
        await rhythm.fill(editor_of(request))
    else:
        return await _newsletter(request, 422, "desk.issue_cannot")
    return RedirectResponse(f"/desk/newsletter?told={do}", 303)


def editor_of(request: Request) -> Editor:
    """Whoever sends, over the files as they are now."""
    state = request.app.state
    return Editor(
        state.site, state.house.fresh(), state.letters, state.tips, state.settings.timezone
    )


def _editions(request: Request) -> list[Tip]:
    found: list[Tip] | None = request.app.state.tips.issues().get(request.path_params["issue"])
    if not found:
        raise NotFoundError
    return found


def _tip(request: Request) -> Tip:
    for tip in _editions(request):
        if tip.language == request.path_params["lang"]:
            return tip
    raise NotFoundError


async def issue(request: Request) -> Response:
    """One issue: how it looks, who would get it, and what became of it."""
    return await _issue(request)


async def _issue(request: Request, status: int = 200, error: str = "") -> Response:
    editions, name = _editions(request), request.path_params["issue"]
    wanted = request.query_params.get("lang", "") or request.state.language
    tip = next((one for one in editions if one.language == wanted), editions[0])
    state = request.app.state
    zone, told = state.settings.timezone, await report_of(name)
    return page(
        request,
        "desk/issue.html",
        status=status,
        tip=tip,
        editions=editions,
        letter=issuing.sample_of(editor_of(request), tip),
        status_of=told.status if told else None,
        report=told,
        charts=charts_of(told, Words(request.state.language), zone, state.site.base_url)
        if told
        else {},
        contest=await contest_of(name),
        needed=NEEDED,
        halted=(await Issue.get(name=name)).halted_why if told else "",
        audience=await audience_now(name, state.tips),
        faults=previewing.faults(linting.lint(editor_of(request), name), request.state.language),
        told=request.query_params.get("told", ""),
        error=error,
        plan=await IssuePlan.get_or_none(name=name),
        zone=str(zone),
        next_slot=state.house.fresh().next_tip(now(), state.settings.timezone),
    )


async def issue_page(request: Request) -> Response:
    """The page of a tip that may not be public yet."""
    tip = _tip(request)
    state = request.app.state
    author = tip.author or state.house.fresh().host_name
    books = state.library.by_author(author, tip.language, state.today())
    facts = {"tip": tip, "before": None, "books": books}
    return as_reader(request, tip.language, "newsletter/tip.html", **facts)


async def issue_mail(request: Request) -> Response:
    """The mail as a reader who signed up today would get it; `text=b` is the second text."""
    tip: Tip | None = _tip(request)
    if tip and request.query_params.get("text") == "b":
        tip = tip.second
    if not tip:
        raise NotFoundError
    html = issuing.sample_of(editor_of(request), tip).html
    return boxed(request, previewing.in_light_of(html, request.query_params.get("look", "")))


async def send_issue(request: Request) -> Response:
    """Send it now; a second press adds nobody."""
    _editions(request)
    form, name = await read_form(request), request.path_params["issue"]
    if form.get("sure") != "yes":
        return await _issue(request, 422, "desk.issue_not_sure")
    try:
        linting.demand_fit(editor_of(request), name)
    except linting.UnfitError:
        return await _issue(request, 422, "desk.issue_unfit")
    first = await issuing.send(editor_of(request), name, with_invented=True)
    if first:
        await accounts.audit("issue.sent", name, request.state.staff)
    return RedirectResponse(f"/desk/newsletter/{name}?told={'sent' if first else 'before'}", 303)


async def test_issue(request: Request) -> Response:
    """One copy to one address."""
    editions, form = _editions(request), await read_form(request)
    language = form.get("language", "")
    known = [tip.language for tip in editions]
    try:
        address = normalise(form.get("to", ""))
    except AddressError:
        return await _issue(request, 422, "web.address_wrong")
    name = request.path_params["issue"]
    spoken = language if language in known else known[0]
    await issuing.send_test(editor_of(request), name, address, spoken)
    return RedirectResponse(f"/desk/newsletter/{name}?told=test&lang={spoken}", 303)


async def decide(request: Request) -> Response:
    """What an editor decides about one issue; what cannot be done is said where they stood."""
    _editions(request)
    form, name = await read_form(request), request.path_params["issue"]
    do = form.get("do", "")
    if do == "plan":
        return await _plan(request, name, form.get("at", ""))
    if do in ("up", "down"):
        editor = editor_of(request)
        await lineup.move(editor.tips, editor.house, editor.zone, name, up=do == "up")
        await rhythm.fill(editor)
        return RedirectResponse("/desk/newsletter#queue", 303)
    if do not in DECISIONS:
        return await _issue(request, 422, "desk.issue_cannot")
    act, action = DECISIONS[do]
    if not await act(request, name):
        return await _issue(request, 409, "desk.issue_cannot")
    await accounts.audit(action, name, request.state.staff)
    await rhythm.fill(editor_of(request))
    return RedirectResponse(f"/desk/newsletter/{name}?told={do}", 303)


async def _plan(request: Request, name: str, written: str) -> Response:
    editor = editor_of(request)
    try:
        wish = datetime.fromisoformat(written).replace(tzinfo=None)
        at = on_wall(wish.date(), wish.time(), editor.zone)
        linting.demand_fit(editor, name)
        await lineup.plan(name, at)
    except linting.UnfitError:
        return await _issue(request, 422, "desk.issue_unfit")
    except (ValueError, OverflowError):
        return await _issue(request, 422, "desk.issue_no_moment")
    except lineup.PastError:
        return await _issue(request, 422, "desk.issue_past")
    except lineup.StartedError:
        return await _issue(request, 409, "desk.told_issue_before")
    except lineup.PlannedError:
        return await _issue(request, 409, "desk.issue_planned_before")
    await accounts.audit("issue.planned", name, request.state.staff)
    await rhythm.fill(editor)
    told = "gap" if in_gap(wish.date(), wish.time(), editor.zone) else "plan"
    return RedirectResponse(f"/desk/newsletter/{name}?told={told}", 303)


async def _back(request: Request, name: str) -> bool:
    return await lineup.take_back(name)


async def _pause(request: Request, name: str) -> bool:
    return await steering.pause(name)


async def _resume(request: Request, name: str) -> bool:
    return await steering.resume(name) is not None


async def _again(request: Request, name: str) -> bool:
    return await steering.send_to_missed(name, _editions(request)[0].lives) > 0


async def _close(request: Request, name: str) -> bool:
    return await steering.close(name) > 0


DECISIONS: dict[str, tuple[Callable[[Request, str], Awaitable[bool]], str]] = {
    "back": (_back, "issue.taken_back"),
    "pause": (_pause, "issue.paused"),
    "resume": (_resume, "issue.resumed"),
    "again": (_again, "issue.again"),
    "close": (_close, "issue.closed"),
}


ISSUE = "/desk/newsletter/{issue}"

_get, _post = methods_of_role("desk", "editor")

routes = [
    _get("/desk/newsletter", newsletter, "newsletter"),
    _post("/desk/newsletter", steer, "steer_newsletter"),
    _get(ISSUE, issue, "issue"),
    _get(f"{ISSUE}/{{lang:lang}}/page", issue_page, "issue_page"),
    _get(f"{ISSUE}/{{lang:lang}}/mail", issue_mail, "issue_mail"),
    _post(f"{ISSUE}/send", send_issue, "send_issue"),
    _post(f"{ISSUE}/test", test_issue, "test_issue"),
    _post(f"{ISSUE}/decide", decide, "decide_issue"),
]
