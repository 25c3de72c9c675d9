"""The history of one lead: what was given, what came back, and on what evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from math import ceil

from server.gifts import ledger
from server.gifts.models import LedgerLine
from server.kit.text import euro, say
from server.leads.models import Consent, Lead
from server.sales.models import Outcome
from server.sales.outcomes import KINDS, outcomes_of
from server.sales.rows import View
from server.sales.told import outcome_text
from server.tracking import kinds
from server.tracking.evidence import MAIL_KINDS, TRAP, rule_text
from server.tracking.models import Event

MOST = 100
# These follow from the chapters that were opened, which are told already.
DERIVED = ("read.25", "read.50", "read.75")
RETURNS = (*kinds.RETURNS, "contact.requested")
SENTENCES = {
    "contact.requested": "sales.event_contact_requested",
    "gift.requested": "sales.event_gift_requested",
    "gift.taken": "sales.event_gift_taken",
    "gift.sent": "sales.event_gift_sent",
    "gift.unwrapped": "sales.event_gift_unwrapped",
    "gift.downloaded": "sales.event_gift_downloaded",
    "read.chapter": "sales.event_read_chapter",
    "read.100": "sales.event_read_100",
    "rating": "sales.event_rating",
    "question": "sales.event_question",
    "reply": "sales.event_reply",
    "forward": "sales.event_forward",
    "rating.personal": "sales.event_rating",
    "purchase": "sales.event_purchase",
    "help.given": "sales.event_help_given",
    "newsletter.confirmed": "sales.event_newsletter_confirmed",
    "unsubscribe": "sales.event_unsubscribe",
    "profiling.objected": "sales.event_objected",
    "mail.click": "sales.event_mail_click",
    "mail.open": "sales.event_mail_open",
    "mail.trap": "sales.event_mail_trap",
    "mail.unsubscribe_page": "sales.event_mail_way_out",
    "profiling.allowed": "sales.event_allowed",
    "lead.corrected": "sales.event_corrected",
    "lead.kept": "sales.event_kept",
    "liked.asked": "sales.event_liked_asked",
    "ask.return": "sales.event_ask_return",
    "return.none": "sales.event_return_none",
    "review": "sales.event_review",
    "survey": "sales.event_survey",
    "comment": "sales.event_comment",
    "referral.joined": "sales.event_referral",
    "page.offer": "sales.event_page_offer",
    "questions.off": "sales.event_questions_off",
    "questions.on": "sales.event_questions_on",
    "trial.started": "sales.event_trial_started",
    "webinar.attended": "sales.event_webinar_attended",
    "sample.sent": "sales.event_sample_sent",
    "voucher.redeemed": "sales.event_voucher_redeemed",
}
BURSTS = ("3-trap", "4-burst", "4-way-out", "4-all", "4-gift")
BURST_SPAN = timedelta(minutes=2)
RATINGS = {1: "sales.liked_1", 2: "sales.liked_2", 3: "sales.liked_3", 4: "sales.liked_4"}
EVIDENCE = {
    "human": "sales.evidence_human",
    "likely": "sales.evidence_likely",
    "proxy": "sales.evidence_proxy",
    "scanner": "sales.evidence_scanner",
    "unknown": "sales.evidence_unknown",
}


OUTCOMES = tuple(KINDS.values())


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
    by_key = {outcome.key: outcome for outcome in await outcomes_of(lead.id)}
    hand = {line.key: line for line in await ledger.lines_of(lead, ledger.GIVEN)}
    # What was taken back, and the line that took it back, are as if they had never been.
    standing = [one for one in events if one.kind not in OUTCOMES or one.dedup_key in by_key]
    return [_told(together, view, by_key, hand) for together in _bursts(standing)]


def _outcome_line(event: Event, outcome: Outcome, view: View) -> Line:
    who = outcome.staff.shown_name if outcome.staff else say(view.language, "sales.by_import")
    told = outcome_text(outcome, view)
    return replace(
        line_of(event, view),
        sentence=say(view.language, "sales.event_outcome", who=who, told=told),
        quote="",
    )


def _bursts(events: Sequence[Event]) -> list[list[Event]]:
    """The lines in their order; what came in one burst is told as one."""
    found: list[list[Event]] = []
    for event in events:
        if found and event.rule in BURSTS and _same_burst(found[-1][-1], event):
            found[-1].append(event)
        else:
            found.append([event])
    return found


def _same_burst(later: Event, event: Event) -> bool:
    def about(one: Event) -> tuple[object, ...]:
        return one.rule, one.delivery_number, one.gift_number, one.kind == TRAP

    return about(later) == about(event) and later.at - event.at <= BURST_SPAN


def _told(
    events: list[Event],
    view: View,
    by_key: Mapping[str, Outcome],
    hand: Mapping[str, LedgerLine],
) -> Line:
    outcome = by_key.get(events[0].dedup_key)
    if outcome:
        return _outcome_line(events[0], outcome, view)
    line = line_of(events[0], view)
    if events[0].dedup_key in hand and events[0].kind == "gift.sent":
        line = _given_line(line, hand[events[0].dedup_key], view)
    if events[0].sign < 0:
        told = say(view.language, "sales.event_taken_back", told=line.sentence)
        line = replace(line, sentence=told)
    if len(events) == 1:
        return line
    key = "sales.event_burst_mail" if line.kind in MAIL_KINDS else "sales.event_burst_gift"
    seconds = max(1, ceil((events[0].at - events[-1].at).total_seconds()))
    sentence = say(
        view.language,
        key,
        count=len(events),
        title=view.titles.get(events[0].subject, events[0].subject),
        span=say(view.language, "sales.within_seconds", count=seconds),
    )
    return replace(line, sentence=sentence)


def _given_line(line: Line, given: LedgerLine, view: View) -> Line:
    """What was given outside the site, or as a surprise: what, by whom, what it cost and why."""
    title = view.titles.get(given.asset_slug, given.asset_slug) or given.what
    key = "sales.event_gift_sent" if given.unexpected else "sales.event_gift_sent_offline"
    parts = [given.by_name, euro(view.language, given.cost) if given.cost else "", given.why]
    rule = " · ".join(part for part in parts if part)
    return replace(line, sentence=say(view.language, key, title=title), rule=rule)


def line_of(event: Event, view: View) -> Line:
    """A line of the log in words."""
    title = view.titles.get(event.subject, event.subject)
    key = SENTENCES.get(event.kind)
    rating = RATINGS.get(int(event.value)) if event.kind in ("rating", "rating.personal") else None
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
        rule=rule_text(rule, view.language) if rule else "",
    )


def runs_of(lines: Sequence[Line]) -> list[tuple[bool, list[Line]]]:
    """The lines in their order; those that follow one another and do not count are together."""
    return [(machine, list(run)) for machine, run in groupby(lines, lambda one: one.is_machine)]


async def consents_of(lead: Lead) -> list[Consent]:
    """The receipts of this lead, newest first."""
    return await Consent.filter(lead_id=lead.id).order_by("-id").limit(MOST)
