"""Conversations as the desk reads them: who waits for whom, how long, and how long it takes us."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from tortoise.functions import Max

from server.contact.answering import help_key
from server.contact.asking import Reception
from server.contact.models import CLOSED, OPEN, WAITING, Conversation, ConversationLine
from server.contact.promising import open_time
from server.kit.clock import now
from server.kit.database import rows
from server.kit.text import shortened
from server.leads.models import Lead
from server.mail.models import BY_HAND, Bounce, Delivery
from server.tracking.models import Event

VIEWS = (OPEN, WAITING, CLOSED)
MOST = 100
SNIPPET = 80
LAST_ANSWERS, TOO_FEW = 40, 5
LOST = ("failed", "expired", "suppressed", "parked", "uncertain")


@dataclass(frozen=True)
class Listed:
    """One conversation on a list; `waited` and `late` count open hours, None where nobody waits."""

    conversation: Conversation
    snippet: str
    waited: timedelta | None
    late: timedelta | None


@dataclass(frozen=True)
class Said:
    """One line; `late` says by how much a promise was broken, `sending` how the mail fared."""

    line: ConversationLine
    late: timedelta | None
    sending: str


@dataclass(frozen=True)
class Thread:
    """A whole conversation."""

    conversation: Conversation
    lines: list[Said]
    listed: Listed
    helped: bool


async def counts() -> dict[str, int]:
    """How many conversations stand in each view."""
    found = await rows("SELECT state, COUNT(*) AS n FROM conversation GROUP BY state")
    told = {str(row["state"]): int(row["n"]) for row in found}
    return {view: told.get(view, 0) for view in VIEWS}


async def waiting_for_us() -> int:
    """How many conversations wait for one of us, for the menu."""
    return await Conversation.filter(state=OPEN).count()


async def listed(reception: Reception, view: str) -> list[Listed]:
    """A view: who waits longest for us first, of the others the newest; a hundred at most."""
    order = ("waits_since", "id") if view == OPEN else ("-last_at", "-id")
    wanted = Conversation.filter(state=view).order_by(*order).limit(MOST)
    found = await wanted.prefetch_related("lead", "owner")
    last = await _last_lines([one.id for one in found])
    return [_listed(reception, one, last.get(one.id, "")) for one in found]


async def _last_lines(numbers: list[int]) -> Mapping[int, str]:
    if not numbers:
        return {}
    lines = ConversationLine.filter(conversation_id__in=numbers).annotate(last=Max("id"))
    last = await lines.group_by("conversation_id").values_list("last", flat=True)
    pairs = await ConversationLine.filter(id__in=list(last)).values_list("conversation_id", "text")
    return {int(number): shortened(str(text), SNIPPET) for number, text in pairs}


def _listed(reception: Reception, one: Conversation, snippet: str) -> Listed:
    moment = now()
    waited = _open(reception, one.waits_since, moment) if one.waits_since else None
    return Listed(one, snippet, waited, _late(reception, one.promised_at, moment))


def _open(reception: Reception, start: datetime, end: datetime) -> timedelta:
    return open_time(reception.house, start, end, reception.zone)


def _late(reception: Reception, promised: datetime | None, at: datetime) -> timedelta | None:
    return _open(reception, promised, at) if promised and at > promised else None


async def thread(reception: Reception, number: int) -> Thread | None:
    """One conversation with every line; None where there is none."""
    found = await Conversation.get_or_none(id=number).prefetch_related("lead", "owner")
    if not found:
        return None
    lines = ConversationLine.filter(conversation_id=number).order_by("id")
    told = await lines.prefetch_related("staff")
    keys = [f"{BY_HAND}:{line.id}" for line in told if line.is_ours]
    states = dict(await Delivery.filter(key__in=keys).values_list("key", "state")) if keys else {}
    back = Bounce.filter(delivery__key__in=keys, kind__in=("hard", "soft", "policy"))
    states |= dict.fromkeys(await back.values_list("delivery__key", flat=True), "failed")
    said = [
        Said(line, _late_line(reception, line), _sending(states.get(f"{BY_HAND}:{line.id}")))
        for line in told
    ]
    helped = await Event.exists(dedup_key=help_key(found))
    return Thread(found, said, _listed(reception, found, ""), helped)


def _late_line(reception: Reception, line: ConversationLine) -> timedelta | None:
    """By how much the promise for a line was broken; one that waits is told above."""
    return _late(reception, line.promised_at, line.answered_at) if line.answered_at else None


def _sending(state: object) -> str:
    """`sent`, `lost`, or `under_way`; empty for a line that was not mailed."""
    if not state:
        return ""
    return "lost" if state in LOST else "sent" if state == "sent" else "under_way"


async def usual_wait(reception: Reception) -> tuple[int, timedelta] | None:
    """Over how many of the last answers, and how long in open hours the middle one took.

    None with fewer than five: then nothing can be said.
    """
    answered = ConversationLine.filter(answered_at__isnull=False).order_by("-answered_at", "-id")
    lines = await answered.limit(LAST_ANSWERS)
    if len(lines) < TOO_FEW:
        return None
    waits = [
        _open(reception, line.at, line.answered_at).total_seconds()
        for line in lines
        if line.answered_at
    ]
    return len(waits), timedelta(seconds=median(waits))


async def said_with(lead: Lead) -> list[ConversationLine]:
    """Everything that was said with a lead, the oldest first."""
    lines = ConversationLine.filter(lead_id=lead.id).order_by("id")
    return await lines.prefetch_related("staff")
