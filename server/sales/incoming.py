"""Rows of a table that comes in, checked one by one: good, or refused with line and reason."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from server.kit.addresses import AddressError, normalise
from server.kit.clock import now
from server.kit.giving import ASK_AFTER
from server.kit.tables import Row, Table
from server.kit.text import LANGUAGES, amount
from server.leads.timezones import zone_of
from server.sales.columns import Columns, recognise
from server.sales.incoming_rows import (
    GiftRow,
    GoodRow,
    LeadRow,
    OutcomeRow,
    PurchaseRow,
    Refused,
    RowError,
)
from server.sales.outcomes import KINDS, REASONS

MOST_FACTS, LONGEST_FACT = 60, 500
NOT_NOW = timedelta(days=90)
FAR = timedelta(days=3660)
MONTHS = 12
YEAR_LAST = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})((?:[ T][0-9:.]+.*)?)")
UNTOLD = re.compile(r"\\u00[01]|[\ud800-\udfff]")  # what no database takes in JSON

YES = ("yes", "ja", "y", "j", "true", "1", "x", "subscribed")
NO = ("", "no", "nee", "n", "false", "0", "unsubscribed", "non-subscribed")
# How other systems mark who gets nothing more.
CLOSED = (
    "blocklisted",
    "unsubscribed",
    "cleaned",
    "bounced",
    "archived",
    "hard bounced",
    "opted out",
)
SPOKEN: Mapping[str, str] = MappingProxyType(
    {"nl": "nl", "nld": "nl", "dutch": "nl", "nederlands": "nl",
     "en": "en", "eng": "en", "english": "en", "engels": "en"}
)  # fmt: skip
OUTCOMES: Mapping[str, str] = MappingProxyType(
    {
        "accepted": "accepted", "opgepakt": "accepted",
        "offer": "offer", "offer made": "offer", "aanbod": "offer", "aanbod gedaan": "offer",
        "won": "won", "gewonnen": "won", "closedwon": "won", "closed won": "won",
        "lost": "lost", "verloren": "lost", "closedlost": "lost", "closed lost": "lost",
        "not now": "not_now", "not_now": "not_now", "nu niet": "not_now",
        "not a fit": "not_a_fit", "not_a_fit": "not_a_fit", "past niet": "not_a_fit",
        "contacted": "contacted", "gesproken": "contacted",
        "meeting": "meeting", "afspraak": "meeting",
    }
)  # fmt: skip


GIFTS: Mapping[str, str] = MappingProxyType(
    {kind: kind for kind in ASK_AFTER}
    | {"personal": "personal", "persoonlijk": "personal", "cadeau": "personal", "gift": "personal",
       "attention": "attention", "aandacht": "attention", "help": "help", "hulp": "help",
       "boek": "e-book", "book": "e-book", "proefperiode": "trial", "proefexemplaar": "sample",
       "monster": "sample", "dienst": "service"}
)  # fmt: skip


@dataclass(frozen=True)
class Manner:
    """How a table is read: times without a zone are of `zone`; `language` where none is given, and
    in Dutch a day stands before its month.

    `on_list` says how these people came on the list they are on; empty: only `newsletter` counts.
    """

    zone: ZoneInfo
    language: str
    on_list: str = ""


@dataclass(frozen=True)
class Checked:
    """A table looked through: what each column is, the good rows, and the refused ones."""

    kind: str
    table: Table
    columns: Columns
    good: list[GoodRow]
    refused: list[Refused]


def check(kind: str, table: Table, manner: Manner) -> Checked:
    """Look through a table; nothing is written."""
    columns = recognise(kind, table.header)
    good: list[GoodRow] = []
    refused: list[Refused] = []
    seen: dict[str, int] = {}
    if columns.missing:
        return Checked(kind, table, columns, good, refused)
    read = READERS[kind]
    for row in table.rows():
        try:
            if row.fault:
                raise RowError(row.fault)
            found = read(row, columns, manner)
            if isinstance(found, LeadRow):
                _once(found, seen)
            good.append(found)
        except RowError as error:
            refused.append(Refused(row.line, error.key, error.values))
    return Checked(kind, table, columns, good, refused)


def _once(found: LeadRow, seen: dict[str, int]) -> None:
    before = seen.setdefault(found.email, found.line)
    if before != found.line:
        raise RowError("sales.row_twice", line=before)


def _lead(row: Row, columns: Columns, manner: Manner) -> LeadRow:
    def cell(name: str) -> str:
        return columns.cell(name, row.cells)

    status = cell("status").casefold()
    if status in CLOSED:
        raise RowError("sales.row_closed")
    both = f"{cell('first_name')} {cell('last_name')}"
    on_list = _yes(cell("newsletter"), "newsletter") or (
        bool(manner.on_list) and "newsletter" not in columns.fields
    )
    consent_at = _moment(cell("consent_at"), "consent_at", manner)
    how = _short(cell("consent_how") or manner.on_list, "consent_how", 500)
    if on_list and not (consent_at and how):
        raise RowError("sales.row_no_proof")
    return LeadRow(
        row.line,
        _address(cell("email")),
        _short(cell("name") or both, "name", 120),
        _short(cell("company"), "company", 160),
        _short(cell("role"), "role", 120),
        _language(cell("language")) or manner.language,
        _themes(cell("themes")),
        consent_at if on_list else None,
        how if on_list else "",
        _moment(cell("customer_since"), "customer_since", manner),
        _moment(cell("optout_offered_at"), "optout_offered_at", manner),
        _facts(cell("facts"), columns.others(row.cells)),
        _timezone(cell("timezone")),
    )


def _outcome(row: Row, columns: Columns, manner: Manner) -> OutcomeRow:
    def cell(name: str) -> str:
        return columns.cell(name, row.cells)

    written = " ".join(cell("outcome").casefold().split())
    kind = OUTCOMES.get(written)
    if not kind or kind not in KINDS:
        raise RowError("sales.row_outcome")
    at = _past(cell("at"), "at", manner)
    reason = _short(cell("reason"), "reason", 40)
    if kind in REASONS and not reason:
        raise RowError("sales.row_reason")
    until = _moment(cell("until"), "until", manner, future=True)
    if kind == "not_now" and (until or at + NOT_NOW) <= at:
        raise RowError("sales.row_until")
    return OutcomeRow(
        row.line,
        _address(cell("email")),
        at,
        kind,
        reason if kind in REASONS else "",
        _amount(cell("value"), "value") if kind == "won" else 0.0,
        (until or at + NOT_NOW) if kind == "not_now" else None,
    )


def _purchase(row: Row, columns: Columns, manner: Manner) -> PurchaseRow:
    def cell(name: str) -> str:
        return columns.cell(name, row.cells)

    if not cell("amount"):
        raise RowError("sales.row_amount", column="amount")
    return PurchaseRow(
        row.line,
        _address(cell("email")),
        _past(cell("at"), "at", manner),
        _amount(cell("amount"), "amount"),
        _short(cell("what"), "what", 200),
        _short(cell("id"), "id", 80),
    )


def _gift(row: Row, columns: Columns, manner: Manner) -> GiftRow:
    def cell(name: str) -> str:
        return columns.cell(name, row.cells)

    kind = GIFTS.get(" ".join(cell("kind").casefold().split()))
    if not kind:
        raise RowError("sales.row_gift_kind", kinds=", ".join(sorted(set(GIFTS.values()))))
    asset = _short(cell("asset"), "asset", 80).lower()
    what = _short(cell("what"), "what", 300)
    if not what and not asset:
        raise RowError("sales.row_gift_what")
    return GiftRow(
        row.line,
        _address(cell("email")),
        _past(cell("given_at"), "given_at", manner),
        kind,
        asset,
        what,
        _amount(cell("cost"), "cost"),
        _amount(cell("value"), "value"),
        _short(cell("by"), "by", 120),
        _short(cell("why"), "why", 600),
    )


READERS: Mapping[str, Callable[[Row, Columns, Manner], GoodRow]] = MappingProxyType(
    {"leads": _lead, "outcomes": _outcome, "purchases": _purchase, "gifts": _gift}
)


def _address(written: str) -> str:
    try:
        return normalise(written)
    except AddressError:
        raise RowError("sales.row_address") from None


def _short(written: str, column: str, most: int) -> str:
    text = " ".join(written.split())
    if len(text) > most:
        raise RowError("sales.row_long", column=column, count=most)
    return text


def _yes(written: str, column: str) -> bool:
    folded = written.casefold()
    if folded in YES:
        return True
    if folded in NO:
        return False
    raise RowError("sales.row_yes", column=column)


def _language(written: str) -> str:
    """`nl`, `nl-NL`, `Dutch`: ours; empty for an empty cell."""
    if not written:
        return ""
    folded = written.casefold()
    found = SPOKEN.get(folded) or SPOKEN.get(folded[:2] if folded[2:3] in ("-", "_") else "")
    if found not in LANGUAGES:
        raise RowError("sales.row_language")
    return found


def _timezone(written: str) -> str:
    found = zone_of(written) if written else ""
    if found is None:
        raise RowError("sales.row_timezone", written=written[:60])
    return found


def _themes(written: str) -> str:
    """Themes between commas, with one at each end, so that one can be looked for."""
    parts = written.replace('"', "").replace(",", ";").split(";")
    words = list(dict.fromkeys(part.strip()[:40] for part in parts if part.strip()))
    text = f",{','.join(words)}," if words else ""
    if len(text) > 400:
        raise RowError("sales.row_long", column="themes", count=400)
    return text


def _moment(written: str, column: str, manner: Manner, *, future: bool = False) -> datetime | None:
    """A moment of ISO 8601, or a day, also as 24-11-2026; without a zone it is the site's.

    None for an empty cell.
    """
    if not written:
        return None
    try:
        found = datetime.fromisoformat(_year_first(written, manner.language))
    except ValueError:
        raise RowError("sales.row_time", column=column) from None
    if not found.tzinfo:
        found = found.replace(tzinfo=manner.zone)
    if found.year < 1970 or found > (now() + FAR if future else now()):
        raise RowError("sales.row_when", column=column)
    return found.astimezone(UTC)


def _year_first(written: str, language: str) -> str:
    """24-11-2026, 24/11/2026 or 24.11.2026, with or without a time, as ISO 8601 writes it.

    In Dutch the day comes first; in English there are two customs, so what could be two days is
    left as it is, which is no time. Raises ValueError.
    """
    found = YEAR_LAST.fullmatch(written)
    if not found:
        return written
    one, two, year, rest = found.groups()
    days = {date(int(year), int(two), int(one))} if int(two) <= MONTHS else set()
    if language != "nl" and int(one) <= MONTHS:
        days.add(date(int(year), int(one), int(two)))
    if len(days) != 1:
        raise ValueError(written)
    return f"{days.pop().isoformat()}{rest}"


def _past(written: str, column: str, manner: Manner) -> datetime:
    found = _moment(written, column, manner)
    if not found:
        raise RowError("sales.row_time", column=column)
    return found


def _amount(written: str, column: str) -> float:
    found = amount(written) if written else 0.0
    if found is None:
        raise RowError("sales.row_amount", column=column)
    return found


def _object(written: str) -> dict[str, Any] | None:
    """An object of JSON that can be kept; None for anything else."""
    try:
        found = json.loads(written)
        plain = json.dumps(found, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and not UNTOLD.search(plain) else None


def _facts(written: str, others: Mapping[str, str]) -> dict[str, Any]:
    """What other columns tell, and what stands in a cell of JSON (listmonk's attributes)."""
    found: dict[str, Any] = dict(others)
    if written:
        more = _object(written)
        if more is None:
            raise RowError("sales.row_json", column="facts")
        found |= {str(name)[:60]: value for name, value in more.items()}
    if len(found) > MOST_FACTS or any(len(str(value)) > LONGEST_FACT for value in found.values()):
        raise RowError("sales.row_facts", count=MOST_FACTS)
    return found
