"""What the desk does by hand: sending parcels, taking in codes, noting who came."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from server.gifts.models import Gift, Parcel, Voucher
from server.kit.clock import now
from server.tracking.models import Event
from tests.desk.test_outcomes import word
from tests.product import Product, body_of
from tests.support.content import change, copied

Clock = Callable[[float], None]
READER, PAGE = "joost@example.org", "/desk/handling"
HOME = {"name": "Joost Blom", "street": "Kade 12", "town": "Deventer", "country": "NL"}


async def test_g1_a_sample_is_sent_on_a_day_and_its_address_forgotten_after_that(
    product: Product, clock: Clock
) -> None:
    path = await product.gift("kaartenset-doorvragen", READER)
    await product.post(f"{path}/address", data=HOME | {"postcode": "1234 AB"})
    desk = await product.log_in("editor")
    page = (await desk.get(PAGE)).text
    assert "Kade 12<br>1234 AB Deventer<br>Nederland" in page
    parcel, csrf = await Parcel.get(), word(page)
    send = f"{PAGE}/parcels/{parcel.id}"
    for wrong in ("", "gisteren", "2199-01-01", "2020-01-01"):
        answer = await desk.post(send, data={"csrf": csrf, "on": wrong})
        assert answer.status_code == 422
        assert "afgelopen 60 dagen" in answer.text
    day = now().astimezone(product.settings.timezone).date() - timedelta(days=1)
    form = {"csrf": csrf, "on": day.isoformat()}
    answers = await asyncio.gather(*(desk.post(send, data=form) for _ in range(3)))
    assert {answer.status_code for answer in answers} == {303}
    assert await Event.filter(kind="sample.sent").count() == 1
    left = (await Parcel.get()).sent_at
    assert left is not None
    assert left.astimezone(product.settings.timezone).date() == day
    assert "Weggegaan op" in (await product.get(path)).text
    assert "Er wacht geen pakje" in (await desk.get(PAGE)).text
    # What has left goes nowhere else.
    await product.post(f"{path}/address", data=HOME | {"postcode": "1234 AB", "street": "Brink 3"})
    assert (await Parcel.get()).street == "Kade 12"
    clock(88)
    await product.work()
    assert (await Parcel.get()).street == "Kade 12"
    clock(90)
    await product.work()
    parcel = await Parcel.get()
    assert (parcel.name, parcel.street, parcel.postcode, parcel.town) == ("", "", "", "")
    assert parcel.sent_at == left
    assert "Je postadres hebben we weggegooid" in (await product.get(path)).text


async def test_g7_how_a_parcel_was_liked_is_asked_once_ten_days_after_it_left(
    product: Product, clock: Clock
) -> None:
    path = await product.gift("kaartenset-doorvragen", READER)
    await product.post(f"{path}/address", data=HOME | {"postcode": "1234 AB"})
    number = (await Parcel.get()).id
    clock(2)
    today = now().astimezone(product.settings.timezone).date().isoformat()
    desk = await product.log_in("admin")
    csrf = word((await desk.get(PAGE)).text)
    await desk.post(f"{PAGE}/parcels/{number}", data={"csrf": csrf, "on": today})
    clock(11)
    await product.work()
    assert len(product.mails(READER)) == 1
    clock(13)
    await product.work()
    assert f"{path}/liked?answer=4" in body_of(product.mails(READER)[-1])
    clock(40)
    await product.work()
    assert len(product.mails(READER)) == 2


async def test_g1_a_code_is_taken_in_once_and_the_second_sees_when_and_by_whom(
    product: Product,
) -> None:
    path = await product.gift("meekijken-met-een-gesprek", READER)
    code = (await Voucher.get()).code
    desks = [await product.log_in("sales"), await product.log_in("editor")]
    typed = code.lower().replace("-", " ")
    forms = [{"csrf": word((await desk.get(PAGE)).text), "code": typed} for desk in desks]
    answers = await asyncio.gather(
        *(desk.post(f"{PAGE}/codes", data=form) for desk, form in zip(desks, forms, strict=True))
    )
    where = [answer.headers["location"] for answer in answers]
    assert sorted("told=redeemed" in one for one in where) == [False, True]
    winner = (await Voucher.get()).redeemed_name
    second = where.index(next(one for one in where if "told" not in one))
    page = (await desks[second].get(where[second].partition("#")[0])).text
    assert "Deze code is al gebruikt" in page
    assert f"door {winner}" in page
    assert await Event.filter(kind="voucher.redeemed").count() == 1
    assert "Deze code is gebruikt op" in (await product.get(path)).text
    wrong = await desks[0].post(f"{PAGE}/codes", data=forms[0] | {"code": "AAAA-AAA3"})
    assert wrong.status_code == 422
    assert "AAAA-AAA3" in wrong.text


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The settings over a copy of the content in which the webinar is thirty days from now."""
    content, day = copied(tmp_path), now() + timedelta(days=30)
    for language in ("nl", "en"):
        file = f"library/eerste-vijf-minuten/index.{language}.md"
        change(content, file, "starts: 2027-02-11", f"starts: {day:%Y-%m-%d}")
    return environ | {"GIVEFIRST_CONTENT": str(content)}


async def test_g1_who_came_to_a_webinar_is_noted_once_it_has_begun(
    product: Product, clock: Clock
) -> None:
    await product.gift("eerste-vijf-minuten", READER, name="Joost")
    await product.gift("eerste-vijf-minuten", "nora@example.com", name="Nora")
    first = await Gift.all().order_by("id").first()
    assert first
    desk = await product.log_in("sales")
    page = (await desk.get(PAGE)).text
    form = {"csrf": word(page), "gift": str(first.id)}
    save = f"{PAGE}/webinars/eerste-vijf-minuten"
    assert "Er is nog geen webinar geweest" in page
    assert (await desk.post(save, data=form)).status_code == 404
    clock(32)
    desk = await product.log_in("admin")
    page = (await desk.get(PAGE)).text
    assert "Nora" in page
    form["csrf"] = word(page)
    for _ in range(2):
        assert (await desk.post(save, data=form)).status_code == 303
    assert await Event.filter(kind="webinar.attended", lead_id=first.lead_id).count() == 1
    assert await Gift.filter(attended_at__isnull=False).count() == 1
    assert (await Gift.get(id=first.id)).attended_at
    assert "was erbij" in (await desk.get(PAGE)).text
