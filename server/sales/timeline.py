"""The history of one lead: what was given, what came back, and on what evidence."""

from dataclasses import dataclass
from datetime import datetime

from server.gifts.models import Gift
from server.kit.text import say
from server.leads.models import Consent, Lead
from server.sales.rows import View
from server.tracking.evidence import rule_text
from server.tracking.models import Event

MOST = 100
# These follow from the chapters that were opened, which are told already.
DERIVED = ("read.25", "read.50", "read.75")
RETURNS = (
    "rating",
    "reply",
    "question",
    "review",
    "forward",
    "comment",
    "survey",
    "purchase",
    "referral.joined",
    "contact.requested",
)
SENTENCES = {
    "gift.requested": "sales.event_gift_requested",
    "gift.taken": "sales.event_gift_taken",
    "gift.downloaded": "sales.event_gift_downloaded",
    "read.chapter": "sales.event_read_chapter",
    "read.100": "sales.event_read_100",
    "rating": "sales.event_rating",
    "newsletter.confirmed": "sales.event_newsletter_confirmed",
    "unsubscribe": "sales.event_unsubscribe",
    "profiling.objected": "sales.event_objected",
    "profiling.allowed": "sales.event_allowed",
    "lead.corrected": "sales.event_corrected",
    "lead.kept": "sales.event_kept",
}
RATINGS = {1: "sales.liked_1", 2: "sales.liked_2", 3: "sales.liked_3", 4: "sales.liked_4"}
EVIDENCE = {
    "human": "sales.evidence_human",
    "likely": "sales.evidence_likely",
    "proxy": "sales.evidence_proxy",
    "scanner": "sales.evidence_scanner",
    "unknown": "sales.evidence_unknown",
}


@dataclass(frozen=True)
class Line:
    """One thing that happened, as the card shows it."""

    at: datetime
    kind: str
    sentence: str
    quote: str
    evidence: str
    evidence_name: str
    rule: str

    @property
    def is_return(self) -> bool:
        return self.kind in RETURNS

    @property
    def is_machine(self) -> bool:
        return self.evidence in ("scanner", "proxy", "unknown")


async def lines_of(lead: Lead, view: View) -> list[Line]:
    """The latest lines of the log of a lead, newest first."""
    told = Event.filter(lead_id=lead.id).exclude(kind__in=DERIVED)
    events = await told.order_by("-at", "-id").limit(MOST)
    return [_line(event, view) for event in events]


def _line(event: Event, view: View) -> Line:
    title = view.titles.get(event.subject, event.subject)
    key = SENTENCES.get(event.kind)
    rating = RATINGS.get(int(event.value)) if event.kind == "rating" else None
    values = {
        "title": title,
        "format": event.detail.upper() if event.kind == "gift.downloaded" else "",
        "number": int(event.value),
        "liked": say(view.language, rating) if rating else "",
    }
    sentence = say(view.language, key, **values) if key else event.kind
    rule = event.rule if event.rule not in ("", "none", "10-button") else ""
    return Line(
        at=event.at,
        kind=event.kind,
        sentence=sentence,
        quote=event.detail if event.kind in RETURNS else "",
        evidence=event.evidence,
        evidence_name=say(view.language, EVIDENCE[event.evidence]),
        rule=_rule(rule, view.language),
    )


def _rule(rule: str, language: str) -> str:
    if rule == "third-reader":
        return say(language, "sales.rule_third_reader")
    return rule_text(rule, language) if rule else ""


@dataclass(frozen=True)
class Given:
    """One gift on the ledger, with what became of it."""

    title: str
    at: datetime
    status: str


async def given_to(lead: Lead, view: View) -> list[Given]:
    """What this lead was given, newest first."""
    gifts = await Gift.filter(lead_id=lead.id, confirmed_at__isnull=False).order_by("-confirmed_at")
    # The lines of single chapters go after 13 months, those of how far was read stay.
    told = Event.filter(lead_id=lead.id, kind__startswith="read.", evidence__in=("human", "likely"))
    opened = {event.gift_number for event in await told}
    found = []
    for gift in gifts:
        status = "sales.gift_taken"
        if gift.liked_at:
            status = RATINGS.get(gift.liked or 0, status)
        elif gift.id in opened:
            status = "sales.gift_opened"
        at = gift.confirmed_at or gift.requested_at
        title = view.titles.get(gift.asset_slug, gift.asset_slug)
        found.append(Given(title, at, say(view.language, status)))
    return found


async def returned_by(lead: Lead, view: View) -> list[Line]:
    """What came back from this lead, newest first."""
    events = await Event.filter(lead_id=lead.id, kind__in=RETURNS).order_by("-at").limit(MOST)
    return [_line(event, view) for event in events]


async def consents_of(lead: Lead) -> list[Consent]:
    """The receipts of this lead, newest first."""
    return await Consent.filter(lead_id=lead.id).order_by("-id").limit(MOST)
