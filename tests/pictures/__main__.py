"""Take every picture of the README anew."""

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, Page

from tests.support.browser import open_chromium
from tests.support.live import LiveServer

HERE = Path(__file__).parent
WIDE, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}


@dataclass(frozen=True)
class Picture:
    """One page as it is seen in a window of some size, in light or dark."""

    name: str
    path: str
    size: dict[str, int]
    scheme: str = "light"


PICTURES = (
    Picture("home", "/nl/", WIDE),
    Picture("asset-phone", "/en/library/gulle-gever", PHONE),
    Picture("reader", "/nl/library/geven-werkt/read?c=8", WIDE),
    Picture("reader-phone-dark", "/en/library/geven-werkt/read?c=2", PHONE, "dark"),
    Picture("article", "/nl/articles/wat-een-nee-waard-is", WIDE),
    Picture("contact-phone", "/nl/contact", PHONE),
    Picture("today", "/desk/", WIDE),
    Picture("today-phone-dark", "/desk/", PHONE, "dark"),
    Picture("card", "card", WIDE),
    Picture("report", "/desk/report", WIDE),
    Picture("titles", "/desk/gifts", WIDE),
)


async def take(server: LiveServer) -> None:
    """Log in, open each page, and keep what stands in the window."""
    login = re.search(r"http://\S+/desk/login/\S+", server.printed())
    assert login, server.printed()
    async with open_chromium() as browser:
        page = await _visitor(browser, login[0])
        await page.goto(f"{server.url}/desk/")
        card = await page.locator(".lead h3 a").first.get_attribute("href")
        for one in PICTURES:
            await page.set_viewport_size(one.size)  # type: ignore[arg-type]
            await page.emulate_media(color_scheme=one.scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            await page.goto(server.url + (card or "" if one.path == "card" else one.path))
            await page.evaluate("document.fonts.ready")
            await page.screenshot(path=HERE / f"{one.name}.png")


async def _visitor(browser: Browser, login: str) -> Page:
    page = await browser.new_page()
    await page.goto(login)
    await page.locator("main button").click()
    await page.wait_for_url("**/desk/")
    return page


def main() -> None:
    """A site over the example year, for as long as it takes."""
    with TemporaryDirectory(prefix="pictures-") as folder:
        server = LiveServer(Path(folder), ("--demo",), {})
        try:
            asyncio.run(take(server))
        finally:
            server.stop()


main()
