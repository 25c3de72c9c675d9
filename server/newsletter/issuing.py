"""Starting an issue: its texts and its audience are fixed at one moment."""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from server.kit.clock import now
from server.kit.database import db_json, db_time, in_transaction, rows
from server.kit.slots import on_wall
from server.kit.text import LANGUAGES, day_and_date, long_date
from server.leads.subscribing import TIPS
from server.mail import outbox
from server.mail.letters import SLOT, Letter, link_slot
from server.mail.links import body_of
from server.mail.models import Message
from server.mail.postman import Postman
from server.newsletter.audience import Rules
from server.newsletter.models import Issue, IssuePlan, IssueText, IssueVariant
from server.newsletter.tips import SECOND, Tip, Tips

MORNING = time(9)  # when an issue reaches each reader by their own clock


@dataclass(frozen=True)
class Editor(Postman):
    """What sending an issue needs of the house."""

    tips: Tips
    zone: ZoneInfo


class NoSuchIssueError(Exception):
    """There is no tip of this name, or its file is broken."""


async def send(
    editor: Editor, name: str, *, with_invented: bool = False, planned: datetime | None = None
) -> bool:
    """Fix texts and audience and have the issue queued; False when that was done before.

    The invented people of a demo get it only `with_invented`: where a person pressed the button,
    never by a plan. `planned` is the moment it was to start. Raises NoSuchIssueError.
    """
    editions = editor.tips.issues().get(name)
    if not editions:
        raise NoSuchIssueError(name)
    moment, lives = now(), editions[0].lives
    rules = Rules.of(editions, local=editor.house.tips_local)
    async with in_transaction():
        written = await rows(
            "INSERT INTO issue (name, state, queued_at, not_after, last_lead_id, audience,"
            " in_window, with_invented, rules) VALUES (?, 'queuing', ?, ?, 0, 0, 0, ?, ?)"
            " ON CONFLICT (name) DO NOTHING RETURNING id",
            name,
            db_time(moment),
            db_time((planned or moment) + lives),
            with_invented,
            db_json(rules.as_data()),
        )
        if not written:
            return False
        issue = await Issue.get(id=written[0]["id"])
        await _keep_texts(editor, issue, rules)
        if await _keep_variants(editor, issue, rules):
            # The language without a second text has nothing to say about when.
            after = max(tip.judged_after for tip in editions if tip.rival)
            judge_at = (planned or moment) + after
            await Issue.filter(id=issue.id).update(judge_at=judge_at)
        if rules.local:
            for zone, at in (await _moments(editor.zone, moment, planned)).items():
                await rows(
                    "INSERT INTO issue_zone (issue_id, timezone, at, not_after)"
                    " VALUES (?, ?, ?, ?)",
                    issue.id,
                    zone,
                    db_time(at),
                    db_time(at + lives),
                )
        await IssuePlan.filter(name=name).delete()
    return True


async def _keep_texts(editor: Editor, issue: Issue, rules: Rules) -> None:
    """One text for each language that readers have; where there is only the other, that one."""
    for language in rules.languages:
        tip = editor.tips.find(issue.name, language)
        if tip and language in LANGUAGES:
            message = await message_of(editor, tip)
            await IssueText.create(issue=issue, language=language, message=message)


async def _keep_variants(editor: Editor, issue: Issue, rules: Rules) -> bool:
    """Both texts or subjects for each language that has two; False where there is one."""
    found = False
    for language in rules.languages:
        tip = editor.tips.exactly(issue.name, language)
        if tip and tip.rival:
            for number, one in enumerate((tip, tip.rival)):
                await IssueVariant.create(
                    issue=issue,
                    language=language,
                    number=number,
                    message=await message_of(editor, one),
                    file_name=one.file_name if tip.second else "",
                )
            found = True
    return found


async def clocks() -> list[str]:
    """The time zones that readers live in, as far as we know."""
    found = await rows("SELECT DISTINCT timezone FROM lead WHERE timezone <> ''")
    return [str(row["timezone"]) for row in found]


async def _moments(
    zone: ZoneInfo, moment: datetime, planned: datetime | None
) -> dict[str, datetime]:
    """When an issue reaches each time zone: by a plan at its hour on each clock; by hand at nine,
    and at once where it is later than that."""
    wall = (planned or moment).astimezone(zone)
    at = wall.time() if planned else MORNING
    zones = {"": zone} | {name: ZoneInfo(name) for name in await clocks()}
    found = {name: on_wall(wall.date(), at, there) for name, there in zones.items()}
    return found if planned else {name: max(moment, then) for name, then in found.items()}


async def starts_at(zone: ZoneInfo, at: datetime, *, local: bool) -> datetime:
    """When an issue for this moment must start: for each one's own clock that of the earliest."""
    if not local:
        return at
    moments = await _moments(zone, at, at)
    return min(moments.values())


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
    """A tip as a reader who signed up today would get it; a slot that nothing fills stands open."""
    return sample(editor, letter_of(editor, tip), tip.language)


def sample(editor: Editor, letter: Letter, language: str) -> Letter:
    """A letter to the list as a reader who signed up today would get it."""
    linked = {link_slot(number) for number in range(1, len(letter.links) + 1)}
    lacking = set(SLOT.findall(letter.subject + letter.html + letter.text)) - linked
    return letter.finished(
        {slot: f"{{{{ {slot} }}}}" for slot in lacking}
        | {
            "since": long_date(language, now().astimezone(editor.zone)),
            "way_out": editor.site.url("/unsubscribe/…"),
            "me": editor.site.url("/me/…"),
            "home": editor.site.url(f"/{language}/"),
        }
    )


async def send_test(editor: Editor, name: str, address: str, language: str) -> None:
    """One copy of each text to one address that need not be a lead. Raises NoSuchIssueError."""
    tip = editor.tips.find(name, language)
    if not tip:
        raise NoSuchIssueError(name)
    since = long_date(tip.language, now().astimezone(editor.zone))
    moment = f"{now():%Y%m%d%H%M%S%f}"
    for one in (tip, tip.second) if tip.second else (tip,):
        message = await outbox.keep_message("tip", one.language, letter_of(editor, one))
        key = f"test:{name}:{address[:90]}:{moment}{SECOND if one.is_second else ''}"
        posting = outbox.Posting(message, key, {"since": since}, address=address)
        await outbox.post(editor.site, posting)


async def public_tips(tips: Tips, language: str, today: date) -> list[Tip]:
    """What all may read in a language, newest first: published, or sent."""
    return tips.public(language, today, await sent_names())


async def sent_names() -> set[str]:
    """The names of all issues that were sent or are being sent."""
    return {str(name) for name in await Issue.all().values_list("name", flat=True)}
