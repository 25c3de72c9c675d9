"""A question that comes in by the form: kept, told to staff, never answered by a machine."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from server.contact.models import FORM, OPEN, Conversation, ConversationLine
from server.contact.promising import promise
from server.kit.clock import now
from server.kit.database import db_time, in_transaction, rows
from server.kit.text import clock_time, day_and_date, say, shortened
from server.leads.models import Lead
from server.mail import outbox
from server.mail.models import Delivery
from server.mail.postman import Postman
from server.staff.models import StaffUser
from server.tracking.log import Entry, record
from server.web.visitor import Visitor

SHORTEST, LONGEST = 10, 4000
IN_LOG = 500  # letters of a question that the log keeps

# The conversation that is still going on takes the question; the first one waiting sets the time.
_JOIN = (
    "UPDATE conversation SET state = 'open', line_count = line_count + 1, last_at = ?,"
    " promised_at = CASE WHEN waits_since IS NULL THEN ? ELSE promised_at END,"
    " waits_since = COALESCE(waits_since, ?) WHERE state <> 'closed' AND id ="
    " (SELECT MAX(id) FROM conversation WHERE lead_id = ? AND state <> 'closed') RETURNING id"
)


@dataclass(frozen=True)
class Reception(Postman):
    """What talking with people needs of the house; `language` is that of the site."""

    zone: ZoneInfo
    language: str

    @classmethod
    def of(cls, state: Any) -> "Reception":
        """From what the pages of the site share, with the house as it is now."""
        house, settings = state.house.fresh(), state.settings
        return cls(state.site, house, state.letters, settings.timezone, settings.language)


@dataclass(frozen=True)
class Question:
    """What somebody filled in or mailed; the address is normalised, the text tidied."""

    email: str
    name: str
    text: str
    language: str
    source: str = FORM
    subject: str = ""
    mail_id: str = ""


def tidied(text: str) -> str:
    """A text as somebody meant it: lines kept, their ends and what cannot be seen gone."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    seen = "".join(letter for letter in text if letter == "\n" or letter.isprintable())
    return "\n".join(line.rstrip() for line in seen.split("\n")).strip()


def fault_of(text: str) -> str:
    """The key of what is wrong with the text of a question; empty for nothing."""
    if len(text) < SHORTEST:
        return "contact.too_short"
    return "contact.too_long" if len(text) > LONGEST else ""


async def ask(
    reception: Reception,
    question: Question,
    visitor: Visitor | None = None,
    kind: str = "question",
    key: str = "",
) -> None:
    """Keep the question with its lead and tell staff; the same for known and unknown addresses.

    Nothing is mailed to the address itself: nobody can have a stranger mailed by this form. From
    an address that gets nothing more nothing is kept.
    """
    async with in_transaction():
        await take(reception, question, "question", visitor)


async def take(
    reception: Reception,
    question: Question,
    kind: str,
    visitor: Visitor | None = None,
    known: Lead | None = None,
) -> None:
    """What `ask` does, inside a transaction; `kind` is that of its line in the log.

    `known`: whose words are kept even though their address gets nothing more.
    """
    lead = await outbox.meet(reception.site, question.email, question.language, "contact") or known
    if not lead:
        return
    if question.name and lead.takes_name:
        lead.name = question.name
        await Lead.filter(id=lead.id).update(name=question.name)
    line = await _write(reception, lead, question)
    # Without a confirmed address a lead goes after days; not while we talk.
    await Lead.filter(id=lead.id).update(talked_at=line.at)
    told = shortened(question.text, IN_LOG)
    await record(Entry(lead.id, kind, f"{kind}:{line.id}", detail=told, visitor=visitor))
    await _tell_staff(reception, lead, line)


async def _write(reception: Reception, lead: Lead, question: Question) -> ConversationLine:
    moment = now()
    promised = promise(reception.house, moment, reception.zone)
    until = promised.until if promised else None
    due, at = db_time(until) if until else None, db_time(moment)
    joined = await rows(_JOIN, at, due, at, lead.id)
    number = joined[0]["id"] if joined else await _open(lead, question.language, moment, until)
    return await ConversationLine.create(
        conversation_id=number,
        lead=lead,
        is_ours=False,
        text=question.text,
        at=moment,
        promised_at=until,
        source=question.source,
        subject=question.subject,
        mail_id=question.mail_id,
    )


async def _open(lead: Lead, language: str, moment: datetime, until: datetime | None) -> int:
    opened = await Conversation.create(
        lead=lead,
        language=language,
        state=OPEN,
        opened_at=moment,
        waits_since=moment,
        promised_at=until,
        last_at=moment,
        line_count=1,
    )
    return opened.id


async def _tell_staff(reception: Reception, lead: Lead, line: ConversationLine) -> None:
    """One mail to the host for each asker in 15 minutes; what came meanwhile stands on the desk."""
    house, site = reception.house, reception.site
    recent = Delivery.filter(about_id=lead.id, created_at__gt=line.at - outbox.GAP)
    if not house.host_email or await recent.exists():
        return
    host = await StaffUser.get_or_none(email=house.host_email.lower())
    language = host.language if host else reception.language
    message = await reception.keep("question", language)
    values = {
        "who": lead.shown_name,
        "address": lead.email,
        "question": line.text,
        "due": due_words(language, line.promised_at, reception.zone),
        "link": site.url(f"/desk/conversations/{line.conversation_id}"),
    }
    key = f"question:{line.id}"
    posting = outbox.Posting(message, key, values, address=house.host_email, about=lead)
    await outbox.post(site, posting)


def due_words(language: str, until: datetime | None, zone: ZoneInfo) -> str:
    """`maandag 23 november, voor 9.00 uur`."""
    if not until:
        return say(language, "contact.due_none")
    local = until.astimezone(zone)
    day = day_and_date(language, local).rsplit(" ", 1)[0]
    return say(language, "contact.due", day=day, time=clock_time(language, local))
