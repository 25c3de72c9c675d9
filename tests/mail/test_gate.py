"""A database knows its place: in a copy of it nothing leaves until somebody opens the gate."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from server.kit.clock import now
from server.kit.database import close_database, db_time, open_database, rows
from server.kit.instance import place_of
from server.kit.settings import Settings
from server.mail import gate
from server.mail.models import Delivery, Gate
from server.staff.models import AuditEntry
from server.worker import all_jobs, run_turn
from tests.mail.furnishing import list_mail
from tests.product import Product
from tests.support.databases import PostgresCopies
from tests.support.smtp import SmtpServer

READER = "joost@example.org"


@pytest.fixture
def environ(environ: dict[str, str], smtp_server: SmtpServer) -> dict[str, str]:
    return environ | {"GIVEFIRST_SMTP_URL": smtp_server.url}


@pytest.fixture
def copied(
    request: pytest.FixtureRequest, engine: str, tmp_path: Path
) -> Iterator[Callable[[Settings], Settings]]:
    """Copies a database that nobody has open, with all that belongs to it."""
    made: list[str] = []

    def copy(settings: Settings) -> Settings:
        data = tmp_path / "elsewhere"
        shutil.copytree(settings.data, data)
        if engine == "sqlite":
            return replace(settings, data=data, database_url=f"sqlite:///{data}/givefirst.db")
        copies: PostgresCopies = request.getfixturevalue("postgres_copies")
        base = settings.database_url.rpartition("/")[2]
        made.append(f"{base}_copy")
        return replace(settings, data=data, database_url=copies.server.create(made[0], base))

    yield copy
    for name in made:
        request.getfixturevalue("postgres_copies").server.drop(name)


async def test_a_copy_sends_nothing_and_the_first_goes_on(
    product: Product, smtp_server: SmtpServer, copied: Callable[[Settings], Settings]
) -> None:
    await product.work()
    own = await place_of(product.settings)
    assert (await Gate.get()).mark == own
    await product.ask("gulle-gever", READER)
    await close_database()
    copy = copied(product.settings)
    await open_database(copy)
    assert await place_of(copy) != own
    await gate.look(copy)
    await run_turn(all_jobs(copy))
    assert smtp_server.messages == []
    assert (await Delivery.get()).state == "queued"
    await close_database()
    await open_database(product.settings)
    await gate.look(product.settings)
    await product.work()
    assert len(smtp_server.messages) == 1


async def test_nothing_leaves_until_the_gate_is_opened_and_that_is_written_down(
    product: Product, smtp_server: SmtpServer
) -> None:
    await product.work()
    await rows("UPDATE gate SET mark = 'elsewhere'")
    await product.ask("gulle-gever", READER)
    assert await gate.look(product.settings) == 1
    assert await gate.look(product.settings) == 0
    await product.work()
    assert smtp_server.messages == []
    assert await gate.release(product.settings) == gate.Tally(goes=1)
    assert await gate.release(product.settings) is None
    await product.work()
    assert len(smtp_server.messages) == 1
    assert await AuditEntry.filter(action="outbox.released").count() == 1
    assert await gate.look(product.settings) == 0


async def test_a_worker_that_runs_shuts_the_gate_within_a_minute(product: Product) -> None:
    await product.work()
    await rows("UPDATE gate SET mark = 'elsewhere'")
    await product.work()
    assert await gate.is_shut()


async def test_a_database_without_a_gate_is_shut(product: Product, smtp_server: SmtpServer) -> None:
    await rows("DELETE FROM gate")
    await product.ask("gulle-gever", READER)
    await product.work()
    assert smtp_server.messages == []
    assert (await gate.shut_since() or ("", ""))[1] == "restored"


async def test_release_tells_what_will_go_what_is_held_and_what_expires(
    product: Product, smtp_server: SmtpServer
) -> None:
    await list_mail(6)
    first, second, *_ = await Delivery.all().order_by("id")
    past = now() - timedelta(minutes=1)
    await Delivery.filter(id=first.id).update(not_after=past)  # a fresh tip whose time is over
    await Delivery.filter(id=second.id).update(not_after=past, doubts=1)  # tried: three days
    await product.ask("gulle-gever", READER)
    await Delivery.filter(lead__email=READER).update(not_after=past)
    await rows("UPDATE gate SET mark = 'elsewhere', shut_at = ?", db_time(now()))
    told = await gate.release(product.settings)
    assert told == gate.Tally(goes=5, late=1, expires=1)
    await product.work()
    states = [one.state for one in await Delivery.all().order_by("id")]
    assert states.count("sent") == told.goes == len(smtp_server.messages)
    assert states.count("held") == told.late
    assert states.count("expired") == told.expires
