"""What a visit in a browser needs: what went wrong on a page, how wide it is, what was mailed."""

import asyncio
import re
import time

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


async def link_mailed(server: LiveServer, address: str, path: str) -> str:
    """The latest link of a kind (`/gift/`) in the mail to an address, once it is there."""
    until = time.monotonic() + PATIENCE
    while True:
        texts = [body_of(mail) for mail in server.mails() if address in str(mail["To"])]
        links = re.findall(rf"{re.escape(server.url + path)}\S+", "\n".join(texts))
        if links:
            return str(links[-1])
        assert time.monotonic() < until, f"no {path} was mailed to {address}: {texts}"
        await asyncio.sleep(0.05)
