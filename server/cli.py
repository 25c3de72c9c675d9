"""The command line: `givefirst serve`, `worker`, `migrate`, `check`, `build`, `staff`, …

Results on stdout, logs on stderr. Exit codes: 0 done, 1 refused with a reason, 2 wrong usage.
"""

import argparse
import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from ipaddress import ip_address
from urllib.parse import urlsplit

from server.contact.answers import Answers
from server.desk.entering import login_address
from server.kit.addresses import AddressError, normalise
from server.kit.content import Finding
from server.kit.database import close_database, open_database
from server.kit.house import HouseFile
from server.kit.migrations import MigrationError, migrate, missing
from server.kit.running import AlreadyRunning, Keeper, PortTaken, hold_alone, listen
from server.kit.settings import SettingError, Settings, load_settings
from server.kit.site import Site
from server.kit.text import say
from server.leads.models import Lead
from server.library.assets import Library
from server.library.making import Workshop
from server.library.press import PressError
from server.mail.letters import Letters
from server.newsletter import issuing
from server.newsletter.issuing import Editor, NoSuchIssue
from server.newsletter.tips import Tips
from server.readiness import keeping
from server.readiness.keeping import Judge, current_model
from server.readiness.models import Score
from server.sales.rows import View, row_of, sum_parts
from server.staff import accounts
from server.staff.models import ROLES, StaffUser

Command = Callable[[argparse.Namespace, Settings], Awaitable[None]]
WITHOUT_DATABASE = ("migrate", "build", "check")
WAIT_STEP = 0.5


class Refused(Exception):
    """The command cannot be done; the message says why and what to do."""


