"""Sequences on the desk: who is where in them, how their texts look, joining and stopping."""

from contextlib import suppress
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.desk import previewing
from server.desk.routes.boxes import boxed
from server.desk.routes.issues import editor_of
from server.desk.routes.looking import lead_of
from server.kit.text import whole_number
from server.newsletter import linting, sequences_joining, sequences_running
from server.newsletter.sequences import Sequence, Sequences, Step
from server.newsletter.sequences_joining import ClosedError, Standing
from server.web.errors import NotFoundError
from server.web.forms import read_form
from server.web.rendering import page
from server.web.routing import Role, Route

STEP_TEXTS = {
    "send": "desk.seq_send",
    "wait": "desk.seq_wait",
    "wait_for": "desk.seq_wait_for",
    "if": "desk.seq_if",
    "end": "desk.seq_end",
}
WHY_TEXTS = {
    "finished": "desk.seq_why_finished",
    "reply": "desk.seq_why_reply",
    "purchase": "desk.seq_why_purchase",
    "refusal": "desk.seq_why_refusal",
    "left": "desk.seq_why_left",
    "blocked": "desk.seq_why_blocked",
    "bounced": "desk.seq_why_bounced",
    "fault": "desk.seq_why_fault",
    "stopped": "desk.seq_why_stopped",
    "by_hand": "desk.seq_why_by_hand",
}
RESPONSE_TEXTS = {
    "read": "desk.seq_read",
    "rated": "desk.seq_rated",
    "replied": "desk.seq_replied",
}


def _sequences(request: Request) -> Sequences:
    return Sequences(request.app.state.tips.folder)


def _sequence(request: Request) -> Sequence:
    found = _sequences(request).find(request.path_params["name"])
    if not found:
        raise NotFoundError
    return found


async def overview(request: Request) -> Response:
    """All sequences, how many readers are in each, and what is wrong with their files."""
    language, editor = request.state.language, editor_of(request)
    return page(
        request,
        "desk/sequences.html",
        sequences=_sequences(request).all().values(),
        standings=await sequences_joining.standings(),
        nothing=Standing(),
        faults=previewing.faults(linting.lint_sequences(editor), language),
    )


async def sequence(request: Request) -> Response:
    """One sequence: its steps with how many are there, who ended and why, and its texts."""
    return await _show(request)


async def _show(request: Request, status: int = 200, error: str = "") -> Response:
    found, language = _sequence(request), request.state.language
    standing = (await sequences_joining.standings()).get(found.name, Standing())
    joined = whole_number(request.query_params.get("joined", ""))
    return page(
        request,
        "desk/sequence.html",
        status=status,
        sequence=found,
        standing=standing,
        steps=[(step, *_words(found, step, language)) for step in found.steps],
        whys=WHY_TEXTS,
        editions=[(what, found.text(what, language)) for what in found.sends],
        joined=joined,
        error=error,
    )


def _words(found: Sequence, step: Step, language: str) -> tuple[str, str, str]:
    """The text of a step, the response it looks at, and the title of what it sends."""
    tip = found.text(step.what, language) if step.kind == "send" else None
    response = RESPONSE_TEXTS.get(step.what, "")
    return STEP_TEXTS[step.kind], response, tip.subject if tip else ""


async def preview(request: Request) -> Response:
    """One text as a reader who signed up today would get it."""
    found = _sequence(request)
    tip = found.texts.get((request.path_params["slug"], request.path_params["lang"]))
    if not tip:
        raise NotFoundError
    html = sequences_running.sample_of(editor_of(request), found, tip).html
    return boxed(request, previewing.in_light_of(html, request.query_params.get("look", "")))


def _is_fit(request: Request, found: Sequence) -> bool:
    """None of its letters has a fault that must be mended first."""
    return not any(one.is_error for one in linting.lint_sequence(editor_of(request), found))


async def steer(request: Request) -> Response:
    """Have the readers of a theme join, stop it for everybody, or open it again."""
    found, form, by = _sequence(request), await read_form(request), request.state.staff
    do, told = form.get("do", ""), ""
    if form.get("sure") != "yes" and do != "open":
        return await _show(request, 422, "desk.seq_not_sure")
    if do == "join":
        if not _is_fit(request, found):
            return await _show(request, 422, "desk.seq_unfit")
        theme = form.get("theme", "")
        if theme and theme not in request.app.state.house.fresh().themes:
            return await _show(request, 422, "desk.seq_no_theme")
        try:
            told = f"?joined={await sequences_joining.join_theme(found, theme, by)}"
        except ClosedError:
            return await _show(request, 409, "desk.seq_closed")
    elif do == "stop":
        await sequences_joining.stop(found.name, by)
    elif do == "open":
        await sequences_joining.reopen(found.name, by)
    else:
        return await _show(request, 422, "desk.issue_cannot")
    return RedirectResponse(f"/desk/sequences/{found.name}{told}", 303)


async def of_lead(request: Request) -> dict[str, Any]:
    """What the card of a lead tells of sequences: those they are or were in, and the others."""
    lead, known = await lead_of(request), _sequences(request).all()
    rows = await sequences_joining.of_lead(lead.id)
    been = {row.sequence for row in rows}
    stopped = await sequences_joining.stopped_names()
    return {
        "enrolments": [(row, known.get(row.sequence)) for row in rows],
        "open_sequences": [
            one for name, one in known.items() if name not in been and name not in stopped
        ],
        "sequence_whys": WHY_TEXTS,
    }


async def join(request: Request) -> Response:
    """One lead joins a sequence."""
    lead, form = await lead_of(request), await read_form(request)
    found = _sequences(request).find(form.get("sequence", ""))
    if not found:
        raise NotFoundError
    joined = False
    if _is_fit(request, found):
        with suppress(ClosedError):
            joined = await sequences_joining.join(found, lead, request.state.staff)
    told = "joined" if joined else "refused"
    return RedirectResponse(f"/desk/leads/{lead.id}?sequence={told}#h-seq", 303)


async def leave(request: Request) -> Response:
    """One lead gets no more of a sequence."""
    lead, form = await lead_of(request), await read_form(request)
    number = whole_number(form.get("enrolment", ""))
    rows = await sequences_joining.of_lead(lead.id)
    if number not in [row.id for row in rows]:
        raise NotFoundError
    await sequences_joining.take_out(int(number or 0), request.state.staff)
    return RedirectResponse(f"/desk/leads/{lead.id}#h-seq", 303)


ONE = "/desk/sequences/{name}"
LEAD = "/desk/leads/{number:int}/sequence"


def _route(path: str, endpoint: Any, name: str, method: str, role: Role = "editor") -> Route:
    return Route(path, endpoint, name=f"desk:{name}", methods=[method], role=role)


routes = [
    _route("/desk/sequences", overview, "sequences", "GET"),
    _route(ONE, sequence, "sequence", "GET"),
    _route(ONE, steer, "steer_sequence", "POST"),
    _route(f"{ONE}/{{lang:lang}}/{{slug}}", preview, "sequence_text", "GET"),
    _route(LEAD, join, "join_sequence", "POST", "sales"),
    _route(f"{LEAD}/stop", leave, "leave_sequence", "POST", "sales"),
]
