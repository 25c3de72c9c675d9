"""On what terms an asset is given: how many there are, till when, and what each costs us."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from server.kit.content import Document
from server.kit.giving import HoldOut, hold_out_of

LARGEST = 1_000_000


@dataclass(frozen=True)
class Limits:
    """How many are given: in all, to one lead, to the people of one firm; 0 is no limit.

    `days`: within so many days; 0 is ever.
    """

    total: int = 0
    per_lead: int = 0
    per_company: int = 0
    days: int = 0

    @property
    def are_set(self) -> bool:
        return bool(self.total or self.per_lead or self.per_company)


@dataclass(frozen=True)
class Terms:
    """`cost`: what one more costs us, in euro. `until`: the last day on which it is given.

    `renewal`: what is said up front of something that comes again and again: when it ends, or
    when it is looked at anew. `hold_out`: who would get it as an extra does not always.
    """

    cost: float = 0.0
    limits: Limits = Limits()
    until: date | None = None
    renewal: str = ""
    hold_out: HoldOut | None = None


def read_terms(doc: Document) -> Terms:
    """The terms a file states; ContentError with line and remedy where they are none."""
    given = doc.meta.get("limits") or {}
    if not isinstance(given, dict):
        raise doc.fault("library.bad_limit", "limits")
    until = doc.moment("until")
    recurs = doc.meta.get("recurs", False)
    renewal = doc.text("renewal", "")
    # What comes again becomes a right unless one says beforehand when it ends.
    if recurs and not (until or renewal):
        raise doc.fault("library.no_renewal", "recurs")
    return Terms(
        cost=doc.number("cost", 0.0),
        limits=Limits(*(_limit(doc, given, key) for key in _KEYS)),
        until=until.date() if isinstance(until, datetime) else until,
        renewal=renewal,
        hold_out=_hold_out(doc),
    )


def _hold_out(doc: Document) -> HoldOut | None:
    try:
        return hold_out_of(doc.meta.get("hold_out"))
    except ValueError:
        raise doc.fault("kit.giving_hold_out", "hold_out") from None


_KEYS = ("total", "per_lead", "per_company", "days")


def _limit(doc: Document, given: Mapping[str, Any], key: str) -> int:
    value = given.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
        raise doc.fault("library.bad_limit", key)
    return value
