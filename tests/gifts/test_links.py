"""Links to gifts: renewed by mail when their term is over, and where one left off reading."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from server.gifts.models import Gift
from server.kit.clock import now
from server.leads.models import Lead
from server.mail import outbox
from server.mail.models import Delivery
from server.tracking.models import Event
from tests.product import MINUTE, PHONE, Product, body_of
from tests.support.content import copied

Clock = Callable[[float], None]
READER = "joost@example.org"
YEAR = 366


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    return environ | {"GIVEFIRST_CONTENT": str(copied(tmp_path))}


async def renewals() -> int:
    return await Delivery.filter(key__startswith="gift:").count() - 1


async def test_an_expired_link_says_so_everywhere_and_names_nobody(
    product: Product, clock: Clock
) -> None:
    path = await product.gift("gulle-gever", READER, name="Joost")
    clock(YEAR)
    for rest in ("", "/read", "/read?c=2", "/liked", "/gulle-gever.pdf", "/gulle-gever.epub"):
        page = await product.get(path + rest)
        assert page.status_code == 404, rest
        assert "Deze link is verlopen" in page.text
        assert "De gulle gever stelt grenzen" in page.text
        assert f'action="{path}/renew"' in page.text
        assert "joost" not in page.text.lower()
        assert page.headers["x-robots-tag"] == "noindex, nofollow"
    for rest in ("", "/liked", "/following"):
        assert "Deze link is verlopen" in (await product.post(path + rest)).text
    assert (await Gift.get()).expires_at < now()
    assert await renewals() == 0


async def test_one_press_mails_a_fresh_link_and_the_old_one_opens_again(
    product: Product, clock: Clock
) -> None:
    path = await product.gift("gulle-gever", READER, lang="en", tips=True)
    clock(YEAR)
    answer = await product.post(f"{path}/renew")
    assert answer.headers["location"] == f"{path}/renew"
    assert "Have a look in your mailbox" in (await product.get(f"{path}/renew")).text
    assert "Enjoy reading" in (await product.get(path)).text
    assert (await product.get(f"{path}/read")).status_code == 200
    assert 364 < ((await Gift.get()).expires_at - now()).total_seconds() / 86400 <= 365
    assert await product.link(READER, "/gift/") == path
    mail = product.mails(READER)[-1]
    assert mail["Subject"] == "Generous, with limits: here is your copy"
    assert "weekly tip" not in body_of(mail)
    assert await Event.filter(kind="gift.requested").count() == 2


async def test_pressing_often_and_at_once_mails_once(product: Product, clock: Clock) -> None:
    path = await product.gift("gulle-gever", READER)
    clock(YEAR)
    answers = await asyncio.gather(*(product.post(f"{path}/renew") for _ in range(8)))
    answers.append(await product.post(f"{path}/renew"))
    assert {(one.status_code, one.headers["location"]) for one in answers} == {
        (303, f"{path}/renew")
    }
    assert await renewals() == 1


async def test_a_link_that_still_works_is_not_mailed_again(product: Product) -> None:
    path = await product.gift("gulle-gever", READER)
    before = (await Gift.get()).expires_at
    assert (await product.post(f"{path}/renew")).status_code == 303
    assert await renewals() == 0
    assert (await Gift.get()).expires_at == before


async def test_renewing_keeps_to_three_mails_a_day(product: Product, clock: Clock) -> None:
    path = await product.gift("gulle-gever", READER)
    clock(YEAR)
    for slug in ("service-als-cadeau", "service-als-cadeau", "service-als-cadeau"):
        await product.ask(slug, READER)
    before = await Delivery.all().count()
    answer = await product.post(f"{path}/renew")
    assert answer.headers["location"] == f"{path}/renew"
    assert await Delivery.all().count() == before
    assert (await product.get(path)).status_code == 200


async def test_an_address_that_gets_nothing_more_gets_nothing(
    product: Product, clock: Clock
) -> None:
    path = await product.gift("gulle-gever", READER)
    clock(YEAR)
    await outbox.suppress(product.site, READER, "complaint")
    before = await Event.all().count(), (await Gift.get()).expires_at
    answer = await product.post(f"{path}/renew")
    assert answer.headers["location"] == f"{path}/renew"
    assert "Kijk eens in je mailbox" in (await product.get(f"{path}/renew")).text
    assert (await Event.all().count(), (await Gift.get()).expires_at) == before
    assert await renewals() == 0


async def test_a_wrong_or_revoked_link_renews_nothing(product: Product, clock: Clock) -> None:
    path = await product.gift("gulle-gever", READER)
    clock(YEAR)
    await Gift.all().update(revoked_at=now())
    for place in (path, "/gift/1.nonsense", path[:-1] + ("A" if path[-1] != "A" else "B")):
        for answer in (await product.post(f"{place}/renew"), await product.get(f"{place}/renew")):
            assert answer.status_code == 404
            assert "plank is leeg" in answer.text or "shelf is empty" in answer.text
    assert await renewals() == 0


async def test_a_title_that_is_gone_is_said_kindly(product: Product, tmp_path: Path) -> None:
    path = await product.gift("gulle-gever", READER)
    for file in (tmp_path / "content/library/gulle-gever").glob("index.*.md"):
        file.unlink()
    async with product.browser() as fresh:
        for rest in ("", "/read", "/gulle-gever.pdf", "/renew"):
            page = await fresh.get(path + rest)
            assert page.status_code == 404
            assert "Deze titel staat er niet meer" in page.text
            assert 'class="button" href="/nl/library"' in page.text
        assert (await fresh.post(f"{path}/renew")).status_code == 404


async def test_the_page_offers_the_chapter_this_reader_opened_last(
    product: Product, clock: Clock
) -> None:
    path = await product.gift("gulle-gever", READER)
    assert "Begin met lezen" in (await product.get(path)).text
    await product.read(path, 1)
    assert "Verder met" not in (await product.get(path)).text
    for minute, number in enumerate((3, 2), 1):
        clock(minute * MINUTE)
        await product.read(path, number)
    page = (await product.get(path)).text
    assert f'href="{path}/read?c=2">Verder met hoofdstuk 2</a>' in page
    assert f'href="{path}/read">Vanaf het begin</a>' in page


async def test_nobody_is_offered_the_place_of_another_reader(product: Product) -> None:
    path = await product.gift("gulle-gever", READER)
    await product.read(path, 3)
    for agent, host in (
        (PHONE, "127.0.0.1"),
        (str(product.client.headers["user-agent"]), "9.9.9.9"),
    ):
        async with product.browser(agent, host) as friend:
            assert "Verder met" not in (await friend.get(path)).text
    async with product.browser("curl/8.5.0") as machine:
        await machine.get(f"{path}/read?c=4")
        assert "Verder met" not in (await machine.get(path)).text


async def test_who_is_not_followed_is_offered_no_place(product: Product) -> None:
    path = await product.gift("gulle-gever", READER)
    await product.read(path, 3)
    for header in ("DNT", "Sec-GPC"):
        assert "Verder met" not in (await product.get(path, headers={header: "1"})).text
    assert "Verder met hoofdstuk 3" in (await product.get(path)).text
    await Lead.all().update(profiling_off_at=now())
    assert "Verder met" not in (await product.get(path)).text