def main() -> None:
    """Run a command and end the process with its exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    for noisy in ("tortoise", "aiosqlite"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    args = make_parser().parse_args()
    try:
        settings = load_settings(port=getattr(args, "port", 8000))
        if args.command == "serve":
            serve(args, settings)
        elif args.command == "worker":
            os.execv(sys.executable, [sys.executable, "-m", "server.worker"])  # noqa: S606
        else:
            asyncio.run(_with_database(args, settings))
    except (Refused, MigrationError, SettingError) as error:
        sys.exit(str(error))


async def _with_database(args: argparse.Namespace, settings: Settings) -> None:
    command: Command = args.run
    if args.command in WITHOUT_DATABASE:
        await command(args, settings)
        return
    await _ready_schema(settings)
    await open_database(settings)
    try:
        await command(args, settings)
    finally:
        await close_database()


async def _ready_schema(settings: Settings) -> None:
    if settings.is_sqlite:
        await migrate(settings)
    elif await missing(settings):
        raise Refused(_say(settings, "desk.cli_migrate"))


def _say(settings: Settings, key: str, **values: object) -> str:
    return say(settings.language, key, **values)


# Serving


def serve(args: argparse.Namespace, settings: Settings) -> None:
    """Site and background work together, until SIGTERM or SIGINT."""
    import uvicorn

    # Both processes are to build the same links.
    os.environ["GIVEFIRST_BASE_URL"] = settings.base_url
    with ExitStack() as stack:
        try:
            if settings.is_sqlite:
                stack.enter_context(hold_alone(settings.data))
            listener = stack.enter_context(listen(args.host, args.port))
        except AlreadyRunning:
            raise Refused(_say(settings, "desk.cli_running", data=settings.data)) from None
        except PortTaken:
            raise Refused(_say(settings, "desk.cli_port", port=args.port)) from None
        asyncio.run(_greet(settings))
        if not args.no_worker:
            stack.enter_context(Keeper([sys.executable, "-m", "server.worker", "--child"]))
        config = uvicorn.Config(
            "server.app:create_app", factory=True, log_level="warning", access_log=False,
            server_header=False, proxy_headers=False, timeout_graceful_shutdown=5,
            timeout_keep_alive=30,
        )  # fmt: skip
        uvicorn.Server(config).run(sockets=[listener])


async def _greet(settings: Settings) -> None:
    """Migrate where we may, and print where everything is before anything is answered."""
    await _ready_schema(settings)
    await open_database(settings)
    try:
        link = await _first_login(settings)
    finally:
        await close_database()
    mail = settings.data / "mail"
    where = _say(settings, "desk.cli_mail_smtp") if settings.smtp_url else str(mail)
    lines = [
        _say(settings, "desk.cli_site", url=f"{settings.base_url}/"),
        _say(settings, "desk.cli_desk", url=f"{settings.base_url}/desk/"),
        _say(settings, "desk.cli_mail", where=where),
    ]
    if link:
        lines.insert(2, _say(settings, "desk.cli_login", url=link))
    print("\n".join(lines), flush=True)


async def _first_login(settings: Settings) -> str:
    """A login link for a site that only this machine can reach; elsewhere `staff add` prints one."""
    host = urlsplit(settings.base_url).hostname or ""
    if host != "localhost" and not _is_loopback(host):
        return ""
    admin = await StaffUser.filter(role="admin", disabled_at=None).order_by("id").first()
    if not admin:
        house = HouseFile(settings.content).fresh()
        email = house.host_email or "admin@localhost.example"
        admin = await accounts.add_staff(normalise(email), "admin", settings.language)
    secret = await accounts.login_secret(admin)
    return login_address(_site(settings), secret) if secret else ""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


# Upkeep


async def do_migrate(args: argparse.Namespace, settings: Settings) -> None:
    """Bring the database to the current schema."""
    applied = await migrate(settings)
    _print(args, {"applied": applied}, applied or [_say(settings, "desk.cli_current")])


async def do_check(args: argparse.Namespace, settings: Settings) -> None:
    """Look through site.yaml, content and mail templates; one line per finding."""
    findings = find_faults(settings)
    lines = [finding.text(settings.language) for finding in findings]
    data = [
        {"file": str(one.file), "line": one.line, "error": one.is_error, "text": line}
        for one, line in zip(findings, lines, strict=True)
    ]
    _print(args, {"findings": data}, lines or [_say(settings, "desk.cli_no_faults")])
    if any(finding.is_error for finding in findings):
        sys.exit(1)


def find_faults(settings: Settings) -> list[Finding]:
    """Everything that is wrong with the files of the site."""
    house = HouseFile(settings.content)
    house.fresh()
    found = [house.finding] if house.finding else []
    found += Library(settings.content).findings() + Tips(settings.content).findings()
    found += Answers(settings.content).findings() + Letters(settings.email_templates).findings()
    return sorted(found, key=lambda one: (str(one.file), one.line))


async def do_build(args: argparse.Namespace, settings: Settings) -> None:
    """Make the PDF, EPUB and cover of every asset, with a bar on stderr."""
    library, workshop = Library(settings.content), Workshop(settings.data)
    house = HouseFile(settings.content).fresh()
    jobs = [(asset, kind) for asset in library.all() for kind in ("pdf", "epub", "png")]
    made, failed = 0, []
    for n, (asset, kind) in enumerate(jobs, 1):
        _bar(n, len(jobs), f"{asset.slug}.{asset.language}.{kind}")
        try:
            made += len(await workshop.get(asset, house, kind)) > 0
        except PressError as error:
            failed.append(f"{asset.folder}/index.{asset.language}.md:1: {error}")
    print(file=sys.stderr)
    _print(
        args, {"made": made, "failed": failed},
        [*failed, _say(settings, "desk.cli_built", count=made)],
    )  # fmt: skip
    if failed:
        sys.exit(1)


def _bar(n: int, total: int, name: str) -> None:
    if sys.stderr.isatty():
        filled = 24 * n // total
        print(f"\r[{'#' * filled}{'.' * (24 - filled)}] {n}/{total} {name:<48.48}", end="", file=sys.stderr)


# People


async def do_staff(args: argparse.Namespace, settings: Settings) -> None:
    """Add a colleague and print their login link alone on a line."""
    user = await accounts.add_staff(_address(args.email, settings), args.role, settings.language)
    secret = await accounts.login_secret(user)
    if not secret:
        raise Refused(_say(settings, "desk.cli_links"))
    link = login_address(_site(settings), secret)
    _print(args, {"email": user.email, "role": user.role, "link": link}, [link])


async def do_readiness(args: argparse.Namespace, settings: Settings) -> None:
    """`replay`: fold every log anew and compare; `explain`: the sentence and the sum of one lead."""
    judge = _judge(settings)
    if args.what == "replay":
        count, different = await keeping.replay(judge)
        _print(
            args, {"leads": count, "different": different},
            [_say(settings, "desk.cli_replayed", count=count, different=len(different))],
        )  # fmt: skip
        return
    if not args.email:
        raise Refused(_say(settings, "desk.cli_which_lead"))
    lead = await Lead.get_or_none(email=_address(args.email, settings))
    if not lead:
        raise Refused(_say(settings, "desk.cli_no_lead", email=args.email))
    await keeping.rescore(lead.id, judge)
    titles = Library(settings.content).titles(settings.language)
    view = View(settings.language, settings.timezone, titles, judge)
    row = row_of(lead, await Score.get_or_none(lead_id=lead.id), view)
    parts = sum_parts(row, view)
    lines = [row.why, f"{row.state_name}: {row.step_text}"]
    lines += [f"{points:+4d}  {words}" for words, points in parts]
    data = {
        "email": lead.email, "state": row.state, "points": row.assessment.points, "why": row.why,
        "next": row.step, "reasons": [{"text": words, "points": n} for words, n in parts],
    }  # fmt: skip
    _print(args, data, [*lines, f"{row.assessment.points:4d}"])


# Newsletter


async def do_newsletter(args: argparse.Namespace, settings: Settings) -> None:
    """List, preview, test, send or ask after an issue."""
    editor = _editor(settings)
    if args.what == "list":
        await _list_issues(args, editor)
        return
    if not args.issue or args.issue not in editor.tips.issues():
        raise Refused(_say(settings, "desk.cli_no_issue", issue=args.issue or ""))
    try:
        await ISSUE_COMMANDS[args.what](args, settings, editor)
    except NoSuchIssue:
        raise Refused(_say(settings, "desk.cli_no_issue", issue=args.issue)) from None


async def _list_issues(args: argparse.Namespace, editor: Editor) -> None:
    entries = []
    for name, tips in editor.tips.issues().items():
        status = await issuing.status_of(name)
        published = tips[0].published
        entries.append({
            "issue": name, "subject": tips[-1].subject, "state": status.state if status else "draft",
            "at": published.isoformat() if published else None,
        })  # fmt: skip
    lines = [f"{one['issue']}  {one['state']:<8} {one['at'] or '-':<10}  {one['subject']}" for one in entries]
    _print(args, entries, lines)


async def _preview(args: argparse.Namespace, settings: Settings, editor: Editor) -> None:
    tip = editor.tips.find(args.issue, args.language or settings.language)
    if tip:
        letter = issuing.letter_of(editor, tip)
        print(letter.html if args.html else f"{letter.subject}\n\n{letter.text}")


async def _test(args: argparse.Namespace, settings: Settings, editor: Editor) -> None:
    if not args.email:
        raise Refused(_say(settings, "desk.cli_which_address"))
    address = _address(args.email, settings)
    await issuing.send_test(editor, args.issue, address, args.language or settings.language)
    _print(args, {"issue": args.issue}, [_say(settings, "desk.cli_test_queued", email=address)])


async def _send(args: argparse.Namespace, settings: Settings, editor: Editor) -> None:
    first = await issuing.send(editor, args.issue)
    await accounts.audit("issue.sent", args.issue)
    while args.wait:
        status = await issuing.status_of(args.issue)
        if status and status.state == "sent":
            break
        time.sleep(WAIT_STEP)  # noqa: ASYNC251 (nothing else runs in this process)
    key = "desk.cli_queued" if first else "desk.cli_queued_before"
    _print(args, {"issue": args.issue, "queued": first}, [_say(settings, key, issue=args.issue)])


async def _status(args: argparse.Namespace, settings: Settings, editor: Editor) -> None:
    status = await issuing.status_of(args.issue)
    if not status:
        _print(args, {"issue": args.issue, "state": "draft"}, ["draft"])
        return
    data = {
        "issue": status.issue, "state": status.state, "audience": status.audience,
        "in_window": status.in_window, "states": status.states,
    }  # fmt: skip
    counts = ", ".join(f"{name} {count}" for name, count in sorted(status.states.items()))
    _print(args, data, [f"{status.issue}  {status.state}  {status.audience}: {counts}"])


ISSUE_COMMANDS = {"preview": _preview, "test": _test, "send": _send, "status": _status}


# Shared


def _site(settings: Settings) -> Site:
    return Site(settings.base_url, settings.secrets)


def _judge(settings: Settings) -> Judge:
    kinds = {asset.slug: asset.kind for asset in Library(settings.content).all()}
    return Judge(current_model(), kinds, sorted(kinds))


def _editor(settings: Settings) -> Editor:
    return Editor(
        _site(settings), HouseFile(settings.content).fresh(), Letters(settings.email_templates),
        Tips(settings.content), settings.timezone,
    )  # fmt: skip


def _address(text: str, settings: Settings) -> str:
    try:
        return normalise(text)
    except AddressError:
        raise Refused(_say(settings, "desk.cli_address", email=text)) from None


def _print(args: argparse.Namespace, data: object, lines: list[str]) -> None:
    print(json.dumps(data, ensure_ascii=False) if args.json else "\n".join(lines))


def make_parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    parser = argparse.ArgumentParser("givefirst", description="Give first, remember it, and tell sales who is ready.")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("serve", help="site and background work together")
    one.add_argument("--host", default="127.0.0.1")
    one.add_argument("--port", type=int, default=8000)
    one.add_argument("--no-worker", action="store_true", help="leave background work to `givefirst worker`")
    commands.add_parser("worker", help="background work only")
    reporting = argparse.ArgumentParser(add_help=False)
    reporting.add_argument("--json", action="store_true", help="print JSON")
    for name, does, help_text in (
        ("migrate", do_migrate, "bring the database to the current schema"),
        ("check", do_check, "name what is wrong with site.yaml, content and mail templates"),
        ("build", do_build, "make the PDF, EPUB and cover of every asset"),
    ):
        commands.add_parser(name, help=help_text, parents=[reporting]).set_defaults(run=does)
    one = commands.add_parser("staff", help="colleagues").add_subparsers(dest="what", required=True)
    one = one.add_parser("add", help="add a colleague and print a login link", parents=[reporting])
    one.add_argument("email")
    one.add_argument("--role", choices=ROLES, default="sales")
    one.set_defaults(run=do_staff)
    one = commands.add_parser("readiness", help="scores", parents=[reporting])
    one.add_argument("what", choices=("replay", "explain"))
    one.add_argument("email", nargs="?", default="")
    one.set_defaults(run=do_readiness)
    one = commands.add_parser("newsletter", help="the weekly tip", parents=[reporting])
    one.add_argument("what", choices=("list", *ISSUE_COMMANDS))
    one.add_argument("issue", nargs="?", default="")
    one.add_argument("email", nargs="?", default="")
    one.add_argument("--language", choices=("nl", "en"))
    one.add_argument("--html", action="store_true", help="preview: the HTML instead of the text")
    one.add_argument("--wait", action="store_true", help="send: wait until every mail is out")
    one.set_defaults(run=do_newsletter)
    return parser
