"""`leads`: show what we have about somebody, or erase it."""

import argparse
from typing import Any

from server.cli.shared import RefusedError, address_of, report, site_of, speak
from server.kit.settings import Settings
from server.leads.models import Lead
from server.privacy import erasing
from server.privacy.holdings import Holdings, holdings_of
from server.privacy.register import register
from server.staff import accounts


def add_parser(commands: Any, reporting: argparse.ArgumentParser) -> Any:
    """`leads` and what one can do with them; where more can be added."""
    doing = commands.add_parser("leads", help="people whose address we have")
    doing = doing.add_subparsers(dest="what", required=True)
    for what, help_text in (
        ("show", "everything we have about somebody"),
        ("erase", "erase somebody for good; asks nothing"),
    ):
        one = doing.add_parser(what, help=help_text, parents=[reporting])
        one.add_argument("email")
        one.set_defaults(run=DOING[what])
    return doing


async def do_show(args: argparse.Namespace, settings: Settings) -> None:
    """Everything of the export, to be read."""
    lead = await _lead(args, settings)
    held = await holdings_of(lead)
    await accounts.audit("lead.shown", f"lead {lead.id}")
    report(args, held, _lines(held, settings.language))


async def do_erase(args: argparse.Namespace, settings: Settings) -> None:
    """Erase somebody at their wish; says what was erased and not who."""
    lead = await _lead(args, settings)
    done = await erasing.erase(site_of(settings), settings.data, lead.id)
    if not done:
        raise RefusedError(speak(settings, "desk.cli_no_lead", email=args.email))
    told = ", ".join(f"{table} {count}" for table, count in done.rows.items())
    line = speak(settings, "privacy.cli_erased", lead=done.lead_id, rows=told, files=done.files)
    data = {"lead": done.lead_id, "rows": done.rows, "files": done.files}
    report(args, data, [line, speak(settings, "privacy.cli_never")])


DOING = {"show": do_show, "erase": do_erase}


async def _lead(args: argparse.Namespace, settings: Settings) -> Lead:
    lead = await Lead.get_or_none(email=address_of(args.email, settings))
    if not lead:
        raise RefusedError(speak(settings, "desk.cli_no_lead", email=args.email))
    return lead


def _lines(held: Holdings, language: str) -> list[str]:
    lines = []
    for table, rows in held.items():
        lines += [f"{register()[table].label[language]} ({table})"]
        for row in rows:
            told = [(name, value) for name, value in row.items() if value not in (None, "")]
            lines += ["", *(f"  {name}: {value}" for name, value in told)]
        lines.append("")
    return lines[:-1]
