"""`staff` and `readiness`."""

import argparse

from server.cli.shared import RefusedError, address_of, judge_of, report, site_of, speak
from server.desk.entering import login_address
from server.kit.settings import Settings
from server.leads.models import Lead
from server.library.assets import Library
from server.readiness import keeping
from server.sales.rows import make_view, row_for, sum_parts
from server.staff import accounts


async def do_staff(args: argparse.Namespace, settings: Settings) -> None:
    """Add a colleague and print their login link alone on a line."""
    user = await accounts.add_staff(address_of(args.email, settings), args.role, settings.language)
    link = login_address(site_of(settings), await accounts.own_login_secret(user))
    report(args, {"email": user.email, "role": user.role, "link": link}, [link])


async def do_readiness(args: argparse.Namespace, settings: Settings) -> None:
    """`replay`: fold every log anew and compare; `explain`: why one lead stands where they do."""
    judge = await judge_of(settings)
    if args.what == "replay":
        count, different = await keeping.replay(judge)
        report(
            args,
            {"leads": count, "different": different},
            [speak(settings, "desk.cli_replayed", count=count, different=len(different))],
        )
        return
    if not args.email:
        raise RefusedError(speak(settings, "desk.cli_which_lead"))
    lead = await Lead.get_or_none(email=address_of(args.email, settings))
    if not lead:
        raise RefusedError(speak(settings, "desk.cli_no_lead", email=args.email))
    await keeping.rescore(lead.id, judge)
    view = await make_view(Library(settings.content), settings.language, settings.timezone)
    row = await row_for(lead, view)
    parts = sum_parts(row, view)
    lines = [row.why, f"{row.state_name}: {row.step_text}"]
    lines += [f"{points:+4d}  {words}" for words, points in parts]
    data = {
        "email": lead.email,
        "state": row.state,
        "points": row.assessment.points,
        "why": row.why,
        "next": row.step,
        "reasons": [{"text": words, "points": n} for words, n in parts],
    }
    report(args, data, [*lines, f"{row.assessment.points:4d}"])
