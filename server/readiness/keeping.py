"""Keeping scores: fold the log of a lead, assess, and write down what changed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from server.kit.addresses import domain_of
from server.kit.clock import days, now
from server.kit.database import in_transaction, is_postgres, rows
from server.leads.firms import is_business, is_disposable
from server.leads.models import Lead
from server.readiness.assessment import Assessment, Fit, assess
from server.readiness.model import Model, load_model
from server.readiness.models import Score, Transition
from server.readiness.state import LeadState, Signal, fold
from server.tracking.models import Event

AT_ONCE = 100
BREATH = 0.002  # seconds
DAY = 86400
ROLES = {
    "decider": (
        "directeur",
        "eigenaar",
        "hoofd",
        "partner",
        "bestuurder",
        "director",
        "owner",
        "head",
        "founder",
        "ceo",
        "manager",
        "oprichter",
    ),
    "student": ("student", "stagiair", "intern"),
}


@dataclass(frozen=True)
class Judge:
    """What an assessment needs beside the log: the model and what could be given."""

    model: Model
    kinds: Mapping[str, str] = field(default_factory=dict)
    catalogue: Sequence[str] = ()
    threshold: float | None = None


# Makes a judge for now. Jobs take this: a judge costs a look at the scores, and often none waits.
MakeJudge = Callable[[], Awaitable[Judge]]


@cache
def current_model() -> Model:
    """The model in force."""
    return load_model(None)


async def make_judge(kinds: Mapping[str, str]) -> Judge:
    """A judge for now: `kinds` says of each asset which kind it is.

    Sales can have so many talks a week: the threshold is the chance of the lead at that place,
    and no lower than the model's floor.
    """
    model = current_model()
    found = await rows(
        "SELECT probability FROM score WHERE state IN ('new', 'reading', 'resting', 'ready')"
        " ORDER BY probability DESC LIMIT 1 OFFSET ?",
        model.capacity - 1,
    )
    place = float(found[0]["probability"]) if found else 0.0
    return Judge(model, kinds, sorted(kinds), max(place, model.rule.floor))


async def score_next(make: MakeJudge) -> int:
    """Bring the scores of leads with new lines up to date; how many, 0 = all are."""
    stale = await rows(
        "SELECT id FROM lead WHERE event_count > events_scored ORDER BY id LIMIT ?", AT_ONCE
    )
    return await _rescore_all([row["id"] for row in stale], make)


async def check_due(make: MakeJudge) -> int:
    """Look again at leads whose day has come: points sink and windows end without a new line."""
    due = (
        await Score.filter(next_check_at__lte=now())
        .limit(AT_ONCE)
        .values_list("lead_id", flat=True)
    )
    return await _rescore_all([int(str(lead_id)) for lead_id in due], make)


async def _rescore_all(lead_ids: Sequence[int], make: MakeJudge) -> int:
    if lead_ids:
        judge_ = await make()
        for lead_id in lead_ids:
            await rescore(lead_id, judge_)
            # SQLite has one writer and no queue for it: without a breath the site waits for
            # seconds while a hundred thousand new leads are scored.
            if not is_postgres():
                await asyncio.sleep(BREATH)
    return len(lead_ids)


async def rescore(lead_id: int, judge_: Judge) -> None:
    """Fold the log of a lead, assess, and keep the result."""
    async with in_transaction():
        lead = await Lead.select_for_update().get_or_none(id=lead_id)
        if not lead:
            return
        state = fold(await signals_of(lead), judge_.model)
        old = await Score.get_or_none(lead_id=lead.id)
        found = assess_lead(lead, state, judge_, was_ready=bool(old and old.state == "ready"))
        await _keep(lead, state, found, old)
        await note_taker(lead, is_taker=found.is_taker)
        # The count read above: a line that is written meanwhile leaves the lead stale.
        await Lead.filter(id=lead.id).update(events_scored=lead.event_count)


async def note_taker(lead: Lead, *, is_taker: bool) -> None:
    """Write down on the lead since when they are a taker, or that they are none any more."""
    if is_taker != (lead.taker_since is not None):
        await Lead.filter(id=lead.id).update(taker_since=now() if is_taker else None)


async def signals_of(lead: Lead) -> list[Signal]:
    """The log of a lead as the core sees it."""
    events = await Event.filter(lead_id=lead.id).order_by("id")
    return [signal_of(event) for event in events]


def signal_of(event: Event) -> Signal:
    """A line of the log as the core sees it."""
    words = event.detail.split() if event.kind == "gift.sent" else ()
    return Signal(
        event.kind,
        days(event.at),
        event.subject,
        event.evidence,
        event.value,
        event.sign,
        personal="personal" in words,
        unexpected="unexpected" in words,
    )


def assess_kept(lead: Lead, score: Score | None, judge_: Judge) -> Assessment:
    """What is thought of a lead now, from the score that is kept; who was not scored yet is new."""
    state = LeadState.from_dict(score.memory) if score else LeadState()
    return assess_lead(lead, state, judge_, was_ready=bool(score and score.state == "ready"))


def assess_lead(
    lead: Lead,
    state: LeadState,
    judge_: Judge,
    *,
    was_ready: bool = False,
    moment: datetime | None = None,
) -> Assessment:
    """What is thought of a lead at a moment, now if none is given."""
    window = days(lead.no_ask_until) if lead.no_ask_until else None
    return assess(
        state,
        fit_of(lead),
        days(moment or now()),
        judge_.model,
        no_ask_until=window,
        reachable=lead.verified_at is not None,
        few_data=True,
        was_ready=was_ready,
        threshold=judge_.threshold,
        kinds=judge_.kinds,
        catalogue=judge_.catalogue,
    )


def fit_of(lead: Lead) -> Fit:
    """Who a lead is, as far as their address and role tell."""
    domain = domain_of(lead.email)
    role = lead.role.casefold()
    known = next((name for name, words in ROLES.items() if any(word in role for word in words)), "")
    return Fit(
        business_mailbox=is_business(domain),
        disposable=is_disposable(domain),
        role=known or ("user" if role else "unknown"),
        trusted=lead.trusted_at is not None,
    )


async def _keep(lead: Lead, state: LeadState, found: Assessment, old: Score | None) -> None:
    moment = now()
    changed = old is None or old.state != found.state
    since = moment if changed or old is None else old.state_since
    fresh = kept_values(state, found, since)
    if old:
        await Score.filter(id=old.id).update(**fresh)
    else:
        await Score.create(lead=lead, **fresh)
    if changed:
        await Transition.create(
            lead=lead,
            at=moment,
            state=found.state,
            points=found.points,
            reasons=[list(reason) for reason in found.reasons],
            model_version=found.model_version,
        )


def kept_values(state: LeadState, found: Assessment, since: datetime) -> dict[str, Any]:
    """What the row of a score keeps of an assessment; `since` is when its state began."""
    return {
        "model_version": found.model_version,
        "memory": state.to_dict(),
        "state": found.state,
        "state_since": since,
        "points": found.points,
        "interest": found.interest,
        "fit": found.fit,
        "probability": found.probability,
        "step": found.next_step.name,
        "step_subject": found.next_step.subject,
        "step_opens_at": moment_of(found.next_step.opens_at),
        "returned_at": moment_of(found.returned_at),
        "given": found.balance.given,
        "returned": found.balance.returned,
        "liked": found.balance.liked,
        "asked_at": moment_of(found.asked_at),
        "next_check_at": moment_of(found.next_check_at),
    }


def moment_of(day: float | None) -> datetime | None:
    """A day of the core as a moment; far futures are left out."""
    if day is None or not 0 <= day < 40_000:
        return None
    return datetime.fromtimestamp(day * DAY, UTC)


async def replay(judge_: Judge) -> tuple[int, list[int]]:
    """Fold every lead's log anew and compare with what is kept, then keep the new result.

    How many leads there were and the numbers of those whose kept state differed.
    """
    count, last = 0, 0
    different: list[int] = []
    while True:
        leads = await Lead.filter(id__gt=last).order_by("id").limit(AT_ONCE)
        if not leads:
            return count, different
        for lead in leads:
            score = await Score.get_or_none(lead_id=lead.id)
            anew = fold(await signals_of(lead), judge_.model).to_dict()
            if score and lead.events_scored == lead.event_count and score.memory != anew:
                different.append(lead.id)
            await rescore(lead.id, judge_)
            count, last = count + 1, lead.id
