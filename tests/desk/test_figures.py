"""What became of an issue: people apart from machines, of those who agreed, never of a few."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from server.kit.clock import now
from server.leads.models import Lead
from tests import weekly
from tests.product import BROWSER, MINUTE, Product
from tests.weekly import ISSUE, LINKS, SCANNER, tracked

Clock = Callable[[float], None]
GMAIL = "Mozilla/5.0 (via ggpht.com GoogleImageProxy)"
TOLD = re.compile(r"<dt>([^<]+)</dt><dd>([^<]+)</dd><dd class=\"hint\">([^<]+)<")
LINK = re.compile(r'<th scope="row">(http[^<]+)</th><td>(\d+)</td><td>(\d+)</td>')
UNCERTAIN = "onzeker: veel mailprogramma’s laten het plaatje weg of halen het zelf op"
LEFT = "van alle ontvangers, na deze tip en voor de volgende"


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    return weekly.with_linked_tip(environ, tmp_path)


def reader(number: int) -> str:
    return f"r{number}@example.org"


async def visit(product: Product, path: str, host: str, agent: str = BROWSER) -> None:
    async with product.browser(agent, host) as client:
        assert (await client.get(path)).status_code in (200, 303)


async def audience(product: Product, followed: int, others: int = 2) -> None:
    """Who gets the tip: so many who agreed to be followed, and others who did not."""
    for n in range(followed + others):
        await weekly.subscribe(product, reader(n), followed=n < followed)
    await weekly.send(product)


async def page_of(product: Product) -> str:
    desk = await product.log_in("editor")
    answer = await desk.get(f"/desk/newsletter/{ISSUE}")
    await desk.aclose()
    assert answer.status_code == 200
    return answer.text


async def test_people_and_machines_are_told_apart(product: Product, clock: Clock) -> None:
    await audience(product, 5)
    paths = [tracked(product, reader(n)) for n in range(5)]
    for minute, (who, link) in enumerate([(0, "1"), (0, "1"), (1, "1"), (1, "3")]):
        clock(minute * 5 * MINUTE)
        await visit(product, paths[who][link], f"203.0.{who}.1")
    for who in (0, 2):
        await visit(product, paths[who]["o.gif"], f"203.0.{who}.1")
    await visit(product, paths[3]["o.gif"], "66.249.84.1", GMAIL)
    for link in ("1", "2", "3", "4"):
        await visit(product, paths[4][link], SCANNER)
    page = await page_of(product)
    assert "5 van de 7 ontvangers vonden meekijken goed" in page
    assert TOLD.findall(page) == [
        ("Kliks van mensen", "4", "van 2 lezers"),
        ("Lezers die openden", "2", UNCERTAIN),
        ("Afgemeld", "0", LEFT),
    ]
    assert "4 keer een scanner en 1 keer een tussenstation" in page
    assert [(one.replace("&amp;", "&"), *more) for one, *more in LINK.findall(page)] == [
        (LINKS[0], "2", "3"),
        (LINKS[2], "1", "1"),
        (LINKS[1], "0", "0"),
        (LINKS[3], "0", "0"),
    ]


async def test_under_five_who_agreed_nothing_is_told(product: Product) -> None:
    await audience(product, 4, others=9)
    await visit(product, tracked(product, reader(0))["1"], "203.0.113.1")
    page = await page_of(product)
    assert "4 van de 13 ontvangers vonden meekijken goed" in page
    assert "Te weinig om iets te zeggen" in page
    assert TOLD.findall(page) == [("Afgemeld", "0", LEFT)]
    assert LINK.findall(page) == []
    assert "scanner" not in page


async def test_who_takes_it_back_is_told_of_no_more(product: Product) -> None:
    await audience(product, 6)
    for n in (0, 1):
        await visit(product, tracked(product, reader(n))["1"], f"203.0.{n}.1")
    assert "van 2 lezers" in await page_of(product)
    await Lead.filter(email=reader(0)).update(mail_tracking_at=None)
    page = await page_of(product)
    assert "5 van de 8 ontvangers" in page
    assert "van één lezer" in page
    await Lead.filter(email=reader(1)).update(profiling_off_at=now())
    assert "Te weinig om iets te zeggen" in await page_of(product)


async def test_who_agrees_after_it_was_sent_was_not_followed(product: Product) -> None:
    await audience(product, 5)
    await Lead.filter(email=reader(6)).update(mail_tracking_at=now())
    assert "5 van de 7 ontvangers" in await page_of(product)


async def test_who_leaves_is_counted_with_the_issue_before(product: Product, clock: Clock) -> None:
    await audience(product, 0, others=6)
    clock(1)
    await leave(product, reader(0))
    await leave(product, reader(0))
    assert TOLD.findall(await page_of(product)) == [("Afgemeld", "1", LEFT)]
    clock(7)
    await weekly.send(product, "2026-47")
    clock(8)
    await leave(product, reader(1))
    assert TOLD.findall(await page_of(product)) == [("Afgemeld", "1", LEFT)]


async def leave(product: Product, address: str) -> None:
    path = await product.link(address, "/unsubscribe/")
    assert (await product.post(path, data={"do": "leave"})).status_code == 200


async def test_an_issue_that_was_not_sent_has_no_figures(product: Product) -> None:
    page = await page_of(product)
    assert "Wat lezers ermee deden" not in page
    assert "meekijken" not in page
