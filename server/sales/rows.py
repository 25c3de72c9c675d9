"""A lead as a row on a list: who, why now, the sum, the balance and the next step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from server.kit.clock import days, now
from server.kit.text import say, shortened
from server.leads.models import Lead
from server.library.assets import Library
from server.readiness import explaining
from server.readiness.assessment import Assessment, Balance
from server.readiness.keeping import Judge, assess_kept, make_judge
from server.readiness.models import Score
from server.readiness.state import COUNTED
from server.tracking.models import Event

QUOTED = 140  # letters of a question in a sentence
SHORT_NAMES = {
    "contact.requested": "sales.short_contact_requested",
    "page.offer": "sales.short_page_offer",
    "page.pricing": "sales.short_page_pricing",
    "page.case": "sales.short_page_case",
    "visit": "sales.short_visit",
    "mail.click": "sales.short_mail_click",
    "mail.open": "sales.short_mail_open",
    "gift.taken": "sales.short_gift_taken",
    "read.finished": "sales.short_read_finished",
    "read.half": "sales.short_read_half",
    "question": "sales.short_question",
    "reply": "sales.short_reply",
    "rating": "sales.short_rating",
    "rating.personal": "sales.short_rating_personal",
    "forward": "sales.short_forward",
    "referral.joined": "sales.short_referral_joined",
    "review": "sales.short_review",
    "comment": "sales.short_comment",
    "survey": "sales.short_survey",
    "purchase": "sales.short_purchase",
    "business_mailbox": "sales.short_business_mailbox",
    "disposable": "sales.short_disposable",
    "decider": "sales.short_decider",
    "user": "sales.short_user",
    "student": "sales.short_student",
    "large": "sales.short_large",
    "source": "sales.short_source",
    "taker": "sales.short_taker",
    "other": "sales.short_other",
}


@dataclass(frozen=True)
class View:
    """In which language and zone a colleague looks, and what the assets are called."""

    language: str
    zone: ZoneInfo
    titles: Mapping[str, str]
    judge: Judge


async def make_view(library: Library, language: str, zone: ZoneInfo) -> View:
    """The view of now in a language."""
    return View(language, zone, library.titles(language), await make_judge(library.kinds()))


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


async def row_for(lead: Lead, view: View) -> Row:
    """The row of a lead as things stand, with the words of what they asked last."""
    score = await Score.get_or_none(lead_id=lead.id)
    asked = await asked_by([lead.id])
    return row_of(lead, score, view, asked.get(lead.id, ""))


async def asked_by(lead_ids: Sequence[int]) -> dict[int, str]:
    """Lead → the words of their latest question, on one line; only what a person asked."""
    if not lead_ids:
        return {}
    told = Event.filter(lead_id__in=list(lead_ids), kind="question", evidence__in=COUNTED)
    pairs = await told.order_by("at", "id").values_list("lead_id", "detail")
    return {int(lead_id): shortened(str(words), QUOTED) for lead_id, words in pairs}


def row_of(lead: Lead, score: Score | None, view: View, asked: str = "") -> Row:
    """The row of a lead; who was not scored yet is new. `asked`: their latest question."""
    found = assess_kept(lead, score, view.judge)
    return Row(
        lead=lead,
        assessment=found,
        state=found.state,
        state_name=explaining.state_name(found.state, view.language),
        why=explaining.why_now(
            found, view.language, view.titles, days(now()), view.zone, asked=asked
        ),
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


def sum_in_short(row: Row, view: View) -> list[tuple[str, int]]:
    """The same points with a word or two for each, for a list."""
    return [
        (say(view.language, SHORT_NAMES[reason.key]), reason.points)
        for reason in row.assessment.reasons
    ]
