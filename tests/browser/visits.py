"""What a visit in a browser needs: what went wrong on a page, how wide it is, what was mailed."""

import asyncio
import re
import time
from collections.abc import Collection

from playwright.async_api import ConsoleMessage, Error, Page

from tests.product import body_of
from tests.support.live import LiveServer

NOT_FOUND = "the server responded with a status of 404"
UNPROCESSABLE = "the server responded with a status of 422"
PATIENCE = 15.0  # seconds for the worker to send a mail


def faults_of(page: Page, *expected: str) -> list[str]:
    """A list that grows with every error on the console and every script that breaks.

    Refusals of the content security policy are errors on the console. What holds one of the
    `expected` words is left out.
    """
    faults: list[str] = []

    def note(text: str) -> None:
        if not any(words in text for words in expected):
            faults.append(f"{page.url}: {text}")

    def on_console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            note(message.text)

    def on_error(error: Error) -> None:
        note(str(error))

    page.on("console", on_console)
    page.on("pageerror", on_error)
    return faults


async def overflow(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    found: int = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return found


def links_mailed(server: LiveServer, address: str, path: str) -> list[str]:
    """The links of a kind (`/gift/`) in the mail to an address so far, oldest first."""
    texts = [body_of(mail) for mail in server.mails() if address in str(mail["To"])]
    return re.findall(rf"{re.escape(server.url + path)}\S+", "\n".join(texts))


async def link_mailed(
    server: LiveServer, address: str, path: str, besides: Collection[str] = ()
) -> str:
    """The latest link of a kind in the mail to an address, once there is one `besides` those."""
    until = time.monotonic() + PATIENCE
    while True:
        links = [link for link in links_mailed(server, address, path) if link not in besides]
        if links:
            return links[-1]
        assert time.monotonic() < until, f"no {path} was mailed to {address}"
        await asyncio.sleep(0.05)
