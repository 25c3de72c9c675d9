"""Giving something back, by who liked what they were given; each way once, nothing is one too."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.gifts import ledger, passing_on
from server.gifts.liking import LIKED
from server.gifts.models import Gift
from server.gifts.returning_ways import BUY, NOTHING, PASS_ON, TALK, WRITTEN, Way
from server.kit.database import in_transaction
from server.leads.models import Lead, hold
from server.tracking.log import Entry, record
from server.tracking.models import Event
from server.web.visitor import Visitor

LONGEST = 2000
# What each written way is in the log, which knows no cases: one is told as a comment.
RETURNS = {"review": "review", "question": "survey", "case": "comment"}
LINES = {TALK: "contact.requested", NOTHING: "return.none", BUY: "page.offer"}


@dataclass(frozen=True)
class GivenBack:
    """One way that somebody took: in which words, and by which road they came to it."""

    way: Way
    words: str
    source: str
    language: str


async def open_ways(gift: Gift, ways: Sequence[Way]) -> list[Way]:
    """The ways that are left for a gift: none before it was liked, none after "nothing"."""
    if (gift.liked or 0) < LIKED:
        return []
    keys = {_key(gift, way.name): way.name for way in ways}
    done = {keys[one.dedup_key] for one in await Event.filter(dedup_key__in=list(keys))}
    return [] if NOTHING in done else [way for way in ways if way.name not in done]


def _key(gift: Gift, name: str) -> str:
    return passing_on.key_of(gift) if name == PASS_ON else f"back:{gift.id}:{name}"


async def give_back(gift: Gift, given: GivenBack, visitor: Visitor) -> None:
    """Record what came back; the first time counts.

    Whoever took one of the ways has seen them: that is an ask, after which nobody of ours asks for
    a while. Who looked on and pressed nothing was asked nothing.
    """
    name = given.way.name
    async with in_transaction():
        await hold([gift.lead_id])
        if name == PASS_ON:
            await passing_on.make(gift, given.source, visitor)
        elif name in WRITTEN:
            await ledger.post(_written(gift, given, visitor))
        elif name != BUY or await _may_note(gift, visitor):
            await _note(gift, name, visitor)
        key = f"ask.return:{gift.id}"
        await record(Entry(gift.lead_id, "ask.return", key, gift.asset_slug, gift.id))


def _written(gift: Gift, given: GivenBack, visitor: Visitor) -> ledger.Posted:
    name = given.way.name
    return ledger.Posted(
        gift.lead_id,
        _key(gift, name),
        RETURNS[name],
        name,
        side=ledger.RETURNED,
        asset_slug=gift.asset_slug,
        gift_number=gift.id,
        what=given.way.how[given.language],
        words=given.words[:LONGEST],
        source=given.source,
        visitor=visitor,
    )


async def _may_note(gift: Gift, visitor: Visitor) -> bool:
    """Looking at what is for sale is a visit like any other, noted of nobody who minds."""
    if visitor.wants_no_tracking:
        return False
    return not await Lead.filter(id=gift.lead_id, profiling_off_at__isnull=False).exists()


async def _note(gift: Gift, name: str, visitor: Visitor) -> None:
    entry = Entry(
        gift.lead_id,
        LINES[name],
        _key(gift, name),
        gift.asset_slug,
        gift.id,
        visitor=visitor,
        evidence="human",
        rule="10-button",
    )
    await record(entry)
