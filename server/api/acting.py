"""What each operation does: one call of the domain, told as its answer."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from server.api import feed, telling
from server.api.calls import Answer
from server.gifts import by_hand, ledger
from server.gifts.by_hand import ByHandError, Handmade
from server.gifts.models import LedgerLine
from server.kit.addresses import normalise
from server.kit.clock import now
from server.kit.house import House
from server.kit.site import Site
from server.kit.text import whole_number
from server.leads.models import Lead
from server.leads.timezones import zone_of
from server.readiness.keeping import Judge, rescore
from server.sales import importing, outcomes, purchases
from server.sales.importing import Importer
from server.sales.incoming_rows import LeadRow
from server.sales.models import Outcome
from server.sales.outcomes import OutcomeError, Result
from server.sales.purchases import Bought, PurchaseError
from server.staff.models import ApiToken
from server.web.problems import ProblemError

ROWS = 100  # of a page, where nobody says how many


@dataclass(frozen=True)
class Counter:
    """What the operations need of the house; `language` where a lead tells none."""

    site: Site
    house: House
    judge: Judge
    token: ApiToken
    language: str


@dataclass(frozen=True)
class Given:
    """What a call gives: its body, the fields of its address, and the number in its path."""

    body: Mapping[str, Any] = field(default_factory=dict)
    queries: Mapping[str, Any] = field(default_factory=dict)
    number: int = 0

    @property
    def limit(self) -> int:
        return int(self.queries.get("limit", ROWS))

    @property
    def after(self) -> int:
        """The cursor; ProblemError for one we never gave."""
        written = self.queries.get("after", "0")
        found = whole_number(written)
        if found is None:
            raise wrong("after", "api.fault_cursor")
        return found

    def text(self, name: str) -> str:
        """A text on one line; empty where it is not there."""
        return " ".join(str(self.body.get(name, "")).split())

    def moment(self, name: str) -> datetime | None:
        """A moment, if it is there."""
        written = self.body.get(name)
        return datetime.fromisoformat(written).astimezone(UTC) if written else None

    def past(self, name: str) -> datetime | None:
        """A moment that is no later than now. Raises ProblemError."""
        found = self.moment(name)
        if found and found > now() + by_hand.A_MOMENT:
            raise wrong(name, "api.fault_future")
        return min(found, now()) if found else None


def wrong(name: str, key: str, **values: object) -> ProblemError:
    """One field makes no sense."""
    return ProblemError(422, errors=[(name, key, values)])


async def list_leads(counter: Counter, given: Given) -> Answer:
    found = Lead.filter(id__gt=given.after).order_by("id")
    if email := given.queries.get("email"):
        found = found.filter(email=normalise(email))
    leads = await found.limit(given.limit)
    return _page([await telling.lead(one) for one in leads], given.limit)


def _page(items: list[dict[str, Any]], limit: int) -> Answer:
    last = str(items[-1]["id"]) if len(items) == limit else None
    return Answer(200, {"items": items, "next": last})


async def read_lead(counter: Counter, given: Given) -> Answer:
    lead = await Lead.get_or_none(id=given.number)
    if not lead:
        raise ProblemError(404)
    return Answer(200, await telling.lead(lead), lead.id)


async def write_lead(counter: Counter, given: Given) -> Answer:
    row = _lead_row(counter, given)
    source = f"api: {counter.token.name}"
    importer = Importer(counter.site, counter.judge, source, counter.house)
    taken = await importing.take_in_lead(importer, row)
    if taken.refused:
        raise ProblemError(409, taken.refused[0].key)
    lead = await Lead.get(email=row.email)
    return Answer(201 if taken.made else 200, await telling.lead(lead), lead.id)


def _lead_row(counter: Counter, given: Given) -> LeadRow:
    consent_at, how = given.past("consent_at"), given.text("consent_how")
    on_list = given.body.get("newsletter", False)
    if on_list and not (consent_at and how):
        raise wrong("consent_at" if how else "consent_how", "sales.row_no_proof")
    zone = zone_of(given.text("timezone")) if given.text("timezone") else ""
    if zone is None:
        raise wrong("timezone", "sales.row_timezone", written=given.text("timezone"))
    themes = [one.replace(",", " ").strip() for one in given.body.get("themes", [])]
    told = f",{','.join(dict.fromkeys(themes))}," if themes else ""
    if len(told) > importing.LONGEST_THEMES:
        raise wrong("themes", "api.fault_long", most=importing.LONGEST_THEMES)
    return LeadRow(
        0,
        normalise(given.body["email"]),
        given.text("name"),
        given.text("company"),
        given.text("role"),
        given.body.get("language", counter.language),
        told,
        consent_at if on_list else None,
        how if on_list else "",
        given.past("customer_since"),
        given.past("optout_offered_at"),
        {},
        zone,
    )


async def _lead_of(given: Given) -> Lead:
    """Whom a body names, by number or by address. Raises ProblemError."""
    which = {name: given.body[name] for name in ("lead_id", "email") if name in given.body}
    if len(which) != 1:
        raise wrong("lead_id", "api.fault_who")
    named = {"id": which["lead_id"]} if "lead_id" in which else {"email": normalise(which["email"])}
    lead = await Lead.select_for_update(no_key=True).get_or_none(**named)
    if not lead:
        raise ProblemError(404, "api.no_lead")
    return lead


async def list_gifts(counter: Counter, given: Given) -> Answer:
    found = LedgerLine.filter(id__gt=given.after, side=ledger.GIVEN).order_by("id")
    if lead_id := given.queries.get("lead_id"):
        found = found.filter(lead_id=lead_id)
    return _page([telling.gift(one) for one in await found.limit(given.limit)], given.limit)


async def write_gift(counter: Counter, given: Given) -> Answer:
    asset = given.text("asset")
    if asset and asset not in counter.judge.kinds:
        raise wrong("asset", "sales.row_no_asset", asset=asset)
    lead = await _lead_of(given)
    # Told without a moment it is of today: the same twice on a day is one gift.
    made = Handmade(
        given.body["kind"],
        given.text("what"),
        given.past("at") or now(),
        cost=float(given.body.get("cost", 0)),
        value=float(given.body.get("value", 0)),
        why=given.text("why"),
        asset_slug=asset,
        unexpected=given.body.get("unexpected", False),
        by_name=given.text("by"),
        source="api",
    )
    try:
        written = await by_hand.give(counter.house, lead, made, None)
    except ByHandError as error:
        raise wrong("what" if error.key == "gifts.hand_what" else "at", error.key) from error
    line = written or await LedgerLine.get(key=made.key_for(lead))
    return Answer(201 if written else 200, telling.gift(line), lead.id)


async def write_purchase(counter: Counter, given: Given) -> Answer:
    at = given.past("at") or now()
    bought = Bought(
        float(given.body["amount"]),
        at,
        given.text("what"),
        given.text("id"),
        optout_offered=given.body.get("optout_offered", False),
        source="api",
    )
    email = normalise(given.body["email"])
    try:
        lead = await purchases.take_from(counter.site, counter.house, email, bought)
    except PurchaseError as error:
        raise wrong("amount", error.key) from error
    # The same for who is known, who is not, and who was erased.
    return Answer(202, {"status": "accepted"}, lead.id if lead else None)


async def write_outcome(counter: Counter, given: Given) -> Answer:
    lead, named = await _lead_of(given), given.text("id")
    print_ = sha256(named.encode()).hexdigest()[:32]
    key = f"api:{lead.id}:{print_}" if named else ""
    known = await Outcome.get_or_none(key=key) if key else None
    if known:
        return Answer(200, telling.outcome(known), lead.id)
    result = Result(
        given.body["kind"],
        given.body.get("reason", ""),
        float(given.body.get("value", 0)),
        given.moment("until"),
        given.past("at"),
        "api",
        key,
    )
    if result.reason and result.reason not in outcomes.REASONS.get(result.kind, ()):
        raise wrong("reason", "sales.bad_reason")
    try:
        result.check()
    except OutcomeError as error:
        raise wrong(FIELDS.get(error.key, "kind"), error.key) from error
    outcome = await outcomes.write_outcome(lead, result, counter.judge, None)
    if not outcome:
        raise ProblemError(409)
    await rescore(lead.id, counter.judge)
    return Answer(201, telling.outcome(outcome), lead.id)


FIELDS = {
    "sales.bad_reason": "reason",
    "sales.bad_value": "value",
    "sales.bad_until": "until",
    "sales.bad_at": "at",
}


async def list_events(counter: Counter, given: Given) -> Answer:
    found = await feed.lines_after(given.after, given.limit)
    last = str(found[-1].id if found else given.after)
    return Answer(200, {"items": [telling.event(one) for one in found], "next": last})


Act = Callable[[Counter, Given], Awaitable[Answer]]
ACTS: Mapping[str, Act] = {
    "list_leads": list_leads,
    "read_lead": read_lead,
    "write_lead": write_lead,
    "list_gifts": list_gifts,
    "write_gift": write_gift,
    "write_purchase": write_purchase,
    "write_outcome": write_outcome,
    "list_events": list_events,
}
