"""Sending an issue: its audience is fixed at one moment and each reader is promised it once."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from server.kit.clock import now
from server.kit.database import db_time, in_transaction, rows
from server.kit.text import day_and_date, long_date
from server.leads.models import Lead, Subscription
from server.leads.subscribing import TIPS
from server.mail import outbox
from server.mail.letters import Letter
from server.mail.links import body_of
from server.mail.models import BULK, DONE, Message
from server.mail.postman import Postman
from server.newsletter.models import Issue
from server.newsletter.tips import Tip, Tips

CHUNK = 200


@dataclass(frozen=True)
class Editor(Postman):
    """What sending an issue needs of the house."""

    tips: Tips
    zone: ZoneInfo


@dataclass(frozen=True)
class Status:
    """Where an issue stands; done when every delivery has its last state."""

    issue: str
    state: str
    audience: int
    in_window: int
    states: dict[str, int]


class NoSuchIssueError(Exception):
    """There is no tip of this name, or its file is broken."""


async def send(editor: Editor, name: str, *, with_invented: bool = False) -> bool:
    """Fix the audience and have the issue queued; False when that was done before.

    The invented people of a demo get it only `with_invented`: where a person pressed the button,
    never by a plan. Raises NoSuchIssueError.
    """
    tips = editor.tips.issues().get(name)
    if not tips:
        raise NoSuchIssueError(name)
    moment = now()
    written = await rows(
        "INSERT INTO issue (name, state, queued_at, not_after, last_lead_id, audience, in_window,"
        " with_invented) VALUES (?, 'queuing', ?, ?, 0, 0, 0, ?)"
        " ON CONFLICT (name) DO NOTHING RETURNING id",
        name,
        db_time(moment),
        db_time(moment + tips[0].lives),
        with_invented,
    )
    return bool(written)


async def queue_next(editor: Editor) -> int:
    """Write the deliveries of the next readers of an issue; how many, 0 = all are written.

    The place reached is committed with the rows, so a crash neither skips nor doubles a reader.
    """
    issue = await Issue.filter(state="queuing").order_by("id").first()
    if not issue:
        return 0
    async with in_transaction():
        issue = await Issue.select_for_update().get(id=issue.id)
        wishes = (
            await Subscription.filter(
                list=TIPS,
                confirmed_at__lte=issue.queued_at,
                ended_at=None,
                lead_id__gt=issue.last_lead_id,
            )
            .order_by("lead_id")
            .limit(CHUNK)
            .prefetch_related("lead")
        )
        if not wishes:
            await Issue.filter(id=issue.id).update(state="queued")
            return 1
        readers = [wish for wish in wishes if wish.is_active and _is_for(issue, wish.lead)]
        count, refused = await _post(editor, issue, readers)
        await Issue.filter(id=issue.id).update(
            last_lead_id=wishes[-1].lead_id,
            audience=issue.audience + count,
            in_window=issue.in_window + refused,
        )
    return len(wishes)


def _is_for(issue: Issue, lead: Lead) -> bool:
    return issue.with_invented or lead.invented_at is None


@dataclass(frozen=True)
class Audience:
    """Who would get an issue now, and who would not and why."""

    readers: int
    paused: int
    in_window: int


async def audience_now(name: str, tips: Tips) -> Audience:
    """Counted as `queue_next` would; those in their no-ask window only where the issue asks."""
    editions = tips.issues().get(name, [])
    moment = db_time(now())
    found = await rows(
        "SELECT COUNT(*) AS listed, COUNT(CASE WHEN s.paused_until > ? THEN 1 END) AS paused,"
        " COUNT(CASE WHEN l.no_ask_until > ? AND (s.paused_until IS NULL OR s.paused_until <= ?)"
        " THEN 1 END) AS in_window FROM subscription s JOIN lead l ON l.id = s.lead_id"
        " WHERE s.list = ? AND s.confirmed_at IS NOT NULL AND s.ended_at IS NULL",
        moment,
        moment,
        moment,
        TIPS,
    )
    listed, paused = int(found[0]["listed"]), int(found[0]["paused"])
    waiting = int(found[0]["in_window"]) if any(tip.is_ask for tip in editions) else 0
    return Audience(listed - paused - waiting, paused, waiting)


async def _post(editor: Editor, issue: Issue, wishes: list[Subscription]) -> tuple[int, int]:
    messages: dict[str, Message] = {}
    count = refused = 0
    for wish in wishes:
        language = wish.lead.language
        tip = editor.tips.find(issue.name, language)
        if not tip:
            continue
        if language not in messages:
            messages[language] = await message_of(editor, tip)
        posting = outbox.Posting(
            messages[language],
            f"issue:{issue.name}:{wish.lead_id}",
            {"since": long_date(tip.language, _local(editor, wish))},
            wish.lead,
            lane=BULK,
            lives=issue.not_after - issue.queued_at,
        )
        try:
            count += await outbox.post(editor.site, posting)
        except outbox.AskRefusedError:
            refused += 1
    return count, refused


def _local(editor: Editor, wish: Subscription) -> datetime:
    return (wish.confirmed_at or wish.asked_at).astimezone(editor.zone)


async def message_of(editor: Editor, tip: Tip) -> Message:
    """The row of an issue's finished text in one language."""
    letter = letter_of(editor, tip)
    return await outbox.keep_message("tip", tip.language, letter, list_name=TIPS, is_ask=tip.is_ask)


