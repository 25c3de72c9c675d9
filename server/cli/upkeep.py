"""`migrate`, `check` and `build`."""

import argparse
import sys
from urllib.parse import urlsplit

import asyncpg
from tortoise.exceptions import BaseORMException

from server.cli.shared import is_loopback, report, site_of, speak
from server.contact.answers import Answers
from server.front.articles import Articles
from server.gifts.returning_ways import WaysFile
from server.kit.content import Finding
from server.kit.database import close_database, open_database
from server.kit.house import HouseFile
from server.kit.migrations import migrate
from server.kit.settings import Settings
from server.kit.text import say
from server.library.assets import Library
from server.library.making import Workshop
from server.library.press import PressError
from server.library.related import unrelated
from server.mail import gate
from server.mail.letters import Letters
from server.newsletter import linting
from server.newsletter.issuing import Editor
from server.newsletter.tips import Tips
from server.privacy.register import register
from server.sales.loyalty_file import LoyaltyFile


async def do_migrate(args: argparse.Namespace, settings: Settings) -> None:
    """Bring the database to the current schema."""
    applied = await migrate(settings)
    report(args, {"applied": applied}, applied or [speak(settings, "desk.cli_current")])


async def do_check(args: argparse.Namespace, settings: Settings) -> None:
    """Look through site.yaml, content and mail templates; one line per finding.

    `--privacy` prints the register of personal data instead.
    """
    if args.privacy:
        _print_register(args, settings.language)
        return
    findings = find_faults(settings)
    lines = [finding.text(settings.language) for finding in findings]
    data = [
        {"file": str(one.file), "line": one.line, "error": one.is_error, "text": line}
        for one, line in zip(findings, lines, strict=True)
    ]
    remarks = await _remarks(settings)
    data += [{"file": "", "line": 0, "error": False, "text": one} for one in remarks]
    lines += remarks
    report(args, {"findings": data}, lines or [speak(settings, "desk.cli_no_faults")])
    if any(finding.is_error for finding in findings):
        sys.exit(1)


async def _remarks(settings: Settings) -> list[str]:
    """What is no fault of a file, and better known before mail goes out."""
    found = []
    host = urlsplit(settings.base_url).hostname or ""
    if not settings.is_secure and not is_loopback(host):
        found.append(speak(settings, "desk.cli_check_http", url=settings.base_url))
    if settings.is_sqlite and not settings.sqlite_file.is_file():
        return found  # and none is made by looking
    await open_database(settings)
    try:
        if await gate.is_shut() or await gate.differs(settings):
            found.append(speak(settings, "desk.cli_check_copy"))
    except (BaseORMException, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        pass  # away, or of an older release: that is told by whoever needs it
    finally:
        await close_database()
    return found


def _print_register(args: argparse.Namespace, language: str) -> None:
    """Of every table and field what it is for and when it goes."""
    data, lines = [], []
    for table in register().values():
        why = table.purpose[language] if table.is_personal else say(language, "privacy.nothing")
        lines += ["", f"{table.name}: {table.label[language]}; {why}"]
        fields = []
        for field in table.fields:
            goes = field.goes[language] if table.is_personal else "-"
            lines.append(f"  {field.name:<16}{field.purpose[language]} | {goes}")
            fields.append({"name": field.name, "for": field.purpose[language], "goes": goes})
        personal = table.is_personal
        data.append({"table": table.name, "for": why, "personal": personal, "fields": fields})
    report(args, {"tables": data}, lines[1:])


def find_faults(settings: Settings) -> list[Finding]:
    """Everything that is wrong with the files of the site."""
    house = HouseFile(settings.content)
    house.fresh()
    found = [house.finding] if house.finding else []
    found += Library(settings.content).findings() + Tips(settings.content).findings()
    found += Answers(settings.content).findings() + Articles(settings.content).findings()
    found += WaysFile(settings.content).findings()
    found += unrelated(Library(settings.content), house.fresh())
    found += LoyaltyFile(settings.content, Library(settings.content)).findings()
    letters = Letters(settings.email_templates)
    found += letters.findings()
    tips = Tips(settings.content)
    editor = Editor(site_of(settings), house.fresh(), letters, tips, settings.timezone)
    found += linting.lint_texts(editor) + linting.lint_sequences(editor)
    return sorted(found, key=lambda one: (str(one.file), one.line))


async def do_build(args: argparse.Namespace, settings: Settings) -> None:
    """Make the PDF, EPUB and cover of every asset, with a bar on stderr."""
    library, workshop = Library(settings.content), Workshop(settings.data)
    house = HouseFile(settings.content).fresh()
    jobs = [
        (asset, kind)
        for asset in library.all()
        for kind in (("pdf", "epub", "png") if asset.is_book else ("png",))
    ]
    made, failed = 0, []
    for n, (asset, kind) in enumerate(jobs, 1):
        _bar(n, len(jobs), f"{asset.slug}.{asset.language}.{kind}")
        try:
            made += len(await workshop.get(asset, house, kind)) > 0
        except PressError as error:
            failed.append(f"{asset.folder}/index.{asset.language}.md:1: {error}")
    print(file=sys.stderr)
    report(
        args,
        {"made": made, "failed": failed},
        [*failed, speak(settings, "desk.cli_built", count=made)],
    )
    if failed:
        sys.exit(1)


def _bar(n: int, total: int, name: str) -> None:
    if sys.stderr.isatty():
        filled = 24 * n // total
        print(
            f"\r[{'#' * filled}{'.' * (24 - filled)}] {n}/{total} {name:<48.48}",
            end="",
            file=sys.stderr,
        )
