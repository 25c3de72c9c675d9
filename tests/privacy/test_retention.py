"""What goes when its time has come, with the clock moved."""

from collections.abc import Callable

from server.kit.clock import now
from server.kit.database import rows
from server.kit.house import HouseFile
from server.kit.settings import Settings
from server.leads.models import Lead
from server.mail.letters import Letters
from server.mail.models import Suppression
from server.mail.postman import Postman
from server.privacy.models import KeepRequest
from server.privacy.retention import RAW, forget_quiet
from server.readiness.models import Score
from server.tracking.log import Entry, record
from server.tracking.models import Event
from tests.privacy.test_erasing import places_of
from tests.privacy.test_own_page import READER, furnish
from tests.product import Product

Clock = Callable[[float], None]
TRACES = ("method", "agent", "purpose", "network", "reader")


async def test_single_openings_go_after_thirteen_months_and_scores_follow(
    product: Product, clock: Clock
) -> None:
    await furnish(product, clock)
    lead = await Lead.get()
    for kind in RAW:
        entry = Entry(lead.id, kind, f"old:{kind}", "gulle-gever", at=now(), evidence="likely")
        await record(entry)
    await product.work()
    kept = {event.dedup_key for event in await Event.exclude(kind__in=RAW)}
    clock(386)
    await product.work()
    assert await Event.filter(kind__in=RAW).exists()
    clock(398)
    lead = await Lead.get()
    await product.work()
    assert not await Event.filter(kind__in=RAW).exists()
    assert {event.dedup_key for event in await Event.all()} == kept
    after = await Lead.get()
    assert after.event_count == after.events_scored > lead.event_count
    assert "visit" not in (await Score.get()).memory["sums"]


async def test_of_older_lines_what_tells_readers_apart_is_blanked(
    product: Product, clock: Clock
) -> None:
    await furnish(product, clock)
    assert await Event.filter(agent__not="").count() > 3
    clock(380)
    await product.work()
    assert await Event.filter(agent__not="").count() > 3
    clock(398)
    await product.work()
    for event in await Event.all():
        assert [getattr(event, name) for name in TRACES] == [""] * 5
    rating = await Event.get(kind="rating")
    assert (rating.value, rating.detail, rating.evidence) == (4, "Hoofdstuk 3.", "human")
    desk = await product.log_in("sales")
    card = (await desk.get(f"/desk/leads/{rating.lead_id}")).text
    assert "nog niet hier geopend" not in card
    await desk.aclose()


async def test_old_lines_are_found_by_an_index(database: Settings) -> None:
    (made,) = await rows(
        "SELECT indexdef AS d FROM pg_indexes WHERE indexname = 'event_traces'"
        if "postgres" in database.database_url
        else "SELECT sql AS d FROM sqlite_master WHERE name = 'event_traces'"
    )
    assert all(f"'{kind}'" in made["d"] for kind in RAW)


def postman(product: Product) -> Postman:
    settings = product.settings
    house = HouseFile(settings.content).fresh()
    return Postman(product.site, house, Letters(settings.email_templates))


async def quiet(product: Product, clock: Clock) -> None:
    """Two years after a gift: the question was mailed."""
    clock(0)
    await product.gift("gulle-gever", READER, name="Joost")
    clock(729)
    await product.work()
    assert len(product.mails(READER)) == 1
    clock(731)
    await product.work()
    assert str(product.mails(READER)[-1]["Subject"]) == "Zullen we je gegevens bewaren?"


async def test_who_is_quiet_is_asked_once_and_then_erased(product: Product, clock: Clock) -> None:
    await quiet(product, clock)
    for day in (740, 750, 760):
        clock(day)
        await product.work()
    assert len(product.mails(READER)) == 2
    assert await Lead.all().count() == 1
    clock(762)
    await product.work()
    assert await Lead.all().count() == await KeepRequest.all().count() == 0
    assert places_of(product.settings, READER) == []
    # Silence is no wish: who asks for a book again is welcome.
    assert await Suppression.all().count() == 0


async def test_the_button_keeps_them(product: Product, clock: Clock) -> None:
    await quiet(product, clock)
    path = await product.link(READER, "/me/")
    page = (await product.get(path)).text
    assert "Ja, bewaar mijn gegevens" in page
    answer = await product.post(path, data={"do": "keep"})
    page = (await product.get(answer.headers["location"].partition("#")[0])).text
    assert "We bewaren je gegevens" in page
    assert "Ja, bewaar mijn gegevens" not in page
    clock(800)
    await product.work()
    assert await Lead.all().count() == 1
    clock(731 + 731)
    # Whom nobody asked anew is not erased, whichever job comes first.
    assert await forget_quiet(postman(product), product.settings.data) == 0
    await product.work()
    assert len(product.mails(READER)) == 3
    clock(731 + 731 + 31)
    await product.work()
    assert await Lead.all().count() == 0


async def test_any_sign_of_life_keeps_them(product: Product, clock: Clock) -> None:
    await quiet(product, clock)
    clock(740)
    await product.ask("gulle-gever", READER)
    clock(790)
    await product.work()
    assert await Lead.all().count() == 1


async def test_who_gets_the_tip_is_not_asked(product: Product, clock: Clock) -> None:
    await product.subscribe(READER)
    clock(900)
    await product.work()
    assert len(product.mails(READER)) == 1
    assert await Lead.all().count() == 1
