"""An outcome in one press: the list follows, a colleague who was first is named, undo is undo."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from httpx2 import AsyncClient, Response

from server.kit.clock import now
from server.leads.models import Lead
from server.readiness.models import Score
from server.sales.models import FollowUp, Note, Outcome
from server.tracking.log import Entry, record
from server.tracking.models import Event
from tests.product import Product

Clock = Callable[[float], None]
READER = "joost@example.org"


async def ready_lead(product: Product, address: str = READER) -> Lead:
    """A lead who asked to be contacted: ready at once."""
    await product.gift("gulle-gever", address)
    lead = await Lead.get(email=address)
    await record(Entry(lead.id, "contact.requested", f"c:{address}", evidence="human"))
    await product.work()
    return await Lead.get(email=address)


def word(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found
    return found[1]


async def press(desk: AsyncClient, lead: Lead, outcome: str, **more: str) -> Response:
    """Open the card and press a button of the panel."""
    card = (await desk.get(f"/desk/leads/{lead.id}")).text
    newest = re.search(r'name="after" value="(\d+)"', card)
    assert newest
    form = {"csrf": word(card), "after": newest[1], "outcome": outcome, **more}
    return await desk.post(f"/desk/leads/{lead.id}/outcome", data=form)


async def state_of(lead: Lead) -> str:
    return (await Score.get(lead_id=lead.id)).state


@pytest.mark.parametrize(
    ("button", "more", "kind", "state"),
    [
        ("accepted", {}, "outcome.accepted", "ready"),
        ("contacted", {}, "contacted", "new"),
        ("meeting", {}, "meeting", "new"),
        ("offer", {}, "outcome.offer", "offered"),
        ("won", {"value": "3.200,50"}, "outcome.won", "customer"),
        ("not_now:90", {}, "outcome.not_now", "resting"),
        ("lost:price", {}, "outcome.lost", "resting"),
        ("not_a_fit:person", {}, "outcome.not_a_fit", "not_a_fit"),
    ],
)
async def test_each_outcome_moves_the_lead_at_once_and_undo_brings_it_back(
    product: Product, button: str, more: dict[str, str], kind: str, state: str
) -> None:
    lead = await ready_lead(product)
    desk = await product.log_in("sales")
    before = (await Score.get(lead_id=lead.id)).memory
    assert await state_of(lead) == "ready"
    answer = await press(desk, lead, button, next="/desk/", **more)
    assert answer.status_code == 303
    place = answer.headers["location"]
    assert place.startswith("/desk/?done=")
    assert await state_of(lead) == state
    outcome = await Outcome.get()
    assert await Event.filter(kind=kind, dedup_key=outcome.key, evidence="human").count() == 1
    assert outcome.state == "ready"
    assert sum(points for _, points, *_ in outcome.reasons) == outcome.points
    page = (await desk.get(place)).text
    assert "Ongedaan maken" in page
    undone = await desk.post(
        f"/desk/outcomes/{outcome.id}/undo", data={"csrf": word(page), "next": "/desk/"}
    )
    assert "teruggedraaid" in (await desk.get(undone.headers["location"])).text
    assert await state_of(lead) == "ready"
    assert (await Score.get(lead_id=lead.id)).memory == before
    card = (await desk.get(f"/desk/leads/{lead.id}")).text
    assert f"sales: {button}" not in card
    again = await desk.post(f"/desk/outcomes/{outcome.id}/undo", data={"csrf": word(page)})
    assert again.status_code == 303
    assert await Event.filter(kind=kind, sign=-1).count() == 1


async def test_the_amount_and_the_name_stand_in_the_history(product: Product) -> None:
    lead = await ready_lead(product)
    desk = await product.log_in("sales")
    await press(desk, lead, "won", value="€ 3.200,50")
    card = (await desk.get(f"/desk/leads/{lead.id}")).text
    assert "sales: Gewonnen, €\u00a03.200,50" in card
    assert (await Outcome.get()).value == 3200.5


async def test_not_now_until_a_day_brings_the_lead_back_on_that_day(
    product: Product, clock: Clock
) -> None:
    lead = await ready_lead(product)
    desk = await product.log_in("sales")
    day = (now() + timedelta(days=40)).date()
    assert (await press(desk, lead, "not_now:day", until=day.isoformat())).status_code == 303
    assert await state_of(lead) == "resting"
    clock(39)
    await product.work()
    assert await state_of(lead) == "resting"
    clock(41)
    await product.work()
    assert await state_of(lead) != "resting" or (await Score.get()).step != "rest"


@pytest.mark.parametrize(
    ("button", "more", "says"),
    [
        ("won", {"value": "veel"}, "Dit is geen bedrag"),
        ("won", {"value": "-5"}, "Dit is geen bedrag"),
        ("won", {"value": "9" * 13}, "Dit is geen bedrag"),
        ("lost", {}, "hoort een reden"),
        ("lost:weather", {}, "hoort een reden"),
        ("not_now:day", {"until": "2020-01-01"}, "Kies een dag die nog komt"),
        ("not_now:day", {"until": "morgen"}, "Kies een dag die nog komt"),
        ("divorced", {}, "Deze uitkomst kennen we niet"),
        ("", {}, "Deze uitkomst kennen we niet"),
    ],
)
async def test_what_makes_no_sense_is_said_and_changes_nothing(
    product: Product, button: str, more: dict[str, str], says: str
) -> None:
    lead = await ready_lead(product)
    desk = await product.log_in("sales")
    answer = await press(desk, lead, button, **more)
    assert answer.status_code == 422
    assert says in answer.text
    assert await Outcome.all().count() == 0
    assert await state_of(lead) == "ready"


async def test_the_second_seller_is_shown_what_the_first_did(product: Product) -> None:
    lead = await ready_lead(product)
    first, second = await product.log_in("sales"), await product.log_in("admin")
    stale = (await second.get(f"/desk/leads/{lead.id}")).text
    await press(first, lead, "offer")
    form = {"csrf": word(stale), "after": "0", "outcome": "lost:price"}
    answer = await second.post(f"/desk/leads/{lead.id}/outcome", data=form)
    shown = (await second.get(answer.headers["location"])).text
    assert "sales was je om" in shown
    assert "Aanbod gedaan" in shown
    assert await Outcome.all().count() == 1
    # Mine is true too: one press on the page that says so.
    newest = (await Outcome.get()).id
    form = {"csrf": word(shown), "after": str(newest), "outcome": "lost:price"}
    assert f'name="after" value="{newest}"' in shown
    assert 'value="lost:price"' in shown
    await second.post(f"/desk/leads/{lead.id}/outcome", data=form)
    assert await Outcome.all().count() == 2


async def test_the_same_button_pressed_twice_counts_once(product: Product) -> None:
    lead = await ready_lead(product)
    desk = await product.log_in("sales")
    card = (await desk.get(f"/desk/leads/{lead.id}")).text
    form = {"csrf": word(card), "after": "0", "outcome": "offer"}
    for _ in range(3):
        answer = await desk.post(f"/desk/leads/{lead.id}/outcome", data=form)
        assert "done=" in answer.headers["location"]
    assert await Outcome.all().count() == 1


async def test_an_outcome_of_a_lead_who_is_gone_is_not_found(product: Product) -> None:
    lead = await ready_lead(product)
    desk = await product.log_in("sales")
    card = (await desk.get(f"/desk/leads/{lead.id}")).text
    await press(desk, lead, "offer")
    outcome = await Outcome.get()
    await lead.delete()
    for path in (
        f"/desk/leads/{lead.id}/outcome",
        f"/desk/leads/{lead.id}/notes",
        f"/desk/leads/{lead.id}/owner",
        f"/desk/leads/{lead.id}/snooze",
        f"/desk/outcomes/{outcome.id}/undo",
        f"/desk/outcomes/{2**40}/undo",
        f"/desk/notes/{2**40}",
    ):
        answer = await desk.post(path, data={"csrf": word(card), "outcome": "won"})
        assert answer.status_code == 404, path
    assert await Outcome.all().count() == 0


async def test_who_records_something_has_the_lead_from_then_on(product: Product) -> None:
    lead = await ready_lead(product)
    desk = await product.log_in("sales")
    await press(desk, lead, "accepted")
    assert "opgepakt door jou" in (await desk.get("/desk/")).text
    other = await product.log_in("admin")
    assert "opgepakt door sales" in (await other.get("/desk/")).text
    assert (await FollowUp.get()).owner_id is not None


async def test_a_task_comes_back_on_its_day_and_is_ticked_off(
    product: Product, clock: Clock
) -> None:
    lead = await ready_lead(product)
    desk = await product.log_in("sales")
    card = (await desk.get(f"/desk/leads/{lead.id}")).text
    form = {"csrf": word(card), "note": "Data opzoeken <b>", "due": "week"}
    assert (await desk.post(f"/desk/leads/{lead.id}/notes", data=form)).status_code == 303
    assert "Data opzoeken" not in (await desk.get("/desk/")).text
    clock(8)
    desk = await product.log_in("sales")
    page = (await desk.get("/desk/")).text
    assert "Data opzoeken &lt;b&gt;" in page
    assert "Data opzoeken" not in (await (await product.log_in("admin")).get("/desk/")).text
    note = await Note.get()
    done = {"csrf": word(page), "do": "done", "next": "/desk/"}
    assert (await desk.post(f"/desk/notes/{note.id}", data=done)).headers["location"] == "/desk/"
    assert "Data opzoeken" not in (await desk.get("/desk/")).text


async def test_an_empty_note_is_refused_in_words(product: Product) -> None:
    lead = await ready_lead(product)
    desk = await product.log_in("sales")
    card = (await desk.get(f"/desk/leads/{lead.id}")).text
    answer = await desk.post(f"/desk/leads/{lead.id}/notes", data={"csrf": word(card), "note": " "})
    assert answer.status_code == 422
    assert "De notitie was leeg" in answer.text


async def test_a_lead_that_rests_is_off_the_list_until_its_day(
    product: Product, clock: Clock
) -> None:
    lead = await ready_lead(product)
    desk = await product.log_in("sales")
    place = f'href="/desk/leads/{lead.id}?in=today"'
    page = (await desk.get("/desk/")).text
    assert place in page
    await desk.post(f"/desk/leads/{lead.id}/snooze", data={"csrf": word(page), "days": "7"})
    assert place not in (await desk.get("/desk/")).text
    assert "Rust tot" in (await desk.get(f"/desk/leads/{lead.id}")).text
    clock(7.1)
    desk = await product.log_in("sales")
    assert place in (await desk.get("/desk/")).text


async def test_a_place_to_go_on_to_is_one_of_the_desk(product: Product) -> None:
    lead = await ready_lead(product)
    desk = await product.log_in("sales")
    for place in ("https://evil.example.org/", "//evil.example.org", "/nl/", "/desk/\r\nX: 1"):
        answer = await press(desk, lead, "contacted", next=place)
        assert answer.headers["location"].startswith(f"/desk/leads/{lead.id}?done=")
