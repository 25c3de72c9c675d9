"""What the marks of a lead say, gathered once for a reading: firsts, lasts, sets, open requests."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import log2

from server.readiness.model import Model
from server.readiness.state import (
    PAGES,
    PERSONAL,
    READS,
    TAKEN,
    UNMARKED,
    LeadState,
    Mark,
)
from server.tracking.kinds import GIFTS, RETURNS

NEVER = float("-inf")

OFFERS = ("offer.made", "outcome.offer")
REFUSALS = ("outcome.lost", "declined")
RATINGS = ("rating", "rating.personal")
# What shows that somebody took up a request to be contacted.
TAKEN_UP = (
    "contacted",
    "meeting",
    "offer.made",
    "outcome.offer",
    "outcome.won",
    "outcome.lost",
    "outcome.not_now",
    "outcome.not_a_fit",
)

_GIVEN, _RETURNS, _PAGES = frozenset(GIFTS), frozenset(RETURNS), frozenset(PAGES)
_UNREAD = (0, NEVER)
_SIGNS = frozenset((*TAKEN, "contact.requested"))
_USES = frozenset((*READS, *PAGES, *RETURNS))


@dataclass(slots=True)
class Facts:
    """What happened, of which only the lines count that were not taken back.

    `last` is when a kind happened last; `reads` per asset how far (per cent) and when last;
    `taken` per asset when they took it; `given` and `returns` hold a mark as often as it happened;
    `others` are the marks of neither gifts, reading, pages nor returns: most leads have none.
    """

    last: dict[str, float] = field(default_factory=dict)
    reads: dict[str, tuple[int, float]] = field(default_factory=dict)
    taken: dict[str, float] = field(default_factory=dict)
    given: list[Mark] = field(default_factory=list)
    returns: list[Mark] = field(default_factory=list)
    others: list[Mark] = field(default_factory=list)
    first_gift_at: float = NEVER
    last_gift_at: float = NEVER
    returned_at: float = NEVER
    used_at: float = NEVER  # last read, looked into or returned; a visit or an open uses no gift

    def latest(self, kinds: Iterable[str]) -> float:
        """When one of these kinds happened last; NEVER if none did."""
        last = self.last
        return max([last[kind] for kind in kinds if kind in last], default=NEVER)

    def ratings(self) -> list[Mark]:
        """What they told us about gifts."""
        return [mark for mark in self.returns if mark[0] in RATINGS]

    def window_until(self, model: Model) -> float:
        """When the last no-ask window of the gifts ends, by the days of the model."""
        asset, personal = model.windows.asset_days, model.windows.personal_days
        ends = [mark[2] + (personal if mark[4] & PERSONAL else asset) for mark in self.given]
        return max(ends, default=NEVER)

    def contact_open(self) -> bool:
        """Asked to be contacted, and nobody has done so yet."""
        asked = self.last.get("contact.requested")
        return asked is not None and asked > self.latest((*TAKEN_UP, "complaint"))

    def stopped(self) -> bool:
        """Wants nothing more or cannot be reached.

        What they return later ends it; after a complaint only their asking for contact does.
        """
        left = self.latest(("unsubscribe", "bounce", "complaint"))
        if left == NEVER:
            return False
        contact = self.last.get("contact.requested", NEVER)
        if self.last.get("complaint", NEVER) > contact:
            return True
        return self.latest(("unsubscribe", "bounce")) > max(contact, self.returned_at)

    def objected(self) -> bool:
        """Switched profiling off, and not on again later."""
        off = self.last.get("profiling.objected")
        return off is not None and off >= self.last.get("profiling.allowed", NEVER)

    def is_customer(self) -> bool:
        """Bought something."""
        return "outcome.won" in self.last or "purchase" in self.last


def gather(state: LeadState) -> Facts:
    """What the marks of a state say; nothing in it depends on the day of reading."""
    facts = Facts()
    last, reads = facts.last, facts.reads
    for mark, count in state.marks.items():
        if count <= 0:
            continue
        kind, subject, at, _, _ = mark
        if kind not in last or at > last[kind]:
            last[kind] = at
        if kind in READS:
            share, (known, then) = READS[kind], reads.get(subject, _UNREAD)
            reads[subject] = (share if share > known else known, at if at > then else then)
        elif kind in _GIVEN:
            facts.given += [mark] * count
        elif kind in _RETURNS:
            facts.returns += [mark] * count
        elif kind not in _PAGES:
            facts.others.append(mark)
    _add_times(facts)
    return facts


def _add_times(facts: Facts) -> None:
    last = facts.last
    used = [last[kind] for kind in last if kind in _USES]
    if used:
        facts.used_at = max(used)
    if facts.returns:
        facts.returned_at = max([mark[2] for mark in facts.returns])
    if facts.given:
        gifts = [mark[2] for mark in facts.given]
        facts.first_gift_at, facts.last_gift_at = min(gifts), max(gifts)
        taken = facts.taken
        for kind, subject, at, _, _ in facts.given:
            if kind in TAKEN:
                taken[subject] = max(at, taken.get(subject, at))


def silent_from(state: LeadState, facts: Facts, model: Model) -> float:
    """The day from which a lead is silent; NEVER for one who never gave a sign of life.

    Visits and mail are kept as a halving sum only: they count as one visit of the day that leaves
    the same sum, so many visits are a longer sign of life than one.
    """
    until = facts.used_at
    for kind, at in facts.last.items():
        if at > until and kind in _SIGNS:
            until = at
    for kind, (value, at, count) in state.sums.items():
        if kind in UNMARKED and count > 0 and value > 0:
            until = max(until, at + model.signals[kind].half_life * log2(value))
    return until + model.windows.silent_days
