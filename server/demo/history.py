"""What was thought of invented people in the year, and what sales made of it."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import ceil

from server.demo.cast import Deed
from server.demo.people import Life
from server.demo.staging import Stage, number_of
from server.kit.clock import days, now
from server.leads.models import Lead
from server.readiness.assessment import Assessment
from server.readiness.keeping import Judge, assess_lead, current_model, kept_values, signal_of
from server.readiness.models import Score, Transition
from server.readiness.state import Signal, fold
from server.sales.models import FollowUp, Note, Outcome
from server.sales.outcomes import KINDS, reasons_of
from server.staff.models import StaffUser
from server.tracking.models import Event

LOOK_EVERY = 14  # days
TAKEN_UP_IN = 12  # days
NOTE_EVERY, SNOOZE_EVERY = 3, 9
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass
class History:
    """Rows of readiness and sales, in the order in which they are written."""

    scores: list[Score] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    owned: list[FollowUp] = field(default_factory=list)
    takers: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Team:
    """Of whom there is something to remember, and who of us recorded it."""

    stage: Stage
    lives: Sequence[Life]
    leads: Mapping[int, Lead]
    sellers: Sequence[StaffUser]
    kinds: Mapping[str, str]


def unfold(team: Team, logs: Mapping[int, list[Event]]) -> History:
    """The whole year of sales and of what was thought; the lines of sales are added to `logs`."""
    told, model = History(), current_model()
    judge = Judge(model, team.kinds, sorted(team.kinds), model.rule.floor)
    found = {}
    for life in team.lives:
        log, lead = logs[life.lead_id], team.leads[life.lead_id]
        outcomes, added = deeds_of(team, life, judge, log)
        told.outcomes += outcomes
        log += added
        log.sort(key=lambda line: line.at)
        found[lead.id] = assessed(lead, log, judge)
    judge = replace(judge, threshold=threshold_of(found, judge))
    for life in team.lives:
        state = follow(team.leads[life.lead_id], logs[life.lead_id], judge, told).state
        add_follow_up(team.stage, life, state, team.sellers, told)
    return told


def take_up(team: Team, told: History) -> None:
    """Who has been ready for long was spoken to, and it was too early."""
    since = {one.lead_id: one.state_since for one in told.scores if one.state == "ready"}
    for life in team.lives:
        if life.lead_id not in since or life.figure.story:
            continue
        ago = (team.stage.midnight - since[life.lead_id]) / DAY - TAKEN_UP_IN
        if ago > 1:
            by = number_of("by", life.figure.email) % 2
            spoken = Deed(ago, "contacted", by=by)
            life.figure.deeds += [spoken, Deed(ago - 0.5, "not_now", until=60 - ago, by=by)]


def deeds_of(
    team: Team, life: Life, judge: Judge, lines: Sequence[Event]
) -> tuple[list[Outcome], list[Event]]:
    """What sales recorded: rows with the lead as it was seen then, and their lines in the log."""
    stage, lead, staff = team.stage, team.leads[life.lead_id], team.sellers
    outcomes: list[Outcome] = []
    written: list[Event] = []
    for deed in sorted(life.figure.deeds, key=lambda one: -one.ago):
        at = max(stage.office(deed.ago), life.done[0].at + HOUR)  # nobody is spoken to before
        known = [signal_of(line) for line in (*lines, *written) if line.at <= at]
        seen = assess_lead(lead, fold(known, judge.model), judge, moment=at)
        until = stage.midnight + deed.until * DAY if deed.until else None
        key = f"outcome:{lead.id}:{len(outcomes)}:{at.isoformat()}"
        written.append(
            Event(
                lead_id=lead.id,
                kind=KINDS[deed.kind],
                at=at,
                subject="",
                value=days(until) if until else deed.value,
                detail=deed.reason,
                evidence="human",
                dedup_key=key,
            )
        )
        outcomes.append(_outcome(lead, deed, at, until, key, seen, staff))
    return outcomes, written


def _outcome(
    lead: Lead,
    deed: Deed,
    at: datetime,
    until: datetime | None,
    key: str,
    seen: Assessment,
    staff: Sequence[StaffUser],
) -> Outcome:
    return Outcome(
        lead_id=lead.id,
        key=key,
        kind=deed.kind,
        reason=deed.reason,
        value=deed.value,
        until=until,
        at=at,
        recorded_at=at,
        staff_id=staff[deed.by % len(staff)].id,
        source="desk",
        state=seen.state,
        points=seen.points,
        probability=seen.probability,
        reasons=reasons_of(seen),
        model_version=seen.model_version,
    )


def threshold_of(found: Mapping[int, Assessment], judge: Judge) -> float:
    """The chance at the place of what sales can do, as `make_judge` takes it from the scores."""
    open_states = ("new", "reading", "resting", "ready")
    chances = sorted([one.probability for one in found.values() if one.state in open_states])
    capacity = judge.model.capacity
    place = chances[-capacity] if len(chances) >= capacity else 0.0
    return max(place, judge.model.rule.floor)


def assessed(lead: Lead, lines: Sequence[Event], judge: Judge) -> Assessment:
    """What is thought of somebody now."""
    return assess_lead(lead, fold([signal_of(line) for line in lines], judge.model), judge)


def follow(lead: Lead, lines: Sequence[Event], judge: Judge, history: History) -> Assessment:
    """How the state of a lead changed over the year, and what is thought of them now."""
    moment = now()
    signals = [signal_of(line) for line in lines]
    past = copy(lead)
    past.no_ask_until = None  # that of today says nothing of then; the days of the model do
    state, since, end = "", moment, days(moment)
    for at in _looks(signals, end):
        known = fold([signal for signal in signals if signal.at <= at], judge.model)
        is_now = at == end
        when = moment if is_now else datetime.fromtimestamp(at * 86400, UTC)
        whom = lead if is_now else past
        found = assess_lead(whom, known, judge, was_ready=state == "ready", moment=when)
        if found.state != state:
            state, since = found.state, when
            history.transitions.append(_transition(lead, found, when))
    history.scores.append(Score(lead_id=lead.id, **kept_values(known, found, since)))
    if found.is_taker:
        history.takers.append(lead.id)
    return found


def _looks(signals: Sequence[Signal], end: float) -> list[float]:
    """When to look: after each day on which something happened, every so often, and now."""
    days_ = {ceil(signal.at) for signal in signals if ceil(signal.at) < end}
    first = min(days_, default=end)
    often = set(range(int(first), int(end), LOOK_EVERY)) if days_ else set()
    return [*sorted(days_ | often), end]


def _transition(lead: Lead, found: Assessment, at: datetime) -> Transition:
    return Transition(
        lead_id=lead.id,
        at=at,
        state=found.state,
        points=found.points,
        reasons=[list(reason) for reason in found.reasons],
        model_version=found.model_version,
    )


def add_follow_up(
    stage: Stage, life: Life, state: str, staff: Sequence[StaffUser], history: History
) -> None:
    """Whose somebody is, until when they rest, and what was written down about them."""
    story, email = life.figure.story, life.figure.email
    chance = number_of("follow", email)
    deeds = life.figure.deeds
    owner = staff[deeds[-1].by % len(staff)] if deeds else None
    if not owner and state == "ready" and chance % 3 == 0:
        owner = staff[chance % len(staff)]
    snoozed = bool(story and story.snoozed) or (owner is not None and chance % SNOOZE_EVERY == 0)
    if owner or snoozed:
        history.owned.append(
            FollowUp(
                lead_id=life.lead_id,
                owner_id=owner.id if owner else None,
                snoozed_until=stage.midnight + 6 * DAY if snoozed else None,
            )
        )
    if owner and deeds and (story or chance % NOTE_EVERY == 0):
        at = stage.office(deeds[-1].ago) + timedelta(minutes=12)
        history.notes.append(_note(life, owner, at))
    if owner and deeds and state in ("offered", "ready", "resting"):
        history.notes.append(_task(stage, life, staff[chance % len(staff)]))


def _note(life: Life, owner: StaffUser, at: datetime) -> Note:
    said = life.figure.words["notes"]
    return Note(
        lead_id=life.lead_id,
        staff_id=owner.id,
        text=said[number_of("note", life.figure.email) % len(said)],
        at=at,
    )


def _task(stage: Stage, life: Life, owner: StaffUser) -> Note:
    """Something to do: late, today or in the days to come; some of it done."""
    chance = number_of("task", life.figure.email)
    said = life.figure.words["tasks"]
    due = stage.today + timedelta(days=chance % 9 - 2)
    done = due < stage.today and chance % 2 == 0
    return Note(
        lead_id=life.lead_id,
        staff_id=owner.id,
        text=said[chance % len(said)],
        at=stage.office(5),
        due_on=due,
        done_at=stage.office(1) if done else None,
    )


def give_to(stage: Stage, lives: Sequence[Life], admin: StaffUser, history: History) -> None:
    """Some leads of nobody and two tasks for whoever looks at the demo first."""
    owned = {one.lead_id for one in history.owned}
    ready = [one.lead_id for one in history.scores if one.state == "ready"]
    free = [number for number in ready if number not in owned][:2]
    free += [life.lead_id for life in lives if life.lead_id not in owned][-40::10]
    history.owned += [FollowUp(lead_id=number, owner_id=admin.id) for number in dict.fromkeys(free)]
    by_number = {life.lead_id: life for life in lives}
    for late, number in enumerate(free[:2]):
        task = _task(stage, by_number[number], admin)
        task.due_on, task.done_at = stage.today - timedelta(days=late), None
        history.notes.append(task)
