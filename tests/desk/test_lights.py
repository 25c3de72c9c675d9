"""The traffic light: answers with reasons, amber by two persons, what was measured beside them."""

from collections.abc import Callable
from datetime import timedelta

from httpx2 import AsyncClient

from server.gifts.models import LightChange
from server.kit.clock import now
from server.kit.database import db_time, rows
from server.leads.models import Lead
from server.staff import accounts
from server.staff.models import AuditEntry
from tests.product import Product, new_client
from tests.sales.test_giving import send

Clock = Callable[[float], None]
SLUG = "gulle-gever"
PAGE = f"/desk/gifts/{SLUG}/light"
QUESTIONS = ("restore", "bargain_hunters", "marginal_cost", "acquired_right")


def answers(**other: str) -> dict[str, str]:
    """The form with every question green, but for those named."""
    form = {f"{one}_answer": other.get(one, "green") for one in QUESTIONS}
    return form | {f"{one}_why": f"Reden bij {one}" for one in QUESTIONS}


async def editor(product: Product, name: str) -> AsyncClient:
    user = await accounts.add_staff(f"{name}@staff.example.org", "editor", "nl")
    client = new_client(product.settings)
    await client.post(f"/desk/login/{await accounts.login_secret(user)}")
    return client


async def takers(count: int, hunters: int, days_ago: float = 40) -> None:
    """So many leads who were given it, of whom some take all and read nothing."""
    at = db_time(now() - timedelta(days=days_ago))
    for n in range(count):
        lead = await Lead.meet(f"n{n}@example.org", "nl", "test")
        if n < hunters:
            await Lead.filter(id=lead.id).update(taker_since=now())
        await rows(
            "INSERT INTO ledger (lead_id, key, side, kind, asset_slug, what, cost, value, why,"
            " unexpected, personal, source, by_name, at, recorded_at, sign)"
            " VALUES (?, ?, 'given', 'e-book', ?, '', 0, 25, '', ?, ?, 'site', '', ?, ?, 1)"
            " ON CONFLICT (key) DO NOTHING",
            lead.id, f"t:{n}", SLUG, False, False, at, at,
        )  # fmt: skip


async def test_g8_amber_holds_once_a_second_person_agrees(product: Product) -> None:
    tess, hanna = await editor(product, "tess"), await editor(product, "hanna")
    answer = await send(tess, PAGE, **answers(bargain_hunters="red"), ends_on="2020-01-01")
    assert answer.status_code == 422
    assert "kan niet voorbij zijn" in answer.text
    assert "Reden bij restore" in answer.text  # nothing typed is lost
    await send(tess, PAGE, **answers(acquired_right="amber"))
    change = await LightChange.get()
    assert change.waits
    assert "Een ander moet ernaar kijken" in (await tess.get(PAGE)).text
    own = await send(tess, PAGE, f"{PAGE}/{change.id}", do="approve")
    assert own.headers["location"].endswith("told=own")
    assert (await LightChange.get()).waits
    assert "Jij bent het tweede paar ogen" in (await hanna.get(PAGE)).text
    await send(hanna, PAGE, f"{PAGE}/{change.id}", do="approve")
    assert (await LightChange.get()).is_in_force
    page = (await tess.get(PAGE)).text
    assert "samen met hanna" in page
    actions = await AuditEntry.filter(action__startswith="light.").order_by("id")
    assert [entry.action for entry in actions] == ["light.turned", "light.approved"]


async def test_g8_red_ends_the_giving_with_notice_and_nobody_loses_a_gift(
    product: Product, clock: Clock
) -> None:
    mine = await product.gift(SLUG, "joost@example.org")
    tess = await editor(product, "tess")
    last = (product.state.today() + timedelta(days=10)).isoformat()
    await send(tess, PAGE, **answers(restore="red"), ends_on=last, why="Kost te veel uren")
    page = (await tess.get(PAGE)).text
    assert "We stoppen met ‘De gulle gever stelt grenzen’" in page
    assert 'name="email"' in (await product.get(f"/nl/library/{SLUG}")).text
    clock(11)
    assert (
        "Deze gaven we tot een afgesproken dag" in (await product.get(f"/nl/library/{SLUG}")).text
    )
    assert (await product.get(f"{mine}/read")).status_code == 200
    tess = await editor(product, "tess2")
    assert "gestopt" in (await tess.get("/desk/gifts")).text
    number = (await LightChange.get()).id
    await send(tess, PAGE, f"{PAGE}/{number}", do="withdraw")
    assert 'name="email"' in (await product.get(f"/nl/library/{SLUG}")).text


async def test_g8_what_was_measured_stands_beside_the_answers_and_proposes(
    product: Product,
) -> None:
    tess = await editor(product, "tess")
    await takers(49, 20)
    page = (await tess.get(PAGE)).text
    assert "Te weinig om te zien (49 van 50)" in page
    assert "Voorstel" not in page
    await takers(60, 20)
    page = (await tess.get(PAGE)).text
    assert "33 % " in page
    assert "Voorstel: naar rood." in page
    listed = (await tess.get("/desk/gifts")).text
    assert "wil op rood" in listed


async def test_g8_nothing_is_measured_in_the_first_month(product: Product) -> None:
    tess = await editor(product, "tess")
    await takers(60, 20, days_ago=1)
    assert "lang genoeg gegeven om te kijken" in (await tess.get(PAGE)).text
