"""The shapes of what comes in and goes out, as JSON Schema: what is checked is what is told."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from server.gifts.by_hand import LONGEST, MOST_EURO
from server.kit.giving import ASK_AFTER
from server.kit.text import LANGUAGES
from server.sales.outcomes import KINDS, LARGEST, LOST, NOT_A_FIT

Shape = dict[str, Any]
GIFT_KINDS = (*ASK_AFTER, "personal", "attention", "help")
MOST_ROWS = 200
LARGEST_NUMBER = 2**31 - 1


def text(most: int, least: int = 0) -> Shape:
    """A text of so many characters."""
    return {"type": "string", "maxLength": most} | ({"minLength": least} if least else {})


def number(most: float) -> Shape:
    """An amount of nothing up to so much."""
    return {"type": "number", "minimum": 0, "maximum": most}


def one_of(words: Any) -> Shape:
    """One of these words."""
    return {"type": "string", "enum": list(words)}


def or_null(shape: Shape) -> Shape:
    """That, or nothing."""
    return shape | {"type": [shape["type"], "null"]}


def thing(required: tuple[str, ...], **properties: Shape) -> Shape:
    """An object with these fields and no other."""
    return {
        "type": "object",
        "required": list(required),
        "properties": properties,
        "additionalProperties": False,
    }


def whole(**properties: Shape) -> Shape:
    """An object that has all of these fields."""
    return thing(tuple(properties), **properties)


def page_of(shape: Shape) -> Shape:
    """A page of a list, and where the next one begins."""
    return whole(items={"type": "array", "items": shape}, next=or_null(PLAIN))


PLAIN: Shape = {"type": "string"}
FLAG: Shape = {"type": "boolean"}
ID: Shape = {"type": "integer", "minimum": 1, "maximum": LARGEST_NUMBER}
EURO: Shape = {"type": "number"}
EMAIL: Shape = {"type": "string", "format": "email", "maxLength": 254}
MOMENT: Shape = {"type": "string", "format": "date-time"}
THEMES: Shape = {"type": "array", "items": text(40, 1), "maxItems": 20}

LEAD_IN = thing(
    ("email",),
    email=EMAIL,
    name=text(120),
    company=text(160),
    role=text(120),
    language=one_of(LANGUAGES),
    themes=THEMES,
    timezone=text(60),
    newsletter=FLAG,
    consent_at=MOMENT,
    consent_how=text(500),
    customer_since=MOMENT,
    optout_offered_at=MOMENT,
)
LEAD = whole(
    id=ID,
    email=PLAIN,
    name=PLAIN,
    company=PLAIN,
    role=PLAIN,
    language=one_of(LANGUAGES),
    themes={"type": "array", "items": PLAIN},
    timezone=PLAIN,
    source=PLAIN,
    newsletter=FLAG,
    blocked=FLAG,
    state=or_null(PLAIN),
    points=or_null({"type": "integer"}),
    created_at=MOMENT,
    verified_at=or_null(MOMENT),
    customer_since=or_null(MOMENT),
    optout_offered_at=or_null(MOMENT),
    no_ask_until=or_null(MOMENT),
)
WHO = {"lead_id": ID, "email": EMAIL}
GIFT_IN = thing(
    ("kind",),
    **WHO,
    kind=one_of(GIFT_KINDS),
    asset=text(80),
    what=text(LONGEST),
    at=MOMENT,
    cost=number(MOST_EURO),
    value=number(MOST_EURO),
    why=text(600),
    unexpected=FLAG,
    by=text(120),
)
GIFT = whole(
    id=ID,
    lead_id=ID,
    kind=PLAIN,
    asset=PLAIN,
    what=PLAIN,
    cost=EURO,
    value=EURO,
    why=PLAIN,
    unexpected=FLAG,
    personal=FLAG,
    by=PLAIN,
    source=PLAIN,
    at=MOMENT,
    recorded_at=MOMENT,
    sign={"type": "integer", "enum": [1, -1]},
)
PURCHASE_IN = thing(
    ("email", "amount", "at"),
    email=EMAIL,
    amount=number(LARGEST),
    at=MOMENT,
    what=text(200),
    id=text(80),
    optout_offered=FLAG,
)
ACCEPTED = whole(status=one_of(["accepted"]))
OUTCOME_IN = thing(
    ("kind",),
    **WHO,
    kind=one_of(KINDS),
    reason=one_of(dict.fromkeys([*LOST, *NOT_A_FIT])),
    value=number(LARGEST),
    until=MOMENT,
    at=MOMENT,
    id=text(80),
)
OUTCOME = whole(
    id=ID,
    lead_id=ID,
    kind=PLAIN,
    reason=PLAIN,
    value=EURO,
    until=or_null(MOMENT),
    at=MOMENT,
    recorded_at=MOMENT,
)
EVENT = whole(
    id=ID,
    lead_id=ID,
    kind=PLAIN,
    at=MOMENT,
    subject=PLAIN,
    gift_id=or_null(ID),
    value=EURO,
    words=PLAIN,
    evidence=PLAIN,
    sign={"type": "integer", "enum": [1, -1]},
)
PROBLEM: Mapping[str, Any] = MappingProxyType(
    thing(
        ("type", "title", "status", "detail"),
        type=PLAIN,
        title=PLAIN,
        status={"type": "integer"},
        detail=PLAIN,
        errors={"type": "array", "items": whole(field=PLAIN, message=PLAIN)},
    )
)
