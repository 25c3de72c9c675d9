"""`newsletter`: list, preview, test, schedule, send, pause, resume, status."""

import argparse
import asyncio
from datetime import datetime
from math import ceil

from server.cli.shared import RefusedError, address_of, report, site_of, speak
from server.kit.house import HouseFile
from server.kit.settings import Settings
from server.kit.slots import in_gap, on_wall
from server.kit.text import clock_time, day_and_date, long_date, number
from server.mail.letters import Letters
from server.newsletter import issuing, lineup, linting, steering
from server.newsletter.issuing import Editor, NoSuchIssueError
from server.newsletter.models import IssuePlan
from server.newsletter.reporting import report_of
from server.newsletter.standing import Status, status_of
from server.newsletter.tips import Tips
from server.staff import accounts

WAIT_STEP = 0.5


async def do_newsletter(args: argparse.Namespace, settings: Settings) -> None:
    """List, preview, test, plan, send, pause or ask after an issue."""
    editor = _editor(settings)
    if args.what == "list":
        await _list_issues(args, editor)
        return
    if not args.issue or args.issue not in editor.tips.issues():
        raise RefusedError(speak(settings, "desk.cli_no_issue", issue=args.issue or ""))
    try:
        await ISSUE_COMMANDS[args.what](args, settings, editor)
    except NoSuchIssueError:
        raise RefusedError(speak(settings, "desk.cli_no_issue", issue=args.issue)) from None
    except linting.UnfitError as error:
        faults = [one.text(settings.language) for one in error.findings]
        told = speak(settings, "desk.cli_unfit", issue=args.issue, count=len(faults))
        raise RefusedError("\n".join([told, *faults])) from None


async def _list_issues(args: argparse.Namespace, editor: Editor) -> None:
    plans = {plan.name: plan for plan in await IssuePlan.exclude(state="queue")}
    entries = []
    for name, tips in editor.tips.issues().items():
        status, plan = await status_of(name), plans.get(name)
        published = tips[0].published
        at = published.isoformat() if published else None
        state = status.state if status else "draft"
        if plan and plan.send_at and not status:
            state, at = plan.state, plan.send_at.astimezone(editor.zone).isoformat("T", "minutes")
        entries.append({"issue": name, "subject": tips[-1].subject, "state": state, "at": at})
    lines = [
        f"{one['issue']}  {one['state']:<8} {one['at'] or '-':<10}  {one['subject']}"
        for one in entries
    ]
    report(args, entries, lines)


async def _preview(args: argparse.Namespace, settings: Settings, editor: Editor) -> None:
    tip = editor.tips.find(args.issue, args.language or settings.language)
    if tip:
        letter = issuing.sample_of(editor, tip)
        print(letter.html if args.html else f"{letter.subject}\n\n{letter.text}")


async def _test(args: argparse.Namespace, settings: Settings, editor: Editor) -> None:
    if not args.detail:
        raise RefusedError(speak(settings, "desk.cli_which_address"))
    address = address_of(args.detail, settings)
    await issuing.send_test(editor, args.issue, address, args.language or settings.language)
    report(args, {"issue": args.issue}, [speak(settings, "desk.cli_test_queued", email=address)])


async def _send(args: argparse.Namespace, settings: Settings, editor: Editor) -> None:
    linting.demand_fit(editor, args.issue)
    first = await issuing.send(editor, args.issue, with_invented=True)
    await accounts.audit("issue.sent", args.issue)
    while args.wait:
        status = await status_of(args.issue)
        if status and status.state in ("sent", "paused"):
            break
        await asyncio.sleep(WAIT_STEP)
    key = "desk.cli_queued" if first else "desk.cli_queued_before"
    report(args, {"issue": args.issue, "queued": first}, [speak(settings, key, issue=args.issue)])


