"""The desk by keys alone, and on a page that is narrow or enlarged (WCAG 2.2 AA)."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.furnishing import Furnished
from tests.browser.test_desk import MENU, desk
from tests.browser.visits import overflow
from tests.support import machine
from tests.support.browser import axe

__all__ = ["desk"]
pytestmark = pytest.mark.browser


@pytest.mark.parametrize("path", ["/desk/leads?state=new", "card", "/desk/tables", "/desk/"])
async def test_each_panel_closes_with_escape_and_gives_the_focus_back(
    desk: Page, furnished: Furnished, path: str
) -> None:
    if path == "card":
        await desk.goto(f"{furnished.server.url}/desk/leads")
        await desk.locator(".grid--leads tbody th a").first.click()
        await desk.wait_for_url("**/desk/leads/*")
    else:
        await desk.goto(furnished.server.url + path)
    panels = desk.locator("details")
    for n in range(await panels.count()):
        summary = panels.nth(n).locator("summary").first
        if not await summary.is_visible():
            continue
        await summary.focus()
        await desk.keyboard.press("Enter")
        await expect(panels.nth(n)).to_have_attribute("open", "")
        if await panels.nth(n).locator("a, button, input, select, textarea").count():
            await desk.keyboard.press("Tab")
        await desk.keyboard.press("Escape")
        await expect(panels.nth(n)).not_to_have_attribute("open", "")
        await expect(summary).to_be_focused()


async def test_the_chosen_are_reached_by_tab_alone(desk: Page, furnished: Furnished) -> None:
    await desk.goto(f"{furnished.server.url}/desk/leads")
    last = desk.locator(".grid--leads tbody .pick input").last
    await last.focus()
    await desk.keyboard.press("Space")
    bar = desk.get_by_role("region", name="Met de gekozen leads")
    await expect(bar).to_be_in_viewport()
    for _ in range(4):
        await desk.keyboard.press("Tab")
        if await desk.evaluate("!!document.activeElement.closest('.bulk')"):
            break
    assert await desk.evaluate("!!document.activeElement.closest('.bulk')")
    # What has the focus is not hidden behind the bar (WCAG 2.4.11).
    for _ in range(8):
        await desk.keyboard.press("Shift+Tab")
        hidden = await desk.evaluate(
            "(() => { const a = document.activeElement; const r = a.getBoundingClientRect();"
            " const at = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2);"
            " return !a.closest('.bulk') && !!at && !!at.closest('.bulk'); })()"
        )
        assert not hidden


# 320 pixels is also what is left of 1280 at 400 %; 640 of 1280 at 200 %.
@pytest.mark.parametrize("width", [320, 640] if machine.SOAKS else [320])
async def test_nothing_is_cut_off_on_a_narrow_or_enlarged_page(
    desk: Page, furnished: Furnished, width: int
) -> None:
    await desk.set_viewport_size({"width": width, "height": 640})
    await desk.goto(f"{furnished.server.url}/desk/leads")
    card = await desk.locator(".grid--leads tbody th a").first.get_attribute("href")
    for path in [*MENU.values(), f"{card}", "/desk/leads?q=niemand"]:
        await desk.goto(furnished.server.url + path)
        assert await overflow(desk) == 0, path
        panels = desk.locator("main details")
        for n in range(await panels.count()):
            summary = panels.nth(n).locator("summary").first
            if await summary.is_visible():
                await summary.click()
                assert await overflow(desk) == 0, (path, await summary.inner_text())
                inside = panels.nth(n).locator("a, button, input, select, textarea").first
                if await inside.count() and await inside.is_visible():
                    box = await inside.bounding_box()
                    assert box
                    assert box["x"] >= 0, (path, await summary.inner_text())
                    assert box["x"] + box["width"] <= width, (path, await summary.inner_text())
                await desk.keyboard.press("Escape")
        assert await axe(desk) == [], path
