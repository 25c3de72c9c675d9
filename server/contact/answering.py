"""Answering: one line at a time, mailed to the asker; closing, opening again, whose it is."""

from dataclasses import dataclass

from tortoise.expressions import F

from server.contact.asking import Reception, tidied
from server.contact.models import CLOSED, OPEN, WAITING, Conversation, ConversationLine
from server.gifts import ledger
from server.kit.clock import now
from server.kit.database import in_transaction
from server.kit.text import day_and_date, say
from server.leads.models import Lead
from server.mail import asks, outbox
from server.mail.mime import ANSWERS
from server.mail.models import BY_HAND, Delivery
from server.mail.outbox import AskRefusedError
from server.staff import accounts
from server.staff.models import StaffUser

LONGEST = 10_000


class AnswerError(ValueError):
    """This cannot be sent; `key` names the sentence that says why."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values


class NewerLineError(Exception):
    """Something was written since the page was opened: it is to be read first."""


@dataclass(frozen=True)
class Answer:
    """What a colleague sends: the text, how many lines they had seen, and what follows.

    `asks`: whether it asks the reader to buy; None where the colleague did not say. `despite`: why
    it goes in the days in which nothing may be asked.
    """

    text: str
    seen: int
    closes: bool = False
    helped: bool = False
    asks: bool | None = None
    despite: str = ""


def draft(conversation: Conversation, staff: StaffUser) -> str:
    """How an answer begins and ends; what is between is for a person to write."""
    name = conversation.lead.name
    key = "contact.draft_name" if name else "contact.draft"
    return say(conversation.language, key, name=name.split(" ")[0], by=staff.shown_name)


def is_written(text: str, conversation: Conversation, staff: StaffUser) -> bool:
    """There is more in the field than what stood there before."""
    return tidied(text) not in ("", tidied(draft(conversation, staff)))


async def answer(
    reception: Reception, conversation: Conversation, given: Answer, staff: StaffUser
) -> None:
    """Write the answer down and mail it, both or neither.

    Raises NewerLineError when a colleague or the asker was first, AnswerError for a text that is
    empty or too long, that asks without saying so or too early, and for an address that gets
    nothing more.
    """
    text = tidied(given.text)
    if not is_written(text, conversation, staff):
        raise AnswerError("contact.answer_empty")
    if len(text) > LONGEST:
        raise AnswerError("contact.answer_too_long")
    words = asks.asked_in(text, conversation.language)
    if words and given.asks is None:
        raise AnswerError("contact.answer_undeclared", words=words)
    async with in_transaction():
        await _take_turn(conversation, given)
        asked = await _quoted(conversation)
        number = await _write(conversation, text, staff)
        mail = _Mail(text, asked, number, is_ask=bool(given.asks) and not given.despite)
        await _mail(reception, conversation, mail)
        if given.asks and given.despite:
            who = f"lead {conversation.lead_id}: {given.despite[:200]}"
            await accounts.audit("ask.overridden", who, staff)
        if given.helped:
            await _log_help(reception, conversation)
        await accounts.audit("conversation.answered", f"conversation {conversation.id}", staff)


async def _take_turn(conversation: Conversation, given: Answer) -> None:
    """Of two who answer at once the one whose page was the newest wins."""
    moment = now()
    won = await Conversation.filter(id=conversation.id, line_count=given.seen).update(
        line_count=F("line_count") + 1,
        state=CLOSED if given.closes else WAITING,
        closed_at=moment if given.closes else None,
        waits_since=None,
        promised_at=None,
        last_at=moment,
    )
    if not won:
        raise NewerLineError


async def _quoted(conversation: Conversation) -> list[ConversationLine]:
    """The questions that wait for this answer; where none does, the last one."""
    theirs = ConversationLine.filter(conversation_id=conversation.id, is_ours=False)
    waiting = await theirs.filter(answered_at=None).order_by("id")
    return waiting or await theirs.order_by("-id").limit(1)


async def _write(conversation: Conversation, text: str, staff: StaffUser) -> int:
    moment = now()
    lines = ConversationLine.filter(conversation_id=conversation.id, is_ours=False)
    await lines.filter(answered_at=None).update(answered_at=moment)
    await Conversation.filter(id=conversation.id, owner_id=None).update(owner_id=staff.id)
    line = await ConversationLine.create(
        conversation_id=conversation.id,
        lead_id=conversation.lead_id,
        is_ours=True,
        staff=staff,
        text=text,
        at=moment,
    )
    return line.id


@dataclass(frozen=True)
class _Mail:
    """An answer on its way: what it answers, and the number of its line."""

    text: str
    asked: list[ConversationLine]
    number: int
    is_ask: bool


async def _mail(reception: Reception, conversation: Conversation, mail: _Mail) -> None:
    language, asked = conversation.language, mail.asked
    letter = reception.letters.get(BY_HAND, language, reception.house)
    message = await outbox.keep_message(BY_HAND, language, letter, is_ask=mail.is_ask)
    mailed = ConversationLine.filter(conversation_id=conversation.id).exclude(mail_id="")
    before = await mailed.order_by("-id").first()
    values = {
        "answer": mail.text,
        "question": "\n\n".join(line.text for line in asked),
        "day": day_and_date(language, asked[-1].at.astimezone(reception.zone)),
        **({ANSWERS: before.mail_id} if before else {}),
    }
    key = f"{BY_HAND}:{mail.number}"
    posting = outbox.Posting(message, key, values, conversation.lead)
    try:
        posted = await outbox.post(reception.site, posting)
    except AskRefusedError as error:
        day = day_and_date(language, error.until.astimezone(reception.zone))
        name = conversation.lead.shown_name
        raise AnswerError("contact.answer_too_early", name=name, day=day) from None
    if not posted:
        raise AnswerError("contact.answer_suppressed")
    delivery = await Delivery.get(key=key)
    await ConversationLine.filter(id=mail.number).update(mail_id=delivery.mail_id)


async def close(
    reception: Reception, conversation: Conversation, *, seen: int, helped: bool
) -> None:
    """Close it without an answer; NewerLineError when something came in meanwhile."""
    async with in_transaction():
        won = (
            await Conversation.filter(id=conversation.id, line_count=seen)
            .exclude(state=CLOSED)
            .update(state=CLOSED, closed_at=now(), waits_since=None, promised_at=None)
        )
        if not won and not await Conversation.exists(id=conversation.id, state=CLOSED):
            raise NewerLineError
        if helped:
            await _log_help(reception, conversation)
        await _let_go(conversation.lead_id)


async def _let_go(lead_id: int) -> None:
    """Whom nobody of us answered and who waits for nothing is as any other unconfirmed address."""
    ours = await ConversationLine.exists(lead_id=lead_id, is_ours=True)
    if not ours and not await Conversation.filter(lead_id=lead_id).exclude(state=CLOSED).exists():
        await Lead.filter(id=lead_id).update(talked_at=None)


async def reopen(conversation: Conversation) -> None:
    """Take it up again: it waits for us where a question has no answer yet, else for them."""
    async with in_transaction():
        theirs = ConversationLine.filter(conversation_id=conversation.id, is_ours=False)
        first = await theirs.filter(answered_at=None).order_by("id").first()
        await Conversation.filter(id=conversation.id, state=CLOSED).update(
            state=OPEN if first else WAITING,
            closed_at=None,
            waits_since=first.at if first else None,
            promised_at=first.promised_at if first else None,
        )
        await Lead.filter(id=conversation.lead_id, talked_at=None).update(talked_at=now())


async def assign(conversation: Conversation, owner: StaffUser | None) -> None:
    """Give it to a colleague, or to nobody."""
    await Conversation.filter(id=conversation.id).update(owner_id=owner.id if owner else None)


async def _log_help(reception: Reception, conversation: Conversation) -> None:
    """Help is a gift: on the balance once a conversation, and followed by days without an ask."""
    helped = ledger.Posted(
        conversation.lead_id, help_key(conversation), ledger.EVENTS["help"], "help", source="desk"
    )
    await ledger.give(helped, reception.house.no_ask_days)


def help_key(conversation: Conversation) -> str:
    """What the line of help in the log is known by."""
    return f"help:{conversation.id}"