async def _schedule(args: argparse.Namespace, settings: Settings, editor: Editor) -> None:
    """Plan it for a moment by the clock of the site; nothing starts before."""
    try:
        wish = datetime.fromisoformat(args.detail)
    except ValueError:
        raise RefusedError(speak(settings, "desk.cli_which_moment", written=args.detail)) from None
    at = wish if wish.tzinfo else on_wall(wish.date(), wish.time(), editor.zone)
    shown = _when(at, editor, settings)
    linting.demand_fit(editor, args.issue)
    try:
        await lineup.plan(args.issue, at)
    except lineup.PastError:
        raise RefusedError(speak(settings, "desk.cli_past", when=shown)) from None
    except lineup.StartedError:
        key = "desk.cli_queued_before"
        raise RefusedError(speak(settings, key, issue=args.issue)) from None
    except lineup.PlannedError as error:
        planned = _when(error.at, editor, settings)
        text = speak(settings, "desk.cli_planned_before", issue=args.issue, when=planned)
        raise RefusedError(text) from None
    await accounts.audit("issue.planned", args.issue)
    lines = [speak(settings, "desk.cli_planned", issue=args.issue, when=shown)]
    if not wish.tzinfo and in_gap(wish.date(), wish.time(), editor.zone):
        hour = clock_time(settings.language, at.astimezone(editor.zone))
        values = {"wish": clock_time(settings.language, wish), "hour": hour}
        day = long_date(settings.language, wish)
        lines.append(speak(settings, "newsletter.told_gap", day=day, **values))
    local = at.astimezone(editor.zone).isoformat("T", "minutes")
    report(args, {"issue": args.issue, "state": "planned", "at": local}, lines)


def _when(at: datetime, editor: Editor, settings: Settings) -> str:
    local = at.astimezone(editor.zone)
    day = day_and_date(settings.language, local)
    return f"{day} {clock_time(settings.language, local)}"


async def _pause(args: argparse.Namespace, settings: Settings, editor: Editor) -> None:
    if not await steering.pause(args.issue):
        raise RefusedError(speak(settings, "desk.cli_not_running", issue=args.issue))
    await accounts.audit("issue.paused", args.issue)
    text = speak(settings, "desk.cli_paused", issue=args.issue)
    report(args, {"issue": args.issue, "state": "paused"}, [text])


async def _resume(args: argparse.Namespace, settings: Settings, editor: Editor) -> None:
    stood = await steering.resume(args.issue)
    if stood is None:
        raise RefusedError(speak(settings, "desk.cli_not_paused", issue=args.issue))
    await accounts.audit("issue.resumed", args.issue)
    minutes = ceil(stood.total_seconds() / 60)
    text = speak(settings, "desk.cli_resumed", issue=args.issue, count=minutes)
    report(args, {"issue": args.issue, "state": "queuing", "minutes": minutes}, [text])


async def _status(args: argparse.Namespace, settings: Settings, editor: Editor) -> None:
    status = await status_of(args.issue)
    if not status:
        plan = await IssuePlan.get_or_none(name=args.issue)
        state = plan.state if plan and plan.send_at else "draft"
        report(args, {"issue": args.issue, "state": state}, [state])
        return
    data: dict[str, object] = {
        "issue": status.issue,
        "state": status.state,
        "audience": status.audience,
        "in_window": status.in_window,
        "states": status.states,
        "gone": status.gone,
    }
    told = await report_of(args.issue)
    lines = _in_words(status, settings)
    if told:
        data["report"] = told.as_data()
        counts = {"desk.issue_delivered": told.delivered}
        counts |= {BACK[kind]: count for kind, count in told.bounced.items()}
        lines += [f"  {n:>8}  {speak(settings, key)}" for key, n in counts.items() if n]
        if told.done_at:
            when = clock_time(settings.language, told.done_at.astimezone(editor.zone))
            rate = number(settings.language, told.a_minute)
            lines.append(speak(settings, "desk.issue_done_at", when=when, rate=rate))
    report(args, data, lines)


WORDS = {
    "sent": "desk.d_sent",
    "failed": "desk.d_failed",
    "uncertain": "desk.d_uncertain",
    "expired": "desk.d_expired",
    "suppressed": "desk.d_suppressed",
    "parked": "desk.d_parked",
    "held": "desk.d_held",
}


BACK = {
    "hard": "desk.issue_hard",
    "soft": "desk.issue_soft",
    "policy": "desk.issue_policy",
}


def _in_words(status: Status, settings: Settings) -> list[str]:
    """A line for each thing that became of it."""
    counts = [("desk.issue_audience", status.audience), ("desk.issue_waiting", status.waiting)]
    counts += [(key, status.states.get(state, 0)) for state, key in WORDS.items()]
    counts += [("desk.issue_gone", status.gone), ("desk.d_window", status.in_window)]
    told = [f"  {number:>8}  {speak(settings, key)}" for key, number in counts if number]
    return [f"{status.issue}  {status.state}", *told]


ISSUE_COMMANDS = {
    "preview": _preview,
    "test": _test,
    "schedule": _schedule,
    "send": _send,
    "pause": _pause,
    "resume": _resume,
    "status": _status,
}


def _editor(settings: Settings) -> Editor:
    return Editor(
        site_of(settings),
        HouseFile(settings.content).fresh(),
        Letters(settings.email_templates),
        Tips(settings.content),
        settings.timezone,
    )
