"""`leads import`, those of outcomes, purchases and gifts, and `leads export`."""

import argparse
import asyncio
import sys
from pathlib import Path

from server.cli.shared import RefusedError, judge_of, report, site_of, speak
from server.kit.house import HouseFile
from server.kit.settings import Settings
from server.kit.tables import TableError, read_table
from server.sales.exporting import FORMATS, records_of
from server.sales.importing import Importer, Taken, take_in
from server.sales.incoming import Checked, Manner, check
from server.staff import accounts


async def do_import(args: argparse.Namespace, settings: Settings) -> None:
    """Take a table in, or with --dry-run say what would become of it; refused rows are listed."""
    kind: str = args.command
    checked = await asyncio.to_thread(_checked, kind, args, settings)
    if checked.columns.missing:
        missing = speak(settings, "desk.cli_missing", columns=", ".join(checked.columns.missing))
        raise RefusedError(speak(settings, "desk.cli_table", file=args.file, why=missing))
    taken = Taken(refused=list(checked.refused))
    if not args.dry_run:
        source = getattr(args, "source", "") or Path(args.file).name
        importer = Importer(
            site_of(settings),
            await judge_of(settings),
            source,
            HouseFile(settings.content).fresh(),
        )
        taken = await take_in(importer, checked)
        await accounts.audit("table.imported", f"{kind}: {taken.good} good")
    _tell(args, settings, checked, taken)
    if not (len(checked.good) if args.dry_run else taken.good):
        raise RefusedError(speak(settings, "desk.cli_none_good"))


def _checked(kind: str, args: argparse.Namespace, settings: Settings) -> Checked:
    try:
        table = read_table(Path(args.file).read_bytes())
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise RefusedError(speak(settings, "desk.cli_no_file", file=args.file, why=why)) from None
    except TableError as error:
        why = speak(settings, error.key, **error.values)
        raise RefusedError(speak(settings, "desk.cli_table", file=args.file, why=why)) from None
    on_list = getattr(args, "on_list", "")
    return check(kind, table, Manner(settings.timezone, settings.language, on_list))


def _tell(args: argparse.Namespace, settings: Settings, checked: Checked, taken: Taken) -> None:
    columns, header = checked.columns, checked.table.header
    recognised = {header[place]: name for name, place in columns.fields.items()}
    refused = [(one.line, one.text(settings.language)) for one in taken.refused]
    lines = []
    if columns.source:
        lines.append(speak(settings, "desk.run_system", system=columns.source))
    pairs = [title if title == name else f"{title} → {name}" for title, name in recognised.items()]
    lines.append(speak(settings, "desk.cli_recognised", columns=", ".join(pairs)))
    if columns.extra:
        lines.append(speak(settings, "desk.cli_kept", columns=", ".join(columns.extra)))
    lines += [speak(settings, "desk.cli_line", line=line, why=why) for line, why in refused]
    good = len(checked.good)
    if args.dry_run:
        lines.append(speak(settings, "desk.cli_dry", good=good, refused=len(refused)))
    else:
        counts = {"made": taken.made, "changed": taken.changed, "same": taken.same}
        lines.append(speak(settings, "desk.cli_imported", **counts, refused=len(refused)))
    data = {
        "dry_run": args.dry_run,
        "system": columns.source,
        "columns": recognised,
        "facts": list(columns.extra),
        "good": good if args.dry_run else taken.good,
        "new": taken.made,
        "changed": taken.changed,
        "unchanged": taken.same,
        "refused": [{"line": line, "reason": why} for line, why in refused],
    }
    report(args, data, lines)


async def do_export(args: argparse.Namespace, settings: Settings) -> None:
    """Every lead on stdout, a thousand at a time."""
    write, _ = FORMATS[args.format]
    await accounts.audit("leads.exported", args.format)
    async for text in write(records_of()):
        sys.stdout.write(text)
    sys.stdout.flush()


def add_tables(
    leads: "argparse._SubParsersAction[argparse.ArgumentParser]",
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    reporting: argparse.ArgumentParser,
) -> None:
    """The commands of this file."""
    one = leads.add_parser("import", help="take leads in from a CSV file", parents=[reporting])
    one.add_argument("file")
    one.add_argument("--source", required=True, help="where the leads and their consent come from")
    one.add_argument(
        "--on-list", default="", help="they are all on the newsletter: how they said yes to it"
    )
    _finish(one)
    one = leads.add_parser("export", help="every lead on stdout")
    one.add_argument("--format", choices=tuple(FORMATS), default="csv")
    one.set_defaults(run=do_export)
    for name in ("outcomes", "purchases", "gifts"):
        group = commands.add_parser(name, help=f"{name} of leads")
        doing = group.add_subparsers(dest="what", required=True)
        one = doing.add_parser("import", help="take a CSV file in", parents=[reporting])
        one.add_argument("file")
        _finish(one)


def _finish(one: argparse.ArgumentParser) -> None:
    one.add_argument("--dry-run", action="store_true", help="say what would become of each row")
    one.set_defaults(run=do_import)
