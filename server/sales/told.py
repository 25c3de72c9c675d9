"""Outcomes in words: on a button, on the card, in the history and in a table."""

from collections.abc import Mapping
from types import MappingProxyType

from server.kit.text import euro, long_date, say
from server.sales.models import Outcome
from server.sales.rows import View

KIND_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "accepted": "sales.outcome_accepted",
        "contacted": "sales.outcome_contacted",
        "meeting": "sales.outcome_meeting",
        "offer": "sales.outcome_offer",
        "won": "sales.outcome_won",
        "lost": "sales.outcome_lost",
        "not_now": "sales.outcome_not_now",
        "not_a_fit": "sales.outcome_not_a_fit",
    }
)
REASON_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "price": "sales.reason_price",
        "other": "sales.reason_other",
        "budget": "sales.reason_budget",
        "silent": "sales.reason_silent",
        "person": "sales.reason_person",
        "small": "sales.reason_small",
        "student": "sales.reason_student",
        "topic": "sales.reason_topic",
        "junk": "sales.reason_junk",
    }
)


def outcome_text(outcome: Outcome, view: View) -> str:
    """`Verloren: prijs`, `Gewonnen, € 3.200`, `Nu niet, weer in beeld op 22 februari 2027`."""
    language = view.language
    name = say(language, KIND_NAMES[outcome.kind])
    if outcome.reason:
        return say(
            language, "sales.outcome_with_reason", name=name, reason=reason_text(outcome, view)
        )
    if outcome.until:
        day = long_date(language, outcome.until.astimezone(view.zone))
        return say(language, "sales.outcome_with_day", name=name, day=day)
    if outcome.value:
        return say(
            language, "sales.outcome_with_value", name=name, value=euro(language, outcome.value)
        )
    return name


def reason_text(outcome: Outcome, view: View) -> str:
    """The reason in words; one of an import that we do not know is told as it stands there."""
    key = REASON_NAMES.get(outcome.reason)
    return say(view.language, key) if key else outcome.reason
