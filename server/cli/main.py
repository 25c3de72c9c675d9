"""The parser, and running one command."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from server.cli import leads
from server.cli.demo import do_demo
from server.cli.issues import ISSUE_COMMANDS, do_newsletter
from server.cli.people import do_readiness, do_staff
from server.cli.serving import serve
from server.cli.shared import RefusedError
from server.cli.tables import add_tables
from server.cli.upkeep import do_build, do_check, do_migrate
from server.kit.database import close_database, open_database
from server.kit.migrations import MigrationError, ready_schema
from server.kit.settings import SettingError, Settings, load_settings
from server.mail.inbound_listener import door
from server.staff.models import ROLES

Command = Callable[[argparse.Namespace, Settings], Awaitable[None]]
WITHOUT_DATABASE = ("migrate", "build", "check")


def main() -> None:
    """Run a command and end the process with its exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    for noisy in ("tortoise", "aiosqlite"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    args = make_parser().parse_args()
    language = "nl"
    try:
        settings = load_settings(port=getattr(args, "port", 8000))
        language = settings.language
        if args.command == "serve":
            serve(args, settings)
        elif args.command == "worker":
            _become_worker(args)
        else:
            asyncio.run(_with_database(args, settings))
    except MigrationError as error:
        sys.exit(error.text(language))
    except (RefusedError, SettingError) as error:
        sys.exit(str(error))


def _become_worker(args: argparse.Namespace) -> None:
    more = ["--inbound", args.inbound] if args.inbound else []
    os.execv(sys.executable, [sys.executable, "-m", "server.worker", *more])  # noqa: S606


def _place(text: str) -> str:
    """Where to take mail in, as it is written; ArgumentTypeError for what is no place."""
    try:
        door(text)
    except ValueError:
        raise argparse.ArgumentTypeError("write 127.0.0.1:8025 or lmtp:127.0.0.1:8024") from None
    return text


async def _with_database(args: argparse.Namespace, settings: Settings) -> None:
    command: Command = args.run
    if args.command in WITHOUT_DATABASE:
        await command(args, settings)
        return
    await ready_schema(settings)
    await open_database(settings)
    try:
        await command(args, settings)
    finally:
        await close_database()


def make_parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    parser = argparse.ArgumentParser(
        "givefirst", description="Give first, remember it, and tell sales who is ready."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    _add_serve(commands)
    one = commands.add_parser("worker", help="background work only")
    one.add_argument(
        "--inbound", type=_place, metavar="HOST:PORT", help="take mail in; lmtp:HOST:PORT by LMTP"
    )
    reporting = argparse.ArgumentParser(add_help=False)
    reporting.add_argument("--json", action="store_true", help="print JSON")
    for name, does, help_text in (
        ("migrate", do_migrate, "bring the database to the current schema"),
        ("check", do_check, "name what is wrong with site.yaml, content and mail templates"),
        ("build", do_build, "make the PDF, EPUB and cover of every asset"),
    ):
        one = commands.add_parser(name, help=help_text, parents=[reporting])
        one.set_defaults(run=does)
        if does is do_check:
            one.add_argument(
                "--privacy", action="store_true", help="print the register of personal data"
            )
    staff = commands.add_parser("staff", help="colleagues")
    doing = staff.add_subparsers(dest="what", required=True)
    one = doing.add_parser(
        "add", help="add a colleague and print a login link", parents=[reporting]
    )
    one.add_argument("email")
    one.add_argument("--role", choices=ROLES, default="sales")
    one.set_defaults(run=do_staff)
    one = commands.add_parser("demo", help="the example year", parents=[reporting])
    one.add_argument("what", choices=("empty",))
    one.set_defaults(run=do_demo)
    add_tables(leads.add_parser(commands, reporting), commands, reporting)
    one = commands.add_parser("readiness", help="scores", parents=[reporting])
    one.add_argument("what", choices=("replay", "explain"))
    one.add_argument("email", nargs="?", default="")
    one.set_defaults(run=do_readiness)
    one = commands.add_parser("newsletter", help="the weekly tip", parents=[reporting])
    one.add_argument("what", choices=("list", *ISSUE_COMMANDS))
    one.add_argument("issue", nargs="?", default="")
    one.add_argument("detail", nargs="?", default="", help="test: the address; schedule: when")
    one.add_argument("--language", choices=("nl", "en"))
    one.add_argument("--html", action="store_true", help="preview: the HTML instead of the text")
    one.add_argument("--wait", action="store_true", help="send: wait until every mail is out")
    one.set_defaults(run=do_newsletter)
    return parser


def _add_serve(commands: Any) -> None:
    one = commands.add_parser("serve", help="site and background work together")
    one.add_argument("--host", default="127.0.0.1")
    one.add_argument("--port", type=int, default=8000)
    one.add_argument(
        "--no-worker", action="store_true", help="leave background work to `givefirst worker`"
    )
    one.add_argument(
        "--demo", action="store_true", help="fill an empty database with an example year"
    )
