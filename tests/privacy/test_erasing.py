"""Erased means gone: rows, files, the database file itself; and nothing comes back."""

import asyncio
from collections.abc import Callable

import pytest

from server.contact.models import Conversation, ConversationLine
from server.gifts.models import Gift
from server.kit import database
from server.kit.clock import now
from server.kit.database import rows
from server.kit.settings import Settings
from server.leads.models import Consent, Lead, Subscription
from server.mail import outbox
from server.mail.models import Arrival, Bounce, Delivery, ListRest, Suppression
from server.newsletter import issuing
from server.privacy import erasing
from server.privacy.holdings import holdings_of
from server.privacy.retention import NIGHT, sweep_traces
from server.readiness.models import Score, Transition
from server.sales.models import FollowUp, ImportRun, Note, Outcome
from server.staff.models import AuditEntry
from server.tracking.models import Event
from tests.flows.test_tip import editor
from tests.privacy.test_own_page import READER, furnish
from tests.privacy.worked import worked_on
from tests.product import Product
from tests.web.test_safety import snapshot

Clock = Callable[[float], None]
NAME = "Joostnaamloos"


def places_of(settings: Settings, *words: str) -> list[str]:
    """The files of the data folder that hold one of these words, whole or in part of a page."""
    return [
        f"{file.name}: {word}"
        for file in sorted(settings.data.rglob("*"))
        if file.is_file()
        for word in words
        if word.encode() in file.read_bytes()
    ]


async def erase(product: Product, path: str) -> None:
    answer = await product.post(path, data={"do": "erase", "sure": "yes"})
    assert answer.status_code == 303
    assert answer.headers["location"].endswith("/my-page?erased=1")


async def test_without_the_tick_nothing_is_erased(product: Product, clock: Clock) -> None:
    path = await furnish(product, clock)
    for form in ({}, {"sure": ""}, {"sure": "no"}):
        answer = await product.post(path, data={"do": "erase", **form})
        assert answer.status_code == 422
        assert "Er is nog niets gewist" in answer.text
        assert 'aria-describedby="sure-error"' in answer.text
    assert await Lead.all().count() == 1


async def test_every_row_is_gone_and_the_address_stays_as_a_hash(
    product: Product, clock: Clock
) -> None:
    path = await furnish(product, clock)
    await Lead.all().update(name=NAME)
    await issuing.send_test(editor(product), "2026-47", READER, "nl")
    await product.post("/nl/my-page", data={"email": READER})
    await worked_on(await Lead.get(email=READER), NAME)
    await erase(product, path)
    theirs = (Lead, Gift, Consent, Subscription, Event, Delivery, Score, Transition)
    came_in = (Arrival, Bounce, ListRest)
    for model in (*theirs, *came_in, Note, FollowUp, Outcome, Conversation, ConversationLine):
        assert await model.all().count() == 0, model
    for table, found in (await snapshot()).items():
        assert not [row for row in found if READER in row or NAME in row], table
    # The table that held the address is forgotten, the other still waits.
    assert await ImportRun.all().count() == 1
    suppression = await Suppression.get()
    assert suppression.reason == "erased"
    assert suppression.fingerprint == product.site.fingerprint("suppression", READER)
    audit = await AuditEntry.get(action="lead.erased")
    assert audit.detail.startswith("lead ")


async def test_no_file_holds_the_address_or_the_name(product: Product, clock: Clock) -> None:
    path = await furnish(product, clock)
    await Lead.all().update(name=NAME)
    await worked_on(await Lead.get(email=READER), NAME)
    await product.gift("gulle-gever", "other@example.org")
    await product.post("/nl/my-page", data={"email": READER})
    await product.work()
    assert places_of(product.settings, READER)
    mails = len(product.mails("other@example.org"))
    await erase(product, path)
    assert places_of(product.settings, READER, NAME) == []
    assert len(product.mails()) == len(product.mails("other@example.org")) == mails


@pytest.mark.sqlite
async def test_pages_that_were_split_keep_no_copy(product: Product, clock: Clock) -> None:
    path = await furnish(product, clock)
    for n in range(400):
        lead = await Lead.meet(f"reader{n * 7919 % 401}@example.org", "nl", "import")
        await Lead.filter(id=lead.id).update(name="n" * (n % 60), company="c" * (n * 7 % 90))
        await Lead.filter(email=READER).update(name=NAME, company=f"{NAME} {'x' * (n % 70)}")
    await erase(product, path)
    assert places_of(product.settings, READER, NAME) == []
    assert await Lead.all().count() > 390


@pytest.mark.sqlite
async def test_what_an_older_version_left_beside_the_rows_goes_too(
    product: Product, clock: Clock
) -> None:
    await rows("PRAGMA secure_delete=OFF")
    path = await furnish(product, clock)
    await Lead.all().update(name=NAME)
    await erase(product, path)
    assert places_of(product.settings, READER, NAME) == []


@pytest.mark.sqlite
async def test_a_large_file_is_overwritten_now_and_written_anew_at_night(
    product: Product, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "SMALL", 0)
    path = await furnish(product, clock)
    await rows("CREATE TABLE filler (x TEXT)")
    await rows("INSERT INTO filler VALUES (?)", "x" * 500_000)
    await rows("DROP TABLE filler")
    await erase(product, path)
    assert places_of(product.settings, READER) == []
    size = product.settings.sqlite_file.stat().st_size
    zone = product.settings.timezone
    to_night = (NIGHT - now().astimezone(zone).hour) % 24 / 24
    clock(to_night + (1 / 24 if to_night < 0.1 else -1 / 24))
    assert await sweep_traces(zone) >= 0
    assert product.settings.sqlite_file.stat().st_size == size
    clock(to_night)
    assert await sweep_traces(zone) == 1
    assert product.settings.sqlite_file.stat().st_size < size


