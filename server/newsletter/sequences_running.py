"""Readers on their way through a sequence: what is due is done, and nothing twice.

Every text is promised by a row of the outbox whose key names sequence, text and reader. A step is
over when its mail has left, so a pause or a no-ask window puts it off and never loses it.
"""

from collections.abc import Sequence as List
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.gifts.models import LedgerLine
from server.kit.clock import now
from server.kit.database import db_time, in_transaction, rows
from server.leads.models import Lead, Subscription
from server.leads.subscribing import TIPS
from server.mail import outbox
from server.mail.letters import Letter
from server.mail.links import body_of
from server.mail.models import BULK, Delivery, Message
from server.mail.outbox import AskRefusedError, Posting
from server.newsletter import issuing
from server.newsletter.issuing import Editor
from server.newsletter.models import Enrolment
from server.newsletter.sequences import IF, SEND, WAIT, WAIT_FOR, Sequence, Sequences, Step
from server.newsletter.tips import Tip
from server.tracking.evidence import CLICK, COUNTS

MOST = 200  # readers in one turn of the worker
SOON, LOOK_AGAIN = timedelta(minutes=5), timedelta(hours=6)
LIVES = timedelta(days=3)
DONE = {
    "read": (CLICK, "read.25", "read.50", "read.75", "read.100"),
    "rated": ("rating", "rating.personal"),
    "replied": ("reply", "question"),
}
EXITS = {
    "reply": DONE["replied"],
    "purchase": ("purchase", "outcome.won"),
    "refusal": ("outcome.lost", "outcome.not_now", "outcome.not_a_fit", "declined"),
}
LEFT, BLOCKED, BOUNCED, FAULT, FINISHED = "left", "blocked", "bounced", "fault", "finished"
STOPPED, BY_HAND = "stopped", "by_hand"
WHYS = (FINISHED, *EXITS, LEFT, BLOCKED, BOUNCED, FAULT, STOPPED, BY_HAND)


def key_of(sequence: str, text: str, lead_id: int) -> str:
    """What a delivery of a sequence is named by; there is one for each text and reader."""
    return f"sequence:{sequence}:{text}:{lead_id}"


@dataclass(frozen=True)
class Walk:
    """One reader in one sequence, as they stand while they are looked at."""

    editor: Editor
    sequence: Sequence
    row: Enrolment
    lead: Lead


async def advance(editor: Editor) -> int:
    """Do what is due for the readers of all sequences, the longest due first; how many."""
    moment = now()
    due = Enrolment.filter(ended_at=None, due_at__lte=moment).order_by("due_at", "id").limit(MOST)
    numbers = [one.id for one in await due]
    known: dict[str, Sequence] = Sequences(editor.tips.folder).all() if numbers else {}
    for number in numbers:
        async with in_transaction():
            row = await Enrolment.select_for_update().get_or_none(id=number, ended_at=None)
            if row and row.due_at <= moment:
                await _look(editor, known.get(row.sequence), row)
    return len(numbers)


async def _look(editor: Editor, sequence: Sequence | None, row: Enrolment) -> None:
    if sequence is None:  # its file is broken or away: nobody loses their place
        await Enrolment.filter(id=row.id).update(due_at=now() + LOOK_AGAIN)
        return
    walk = Walk(editor, sequence, row, await Lead.get(id=row.lead_id))
    wish = await Subscription.get_or_none(lead_id=row.lead_id, list=TIPS)
    why = await _exit(walk, wish)
    if why or not wish:
        await end(row, why)
    elif wish.paused_until and wish.paused_until > now():
        await Enrolment.filter(id=row.id).update(due_at=wish.paused_until)
    else:
        await _go(walk)


async def end(row: Enrolment, why: str) -> bool:
    """A reader goes no further; False when it had ended."""
    ended = Enrolment.filter(id=row.id, ended_at=None)
    return await ended.update(ended_at=now(), why=why) == 1


async def end_all_of(lead: Lead, why: str) -> None:
    """A reader goes no further in any sequence. Belongs in the transaction of the reason."""
    await Enrolment.filter(lead_id=lead.id, ended_at=None).update(ended_at=now(), why=why)


async def look_again(lead_id: int) -> None:
    """Something happened that may end a sequence: look at the next turn, before more goes out."""
    await Enrolment.filter(lead_id=lead_id, ended_at=None).update(due_at=now())


async def _exit(walk: Walk, wish: Subscription | None) -> str:
    """Why the reader gets no more of it; empty where they do."""
    if not wish or wish.ended_at or not wish.confirmed_at:
        return LEFT
    if walk.lead.blocked_at:
        return BLOCKED
    for name in walk.sequence.exit_on:
        if await _happened(walk.lead.id, EXITS[name], walk.row.joined_at):
            return name
    if "purchase" in walk.sequence.exit_on and await _told_of_purchase(walk.row):
        return "purchase"
    return ""


