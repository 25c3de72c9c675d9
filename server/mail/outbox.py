"""The outbox: a mail is promised by a row, in the transaction of what it belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import uuid4

from server.kit.addresses import domain_of
from server.kit.clock import now
from server.kit.database import db_json, db_time, lock_word, rows
from server.kit.site import Site
from server.kit.text import say
from server.leads.models import Lead
from server.mail.letters import Letter
from server.mail.models import BY_HAND, TRANSACTIONAL, Delivery, Message, MessageLink, Suppression

GAP = timedelta(minutes=15)
DAY = timedelta(days=1)
MOST_A_DAY = 3


class AskRefusedError(Exception):
    """A text that asks may not reach a lead inside the no-ask window; `until` is when it may."""

    def __init__(self, lead: Lead, until: datetime) -> None:
        super().__init__(f"lead {lead.id} is left in peace until {until:%Y-%m-%d %H:%M}")
        self.until = until


@dataclass(frozen=True)
class Posting:
    """One mail to one reader: the text, what fills its slots, and why it is sent.

    `about`: whom a mail to one of us tells of; it goes with them.
    """

    message: Message
    key: str
    values: Mapping[str, str] = field(default_factory=dict)
    lead: Lead | None = None
    address: str = ""
    lane: int = TRANSACTIONAL
    at: datetime | None = None
    lives: timedelta = DAY
    about: Lead | None = None


async def keep_message(
    kind: str, language: str, letter: Letter, *, list_name: str = "", is_ask: bool = False
) -> Message:
    """The row of a finished shared text with its links; the same text is one row."""
    parts = [kind, language, list_name, letter.subject, letter.html, letter.text, str(is_ask)]
    key = sha256("\0".join([*parts, *letter.links]).encode()).hexdigest()
    await rows(
        "INSERT INTO message (key, kind, language, subject, html, text, list, is_ask, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
        key,
        kind,
        language,
        letter.subject,
        letter.html,
        letter.text,
        list_name,
        is_ask,
        db_time(now()),
    )
    message = await Message.get(key=key)
    for number, target in enumerate(letter.links, 1):
        await rows(
            "INSERT INTO message_link (message_id, number, target) VALUES (?, ?, ?)"
            " ON CONFLICT (message_id, number) DO NOTHING",
            message.id,
            number,
            target,
        )
    return message


async def links_of(message: Message) -> tuple[str, ...]:
    """Where the links of a message lead, in the order of their numbers."""
    found = await MessageLink.filter(message_id=message.id).order_by("number")
    return tuple(link.target for link in found)


async def post(site: Site, posting: Posting) -> bool:
    """Insert the row that promises a mail; False when this key was promised before, or
    the address gets nothing more.

    Raises AskRefusedError where the text asks something and the lead's window is open: the window
    is read in the transaction that inserts the row, so that nothing can slip in between.
    """
    moment, lead = now(), posting.lead
    if posting.message.is_ask and lead:
        fresh = await Lead.get(id=lead.id)
        if fresh.no_ask_until and fresh.no_ask_until > moment:
            raise AskRefusedError(fresh, fresh.no_ask_until)
    if await is_suppressed(site, lead.email if lead else posting.address):
        return False
    at = posting.at or moment
    written = await rows(
        'INSERT INTO delivery (message_id, lead_id, address, domain, key, lane, state, "values",'
        " mail_id, lease_token, attempts, next_try_at, not_after, created_at, error,"
        " about_id) VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, ?, '', 0, ?, ?, ?, '', ?)"
        " ON CONFLICT (key) DO NOTHING RETURNING id",
        posting.message.id,
        lead.id if lead else None,
        posting.address,
        domain_of(lead.email if lead else posting.address),
        posting.key,
        posting.lane,
        db_json(dict(posting.values)),
        f"<{uuid4().hex}@{site.host}>",
        db_time(at),
        db_time(at + posting.lives),
        db_time(moment),
        posting.about.id if posting.about else None,
    )
    return bool(written)


def greeting(lead: Lead, language: str) -> str:
    """How a mail to this lead begins."""
    key = "mail.greeting_name" if lead.name else "mail.greeting"
    return say(language, key, name=lead.name)


async def meet(site: Site, email: str, language: str, source: str) -> Lead | None:
    """The lead at the address of a stranger's form, made if there is none.

    None, and no row, where the address gets nothing more. Belongs in a transaction: until it ends
    nobody can be erased at this address, so that no row is made behind their back.
    """
    await lock_word(email)
    if await is_suppressed(site, email):
        return None
    return await Lead.meet(email, language, source)


async def turn_for(lead: Lead) -> datetime | None:
    """When a stranger's form may cause the next mail to this lead; None: not today.

    At most one mail in 15 minutes and three a day, whoever fills in how many forms; what a person
    of ours wrote is none of these.
    """
    moment = now()
    recent = (
        await Delivery.filter(lead_id=lead.id, lane=TRANSACTIONAL, next_try_at__gt=moment - DAY)
        .exclude(message__kind=BY_HAND)
        .order_by("-next_try_at")
        .limit(MOST_A_DAY)
    )
    if len(recent) >= MOST_A_DAY:
        return None
    return max(moment, recent[0].next_try_at + GAP) if recent else moment


async def withdraw(lead: Lead, list_name: str) -> int:
    """Take back what is queued of a list for a lead; how many mails that were.

    What a worker holds to send next loses its lease, so that it does not go either.
    """
    found = await rows(
        "UPDATE delivery SET state = 'suppressed', error = 'left the list', lease_token = ''"
        " WHERE lead_id = ? AND state IN ('queued', 'retry', 'held', 'leased')"
        " AND message_id IN (SELECT id FROM message WHERE list = ?) RETURNING id",
        lead.id,
        list_name,
    )
    return len(found)


async def suppress(site: Site, address: str, reason: str) -> None:
    """Nothing more to this address, whoever asks, and nothing of what is queued."""
    print_ = site.fingerprint("suppression", address)
    await rows(
        "UPDATE lead SET blocked_at = ? WHERE email = ? AND blocked_at IS NULL",
        db_time(now()),
        address,
    )
    await rows(
        "UPDATE delivery SET state = 'suppressed', error = 'blocked address', lease_token = ''"
        " WHERE state IN ('queued', 'retry', 'held', 'leased') AND (address = ? OR lead_id IN"
        " (SELECT id FROM lead WHERE email = ?))",
        address,
        address,
    )
    await rows(
        "INSERT INTO suppression (fingerprint, reason, at) VALUES (?, ?, ?)"
        " ON CONFLICT (fingerprint) DO NOTHING",
        print_,
        reason,
        db_time(now()),
    )


async def is_suppressed(site: Site, address: str) -> bool:
    """This address gets nothing more."""
    return await Suppression.exists(fingerprint=site.fingerprint("suppression", address))