async def test_erasing_at_once_many_times_is_once(product: Product, clock: Clock) -> None:
    path = await furnish(product, clock)
    form = {"do": "erase", "sure": "yes"}
    answers = await asyncio.gather(*(product.post(path, data=form) for _ in range(6)))
    assert {answer.status_code for answer in answers} <= {303, 404}
    assert await AuditEntry.filter(action="lead.erased").count() == 1
    assert (await product.post(path, data=form)).status_code == 404


async def test_every_link_of_theirs_is_dead(product: Product, clock: Clock) -> None:
    path = await furnish(product, clock)
    gift = await product.link(READER, "/gift/")
    way_out = await product.link(READER, "/unsubscribe/")
    await erase(product, path)
    for place in (path, gift, f"{gift}/read", f"{gift}/liked", way_out):
        assert (await product.get(place)).status_code == 404, place
        assert (await product.post(place)).status_code in (404, 405), place
    page = (await product.get("/nl/my-page?erased=1")).text
    assert "Er gaat niets meer naar dit adres" in page
    assert "marit@brugman.example.org" in page


async def test_whoever_fills_in_the_address_again_makes_no_row_and_no_mail(
    product: Product, clock: Clock
) -> None:
    path = await furnish(product, clock)
    fresh = await product.ask("gulle-gever", "fresh@example.org", tips=True)
    await erase(product, path)
    await product.work()
    before, mails = await snapshot(), len(product.mails())
    again = await product.ask("gulle-gever", READER, tips=True, name="Joost")
    assert (again.status_code, dict(again.headers)) == (fresh.status_code, dict(fresh.headers))
    for form in ("newsletter", "my-page"):
        answer = await product.post(f"/nl/{form}", data={"email": READER.upper()})
        assert answer.headers["location"] == f"/nl/{form}?sent=1"
    await product.work()
    assert await snapshot() == before
    assert len(product.mails()) == mails


async def test_a_form_beside_the_erasing_brings_nothing_back(
    product: Product, clock: Clock
) -> None:
    path = await furnish(product, clock)
    form = {"do": "erase", "sure": "yes"}
    asks = [product.ask("gulle-gever", READER, tips=True) for _ in range(8)]
    joins = [product.post("/nl/newsletter", data={"email": READER}) for _ in range(4)]
    mails = [product.post("/nl/my-page", data={"email": READER}) for _ in range(4)]
    everything = (*asks, product.post(path, data=form), *joins, *mails)
    answers = await asyncio.gather(*everything)
    assert {answer.status_code for answer in answers} == {303}
    assert await Lead.all().count() == await Gift.all().count() == 0
    assert await Delivery.all().count() == await Subscription.all().count() == 0


async def test_who_was_blocked_before_is_no_way_in_either(product: Product) -> None:
    await outbox.suppress(product.site, READER, "no such mailbox")
    await product.ask("gulle-gever", READER)
    await product.post("/nl/newsletter", data={"email": READER})
    assert await Lead.all().count() == 0


async def test_an_action_on_the_desk_for_who_is_erased_is_not_found(
    product: Product, clock: Clock
) -> None:
    path = await furnish(product, clock)
    desk = await product.log_in("sales")
    lead = await Lead.get()
    card = (await desk.get(f"/desk/leads/{lead.id}")).text
    csrf = card.partition('name="csrf" value="')[2].partition('"')[0]
    await erase(product, path)
    form = {"csrf": csrf, "do": "off"}
    answer = await desk.post(f"/desk/leads/{lead.id}/profiling", data=form)
    assert answer.status_code == 404
    assert (await desk.get(f"/desk/leads/{lead.id}")).status_code == 404
    assert await Event.all().count() == 0
    await desk.aclose()


async def test_a_colleague_who_was_a_lead_too_keeps_the_account(
    product: Product, clock: Clock
) -> None:
    desk = await product.log_in()
    await product.gift("gulle-gever", "admin@staff.example.org")
    await desk.post("/desk/logout", data={})
    await product.post("/desk/login", data={"email": "admin@staff.example.org"})
    lead = await Lead.get()
    done = await erasing.erase(product.site, product.settings.data, lead.id)
    assert done
    assert done.rows["gift"] == 1
    assert await Delivery.filter(key__startswith="login:").count() == 1
    assert (await desk.get("/desk/")).status_code == 200
    await desk.aclose()


async def test_erasing_nobody_does_nothing(product: Product) -> None:
    assert await erasing.erase(product.site, product.settings.data, 4711) is None
    assert await rows("SELECT id FROM audit_entry") == []


async def test_what_is_told_to_be_erased_is_what_there_was(product: Product, clock: Clock) -> None:
    await furnish(product, clock)
    lead = await Lead.get()
    held = await holdings_of(lead)
    done = await erasing.erase(product.site, product.settings.data, lead.id)
    assert done
    assert done.rows == {name: len(found) for name, found in held.items() if name != "message"}
    assert done.files == len(held["delivery"])
