"""A real browser, and axe-core in it."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from functools import cache

from playwright.async_api import Browser, Page, async_playwright

from tests.support import machine

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@asynccontextmanager
async def open_chromium() -> AsyncIterator[Browser]:
    """The system's Chromium, started in the loop of this test and closed after it."""
    program = machine.chromium()
    assert program, "no Chromium here: mark the test `browser`"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


@cache
def _axe_source() -> str:
    return machine.AXE.read_text("utf-8")


async def axe(page: Page, *, but: Collection[str] = ()) -> list[str]:
    """What axe-core has against a page as it stands now, a line each; WCAG 2.2 AA and its advice.

    `but` names rules to leave out. The script comes in through the debugger, which no content
    security policy keeps out.
    """
    await page.evaluate(f"() => {{ {_axe_source()} }}")
    result = await page.evaluate(
        "([tags, but]) => axe.run(document, {"
        " runOnly: {type: 'tag', values: tags},"
        " rules: Object.fromEntries(but.map(rule => [rule, {enabled: false}])),"
        " resultTypes: ['violations'] })",
        [RULES, list(but)],
    )
    return [
        f"{fault['id']} ({fault['impact']}): {fault['help']}:"
        f" {' '.join(map(str, node['target']))}: {node['html'][:200]}"
        for fault in result["violations"]
        for node in fault["nodes"]
    ]
