"""The newsletter on the desk: what is held, under way, to come, waiting and sent."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from server.kit.clock import now
from server.newsletter import rhythm
from server.newsletter.audience import on_the_list
from server.newsletter.issuing import Editor
from server.newsletter.lineup import lineup, own_moment
from server.newsletter.models import Issue, IssuePlan, TipTurn
from server.newsletter.standing import Status, status_of
from server.newsletter.tips import Tip

MOST_SENT = 20


@dataclass(frozen=True)
class Line:
    """One tip and where it stands; `at` is when it goes, was to go, or went."""

    tip: Tip
    at: datetime | None = None
    status: Status | None = None


@dataclass(frozen=True)
class Moment:
    """One moment to come: a slot, with `key`, or a plan; `state` planned, open, empty, skipped."""

    at: datetime
    state: str
    week: int
    key: str = ""
    tip: Tip | None = None
    told_at: datetime | None = None


@dataclass(frozen=True)
class Board:
    """Everything on the page of the newsletter."""

    on_since: datetime | None
    readers: int
    paused: int
    held: list[Line]
    running: list[Line]
    coming: list[Moment]
    queue: list[Line]
    sent: list[Line]
    idle: list[Line]


async def board(editor: Editor, language: str) -> Board:
    """As things stand; texts in this language where they are there."""
    tips = {
        name: next((one for one in editions if one.language == language), editions[0])
        for name, editions in editor.tips.issues().items()
    }
    plans = {plan.name: plan for plan in await IssuePlan.all()}
    started = await _started(tips)
    held = _held(editor, tips, plans, set(started))
    queue = [Line(tips[name]) for name in await lineup(editor.tips, editor.house, editor.zone)]
    coming = await _coming(editor, tips, plans)
    shown = {line.tip.issue for line in (*held, *queue)}
    shown |= {one.tip.issue for one in coming if one.tip} | set(started)
    readers, paused = await on_the_list()
    lines = [started[name] for name in sorted(started, reverse=True)]
    return Board(
        await rhythm.on_since(),
        readers,
        paused,
        held,
        [line for line in lines if line.status and line.status.state != "sent"],
        coming,
        queue,
        [line for line in lines if not line.status or line.status.state == "sent"],
        [
            Line(tip, own_moment(tip, editor.house, editor.zone))
            for name, tip in sorted(tips.items(), reverse=True)
            if name not in shown and not await Issue.exists(name=name)
        ],
    )


async def _started(tips: dict[str, Tip]) -> dict[str, Line]:
    """The last ones that were started, and whatever still runs."""
    last = await Issue.all().order_by("-queued_at").limit(MOST_SENT)
    running = await Issue.filter(state__in=("queuing", "paused"))
    found = {}
    for issue in {one.name: one for one in (*last, *running)}.values():
        if issue.name in tips:
            status = await status_of(issue.name)
            found[issue.name] = Line(tips[issue.name], issue.queued_at, status)
    return found


def _held(
    editor: Editor, tips: dict[str, Tip], plans: dict[str, IssuePlan], started: set[str]
) -> list[Line]:
    """Whose moment was missed: held by the schedule, or past before anybody planned it."""
    found, today = [], now().astimezone(editor.zone).date()
    for name, tip in tips.items():
        plan, at = plans.get(name), own_moment(tip, editor.house, editor.zone)
        if plan and plan.state == "held":
            found.append(Line(tip, plan.send_at))
        elif not plan and at and at <= now() and name not in started and not _is_out(tip, today):
            found.append(Line(tip, at))
    return found


def _is_out(tip: Tip, today: date) -> bool:
    return tip.published is not None and tip.published <= today


async def _coming(
    editor: Editor, tips: dict[str, Tip], plans: dict[str, IssuePlan]
) -> list[Moment]:
    found = [
        Moment(plan.send_at, "planned", _week(editor, plan.send_at), tip=tips.get(plan.name))
        for plan in plans.values()
        if plan.state == "planned" and plan.send_at
    ]
    planned = {name for name, plan in plans.items() if plan.state == "planned"}
    turns = TipTurn.filter(state__in=("open", "skipped"), at__gt=now() - timedelta(hours=1))
    for turn in await turns:
        if turn.name in planned:
            continue
        tip = tips.get(turn.name)
        state = "skipped" if turn.state == "skipped" else ("open" if tip else "empty")
        told_at = turn.at - rhythm.NOTICE
        found.append(Moment(turn.at, state, _week(editor, turn.at), turn.key, tip, told_at))
    return sorted(found, key=lambda one: one.at)


def _week(editor: Editor, at: datetime) -> int:
    return at.astimezone(editor.zone).isocalendar().week
