"""`demo`: taking the example year away, and filling an empty database with one."""

import argparse

from server.cli.shared import RefusedError, report, speak
from server.demo import emptying, filling
from server.kit.settings import Settings


async def do_demo(args: argparse.Namespace, settings: Settings) -> None:
    """Take away everything that the demo made; what real people did stays."""
    done = await emptying.empty(settings.data)
    if not done:
        raise RefusedError(speak(settings, "demo.cli_none"))
    data = {"leads": done.leads, "files": done.files}
    report(args, data, [speak(settings, "demo.cli_emptied", **data)])


async def filled(settings: Settings) -> str:
    """Fill the database if it is empty; one line that tells what was done."""
    try:
        done = await filling.fill(settings)
    except filling.NothingToGiveError:
        return speak(settings, "demo.cli_no_gifts")
    if not done:
        return speak(settings, "demo.cli_not_empty")
    told = {"leads": done.leads, "gifts": done.gifts, "events": done.events}
    return speak(settings, "demo.cli_filled", **told)
