"""The two sides of the balance of one lead, as the card shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from server.gifts import ledger
from server.gifts.models import Gift, LedgerLine
from server.kit.text import say
from server.leads.models import Lead
from server.sales.rows import View
from server.sales.timeline import MOST, RATINGS, RETURNS, Line, line_of
from server.tracking.log import UNDO
from server.tracking.models import Event

KIND_NAMES = {
    "personal": "sales.kind_personal",
    "attention": "sales.kind_attention",
    "help": "sales.kind_help",
}
SOURCES = {
    "site": "sales.source_site",
    "desk": "sales.source_desk",
    "table": "sales.source_table",
    "api": "sales.source_api",
}


@dataclass(frozen=True)
class Given:
    """One gift on the ledger, with what became of it and why it was given.

    `number` is that of its line where a person of ours wrote it and may take it back, else 0.
    """

    title: str
    at: datetime
    status: str
    cost: float = 0.0
    why: str = ""
    number: int = 0


@dataclass(frozen=True)
class Sheet:
    """Both sides, newest first, and what the gifts have cost us and are worth, in euro.

    `by_hand`: key of a return → the number of its line, where a person of ours wrote it.
    """

    given: list[Given]
    returned: list[tuple[Line, int]]
    cost: float
    value: float


async def sheet_of(lead: Lead, view: View) -> Sheet:
    """The balance of a lead from the ledger and the log."""
    lines = await ledger.lines_of(lead, ledger.GIVEN)
    gifts = {gift.id: gift for gift in await Gift.filter(lead_id=lead.id)}
    # The lines of single chapters go after 13 months, those of how far was read stay.
    told = Event.filter(lead_id=lead.id, kind__startswith="read.", evidence__in=("human", "likely"))
    opened = {event.gift_number for event in await told}
    given = [_given(line, gifts.get(line.gift_number or 0), opened, view) for line in lines]
    return Sheet(
        given,
        await _returned(lead, view),
        sum(line.cost for line in lines),
        sum(line.value for line in lines),
    )


def _given(line: LedgerLine, gift: Gift | None, opened: set[int | None], view: View) -> Given:
    name = KIND_NAMES.get(line.kind)
    title = line.what or view.titles.get(line.asset_slug, line.asset_slug)
    if name and not line.what:
        title = say(view.language, name)
    return Given(
        title,
        line.at,
        _status(line, gift, opened, view.language) + _road(line, gift),
        line.cost,
        line.why,
        line.id if line.source in ("desk", "table", "api") and not line.gift_number else 0,
    )


def _road(line: LedgerLine, gift: Gift | None) -> str:
    """Which pile of cards brought them; empty for who came by another road."""
    return f", {line.source}" if gift and gift.batch_id else ""


def _status(line: LedgerLine, gift: Gift | None, opened: set[int | None], language: str) -> str:
    if gift and gift.liked_at:
        return say(language, RATINGS.get(gift.liked or 0, "sales.gift_taken"))
    if gift and gift.id in opened:
        return say(language, "sales.gift_opened")
    if gift and gift.unasked_at:
        key = "sales.gift_surprise_opened" if gift.confirmed_at else "sales.gift_surprise"
        return say(language, key, by=line.by_name)
    if gift or not line.kind:
        return say(language, "sales.gift_taken")
    key = SOURCES.get(line.source, "sales.source_desk")
    kind = say(language, KIND_NAMES.get(line.kind, "sales.kind_other")).lower()
    return f"{kind}, {say(language, key, by=line.by_name or say(language, 'sales.somebody'))}"


async def _returned(lead: Lead, view: View) -> list[tuple[Line, int]]:
    """What came back and was not taken back, each with the number of its line by hand."""
    events = await Event.filter(lead_id=lead.id, kind__in=RETURNS).order_by("-at", "-id")
    hand = {one.key: one for one in await ledger.lines_of(lead, ledger.RETURNED)}
    standing = _standing(events)[:MOST]
    return [
        (line_of(event, view), hand[event.dedup_key].id if _may_undo(hand, event) else 0)
        for event in standing
    ]


def _may_undo(hand: dict[str, LedgerLine], event: Event) -> bool:
    line = hand.get(event.dedup_key)
    return bool(line and line.source in ("desk", "table", "api") and not line.gift_number)


def _standing(events: Sequence[Event]) -> list[Event]:
    undone = {one.dedup_key.removeprefix(UNDO) for one in events if one.sign < 0}
    return [one for one in events if one.sign > 0 and one.dedup_key not in undone]
