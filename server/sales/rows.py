"""A lead as a row on a list: who, why now, the sum, the balance and the next step."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from server.kit.clock import days, now
from server.kit.text import say
from server.leads.models import Lead
from server.readiness import explaining
from server.readiness.assessment import Assessment, Balance
from server.readiness.keeping import Judge, assess_lead
from server.readiness.models import Score
from server.readiness.state import LeadState

SHORT = 3  # lines of the sum on a list


@dataclass(frozen=True)
class View:
    """In which language and zone a colleague looks, and what the assets are called."""

    language: str
    zone: ZoneInfo
    titles: Mapping[str, str]
    judge: Judge


@dataclass(frozen=True)
class Row:
    """One lead on a list."""

    lead: Lead
    assessment: Assessment
    state: str
    state_name: str
    why: str
    step: str
    step_text: str
    balance: Balance

    @property
    def sum(self) -> str:
        """The whole points, for the line below the sentence."""
        return str(self.assessment.points)

    @property
    def squares(self) -> list[str]:
        """One letter for each thing given, `g` liked and `o` other, at most eight."""
        liked = min(self.balance.liked, self.balance.given)
        return (["g"] * liked + ["o"] * (self.balance.given - liked))[:8]


def row_of(lead: Lead, score: Score | None, view: View) -> Row:
    """The row of a lead; who was not scored yet is new."""
    state = LeadState.from_dict(score.memory) if score else LeadState()
    was_ready = bool(score and score.state == "ready")
    found = assess_lead(lead, state, view.judge, was_ready=was_ready)
    return Row(
        lead=lead,
        assessment=found,
        state=found.state,
        state_name=explaining.state_name(found.state, view.language),
        why=explaining.why_now(found, view.language, view.titles, days(now()), view.zone),
        step=found.next_step.name,
        step_text=explaining.next_step_text(found, view.language, view.titles, view.zone),
        balance=found.balance,
    )


def sum_parts(row: Row, view: View) -> list[tuple[str, int]]:
    """Every reason with its points, in words; they add up to the points of the row."""
    lines = explaining.explain(row.assessment, view.language, view.titles, view.zone)
    return [
        (line.rpartition(" (")[0] or line, reason.points)
        for line, reason in zip(lines, row.assessment.reasons, strict=True)
    ]


def ago(moment: datetime, view: View) -> str:
    """`vandaag`, `gisteren`, `12 dagen geleden`: by the calendar of the site."""
    today = now().astimezone(view.zone).date()
    between = (today - moment.astimezone(view.zone).date()).days
    if between <= 0:
        return say(view.language, "sales.today")
    if between == 1:
        return say(view.language, "sales.yesterday")
    return say(view.language, "sales.days_ago", count=between)
