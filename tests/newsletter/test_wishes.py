"""What readers want of the tip holds before the next one, also for the one that waits."""

from pathlib import Path

import pytest

from server.leads.models import Lead, Subscription
from server.mail.models import Delivery
from server.newsletter import issuing, queueing
from tests.newsletter.rhythms import Clock, editor, write
from tests.product import Product

READER = "joost@example.org"


async def waiting(product: Product, folder: Path, name: str) -> Delivery:
    """An issue that is ready to go to the reader."""
    await issuing.send(editor(product, folder), name)
    while await queueing.queue_next(product.site):
        pass
    return await Delivery.get(key__startswith=f"issue:{name}:")


@pytest.fixture
async def path(product: Product, clock: Clock, tmp_path: Path) -> str:
    """The way out of the mail of a week ago."""
    clock(-7)
    await product.subscribe(READER)
    write(tmp_path, "a")
    await issuing.send(editor(product, tmp_path), "a")
    way = await product.link(READER, "/unsubscribe/")
    clock(0)
    return way


@pytest.mark.parametrize("own_page", [False, True])
async def test_every_two_weeks_withdraws_the_one_that_waits(
    product: Product, clock: Clock, tmp_path: Path, path: str, own_page: bool
) -> None:
    place = await product.link(READER, "/me/") if own_page else path
    write(tmp_path, "b")
    one = await waiting(product, tmp_path, "b")
    answer = await product.post(place, data={"do": "every", "every": "2"})
    assert answer.status_code == (303 if own_page else 200)
    await one.refresh_from_db()
    assert (one.state, one.error) == ("suppressed", "not this week")
    assert (await Subscription.get()).every_weeks == 2
    clock(7)
    write(tmp_path, "c")
    assert (await waiting(product, tmp_path, "c")).state == "queued"
    clock(14)
    write(tmp_path, "d")
    await issuing.send(editor(product, tmp_path), "d")
    await product.work()
    assert not await Delivery.exists(key__startswith="issue:d:")
    wrong = await product.post(place, data={"do": "every", "every": "3"})
    assert wrong.status_code == 422


async def test_topics_withdraw_what_is_about_something_else_and_leave_the_rest(
    product: Product, tmp_path: Path, path: str
) -> None:
    write(tmp_path, "b", "themes: [meten]\n")
    write(tmp_path, "c", "themes: [meten, geven]\n")
    write(tmp_path, "d")
    found = {name: await waiting(product, tmp_path, name) for name in ("b", "c", "d")}
    await Delivery.filter(id=found["b"].id).update(state="leased", lease_token="mine")
    page = await product.post(path, data={"do": "topics", "topic": "geven"})
    assert "alleen tips over wat je aankruiste" in page.text
    states = {}
    for name, one in found.items():
        await one.refresh_from_db()
        states[name] = (one.state, one.lease_token)
    assert states == {"b": ("suppressed", ""), "c": ("queued", ""), "d": ("queued", "")}
    assert (await Subscription.get()).topics == ",geven,"
    assert (await product.post(path, data={"do": "topics"})).status_code == 422
    every = {"do": "topics", "topic": ["geven", "grenzen", "service", "opvolgen", "meten"]}
    await product.post(path, data=every)
    assert (await Subscription.get()).topics == ""


async def test_another_language_turns_the_one_that_waits(
    product: Product, tmp_path: Path, path: str
) -> None:
    write(tmp_path, "b")
    (tmp_path / "newsletter" / "b.en.md").write_text(
        "---\nsubject: Tip b in English\n---\n\nText.\n", "utf-8"
    )
    one = await waiting(product, tmp_path, "b")
    await Delivery.filter(id=one.id).update(state="leased", lease_token="mine")
    page = await product.post(path, data={"do": "language", "language": "en"})
    assert "comes in English" in page.text
    await product.work()
    assert str(product.mails(READER)[-1]["Subject"]) == "Tip b in English"


async def test_the_clock_of_a_reader_is_chosen_from_a_list(product: Product, path: str) -> None:
    own = await product.link(READER, "/me/")
    for written, kept in (("Asia/Tokyo", "Asia/Tokyo"), ("", "")):
        answer = await product.post(own, data={"do": "timezone", "timezone": written})
        assert answer.status_code == 303
        assert (await Lead.get()).timezone == kept
    wrong = await product.post(own, data={"do": "timezone", "timezone": "Mars/Olympus"})
    assert wrong.status_code == 422
    assert "Kies er een uit de lijst" in wrong.text