async def _told_of_purchase(row: Enrolment) -> bool:
    """They bought something, on whichever day, that we were told of after they joined."""
    told = LedgerLine.filter(lead_id=row.lead_id, kind="purchase", recorded_at__gte=row.joined_at)
    return sum(int(str(sign)) for sign in await told.values_list("sign", flat=True)) > 0


async def _happened(lead_id: int, kinds: List[str], since: datetime) -> bool:
    """A person did one of these since then; what was taken back does not count."""
    holes, sure = (", ".join("?" * len(of)) for of in (kinds, COUNTS))
    found = await rows(
        "SELECT COALESCE(SUM(sign), 0) AS n FROM event WHERE lead_id = ? AND at >= ?"  # noqa: S608
        f" AND kind IN ({holes}) AND evidence IN ({sure})",
        lead_id,
        db_time(since),
        *kinds,
        *COUNTS,
    )
    return int(found[0]["n"]) > 0


async def _go(walk: Walk) -> None:
    """From step to step until one has to wait; the steps only go forward."""
    row, steps = walk.row, walk.sequence.steps
    while row.step < len(steps):
        waits = await _do(walk, steps[row.step])
        if isinstance(waits, str):
            await end(row, waits)
            return
        if isinstance(waits, datetime):
            row.due_at = waits
            await row.save()
            return
        row.step, row.entered_at = waits, now()
    await row.save()
    await end(row, FINISHED)


async def _do(walk: Walk, step: Step) -> int | datetime | str:
    """The next step, or when to look again, or why it ends."""
    row = walk.row
    if step.kind == SEND:
        return await _send(walk, step.what)
    over = row.entered_at + timedelta(days=step.days)
    if step.kind == WAIT:
        return row.step + 1 if over <= now() else over
    since = row.mailed_at or row.joined_at
    if step.kind == WAIT_FOR:
        done = over <= now() or await _happened(row.lead_id, DONE[step.what], since)
        return row.step + 1 if done else min(over, now() + LOOK_AGAIN)
    if step.kind == IF:
        return step.then if await _happened(row.lead_id, DONE[step.what], since) else step.other
    return FINISHED


async def _send(walk: Walk, what: str) -> int | datetime | str:
    """Promise the text, or see what became of the promise."""
    row = walk.row
    key = key_of(row.sequence, what, row.lead_id)
    delivery = await Delivery.get_or_none(key=key)
    if delivery is None:
        return await _post(walk, what, key)
    if delivery.state in ("sent", "uncertain"):
        row.mailed_at = delivery.sent_at or delivery.created_at
        return row.step + 1
    if delivery.state in ("suppressed", "expired"):
        return await _again(walk, delivery)
    ended = {"failed": BOUNCED, "parked": FAULT}
    return ended.get(delivery.state) or now() + SOON


async def _post(walk: Walk, what: str, key: str) -> datetime | str:
    tip = walk.sequence.text(what, walk.lead.language)
    if not tip:
        return now() + LOOK_AGAIN
    message = await message_of(walk.editor, walk.sequence, tip)
    posting = Posting(message, key, {}, walk.lead, lane=BULK, lives=LIVES)
    try:
        if not await outbox.post(walk.editor.site, posting):
            return BLOCKED
    except AskRefusedError as error:
        return error.until
    return now() + SOON


async def _again(walk: Walk, delivery: Delivery) -> datetime:
    """What a pause or a window took back goes after all, now that neither is there."""
    message = await Message.get(id=delivery.message_id)
    until = walk.lead.no_ask_until
    if message.is_ask and until and until > now():
        return until
    await Delivery.filter(id=delivery.id, state=delivery.state).update(
        state="queued", error="", next_try_at=now(), not_after=now() + LIVES
    )
    return now() + SOON


async def message_of(editor: Editor, sequence: Sequence, tip: Tip) -> Message:
    """The row of the finished text of a step, in its language."""
    letter = letter_of(editor, sequence, tip)
    return await outbox.keep_message(
        "step", tip.language, letter, list_name=TIPS, is_ask=tip.is_ask
    )


def letter_of(editor: Editor, sequence: Sequence, tip: Tip) -> Letter:
    """The text of a step as a mail; only the slots of the reader are left open."""
    letter = editor.letters.get("step", tip.language, editor.house, body_of(tip.tree, editor.site))
    return letter.filled(
        {
            "subject": tip.subject,
            "preview": tip.preview,
            "series": sequence.titles[tip.language],
            "number": str(sequence.sends.index(tip.issue) + 1),
            "total": str(len(sequence.sends)),
        }
    )


def sample_of(editor: Editor, sequence: Sequence, tip: Tip) -> Letter:
    """The text of a step as a reader who signed up today would get it."""
    return issuing.sample(editor, letter_of(editor, sequence, tip), tip.language)
