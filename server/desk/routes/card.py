"""The card of one lead, and what is done on it: outcomes, notes, whose it is, resting."""

from datetime import date, datetime, time, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.desk.routes import sequences
from server.desk.routes.looking import back, lead_of, view_of
from server.desk.routes.walking import walk_of
from server.gifts import ledger
from server.kit.clock import now
from server.kit.text import amount, whole_number
from server.leads.consents import proof_text, purpose_text
from server.leads.models import Lead
from server.mail import bounces
from server.readiness.objecting import switch_profiling
from server.sales import finding, follow_up, outcomes, thanks, timeline, told
from server.sales.balance import sheet_of
from server.sales.interests import hunting_of, interests_of
from server.sales.models import Outcome
from server.sales.outcomes import NewerOutcomeError, OutcomeError, Result
from server.sales.rows import View, row_for, sum_parts
from server.staff import accounts
from server.staff.models import StaffUser
from server.web.errors import NotFoundError, row_number
from server.web.forms import read_form
from server.web.rendering import page
from server.web.routing import Route, methods_of_role

TOLD = (
    "desk.hand_told",
    "desk.hand_twice",
    "desk.hand_undone",
    "desk.hunter_no_reason",
    "desk.bought_told",
    "desk.plan_dropped",
    "desk.plan_changed",
    "gifts.hand_what",
    "gifts.hand_long",
    "gifts.hand_euro",
    "gifts.hand_future",
    "gifts.hand_kind",
)
DAYS_OF_REST = ("7", "30", "90")


async def card(request: Request) -> Response:
    """Everything about one lead: the sentence, the sum, the history, the receipts."""
    return await _card(request, await lead_of(request))


async def _card(request: Request, lead: Lead, status: int = 200, **told_here: Any) -> Response:
    view = await view_of(request)
    row, sheet = await row_for(lead, view), await sheet_of(lead, view)
    newest = await outcomes.newest_of(lead.id)
    return page(
        request,
        "desk/lead.html",
        status=status,
        lead=lead,
        row=row,
        walk=await walk_of(request, lead, view),
        lines=sum_parts(row, view),
        events=timeline.runs_of(await timeline.lines_of(lead, view)),
        sheet=sheet,
        firm_cost=await ledger.cost_of_firm(lead),
        interests=interests_of(sheet, _themes_by_title(request, view)),
        hunting=hunting_of(lead, sheet),
        told=_told(request),
        planned=await thanks.planned_for(lead),
        consents=[
            (one, purpose_text(one.purpose, view.language), proof_text(one.proof, view.language))
            for one in await timeline.consents_of(lead)
        ],
        now=now(),
        today=request.app.state.today(),
        newest=newest.id if newest else 0,
        notes=await follow_up.notes_of(lead),
        follow_up=await follow_up.follow_up_of(lead),
        colleagues=await follow_up.colleagues(),
        came_back=await bounces.returned_of(lead.id),
        rest=await bounces.resting(lead.id),
        firm=await finding.firm_of(lead, view),
        done=await outcome_line(request, view, "done"),
        undone=await outcome_line(request, view, "undone"),
        newer=await outcome_line(request, view, "newer"),
        **await sequences.of_lead(request),
        sequence_told=request.query_params.get("sequence", ""),
        **{"error": _unsure(request), "tried": _tried(request), **told_here},
    )


def _themes_by_title(request: Request, view: View) -> dict[str, tuple[str, ...]]:
    """Title, as this colleague sees it, → themes."""
    assets = request.app.state.library.all()
    return {view.titles.get(one.slug, one.title): one.themes for one in assets}


def _told(request: Request) -> str:
    """The key of what was just done with the ledger; empty for nothing."""
    told = request.query_params.get("told", "")
    return "desk.surprise_sent" if told == "surprise" else told if told in TOLD else ""


def _unsure(request: Request) -> str:
    return "desk.erase_unsure" if request.query_params.get("unsure") else ""


def _tried(request: Request) -> dict[str, str]:
    """What somebody pressed while another was first; the page offers it once more."""
    query = request.query_params
    return {name: query.get(name, "")[:60] for name in ("outcome", "value", "until")}


async def outcome_line(request: Request, view: View, name: str) -> dict[str, Any] | None:
    """The outcome whose number stands in the address under this name, in words; or None."""
    number = whole_number(request.query_params.get(name, ""))
    if number is None:
        return None
    found = await Outcome.get_or_none(id=number).prefetch_related("staff", "lead")
    if not found:
        return None
    return {"outcome": found, "text": told.outcome_text(found, view)}


def result_of(request: Request, form: dict[str, str]) -> Result:
    """What a form of the panel says; OutcomeError where it makes no sense."""
    kind, _, more = form.get("outcome", "").partition(":")
    if kind == "won":
        value = amount(form.get("value", "")) if form.get("value", "").strip() else 0.0
        if value is None:
            raise OutcomeError("sales.bad_value")
        return Result(kind, value=value)
    if kind == "not_now":
        until = _until(request, more, form.get("until", ""))
        return Result(kind, until=until)
    return Result(kind, reason=_reason(kind, more))


def _reason(kind: str, more: str) -> str:
    if more and more not in outcomes.REASONS.get(kind, ()):
        raise OutcomeError("sales.bad_reason")
    return more


