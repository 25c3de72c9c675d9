"""Finding leads: filters, orders and views over all of them, in pages by place, not by number."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from server.kit.clock import now
from server.kit.database import db_time, rows
from server.kit.text import whole_number
from server.leads.firms import is_business, same_firm
from server.leads.models import Lead
from server.readiness.models import Score
from server.sales.lists import owners_of
from server.sales.rows import Row, View, asked_by, row_of
from server.staff.models import StaffUser

PAGE = 50
MOST_COUNTED = 1000
HOLDS = "({})".format(
    " OR ".join(f"LOWER(l.{column}) LIKE ? ESCAPE '!'" for column in ("email", "name", "company"))
)
STATES = ("ready", "reading", "offered", "resting", "new", "customer", "not_a_fit", "objected")
OWNED = "LEFT JOIN follow_up f ON f.lead_id = l.id"
BY_LEAD = f"FROM lead l LEFT JOIN score s ON s.lead_id = l.id {OWNED}"
BY_SCORE = f"FROM score s JOIN lead l ON l.id = s.lead_id {OWNED}"
# Each order with the tables, led by the one whose index has it, and what it sorts by; who has
# none of it comes last.
ORDERS: Mapping[str, tuple[str, str, str]] = {
    "recent": (BY_LEAD, "l.last_event_at", "l.id"),
    "ready": (BY_SCORE, "s.points", "s.lead_id"),
    "returned": (BY_SCORE, "s.returned_at", "s.lead_id"),
    "given": (BY_SCORE, "s.given", "s.lead_id"),
    "cost": (BY_LEAD, "l.given_cost", "l.id"),
}
BALANCES: Mapping[str, str] = {
    "liked": "s.given > 0 AND s.liked > 0 AND s.asked_at IS NULL"
    " AND s.state NOT IN ('customer', 'not_a_fit', 'objected')",
    "owing": "s.returned > s.given",
    "silent": "s.given >= 6 AND s.returned = 0",
    "none": "s.given = 0",
    "hunter": "l.taker_since IS NOT NULL AND l.trusted_at IS NULL",
}


@dataclass(frozen=True)
class Filters:
    """What to look for; a value that is none counts as not given.

    `owner` is the number of a colleague, `none`, or empty; `window` asks for those in their no-ask
    window; `firm` is the number of a lead whose colleagues are meant.
    """

    query: str = ""
    state: str = ""
    theme: str = ""
    owner: str = ""
    balance: str = ""
    window: bool = False
    firm: int = 0
    order: str = "recent"

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "Filters":
        """The filters of an address."""

        def one_of(name: str, known: Sequence[str]) -> str:
            return query.get(name, "") if query.get(name, "") in known else ""

        owner, firm = query.get("owner", ""), query.get("firm", "")
        return cls(
            query=query.get("q", "").strip()[:100],
            state=one_of("state", STATES),
            theme=query.get("theme", "").strip()[:40],
            owner=owner if owner == "none" or _number(owner) else "",
            balance=one_of("balance", tuple(BALANCES)),
            window=query.get("window", "") == "open",
            firm=_number(firm),
            order=one_of("sort", tuple(ORDERS)) or "recent",
        )

    def address(self, **changes: object) -> str:
        """The part of an address after the `?` for these filters with some changed."""
        changed = replace(self, **changes)  # type: ignore[arg-type]
        parts = {
            "q": changed.query,
            "state": changed.state,
            "theme": changed.theme,
            "owner": changed.owner,
            "balance": changed.balance,
            "window": "open" if changed.window else "",
            "firm": changed.firm or "",
            "sort": "" if changed.order == "recent" else changed.order,
        }
        return urlencode({name: value for name, value in parts.items() if value})

    @property
    def is_plain(self) -> bool:
        """Nothing is left out."""
        return not self.address(order="recent")


def _number(text: str) -> int:
    return whole_number(text) or 0


@dataclass(frozen=True)
class Page:
    """One page of the list; `after` is the place where the next begins, empty at the end."""

    rows: list[Row]
    after: str
    owners: dict[int, StaffUser] = field(default_factory=dict)


@dataclass(frozen=True)
class Condition:
    """A piece of SQL with its values."""

    sql: str
    values: list[object]


async def condition_of(filters: Filters, slugs: Mapping[str, Sequence[str]]) -> Condition:
    """The leads these filters let through; `slugs` tells by theme which assets it has."""
    parts: list[str] = ["1 = 1"]
    values: list[object] = []
    for sql, *given in _plain(filters):
        parts.append(sql)
        values.extend(given)
    if filters.theme:
        _also_theme(filters.theme, slugs.get(filters.theme, ()), parts, values)
    if filters.firm:
        await _also_firm(filters.firm, parts, values)
    return Condition(" AND ".join(parts), values)


def _plain(filters: Filters) -> Iterator[tuple[Any, ...]]:
    """The conditions that need nothing but themselves, each with its values."""
    if filters.query:
        yield HOLDS, *[f"%{_like(filters.query)}%"] * 3
    if filters.state:
        yield "s.state = ?", filters.state
    if filters.owner == "none":
        yield ("f.owner_id IS NULL",)
    elif filters.owner:
        yield "f.owner_id = ?", int(filters.owner)
    if filters.balance:
        yield (BALANCES[filters.balance],)
    if filters.window:
        yield "l.no_ask_until > ?", db_time(now())


def _also_theme(theme: str, slugs: Sequence[str], parts: list[str], values: list[object]) -> None:
    """Who said so, or took something about it."""
    said = "l.themes LIKE ? ESCAPE '!'"
    values.append(f"%,{_like(theme)},%")
    if slugs:
        holes = ", ".join("?" * len(slugs))
        said += (
            " OR EXISTS (SELECT 1 FROM gift g WHERE g.lead_id = l.id"  # noqa: S608 (only holes)
            f" AND g.confirmed_at IS NOT NULL AND g.asset_slug IN ({holes}))"
        )
        values.extend(slugs)
    parts.append(f"({said})")


async def _also_firm(number: int, parts: list[str], values: list[object]) -> None:
    """Everybody of one firm: its mail domain where that is a firm's own, or its name."""
    lead = await Lead.get_or_none(id=number)
    if not lead:
        parts.append("1 = 0")
        return
    sql, found = same_firm(lead)
    parts.append(sql)
    values += found


