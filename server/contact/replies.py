"""Mail that people wrote to us: a line in their conversation, and a return in the log."""

from collections.abc import Mapping
from typing import Any

from server.contact.asking import LONGEST, Question, Reception, take, tidied
from server.contact.models import MAIL
from server.kit.database import in_transaction
from server.kit.text import say
from server.leads.models import Lead
from server.mail.models import Arrival

AT_ONCE, TRIES = 20, 5
LOST = "unreadable"


async def take_letters(reception: Reception) -> int:
    """Put what came in by mail into conversations; how many mails that were.

    From somebody we know it is a reply, and given back; from anybody else a question like one by
    the form. What a mail says of itself proves nothing: no address is confirmed by it.
    """
    waiting = await Arrival.filter(state="letter").order_by("attempts", "id").limit(AT_ONCE)
    for arrival in waiting:
        # Counted before it is read: what cannot be written down does not come for ever.
        await Arrival.filter(id=arrival.id).update(attempts=arrival.attempts + 1)
        if arrival.attempts >= TRIES:
            await Arrival.filter(id=arrival.id).update(state="done", outcome=LOST, letter={})
            continue
        async with in_transaction():
            done = {"state": "done", "letter": {}}
            if await Arrival.filter(id=arrival.id, state="letter").update(**done):
                await _take(reception, arrival.letter)
    return len(waiting)


async def _take(reception: Reception, letter: Mapping[str, Any]) -> None:
    known = await Lead.get_or_none(email=letter["from"])
    language = known.language if known else reception.language
    text = tidied(letter["text"]) or say(language, "contact.mail_empty")
    question = Question(
        letter["from"],
        letter["name"],
        text[:LONGEST],
        language,
        source=MAIL,
        subject=letter["subject"],
        mail_id=letter["mail_id"],
    )
    await take(reception, question, "reply" if known else "question", known=known)
