"""Recording what came of a lead, and taking it back.

An outcome is a line of the log like any other, and a row that keeps the state, the points and
every reason as they stood at that moment: what the list later learns from.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from server.kit.clock import days, now
from server.kit.database import in_transaction
from server.leads.models import Lead
from server.readiness.assessment import Assessment
from server.readiness.keeping import Judge, assess_kept, assess_lead, rescore, signals_of
from server.readiness.models import Score
from server.readiness.state import fold
from server.sales.models import FollowUp, Outcome
from server.staff import accounts
from server.staff.models import StaffUser
from server.tracking.log import Entry, record, undoing
from server.tracking.models import Event

# The kind as sales names it → the kind of the line in the log.
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "accepted": "outcome.accepted",
        "contacted": "contacted",
        "meeting": "meeting",
        "offer": "outcome.offer",
        "won": "outcome.won",
        "lost": "outcome.lost",
        "not_now": "outcome.not_now",
        "not_a_fit": "outcome.not_a_fit",
    }
)
LOST = ("price", "other", "budget", "silent")
NOT_A_FIT = ("person", "small", "student", "topic", "junk")
REASONS: Mapping[str, Collection[str]] = MappingProxyType({"lost": LOST, "not_a_fit": NOT_A_FIT})
LARGEST = 1e9  # euro


class OutcomeError(ValueError):
    """This cannot be recorded; `key` is the text that says why."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class NewerOutcomeError(Exception):
    """Somebody recorded something since the page was made; `newest` is what."""

    def __init__(self, newest: Outcome) -> None:
        super().__init__(f"outcome {newest.id} came first")
        self.newest = newest


@dataclass(frozen=True)
class Result:
    """What came of it: `value` in euro where won, `until` where not now, a reason where it ended.

    `key` names it once and for all where it comes from a table; `at` is when it was, else now.
    """

    kind: str
    reason: str = ""
    value: float = 0.0
    until: datetime | None = None
    at: datetime | None = None
    source: str = "desk"
    key: str = ""

    def check(self) -> None:
        """Raise OutcomeError where something is missing or impossible."""
        moment = now()
        if self.kind not in KINDS:
            raise OutcomeError("sales.bad_kind")
        if self.kind in REASONS and not self.reason:
            raise OutcomeError("sales.bad_reason")
        if not 0 <= self.value <= LARGEST:
            raise OutcomeError("sales.bad_value")
        if self.kind == "not_now" and (not self.until or self.until <= (self.at or moment)):
            raise OutcomeError("sales.bad_until")
        if self.at and self.at > moment:
            raise OutcomeError("sales.bad_at")


async def newest_of(lead_id: int) -> Outcome | None:
    """What was recorded last and not taken back."""
    found = Outcome.filter(lead_id=lead_id, undone_at=None).order_by("-id")
    return await found.prefetch_related("staff").first()


async def record_outcome(
    lead_id: int, result: Result, judge: Judge, staff: StaffUser | None, after: int | None = None
) -> Outcome | None:
    """Record it and score the lead anew; None when the lead is gone or the key was there already.

    `after` is the number of the newest outcome on the page it was recorded on (0: none). Raises
    NewerOutcomeError where another came first; the same result pressed twice is recorded once.
    Raises OutcomeError.
    """
    result.check()
    async with in_transaction():
        lead = await Lead.select_for_update().get_or_none(id=lead_id)
        if not lead:
            return None
        newest = await newest_of(lead_id)
        if after is not None and newest and newest.id > after:
            if _is_same(newest, result, staff):
                return newest
            raise NewerOutcomeError(newest)
        outcome = await write_outcome(lead, result, judge, staff)
    if outcome:
        await rescore(lead_id, judge)
    return outcome


def _is_same(newest: Outcome, result: Result, staff: StaffUser | None) -> bool:
    mine = newest.staff_id == (staff.id if staff else None)
    return mine and (newest.kind, newest.reason) == (result.kind, result.reason)


async def write_outcome(
    lead: Lead, result: Result, judge: Judge, staff: StaffUser | None
) -> Outcome | None:
    """The line and the row of a checked result, in the transaction of the caller; None for a
    key that was there already."""
    moment = now()
    seen = await _as_seen(lead, judge, result.at)
    count = await Outcome.filter(lead_id=lead.id).count()
    key = result.key or f"outcome:{lead.id}:{count}:{moment.isoformat()}"
    entry = Entry(
        lead.id,
        KINDS[result.kind],
        key,
        value=days(result.until) if result.until else result.value,
        detail=result.reason,
        evidence="human",
        at=result.at or moment,
    )
    if not await record(entry):
        return None
    if staff:
        await take_on(lead.id, staff)
    return await Outcome.create(
        lead=lead,
        key=key,
        kind=result.kind,
        reason=result.reason,
        value=result.value,
        until=result.until,
        at=result.at or moment,
        recorded_at=moment,
        staff=staff,
        source=result.source,
        state=seen.state,
        points=seen.points,
        probability=seen.probability,
        reasons=reasons_of(seen),
        model_version=seen.model_version,
    )


def reasons_of(seen: Assessment) -> list[list[object]]:
    """Every line of the sum as an outcome keeps it."""
    return [[line.key, line.points, line.subjects, line.at, line.times] for line in seen.lines]


async def _as_seen(lead: Lead, judge: Judge, at: datetime | None) -> Assessment:
    """What was thought of the lead just before, or could have been at a moment in the past."""
    if at:
        known = [one for one in await signals_of(lead) if one.at <= days(at)]
        return assess_lead(lead, fold(known, judge.model), judge, moment=at)
    return assess_kept(lead, await Score.get_or_none(lead_id=lead.id), judge)


async def take_on(lead_id: int, staff: StaffUser) -> None:
    """Who records something about a lead of nobody has it from now on, and it wakes up."""
    found, _ = await FollowUp.get_or_create(lead_id=lead_id)
    await FollowUp.filter(id=found.id).update(snoozed_until=None)
    await FollowUp.filter(id=found.id, owner_id=None).update(owner_id=staff.id)


async def undo(number: int, judge: Judge, staff: StaffUser) -> Outcome | None:
    """Take an outcome back, as if it had never been; None when there is none, or no more."""
    outcome = await Outcome.get_or_none(id=number)
    if not outcome:
        return None
    async with in_transaction():
        # Who erases takes the lead first and then what hangs on it: so do we.
        await Lead.select_for_update().get_or_none(id=outcome.lead_id)
        # The condition sits in the UPDATE, so that of two presses one takes it back.
        won = await Outcome.filter(id=number, undone_at=None).update(
            undone_at=now(), undone_by_id=staff.id
        )
        line = await Event.get_or_none(dedup_key=outcome.key)
        if not won or not line:
            return None
        await record(undoing(line))
        await accounts.audit("outcome.undone", f"lead {outcome.lead_id}", staff)
    await rescore(outcome.lead_id, judge)
    return outcome


async def outcomes_of(lead_id: int) -> list[Outcome]:
    """Everything that was recorded of a lead and stands, newest first."""
    found = Outcome.filter(lead_id=lead_id, undone_at=None).order_by("-at", "-id")
    return await found.prefetch_related("staff")