async def page_of(
    view: View, filters: Filters, slugs: Mapping[str, Sequence[str]], after: str = ""
) -> Page:
    """Leads in the order that is asked for, the page that begins after a place."""
    where = await condition_of(filters, slugs)
    tables, column, number = ORDERS[filters.order]
    sql, values = where.sql, list(where.values)
    if place := _open_place(after, filters.order):
        sql += f" AND {_beyond(column, number, place, values)}"
    found = await rows(
        f"SELECT l.id, {column} AS place {tables} WHERE {sql}"
        f" ORDER BY {column} DESC NULLS LAST, {number} DESC LIMIT {PAGE + 1}",
        *values,
    )
    ids = [row["id"] for row in found[:PAGE]]
    more = len(found) > PAGE
    return Page(
        await rows_of(ids, view),
        _place(found[PAGE - 1]["place"], ids[-1]) if more else "",
        await owners_of(ids),
    )


async def beside(
    lead_id: int, filters: Filters, slugs: Mapping[str, Sequence[str]]
) -> tuple[int | None, int | None]:
    """Who stands before and after a lead in the order that is asked for; None at either end.

    The lead itself may have left the list meanwhile: it still has its place in the order.
    """
    tables, column, number = ORDERS[filters.order]
    mine = await rows(f"SELECT {column} AS place {tables} WHERE l.id = ?", lead_id)
    if not mine:
        return None, None
    place = _stored(mine[0]["place"]), lead_id
    where = await condition_of(filters, slugs)
    found = []
    for beyond, order in (
        (_ahead, f"{column} ASC NULLS FIRST, {number} ASC"),
        (_beyond, f"{column} DESC NULLS LAST, {number} DESC"),
    ):
        values = list(where.values)
        sql = f"{where.sql} AND {beyond(column, number, place, values)}"
        next_one = await rows(
            f"SELECT l.id {tables} WHERE {sql} ORDER BY {order} LIMIT 1",
            *values,
        )
        found.append(int(next_one[0]["id"]) if next_one else None)
    return found[0], found[1]


def _stored(value: object) -> object:
    """A place as it came from the database, as it is written there."""
    return db_time(value) if isinstance(value, datetime) else value