def letter_of(editor: Editor, tip: Tip) -> Letter:
    """A tip as a mail; only the slots of the reader are left open."""
    body = body_of(tip.tree, editor.site)
    letter = editor.letters.get("tip", tip.language, editor.house, body)
    day = tip.published or now().astimezone(editor.zone).date()
    return letter.filled(
        {
            "subject": tip.subject,
            "preview": tip.preview,
            "number": tip.number,
            "date": day_and_date(tip.language, day),
            "page": editor.site.url(tip.path),
        }
    )


def sample_of(editor: Editor, tip: Tip) -> Letter:
    """A tip as a reader who signed up today would get it."""
    return letter_of(editor, tip).finished(
        {
            "since": long_date(tip.language, now().astimezone(editor.zone)),
            "way_out": editor.site.url("/unsubscribe/…"),
            "me": editor.site.url("/me/…"),
            "home": editor.site.url(f"/{tip.language}/"),
        }
    )


async def send_test(editor: Editor, name: str, address: str, language: str) -> None:
    """One copy to one address that need not be a lead. Raises NoSuchIssueError."""
    tip = editor.tips.find(name, language)
    if not tip:
        raise NoSuchIssueError(name)
    letter = letter_of(editor, tip)
    message = await outbox.keep_message("tip", tip.language, letter)
    since = long_date(tip.language, now().astimezone(editor.zone))
    key = f"test:{name}:{address[:90]}:{now():%Y%m%d%H%M%S%f}"
    await outbox.post(editor.site, outbox.Posting(message, key, {"since": since}, address=address))


async def status_of(name: str) -> Status | None:
    """Where an issue stands; None when it was never sent."""
    issue = await Issue.get_or_none(name=name)
    if not issue:
        return None
    # The keys of one issue lie side by side in the unique index.
    start, end = f"issue:{name}:", f"issue:{name};"
    counted = await rows(
        "SELECT state, COUNT(*) AS n FROM delivery WHERE key >= ? AND key < ? GROUP BY state",
        start,
        end,
    )
    states = Counter({row["state"]: row["n"] for row in counted})
    done = sum(states[state] for state in DONE)
    finished = issue.state == "queued" and done == issue.audience
    state = "sent" if finished else ("sending" if issue.state == "queued" else "queuing")
    return Status(name, state, issue.audience, issue.in_window, dict(states))


async def public_tips(tips: Tips, language: str, today: date) -> list[Tip]:
    """What all may read in a language, newest first: published, or sent."""
    return tips.public(language, today, await sent_names())


async def sent_names() -> set[str]:
    """The names of all issues that were sent or are being sent."""
    return {str(name) for name in await Issue.all().values_list("name", flat=True)}
