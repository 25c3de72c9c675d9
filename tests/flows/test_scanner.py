"""A scanner opens what is mailed; what it does is seen for what it is, also afterwards."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from server.leads.models import Lead
from server.readiness.keeping import signals_of
from server.readiness.model import load_model
from server.readiness.state import LeadState, fold
from server.tracking import review
from server.tracking.models import Event
from tests import weekly
from tests.product import BROWSER, MINUTE, TABLET, Product
from tests.support import machine
from tests.weekly import READER_AT, SCANNER, SECOND, clicks_scored, tracked, verdicts

pytestmark = [] if machine.SOAKS else [pytest.mark.thin]

Clock = Callable[[float], None]
READER = "joost@example.org"
OUTLOOK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    return weekly.with_linked_tip(environ, tmp_path)


@pytest.fixture
async def mine(product: Product) -> dict[str, str]:
    """The paths in the tip of a reader who let themselves be followed."""
    await weekly.subscribe(product, READER)
    await weekly.send(product)
    return tracked(product, READER)


async def scan(product: Product, *paths: str, host: str = SCANNER, agent: str = OUTLOOK) -> None:
    """Open these pages one after another from somewhere else."""
    async with product.browser(agent, host) as scanner:
        for path in paths:
            assert (await scanner.get(path)).status_code in (200, 303)


async def click(product: Product, path: str) -> None:
    """The reader opens one page, at home."""
    async with product.browser(BROWSER, READER_AT) as reader:
        assert (await reader.get(path)).status_code in (200, 303)


@pytest.mark.parametrize("at", [-300, 0.5, 300])
async def test_a_burst_before_during_or_after_a_click_leaves_the_click_alone(
    product: Product, mine: dict[str, str], clock: Clock, at: float
) -> None:
    acts = [
        (0.0, "1", scan),
        (1.0, "2", scan),
        (2.0, "3", scan),
        (2.5, "4", scan),
        (at, "2", click),
    ]
    for second, number, act in sorted(acts, key=lambda one: one[0]):
        clock(second * SECOND)
        await act(product, mine[number])  # type: ignore[operator]
    found = [(evidence, rule) for _, _, evidence, rule in await verdicts()]
    assert sorted(found) == [("likely", "none"), *[("scanner", "4-burst")] * 4]
    clock(max(at, 3) * SECOND)
    assert await clicks_scored(product) == 1


async def test_the_earlier_hits_of_a_burst_are_taken_out_of_the_score(
    product: Product, mine: dict[str, str]
) -> None:
    await scan(product, mine["1"], mine["2"])
    assert await clicks_scored(product) == 2
    await scan(product, mine["3"])
    assert {(evidence, rule) for *_, evidence, rule in await verdicts()} == {("scanner", "4-burst")}
    assert await clicks_scored(product) == 0
    lead = await Lead.get()
    assert fold(await signals_of(lead), load_model()) == LeadState()
    assert lead.event_count == lead.events_scored


async def test_a_scanner_that_changes_its_address_is_seen(
    product: Product, mine: dict[str, str]
) -> None:
    for n, host in enumerate(("198.51.100.1", "192.0.2.1", "203.0.113.1"), 1):
        await scan(product, mine[str(n)], host=host)
    assert {rule for *_, rule in await verdicts()} == {"4-burst"}


async def test_hits_that_come_together_see_each_other(
    product: Product, mine: dict[str, str]
) -> None:
    await asyncio.gather(*(scan(product, mine[n]) for n in "1234"))
    assert [rule for *_, rule in await verdicts()] == ["4-burst"] * 4
    assert await clicks_scored(product) == 0


async def test_every_link_within_two_minutes_is_a_scanner(
    product: Product, mine: dict[str, str], clock: Clock
) -> None:
    for n, number in enumerate("1234"):
        clock(n * 30 * SECOND)
        await scan(product, mine[number])
        rules = {rule for *_, rule in await verdicts()}
        assert rules == ({"4-all"} if number == "4" else {"none"})


async def test_a_link_and_the_way_out_at_once_is_a_scanner(
    product: Product, mine: dict[str, str]
) -> None:
    leave = await product.link(READER, "/unsubscribe/")
    await scan(product, mine["1"], leave)
    assert await verdicts() == [
        ("click", 1, "scanner", "4-way-out"),
        ("unsubscribe_page", 0, "scanner", "4-way-out"),
    ]


async def test_looking_at_the_way_out_counts_for_nothing(
    product: Product, mine: dict[str, str]
) -> None:
    await click(product, await product.link(READER, "/unsubscribe/"))
    assert await verdicts() == [("unsubscribe_page", 0, "likely", "none")]
    await product.work()
    assert fold(await signals_of(await Lead.get()), load_model()) == LeadState()


async def test_the_trap_tells_all_clicks_from_that_network(
    product: Product, mine: dict[str, str], clock: Clock
) -> None:
    await scan(product, mine["2"])
    clock(20 * MINUTE)
    await click(product, mine["1"])
    assert await clicks_scored(product) == 2
    clock(40 * MINUTE)
    await scan(product, mine["0"], agent=TABLET)
    assert await verdicts() == [
        ("click", 2, "scanner", "3-trap"),
        ("click", 1, "likely", "none"),
        ("trap", 0, "scanner", "3-trap"),
    ]
    assert await clicks_scored(product) == 1


@pytest.mark.parametrize(
    ("agent", "verdict"),
    [
        (GMAIL, ("proxy", "8-proxy")),
        ("Mozilla/5.0", ("proxy", "8-proxy")),
        (TABLET, ("likely", "none")),
    ],
)
async def test_an_open_by_a_mail_proxy_scores_nothing_and_another_half_a_point(
    product: Product, mine: dict[str, str], agent: str, verdict: tuple[str, str]
) -> None:
    for _ in range(3):
        await scan(product, mine["o.gif"], agent=agent)
    assert await verdicts() == [("open", 0, *verdict)]
    state = fold(await signals_of(await Lead.get()), load_model())
    assert ("mail.open" in state.sums) == (verdict[0] == "likely")
    assert load_model().signals["mail.open"].points == 0.5


async def test_who_presses_a_button_in_the_same_browser_is_no_scanner(
    product: Product, mine: dict[str, str], clock: Clock
) -> None:
    await scan(product, mine["1"], mine["2"], mine["3"], host=READER_AT, agent=BROWSER)
    assert await clicks_scored(product) == 0
    clock(20 * MINUTE)
    await product.ask("gulle-gever", READER)
    gift = await product.link(READER, "/gift/")
    async with product.browser(BROWSER, READER_AT) as reader:
        await reader.post(gift)
    assert {(evidence, rule) for *_, evidence, rule in await verdicts()} == {("likely", "9-button")}
    assert await clicks_scored(product) == 3


async def test_a_button_of_long_ago_says_nothing_of_a_burst_today(
    product: Product, mine: dict[str, str], clock: Clock
) -> None:
    clock(20 * MINUTE)
    await product.ask("gulle-gever", READER)
    gift = await product.link(READER, "/gift/")
    async with product.browser(BROWSER, READER_AT) as reader:
        await reader.post(gift)
    clock(60 * MINUTE)
    await scan(product, mine["1"], mine["2"], mine["3"], host=READER_AT, agent=BROWSER)
    assert {rule for *_, rule in await verdicts()} == {"4-burst"}


async def test_a_burst_at_one_reader_says_nothing_of_another(
    product: Product, mine: dict[str, str]
) -> None:
    await weekly.subscribe(product, "other@example.org")
    await weekly.subscribe(product, "plain@example.org", followed=False)
    await weekly.send(product, "2026-47")
    await scan(product, mine["1"], mine["2"])
    theirs = tracked(product, "other@example.org")
    assert sorted(theirs) == ["0", "o.gif"]
    await scan(product, theirs["o.gif"])
    assert tracked(product, "plain@example.org") == {}
    assert {evidence for *_, evidence, _ in await verdicts()} == {"likely"}


async def test_the_work_stays_bounded_under_a_flood(
    product: Product, mine: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review, "MOST", 3)
    await scan(product, mine["1"], mine["2"])
    for n in range(4):
        await scan(product, mine["2"], agent=f"{TABLET} {n}")
    await scan(product, mine["3"])
    # The first link is too old to be looked at.
    assert {rule for *_, rule in await verdicts()} == {"none"}
    await scan(product, mine["4"])
    assert [rule for *_, rule in await verdicts()] == ["none"] * 5 + ["4-burst"] * 3


async def test_the_card_says_by_which_rule(product: Product, mine: dict[str, str]) -> None:
    await click(product, mine["1"])
    await scan(product, mine["o.gif"], agent=GMAIL)
    await scan(product, *(mine[n] for n in "1234"))
    await scan(product, mine["2"], mine["1"], mine["0"], host="192.0.2.5")
    await product.work()
    desk = await product.log_in()
    card = (await desk.get("/desk/leads/1")).text
    await desk.aclose()
    for words in (
        "Volgde een link in de tip <em>Vier dingen om te lezen</em>",
        "Opende de tip <em>Vier dingen om te lezen</em>",
        "Regel 8: een tussenstation van het mailprogramma",
        "Volgde de verborgen link in de tip",
        "Regel 3: vanuit dit netwerk",
        "4 links van de tip <em>Vier dingen om te lezen</em> gevolgd, binnen één seconde",
        "Regel 4: drie of meer links van één mail binnen tien seconden.",
        "2 links van de tip <em>Vier dingen om te lezen</em> gevolgd, binnen één seconde",
        "ev ev--proxy",
    ):
        assert words in card, words
    assert card.count("gevolgd, binnen") == 2


async def test_what_a_scanner_opened_of_a_gift_is_not_read(product: Product, clock: Clock) -> None:
    path = await product.gift("service-als-cadeau", READER)
    await scan(product, f"{path}/read?c=1", f"{path}/read?c=2")
    assert (await Event.get(kind="read.25")).evidence == "likely"
    await scan(product, f"{path}/service-als-cadeau.pdf")
    lines = await Event.filter(kind__in=["read.chapter", "gift.downloaded"])
    assert {(line.evidence, line.rule) for line in lines} == {("scanner", "4-gift")}
    hollow = await Event.get(kind="read.25")
    assert (hollow.evidence, hollow.rule) == ("scanner", "4-rests")
    for number in (1, 2, 3, 4):
        clock(number * 3 * MINUTE)
        await product.read(path, number)
    for step in (25, 50, 75, 100):
        counting = Event.filter(kind=f"read.{step}", evidence="likely")
        assert await counting.count() == 1, step
    assert await Event.filter(kind="read.25").count() == 2
    await product.work()
    marks = fold(await signals_of(await Lead.get()), load_model()).marks
    assert sum(mark[0] == "read.25" for mark in marks) == 1


async def test_what_a_person_read_stands_when_a_scanner_comes_by(
    product: Product, clock: Clock
) -> None:
    path = await product.gift("service-als-cadeau", READER)
    await product.read(path, 1)
    clock(5 * MINUTE)
    await scan(product, f"{path}/read?c=2", f"{path}/read?c=3")
    assert await Event.filter(kind__startswith="read.", evidence="likely").count() > 3
    await scan(product, f"{path}/read?c=4")
    standing = await Event.filter(kind__in=["read.25", "read.50", "read.75", "read.100"])
    assert {line.kind for line in standing if line.evidence == "likely"} == {"read.25"}
    assert {line.rule for line in standing if line.evidence != "likely"} == {"4-rests"}


async def test_who_gives_a_view_after_a_burst_read_it_after_all(
    product: Product, clock: Clock
) -> None:
    path = await product.gift("service-als-cadeau", READER)
    taken = [
        f"{path}/read?c=1",
        f"{path}/service-als-cadeau.pdf",
        f"{path}/service-als-cadeau.epub",
    ]
    await scan(product, *taken, host=READER_AT, agent=BROWSER)
    before = await Event.get(kind="read.25")
    assert before.evidence == "scanner"
    clock(60 * MINUTE)
    async with product.browser(BROWSER, READER_AT) as reader:
        await reader.post(f"{path}/liked", data={"liked": "3"})
    uses = await Event.filter(kind__in=["read.chapter", "gift.downloaded"])
    assert {(line.evidence, line.rule) for line in uses} == {("likely", "9-button")}
    # It stands as it stood, and is not read for a second time.
    after = await Event.get(kind="read.25")
    assert (after.id, after.at, after.evidence) == (before.id, before.at, "likely")


async def test_scanners_take_no_place_of_a_reader(product: Product, clock: Clock) -> None:
    path = await product.gift("service-als-cadeau", READER)
    pages = [f"{path}/read?c={number}" for number in (1, 2, 3)]
    await scan(product, *pages[:2], host="192.0.2.1")
    await scan(product, *pages[:2], host="198.51.100.1")
    clock(MINUTE)
    await product.read(path, 1)
    assert (await Event.filter(kind="read.chapter").order_by("-id").first()).evidence == "unknown"  # type: ignore[union-attr]
    clock(0)
    await scan(product, pages[2], host="192.0.2.1")
    await scan(product, pages[2], host="198.51.100.1")
    lines = await Event.filter(kind="read.chapter").order_by("id")
    assert [line.evidence for line in lines] == [*["scanner"] * 4, "likely", *["scanner"] * 2]
    assert await Event.filter(kind="read.25", evidence="likely").count() == 1


async def test_a_page_fetched_in_advance_takes_no_place_of_the_reading(product: Product) -> None:
    path = await product.gift("service-als-cadeau", READER)
    await product.get(f"{path}/read?c=1", headers={"sec-purpose": "prefetch"})
    await product.client.head(f"{path}/read?c=1")
    await product.read(path, 1)
    lines = await Event.filter(kind="read.chapter").order_by("id")
    assert [line.evidence for line in lines] == ["scanner", "likely"]
    assert await Event.exists(kind="read.25", evidence="likely")


async def test_reading_clicking_and_scoring_at_once_get_in_nobodys_way(
    product: Product, mine: dict[str, str], clock: Clock
) -> None:
    clock(20 * MINUTE)
    gift = await product.gift("gulle-gever", READER)
    readers = [product.browser(f"{TABLET} {n}") for n in range(4)]
    paths = [*(f"{gift}/read?c={n}" for n in (1, 2, 3, 4)), *(mine[n] for n in "1234")]
    answers, _ = await asyncio.gather(
        asyncio.gather(*(reader.get(path) for path in paths for reader in readers)),
        product.work(),
    )
    assert {answer.status_code for answer in answers} == {200, 303}
    hits = await Event.filter(kind__in=["mail.click", "read.chapter"])
    assert len(hits) == len(paths) * len(readers)
    assert {hit.rule for hit in hits} == {"4-burst", "4-gift"}
    assert not await Event.exists(kind__startswith="read.", evidence__in=["human", "likely"])
    for reader in readers:
        await reader.aclose()
