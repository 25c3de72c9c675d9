"""The ledger: every gift and every return is a line of the log, and a row that holds the rest.

Append-only. What was written wrongly is taken back by a counter-entry; both stay. Whoever adds up
the rows or the log gets the same balance.
"""

from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from server.gifts.models import LedgerLine
from server.kit.clock import now
from server.kit.database import db_time, rows
from server.leads.firms import same_firm
from server.leads.models import Lead
from server.staff.models import StaffUser
from server.tracking.log import UNDO, Entry, record, undoing
from server.tracking.models import Event
from server.web.visitor import Visitor

GIVEN, RETURNED = "given", "returned"
WITHOUT_ASSET = ("personal", "attention", "help")
EVENTS = MappingProxyType({"help": "help.given", "trial": "trial.started"})


@dataclass(frozen=True)
class Posted:
    """One side of the ledger moves: `event` is the kind of its line in the log, `kind` what sort
    of gift or return it is, `words` what the log quotes of it. `term`: the days of a trial, which
    the log holds in the place of its value."""

    lead_id: int
    key: str
    event: str
    kind: str
    side: str = GIVEN
    asset_slug: str = ""
    gift_number: int | None = None
    what: str = ""
    words: str = ""
    cost: float = 0.0
    value: float = 0.0
    answer: int = 0
    term: float = 0.0
    why: str = ""
    unexpected: bool = False
    personal: bool = False
    source: str = "site"
    by_name: str = ""
    staff: StaffUser | None = field(default=None, repr=False)
    at: datetime | None = None
    visitor: Visitor | None = None


async def post(posted: Posted) -> LedgerLine | None:
    """Write the line of the log and its row; None for a key that was there already.

    Belongs in the transaction of what it tells.
    """
    at = posted.at or now()
    entry = Entry(
        posted.lead_id,
        posted.event,
        posted.key,
        posted.asset_slug,
        posted.gift_number,
        value=posted.answer or posted.term or posted.value,
        detail=_detail(posted),
        visitor=posted.visitor,
        evidence="human",
        rule="10-button" if posted.visitor else "",
        at=at,
    )
    if not await record(entry):
        return None
    await _add_cost(posted.lead_id, posted.cost)
    return await LedgerLine.create(
        lead_id=posted.lead_id,
        key=posted.key,
        side=posted.side,
        kind=posted.kind,
        asset_slug=posted.asset_slug,
        gift_number=posted.gift_number,
        what=posted.what[:300],
        cost=posted.cost,
        value=posted.value,
        why=posted.why,
        unexpected=posted.unexpected,
        personal=posted.personal,
        source=posted.source[:120],
        by_name=posted.by_name[:120] or (posted.staff.shown_name[:120] if posted.staff else ""),
        staff=posted.staff,
        at=at,
        recorded_at=now(),
    )


async def _add_cost(lead_id: int, cost: float) -> None:
    if cost:
        await rows("UPDATE lead SET given_cost = given_cost + ? WHERE id = ?", cost, lead_id)


def _detail(posted: Posted) -> str:
    if posted.event != "gift.sent":
        return posted.words
    words = [("personal", posted.personal), ("unexpected", posted.unexpected)]
    return " ".join(word for word, is_so in words if is_so)


async def give(posted: Posted, quiet_days: int) -> LedgerLine | None:
    """Give something: on the ledger, and followed by so many days without an ask.

    The window counts from the day of the gift: what was given long ago opens none. None for a key
    that was there already. Belongs in the transaction of the gift.
    """
    line = await post(posted)
    if line:
        lead = await Lead.get(id=posted.lead_id)
        gone = (now() - line.at).days
        if gone < quiet_days:
            await lead.keep_quiet(quiet_days - gone)
    return line


async def take_back(line: LedgerLine, staff: StaffUser, why: str) -> LedgerLine | None:
    """A counter-entry for a line that was wrong, in the log too; None where there is one.

    Belongs in a transaction. The days without an ask that came with it stay: they harm nobody.
    """
    told = await Event.get_or_none(dedup_key=line.key)
    if not told or line.sign < 0:
        return None
    counter = undoing(told)
    if not await record(counter):
        return None
    await _add_cost(line.lead_id, -line.cost)
    return await LedgerLine.create(
        lead_id=line.lead_id,
        key=counter.dedup_key,
        side=line.side,
        kind=line.kind,
        asset_slug=line.asset_slug,
        gift_number=line.gift_number,
        what=line.what,
        cost=line.cost,
        value=line.value,
        why=why,
        unexpected=line.unexpected,
        personal=line.personal,
        source="desk",
        by_name=staff.shown_name[:120],
        staff=staff,
        at=line.at,
        recorded_at=now(),
        sign=-1,
    )


async def count_given(asset_slug: str, since: datetime | None, whom: str = "", *of: object) -> int:
    """How many of an asset were given since a moment (None: ever), counter-entries taken off.

    `whom`: a condition over `l`, the lead, with its values. An empty slug: whatever was given.
    """
    sql = "SELECT COALESCE(SUM(g.sign), 0) AS n FROM ledger g JOIN lead l ON l.id = g.lead_id"
    parts, values = ["g.side = 'given'"], list(of)
    if whom:
        parts.append(whom)
    if asset_slug:
        parts.append("g.asset_slug = ?")
        values.append(asset_slug)
    else:
        parts.append("g.asset_slug <> ''")
    if since:
        parts.append("g.at > ?")
        values.append(db_time(since))
    found = await rows(f"{sql} WHERE {' AND '.join(parts)}", *values)
    return int(found[0]["n"])


async def lines_of(lead: Lead, side: str) -> list[LedgerLine]:
    """One side of the ledger of a lead, newest first, without what was taken back."""
    found = await LedgerLine.filter(lead_id=lead.id, side=side).order_by("-at", "-id")
    undone = {line.key.removeprefix(UNDO) for line in found if line.sign < 0}
    return [line for line in found if line.sign > 0 and line.key not in undone]


async def cost_of_firm(lead: Lead) -> float:
    """What was given to all people of the firm of a lead has cost so much, in euro."""
    sql, values = same_firm(lead)
    found = await rows(f"SELECT SUM(l.given_cost) AS n FROM lead l WHERE {sql}", *values)  # noqa: S608
    return float(found[0]["n"] or 0)
