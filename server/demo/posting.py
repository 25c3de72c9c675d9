"""The tips that went out in the year, to whom, and what became of each mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from server.demo.people import Life
from server.demo.staging import Stage, number_of
from server.demo.worlds import Mailing, gets
from server.kit.addresses import domain_of
from server.kit.text import long_date
from server.mail.models import BULK, Delivery, Message
from server.newsletter import issuing
from server.newsletter.models import Issue
from server.newsletter.tips import Tip

BOUNCE_EVERY, FULL_EVERY = 61, 47
GONE = "550 5.1.1 No such mailbox"
FULL = "552 5.2.2 Mailbox is full"
LOST = "connection lost after the text was handed over"


@dataclass(frozen=True)
class Posted:
    """What was sent: the issues, the mails, the texts, and whose address turned out not to be."""

    issues: list[Issue]
    deliveries: list[Delivery]
    messages: dict[tuple[str, str], Message]
    bounced: list[Life]


async def post_year(stage: Stage, lives: Sequence[Life], mailings: Sequence[Mailing]) -> Posted:
    """The issues of the year with a mail to each reader; nothing is written but the texts."""
    posted = Posted([], [], {}, [])
    for mailing in sorted(mailings, key=lambda one: one.at):
        readers = [life for life in lives if gets(life.figure.person, mailing)]
        made = [await _deliver(stage, mailing, life, posted) for life in readers]
        sent = [delivery for delivery in made if delivery]
        queued = stage.mailed(mailing.at)
        issue = Issue(
            name=mailing.name,
            state="queued",
            queued_at=queued,
            not_after=queued + timedelta(hours=6),
            last_lead_id=max([life.lead_id for life in readers], default=0),
            audience=len(sent),
            with_invented=True,
        )
        posted.issues.append(issue)
        posted.deliveries.extend(sent)
    return posted


async def _deliver(stage: Stage, mailing: Mailing, life: Life, posted: Posted) -> Delivery | None:
    """The mail of one tip to one reader; None for an address that is known not to be."""
    tip = stage.editor.tips.find(mailing.name, life.figure.language)
    if not tip or life in posted.bounced:
        return None
    message = await _message(stage, tip, posted)
    queued = stage.mailed(mailing.at)
    state, error = _became(life, mailing)
    if error == GONE:
        posted.bounced.append(life)
    number = number_of(mailing.name, life.figure.email)
    joined = life.first("newsletter.confirmed")
    since = long_date(tip.language, joined.at.astimezone(stage.zone)) if joined else ""
    return Delivery(
        message_id=message.id,
        lead_id=life.lead_id,
        key=f"issue:{mailing.name}:{life.lead_id}",
        lane=BULK,
        state=state,
        values={"since": since},
        mail_id=f"<demo-{number}-{life.lead_id}@{domain_of(life.figure.email)}>",
        next_try_at=queued,
        not_after=queued + timedelta(hours=6),
        created_at=queued,
        sent_at=queued + timedelta(seconds=1 + number % 50) if state == "sent" else None,
        error=error,
    )


def _became(life: Life, mailing: Mailing) -> tuple[str, str]:
    """The last state of a mail, and what the relay said."""
    email = life.figure.email
    left = life.figure.person.left_list
    if left is not None and left < mailing.at + 0.5:
        return "suppressed", "left the list"
    story = life.figure.story
    if story.bounces if story else not number_of("bounce", email) % BOUNCE_EVERY:
        return "failed", GONE
    if not number_of("full", email, mailing.name) % FULL_EVERY:
        return "failed", FULL
    if not number_of("lost", email, mailing.name) % 150:
        return "uncertain", LOST
    return "sent", ""


async def _message(stage: Stage, tip: Tip, posted: Posted) -> Message:
    key = (tip.issue, tip.language)
    if key not in posted.messages:
        posted.messages[key] = await issuing.message_of(stage.editor, tip)
    return posted.messages[key]
