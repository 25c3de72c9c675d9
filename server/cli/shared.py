"""What all commands share: refusing, speaking, printing."""

import argparse
import json
from ipaddress import ip_address

from server.kit.addresses import AddressError, normalise
from server.kit.settings import Settings
from server.kit.site import Site
from server.kit.text import say
from server.library.assets import Library
from server.readiness.keeping import Judge, make_judge


class RefusedError(Exception):
    """The command cannot be done; the message says why and what to do."""


def speak(settings: Settings, key: str, **values: object) -> str:
    """A sentence in the language of the site."""
    return say(settings.language, key, **values)


def site_of(settings: Settings) -> Site:
    """What signs links."""
    return Site(settings.base_url, settings.secrets)


async def judge_of(settings: Settings) -> Judge:
    """What assessments need."""
    return await make_judge(Library(settings.content).kinds())


def address_of(text: str, settings: Settings) -> str:
    """A normalised address, or RefusedError."""
    try:
        return normalise(text)
    except AddressError:
        raise RefusedError(speak(settings, "desk.cli_address", email=text)) from None


def report(args: argparse.Namespace, data: object, lines: list[str]) -> None:
    """The result: lines for people, or JSON where it was asked for."""
    print(json.dumps(data, ensure_ascii=False) if args.json else "\n".join(lines))


def is_loopback(host: str) -> bool:
    """Only this machine reaches a site of this name."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
