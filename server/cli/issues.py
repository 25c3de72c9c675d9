"""`newsletter`: list, preview, test, send, status."""

import argparse
import asyncio

from server.cli.shared import RefusedError, address_of, report, site_of, speak
from server.kit.house import HouseFile
from server.kit.settings import Settings
from server.mail.letters import Letters
from server.newsletter import issuing
from server.newsletter.issuing import Editor, NoSuchIssueError
from server.newsletter.standing import status_of
from server.newsletter.tips import Tips
from server.staff import accounts

WAIT_STEP = 0.5


async def do_newsletter(args: argparse.Namespace, settings: Settings) -> None:
    """List, preview, test, send or ask after an issue."""
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


async def _list_issues(args: argparse.Namespace, editor: Editor) -> None:
    entries = []
    for name, tips in editor.tips.issues().items():
        status = await status_of(name)
        published = tips[0].published
        entries.append(
            {
                "issue": name,
                "subject": tips[-1].subject,
                "state": status.state if status else "draft",
                "at": published.isoformat() if published else None,
            }
        )
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
    if not args.email:
        raise RefusedError(speak(settings, "desk.cli_which_address"))
    address = address_of(args.email, settings)
    await issuing.send_test(editor, args.issue, address, args.language or settings.language)
    report(args, {"issue": args.issue}, [speak(settings, "desk.cli_test_queued", email=address)])


async def _send(args: argparse.Namespace, settings: Settings, editor: Editor) -> None:
    first = await issuing.send(editor, args.issue, with_invented=True)
    await accounts.audit("issue.sent", args.issue)
    while args.wait:
        status = await status_of(args.issue)
        if status and status.state == "sent":
            break
        await asyncio.sleep(WAIT_STEP)
    key = "desk.cli_queued" if first else "desk.cli_queued_before"
    report(args, {"issue": args.issue, "queued": first}, [speak(settings, key, issue=args.issue)])


async def _status(args: argparse.Namespace, settings: Settings, editor: Editor) -> None:
    status = await status_of(args.issue)
    if not status:
        report(args, {"issue": args.issue, "state": "draft"}, ["draft"])
        return
    data = {
        "issue": status.issue,
        "state": status.state,
        "audience": status.audience,
        "in_window": status.in_window,
        "states": status.states,
    }
    counts = ", ".join(f"{name} {count}" for name, count in sorted(status.states.items()))
    report(args, data, [f"{status.issue}  {status.state}  {status.audience}: {counts}"])


ISSUE_COMMANDS = {"preview": _preview, "test": _test, "send": _send, "status": _status}


def _editor(settings: Settings) -> Editor:
    return Editor(
        site_of(settings),
        HouseFile(settings.content).fresh(),
        Letters(settings.email_templates),
        Tips(settings.content),
        settings.timezone,
    )
