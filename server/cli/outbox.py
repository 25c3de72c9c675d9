"""`outbox`: how it stands, the mails in doubt, and the gate of a copy."""

import argparse
from dataclasses import asdict
from typing import Any

from server.cli.shared import RefusedError, report, speak
from server.kit.clock import now
from server.kit.settings import Settings
from server.mail import gate, overseeing
from server.mail.overseeing import Kept, Standing
from server.staff import accounts

NUMBER_OF_ALL = "all"
MOST = 1000  # mails in doubt that are listed


async def do_status(args: argparse.Namespace, settings: Settings) -> None:
    """What waits and what became of the rest, and what holds mail up."""
    found = await overseeing.standing()
    relay = "file" if not settings.smtp_url else settings.smtp_url.rpartition("@")[2]
    relay = relay.rpartition("//")[2]
    piles = {name: await overseeing.height(name) for name in overseeing.PILES}
    since = found.shut[0] if found.shut else None
    data = {
        "states": found.counts,
        "oldest_due": found.oldest.isoformat() if found.oldest else None,
        "gate": {
            "shut": found.shut is not None,
            "since": since.isoformat() if since else None,
            "reason": found.shut[1] if found.shut else "",
        },
        "held_domains": [
            {"domain": one.domain, "until": one.hold_until.isoformat(), "reason": one.reason}
            for one in found.held
        ],
        "relay": relay,
        **piles,
    }
    report(args, data, _lines(found, settings, relay, piles))


def _lines(found: Standing, settings: Settings, relay: str, piles: dict[str, int]) -> list[str]:
    def when(moment: Any) -> str:
        return f"{moment.astimezone(settings.timezone):%Y-%m-%d %H:%M}"

    is_open = speak(settings, "desk.cli_gate_open")
    lines = [
        speak(settings, "desk.cli_gate_shut", when=when(found.shut[0])) if found.shut else is_open,
        speak(settings, "desk.cli_relay", relay=relay),
    ]
    for state, lanes in sorted(found.counts.items()):
        one, many = lanes.get("transactional", 0), lanes.get("bulk", 0)
        lines.append(speak(settings, "desk.cli_state", state=f"{state:<11}", one=one, many=many))
    if found.oldest:
        minutes = int((now() - found.oldest).total_seconds() // 60)
        lines.append(speak(settings, "desk.cli_oldest", when=when(found.oldest), count=minutes))
    for held in found.held:
        told = {"domain": held.domain, "when": when(held.hold_until), "why": held.reason}
        lines.append(speak(settings, "desk.cli_held", **told))
    if any(piles.values()):
        lines.append(speak(settings, "desk.cli_piles", **piles))
    return lines


async def do_doubt(args: argparse.Namespace, settings: Settings) -> None:
    """The mails of which nobody knows whether they arrived, or what is decided of them."""
    if not args.do:
        await _list(args, settings)
        return
    chosen = None if NUMBER_OF_ALL in args.mails else [int(one) for one in args.mails]
    decide = overseeing.send if args.do == "send" else overseeing.drop
    count = await decide("doubt", chosen)
    if not count:
        raise RefusedError(speak(settings, "desk.cli_doubt_nothing"))
    if args.do == "send":
        await accounts.audit("outbox.doubt_sent", str(count))
        line = speak(settings, "desk.cli_doubt_sent", count=count)
    else:
        await accounts.audit("outbox.doubt_dropped", str(count))
        line = speak(settings, "desk.cli_doubt_dropped", count=count)
    report(args, {"decided": count}, [line])


async def _list(args: argparse.Namespace, settings: Settings) -> None:
    found = await overseeing.pile("doubt", MOST)
    lines = [_line(one) for one in found] or [speak(settings, "desk.cli_doubt_none")]
    if found:
        lines.append(speak(settings, "desk.cli_doubt_how"))
    data = [
        {
            "number": one.number,
            "address": one.address,
            "subject": one.subject,
            "at": one.at.isoformat() if one.at else None,
            "said": one.why,
        }
        for one in found
    ]
    report(args, {"doubt": data}, lines)


def _line(one: Kept) -> str:
    at = f"{one.at:%Y-%m-%d %H:%M}" if one.at else ""
    return f"{one.number:>8}  {at}  {one.address}  {one.subject}  {one.why}"


async def do_release(args: argparse.Namespace, settings: Settings) -> None:
    """Make this database the one that sends."""
    done = await gate.release(settings)
    if done is None:
        report(args, {"released": False}, [speak(settings, "desk.cli_was_open")])
        return
    lines = [
        speak(settings, "desk.cli_released", count=done.goes),
        speak(settings, "desk.cli_released_not", late=done.late, expires=done.expires),
    ]
    report(args, {"released": True, **asdict(done)}, lines)


def _mail_number(written: str) -> str:
    if written != NUMBER_OF_ALL and not (written.isascii() and written.isdigit()):
        raise argparse.ArgumentTypeError("write the number of a mail in doubt, or all")
    return written


def add_outbox(commands: Any, reporting: argparse.ArgumentParser) -> None:
    """The commands of this file."""
    outbox = commands.add_parser("outbox", help="the mail that waits")
    doing = outbox.add_subparsers(dest="what", required=True)
    one = doing.add_parser("status", help="how the outbox stands", parents=[reporting])
    one.set_defaults(run=do_status)
    text = "let the mail of a copied or restored database leave"
    one = doing.add_parser("release", help=text, parents=[reporting])
    one.set_defaults(run=do_release)
    one = doing.add_parser("doubt", help="mails that arrived or did not", parents=[reporting])
    one.set_defaults(run=do_doubt)
    deciding = one.add_subparsers(dest="do")
    for name, text in (("send", "send these once more"), ("drop", "let these go")):
        two = deciding.add_parser(name, help=text, parents=[reporting])
        two.add_argument("mails", nargs="+", type=_mail_number, metavar="N|all")
