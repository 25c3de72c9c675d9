"""Today: who is ready, who can be asked, and what this colleague set for today."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from server.kit.clock import now
from server.kit.database import rows
from server.readiness.models import Score
from server.sales import follow_up
from server.sales.models import FollowUp, Note, Outcome
from server.sales.rows import Row, View, asked_by, row_of
from server.staff.models import StaffUser

MOST_TODAY = 12
LEARNS_FROM = 20  # outcomes: below it nothing can be predicted


@dataclass(frozen=True)
class Today:
    """Whom to talk to today; `counts` tells how many are in each state.

    `owners` and `accepted` tell by lead whose it is and who took it up; `newest` holds by lead the
    number of the newest outcome (0: none), which a form carries along.
    """

    ready: list[Row]
    ask: list[Row]
    tasks: list[Note]
    counts: dict[str, int]
    outcomes: int
    owners: dict[int, StaffUser] = field(default_factory=dict)
    accepted: dict[int, StaffUser] = field(default_factory=dict)
    newest: dict[int, int] = field(default_factory=dict)


async def today(view: View, staff: StaffUser, day: date) -> Today:
    """The list of a colleague on a day; who was let rest until later is left out."""
    ready = await _rows(view, state="ready")
    # A sentence is made now: who is past their state or step since the score was kept is left out.
    shown = [row for row in ready if row.state == "ready"]
    ask = [row for row in await _rows(view, step="ask_liked") if row.step == "ask_liked"]
    asked = [row for row in ask if row.state != "ready"]
    ids = [row.lead.id for row in (*shown, *asked)]
    newest = await _newest(ids)
    accepted = {
        one.lead_id: one.staff for one in newest.values() if one.kind == "accepted" and one.staff
    }
    # Who asked to be called comes first, then whom nobody took up; a sort keeps the order else.
    shown.sort(key=lambda row: (row.step != "call_back", row.lead.id in accepted))
    counted = await rows("SELECT state, COUNT(*) AS n FROM score GROUP BY state")
    return Today(
        ready=shown,
        ask=asked,
        tasks=await follow_up.tasks_due(staff, day),
        counts={str(row["state"]): int(row["n"]) for row in counted},
        outcomes=await decided(),
        owners=await owners_of(ids),
        accepted=accepted,
        newest={lead_id: outcome.id for lead_id, outcome in newest.items()},
    )


async def decided() -> int:
    """How many leads came to an end that teaches something: won, lost, not a fit."""
    ends = Outcome.filter(kind__in=("won", "lost", "not_a_fit"), undone_at=None)
    return await ends.count()


async def _newest(ids: list[int]) -> dict[int, Outcome]:
    found = Outcome.filter(lead_id__in=ids, undone_at=None).order_by("id")
    return {one.lead_id: one for one in await found.prefetch_related("staff")} if ids else {}


async def owners_of(ids: Iterable[int]) -> dict[int, StaffUser]:
    """Whose these leads are, of those that are somebody's."""
    wanted = list(ids)
    found = FollowUp.filter(lead_id__in=wanted, owner_id__isnull=False).prefetch_related("owner")
    return {one.lead_id: one.owner for one in await found if one.owner} if wanted else {}


async def _rows(view: View, **which: str) -> list[Row]:
    resting = FollowUp.filter(snoozed_until__gt=now()).values_list("lead_id", flat=True)
    snoozed = [int(str(lead_id)) for lead_id in await resting]
    scores = (
        await Score.filter(**which)
        .exclude(lead_id__in=snoozed)
        .order_by("-returned_at", "-points", "lead_id")
        .limit(MOST_TODAY)
        .prefetch_related("lead")
    )
    asked = await asked_by([score.lead_id for score in scores])
    return [row_of(score.lead, score, view, asked.get(score.lead_id, "")) for score in scores]