def _until(request: Request, ahead: str, written: str) -> datetime | None:
    """So many days from now, or the morning of a day, by the clock of the site."""
    days = whole_number(ahead, 4)
    if days is not None:
        return follow_up.in_days(days)
    day = _day(written)
    return datetime.combine(day, time(6), request.app.state.settings.timezone) if day else None


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


async def record_outcome(request: Request) -> Response:
    """One press: written down, the list follows at once; a colleague who was first is named."""
    lead, form = await lead_of(request), await read_form(request)
    view, seen = await view_of(request), whole_number(form.get("after", "")) or 0
    try:
        result = result_of(request, form)
        outcome = await outcomes.record_outcome(
            lead.id, result, view.judge, request.state.staff, seen
        )
    except OutcomeError as error:
        return await _card(request, lead, 422, error=error.key, tried={})
    except NewerOutcomeError as error:
        tried = {name: form[name] for name in ("outcome", "value", "until") if form.get(name)}
        return back({}, f"/desk/leads/{lead.id}", newer=error.newest.id, **tried)
    if not outcome:
        raise NotFoundError
    return back(form, f"/desk/leads/{lead.id}", done=outcome.id)


async def undo(request: Request) -> Response:
    """Take an outcome back."""
    form, number = await read_form(request), row_number(request)
    found = await Outcome.get_or_none(id=number)
    if not found:
        raise NotFoundError
    judge = (await view_of(request)).judge
    await outcomes.undo(number, judge, request.state.staff)
    return back(form, f"/desk/leads/{found.lead_id}", undone=number)


async def add_note(request: Request) -> Response:
    """Write a note; with a day it comes back on the list of that day."""
    lead, form = await lead_of(request), await read_form(request)
    today: date = request.app.state.today()
    ahead = {"tomorrow": 1, "week": 7, "month": 30}.get(form.get("due", ""))
    due = today + timedelta(days=ahead) if ahead else _day(form.get("due_on", ""))
    written = await follow_up.add_note(lead, form.get("note", ""), due, request.state.staff)
    if not written:
        return await _card(request, lead, 422, error="desk.note_empty", tried={})
    return RedirectResponse(f"/desk/leads/{lead.id}#h-todo", 303)


async def tick(request: Request) -> Response:
    """Tick a task off or on again, or take a note away."""
    form, number = await read_form(request), row_number(request)
    if form.get("do") == "remove":
        note = await follow_up.remove(number)
    else:
        note = await follow_up.finish(number, done=form.get("do") == "done")
    if not note:
        raise NotFoundError
    return back(form, f"/desk/leads/{note.lead_id}#h-todo")


async def colleague(number: str) -> StaffUser | None:
    """The colleague a form names; None for nobody. NotFoundError for one who is not there."""
    if not number:
        return None
    for user in await follow_up.colleagues():
        if str(user.id) == number:
            return user
    raise NotFoundError


async def assign(request: Request) -> Response:
    """Give the lead to a colleague, or to nobody."""
    lead, form = await lead_of(request), await read_form(request)
    await follow_up.assign([lead.id], await colleague(form.get("owner", "")))
    return back(form, f"/desk/leads/{lead.id}")


async def snooze(request: Request) -> Response:
    """Keep the lead off the list of today for some days, or wake it."""
    lead, form = await lead_of(request), await read_form(request)
    days = form.get("days", "")
    until = follow_up.in_days(int(days)) if days in DAYS_OF_REST else None
    await follow_up.snooze([lead.id], until)
    return back(form, f"/desk/leads/{lead.id}")


async def profiling(request: Request) -> Response:
    """On request of the lead: keep no record of what is read, and no score; or again."""
    lead, form = await lead_of(request), await read_form(request)
    off, view = form.get("do") == "off", await view_of(request)
    if await switch_profiling(lead.id, view.judge, off=off):
        kind = "profiling.objected" if off else "profiling.allowed"
        await accounts.audit(kind, f"lead {lead.id}", request.state.staff)
    return RedirectResponse(f"/desk/leads/{lead.id}", 303)


async def try_again(request: Request) -> Response:
    """Take a lead whose mailbox took no issues back on their lists."""
    lead = await lead_of(request)
    if await bounces.try_again(lead.id):
        await accounts.audit("list.resumed", f"lead {lead.id}", request.state.staff)
    return RedirectResponse(f"/desk/leads/{lead.id}#h-back", 303)


_, _post = methods_of_role("desk", "sales")

routes = [
    Route("/desk/leads/{number:int}", card, name="desk:card", methods=["GET"], role="sales"),
    _post("/desk/leads/{number:int}/outcome", record_outcome, "record_outcome"),
    _post("/desk/outcomes/{number:int}/undo", undo, "undo"),
    _post("/desk/leads/{number:int}/notes", add_note, "add_note"),
    _post("/desk/notes/{number:int}", tick, "tick"),
    _post("/desk/leads/{number:int}/owner", assign, "assign"),
    _post("/desk/leads/{number:int}/snooze", snooze, "snooze"),
    _post("/desk/leads/{number:int}/try-again", try_again, "try_again"),
    _post("/desk/leads/{number:int}/profiling", profiling, "profiling"),
]