async def rows_of(ids: Sequence[int], view: View) -> list[Row]:
    """These leads as rows, in this order; who is gone is left out."""
    if not ids:
        return []
    leads = {lead.id: lead for lead in await Lead.filter(id__in=list(ids))}
    scores = {score.lead_id: score for score in await Score.filter(lead_id__in=list(ids))}
    asked = await asked_by(ids)
    return [
        row_of(leads[one], scores.get(one), view, asked.get(one, "")) for one in ids if one in leads
    ]


async def count_of(filters: Filters, slugs: Mapping[str, Sequence[str]]) -> int:
    """How many leads these filters let through; counting ends one past the most that is told."""
    where = await condition_of(filters, slugs)
    found = await rows(
        f"SELECT COUNT(*) AS n FROM (SELECT 1 AS one {BY_LEAD} WHERE {where.sql}"  # noqa: S608
        f" LIMIT {MOST_COUNTED + 1}) AS counted",
        *where.values,
    )
    return int(found[0]["n"])


async def ids_of(filters: Filters, slugs: Mapping[str, Sequence[str]], last: int) -> list[int]:
    """The next thousand numbers of leads these filters let through, after `last`, in order."""
    where = await condition_of(filters, slugs)
    found = await rows(
        f"SELECT l.id {BY_LEAD} WHERE {where.sql} AND l.id > ? ORDER BY l.id LIMIT 1000",
        *where.values,
        last,
    )
    return [int(row["id"]) for row in found]


@dataclass(frozen=True)
class Firm:
    """The people of one firm that are known here, and the two sides of their balance together."""

    name: str
    rows: list[Row]

    @property
    def given(self) -> int:
        return sum(row.balance.given for row in self.rows)

    @property
    def returned(self) -> int:
        return sum(row.balance.returned for row in self.rows)


async def firm_of(lead: Lead, view: View) -> Firm | None:
    """The firm of a lead with everybody of it, at most a page; None for somebody alone."""
    name = lead.company or (lead.domain if is_business(lead.domain) else "")
    if not name:
        return None
    found = await page_of(view, Filters(firm=lead.id, order="ready"), {})
    named = next((row.lead.company for row in found.rows if row.lead.company), name)
    return Firm(lead.company or named, found.rows)


def _beyond(column: str, number: str, place: tuple[object, int], values: list[object]) -> str:
    """What comes after a place in an order that puts those without a value last."""
    value, last = place
    if value is None:
        values.append(last)
        return f"{column} IS NULL AND {number} < ?"
    values.extend((value, value, last))
    return f"({column} < ? OR ({column} = ? AND {number} < ?) OR {column} IS NULL)"


def _ahead(column: str, number: str, place: tuple[object, int], values: list[object]) -> str:
    """What comes before a place in the same order."""
    value, last = place
    if value is None:
        values.append(last)
        return f"({column} IS NOT NULL OR {number} > ?)"
    values.extend((value, value, last))
    return f"({column} > ? OR ({column} = ? AND {number} > ?))"


def _like(query: str) -> str:
    folded = query.casefold()
    return folded.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _place(value: object, number: int) -> str:
    if isinstance(value, datetime):
        value = value.astimezone(UTC).isoformat()
    text = f"{'' if value is None else value}|{number}"
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _open_place(after: str, order: str) -> tuple[object, int] | None:
    """A place from an address; anything that is none counts as the beginning."""
    try:
        text = urlsafe_b64decode(after[:200] + "==").decode()
        written, _, number = text.partition("|")
        return _value(written, order), _small(number)
    except (ValueError, OverflowError):
        return None


def _value(written: str, order: str) -> object:
    if not written:
        return None
    if order in ("ready", "given"):
        return _small(written)
    if order == "cost":
        return _euro(written)
    return db_time(datetime.fromisoformat(written).astimezone(UTC))


def _euro(written: str) -> float:
    """An amount that a column may hold. Raises ValueError."""
    number = float(written)
    if not 0 <= number <= 1e9:
        raise ValueError(written[:20])
    return number


def _small(written: str) -> int:
    """A whole number that fits a column. Raises ValueError."""
    number = int(written)
    if abs(number) >= 2**31:
        raise ValueError(written[:20])
    return number
