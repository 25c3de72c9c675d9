"""An assessment in sentences: what they told or did for us, never what we saw them click.

Titles are set between asterisks, so that a page can put them in italics.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType

from server.kit.text import long_date, say
from server.readiness.assessment import Assessment, Moment, Reason

DAY = 86_400
MONTH = 30
NO_TITLES: Mapping[str, str] = MappingProxyType({})

_REASONS = {
    "contact.requested": "readiness.reason_contact",
    "page.offer": "readiness.reason_offer_page",
    "page.pricing": "readiness.reason_pricing_page",
    "page.case": "readiness.reason_case_page",
    "visit": "readiness.reason_visit",
    "mail.click": "readiness.reason_mail_click",
    "mail.open": "readiness.reason_mail_open",
    "gift.taken": "readiness.reason_gift_taken",
    "read.finished": "readiness.reason_read_finished",
    "read.half": "readiness.reason_read_half",
    "question": "readiness.reason_question",
    "reply": "readiness.reason_reply",
    "rating": "readiness.reason_rating",
    "rating.personal": "readiness.reason_rating_personal",
    "forward": "readiness.reason_forward",
    "referral.joined": "readiness.reason_referral",
    "review": "readiness.reason_review",
    "comment": "readiness.reason_comment",
    "survey": "readiness.reason_survey",
    "purchase": "readiness.reason_purchase",
    "business_mailbox": "readiness.fit_business_mailbox",
    "disposable": "readiness.fit_disposable",
    "decider": "readiness.fit_decider",
    "user": "readiness.fit_user",
    "student": "readiness.fit_student",
    "large": "readiness.fit_large",
    "source": "readiness.fit_source",
    "taker": "readiness.reason_taker",
    "other": "readiness.reason_other",
}

_MOMENTS = {
    "contact.requested": "readiness.did_contact",
    "question": "readiness.did_question",
    "reply": "readiness.did_reply",
    "review": "readiness.did_review",
    "forward": "readiness.did_forward",
    "referral.joined": "readiness.did_referral",
    "comment": "readiness.did_comment",
    "survey": "readiness.did_survey",
    "purchase": "readiness.did_purchase",
    "page.offer": "readiness.did_offer_page",
    "page.pricing": "readiness.did_pricing_page",
    "page.case": "readiness.did_case_page",
    "mail.click": "readiness.did_mail_click",
    "gift.taken": "readiness.did_take",
    "gift.sent": "readiness.did_get",
    "gift.surprise": "readiness.did_get_surprise",
    "trial.started": "readiness.did_trial",
    "help.given": "readiness.did_help",
}

_RATINGS = (
    "readiness.did_rating_1",
    "readiness.did_rating_2",
    "readiness.did_rating_3",
    "readiness.did_rating_4",
)

# Reading what the sentence has named already.
_AGAIN = {
    "readiness.did_read_finished": "readiness.again_read_finished",
    "readiness.did_read_half": "readiness.again_read_half",
    "readiness.did_read_some": "readiness.again_read_some",
}

_STEPS = {
    "call_back": "readiness.step_call_back",
    "stop_giving": "readiness.step_stop_giving",
    "wait": "readiness.step_wait",
    "wait_for_answer": "readiness.step_wait_for_answer",
    "ask_liked": "readiness.step_ask_liked",
    "ways_to_give_back": "readiness.step_ways_to_give_back",
    "make_offer": "readiness.step_make_offer",
    "give": "readiness.step_give",
    "give_personal": "readiness.step_give_personal",
    "rest": "readiness.step_rest",
    "none": "readiness.step_none",
}

_STATES = {
    "new": "readiness.state_new",
    "reading": "readiness.state_reading",
    "ready": "readiness.state_ready",
    "offered": "readiness.state_offered",
    "customer": "readiness.state_customer",
    "resting": "readiness.state_resting",
    "not_a_fit": "readiness.state_not_a_fit",
    "objected": "readiness.state_objected",
}


def explain(
    assessment: Assessment,
    language: str,
    titles: Mapping[str, str] = NO_TITLES,
    zone: tzinfo = UTC,
) -> list[str]:
    """One sentence with its points for each reason; the points add up to those of the assessment.

    `titles` gives the title of a slug and the name of a source; days are those of `zone`.
    """
    return [_line(reason, assessment.at, language, titles, zone) for reason in assessment.reasons]


def why_now(
    assessment: Assessment,
    language: str,
    titles: Mapping[str, str],
    now: float,
    zone: tzinfo = UTC,
    *,
    asked: str = "",
) -> str:
    """One true sentence for the list of sales: what came back first, else what was read or taken.

    "Yesterday" is seen from `now` (days since the epoch) on the calendar of `zone`. `asked`: the
    words of their latest question, which are quoted where that is told.
    """
    if assessment.state == "objected":
        return say(language, "readiness.why_objected")
    parts = []
    for moment in assessment.moments:
        quote, asked = (asked, "") if moment.kind == "question" else ("", asked)
        parts.append(_moment(moment, now, language, titles, zone, quote))
    if not parts:
        return say(language, "readiness.why_nothing")
    first = _capital(parts[0])
    if len(parts) == 1:
        sentence = say(language, "readiness.why_one", first=first)
    else:
        second = assessment.moments[1]
        is_reading = second.kind == "read" and second.subject
        if is_reading and _title(second.subject, language, titles) in first:
            again = _AGAIN[_moment_key(second)]
            parts[1] = say(language, again, when=_when(second.at, now, language, zone))
        sentence = say(language, "readiness.why_two", first=first, second=parts[1])
    # A quoted sentence ends by itself.
    return re.sub(r"([.?!…]’)\.$", r"\1", sentence)


def next_step_text(
    assessment: Assessment,
    language: str,
    titles: Mapping[str, str] = NO_TITLES,
    zone: tzinfo = UTC,
) -> str:
    """The next step as a short command, with the day on which it ends where it is to wait."""
    step = assessment.next_step
    title = _title(step.subject, language, titles)
    if step.opens_at is None:
        return say(language, _STEPS[step.name], title=title)
    # The day that still belongs to the wait: a window that ends at midnight ends the day before.
    day = long_date(language, datetime.fromtimestamp(step.opens_at * DAY - 1, zone))
    key = "readiness.step_rest_until" if step.name == "rest" else _STEPS[step.name]
    return say(language, key, title=title, day=day)


def chance_text(assessment: Assessment, language: str) -> str:
    """How many of a hundred such leads become a customer, or that there are too few data to say."""
    if assessment.few_data:
        return say(language, "readiness.chance_few_data")
    return say(language, "readiness.chance", count=round(100 * assessment.probability))


def state_name(state: str, language: str) -> str:
    """What a state is called on the desk."""
    return say(language, _STATES[state])


def _line(
    reason: Reason, now: float, language: str, titles: Mapping[str, str], zone: tzinfo
) -> str:
    subject = reason.subjects[0] if reason.subjects else ""
    name = titles.get(subject, subject)
    sentence = say(
        language,
        _REASONS[reason.key],
        title=name if reason.key == "source" else _title(subject, language, titles),
        when="" if reason.at is None else _when(reason.at, now, language, zone),
        count=reason.times,
    )
    points = f"{reason.points:+d}".replace("-", "−")
    return say(language, "readiness.line", sentence=_capital(sentence), points=points)


def _moment(
    moment: Moment,
    now: float,
    language: str,
    titles: Mapping[str, str],
    zone: tzinfo,
    quote: str = "",
) -> str:
    when = _when(moment.at, now, language, zone)
    if quote:
        return say(language, "readiness.did_ask", when=when, words=quote.replace("*", ""))
    title = _title(moment.subject, language, titles)
    return say(language, _moment_key(moment), title=title, when=when)


def _moment_key(moment: Moment) -> str:
    if moment.kind in ("rating", "rating.personal"):
        return _RATINGS[min(max(round(moment.value), 1), 4) - 1]
    if moment.kind == "read":
        if moment.value >= 100:
            return "readiness.did_read_finished"
        return "readiness.did_read_half" if moment.value >= 50 else "readiness.did_read_some"
    if moment.kind == "question" and moment.subject:
        return "readiness.did_question_about"
    return _MOMENTS[moment.kind]


def _title(subject: str, language: str, titles: Mapping[str, str]) -> str:
    if not subject:
        return say(language, "readiness.some_gift")
    return f"*{titles.get(subject, subject).replace('*', '')}*"


def _when(at: float, now: float, language: str, zone: tzinfo) -> str:
    """`vandaag`, `gisteren`, `3 dagen geleden`, by the calendar rather than by 24 hours."""
    then = datetime.fromtimestamp(at * DAY, zone).date()
    days = (datetime.fromtimestamp(now * DAY, zone).date() - then).days
    if days <= 0:
        return say(language, "readiness.when_today")
    if days == 1:
        return say(language, "readiness.when_yesterday")
    if days <= MONTH:
        return say(language, "readiness.when_days", count=days)
    return say(language, "readiness.when_months", count=round(days / MONTH))


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
