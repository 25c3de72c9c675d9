"""What a row of a table that comes in says, once it is understood; and why one is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from server.kit.text import say


class RowError(ValueError):
    """This row is refused; `key` is the text that says why."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values


@dataclass(frozen=True)
class Refused:
    """A row that does not come in: its line in the file, and why."""

    line: int
    key: str
    values: Mapping[str, object] = field(default_factory=dict)

    def text(self, language: str) -> str:
        """The reason in words."""
        return say(language, self.key, **self.values)


@dataclass(frozen=True, slots=True)
class LeadRow:
    """A lead as a table tells of them; `consent_at` only where they are on the list."""

    line: int
    email: str
    name: str
    company: str
    role: str
    language: str
    themes: str
    consent_at: datetime | None
    consent_how: str
    customer_since: datetime | None
    optout_offered_at: datetime | None
    facts: Mapping[str, Any]
    timezone: str = ""


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """What came of a lead, on a day in the past."""

    line: int
    email: str
    at: datetime
    kind: str
    reason: str
    value: float
    until: datetime | None


@dataclass(frozen=True, slots=True)
class PurchaseRow:
    """Something a lead bought; `number` is what the shop calls it, if anything."""

    line: int
    email: str
    at: datetime
    amount: float
    what: str
    number: str


@dataclass(frozen=True, slots=True)
class GiftRow:
    """Something that was given outside the site; `asset` is a slug, if it is one of the library."""

    line: int
    email: str
    at: datetime
    kind: str
    asset: str
    what: str
    cost: float
    value: float
    by: str
    why: str


GoodRow = LeadRow | OutcomeRow | PurchaseRow | GiftRow
