"""Erasing somebody while a mail to them is on its way: no crash, no row, no file left."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from server.gifts import giving, liking
from server.leads.models import Lead
from server.mail.models import Delivery
from server.mail.recording import Entry, Recorder
from server.mail.sending import Sender
from server.mail.transport import Files
from server.privacy import erasing
from server.sales import follow_up, outcomes
from tests.desk.test_outcomes import word
from tests.product import Product
from tests.support.processes import free_port

READER = "joost@example.org"
PATIENCE = 20.0


class SlowRelay:
    """A relay that has a mail and does not answer before it is told to."""

    def __init__(self) -> None:
        self.has_it, self.may_answer = threading.Event(), threading.Event()
        self.taken: list[str] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.taken += envelope.rcpt_tos
        self.has_it.set()
        assert await asyncio.to_thread(self.may_answer.wait, PATIENCE)
        return "250 2.0.0 taken"


@pytest.fixture
def relay() -> Iterator[tuple[SlowRelay, int]]:
    handler, port = SlowRelay(), free_port()
    controller = Controller(handler, "127.0.0.1", port)
    controller.start()
    yield handler, port
    handler.may_answer.set()
    controller.stop()


@pytest.fixture
def environ(environ: dict[str, str], request: pytest.FixtureRequest) -> dict[str, str]:
    if "relay" not in request.fixturenames:
        return environ
    port = request.getfixturevalue("relay")[1]
    return environ | {"GIVEFIRST_SMTP_URL": f"smtp://127.0.0.1:{port}"}


async def test_a_slow_relay_brings_nothing_back(
    relay: tuple[SlowRelay, int], product: Product
) -> None:
    slow, _ = relay
    await product.ask("gulle-gever", READER)
    await product.ask("service-als-cadeau", READER)
    sending = asyncio.create_task(Sender(product.settings, product.site).send_batch())
    assert await asyncio.to_thread(slow.has_it.wait, PATIENCE)
    assert await Delivery.filter(state="sending").count() == 1
    lead = await Lead.get()
    assert await erasing.erase(product.site, product.settings.data, lead.id)
    assert await Delivery.all().count() == 0
    slow.may_answer.set()
    assert await sending == 1
    await product.work()
    assert slow.taken == [READER]
    assert await Lead.all().count() == await Delivery.all().count() == 0


async def test_a_mail_that_was_claimed_is_not_sent(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    await product.ask("gulle-gever", READER)
    sender = Sender(product.settings, product.site)
    mark = Recorder.write

    async def erased_first(self: Recorder, *entries: Entry) -> object:
        for lead in await Lead.all():
            await erasing.erase(product.site, product.settings.data, lead.id)
        return await mark(self, *entries)

    monkeypatch.setattr(Recorder, "write", erased_first)
    assert await sender.send_batch() == 1
    assert product.mails() == []
    assert await Delivery.all().count() == 0


async def test_a_file_that_was_written_meanwhile_is_taken_back(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    await product.ask("gulle-gever", READER)
    send = Files.send

    async def erased_first(self: Files, sender: str, to: str, mail: bytes) -> Path:
        await erasing.erase(product.site, product.settings.data, (await Lead.get()).id)
        return await send(self, sender, to, mail)

    monkeypatch.setattr(Files, "send", erased_first)
    await product.work()
    assert product.mails() == []
    assert list((product.settings.data / "mail").iterdir()) == []


@pytest.mark.parametrize(
    ("owner", "name", "path", "form", "status"),
    [
        (giving, "hand_over", "{gift}", {}, 404),
        (liking, "rate", "{gift}/liked", {"liked": "4"}, 303),
        (follow_up, "add_note", "/desk/leads/{lead}/notes", {"note": "bellen"}, 404),
        (follow_up, "assign", "/desk/leads/{lead}/owner", {"owner": "1"}, 303),
        (follow_up, "snooze", "/desk/leads/{lead}/snooze", {"days": "7"}, 303),
        (outcomes, "record_outcome", "/desk/leads/{lead}/outcome", {"outcome": "offer"}, 404),
    ],
)
async def test_a_button_pressed_as_somebody_is_erased_finds_nobody(
    product: Product,
    monkeypatch: pytest.MonkeyPatch,
    owner: object,
    name: str,
    path: str,
    form: dict[str, str],
    status: int,
) -> None:
    gift = await product.gift("gulle-gever", READER)
    desk = await product.log_in()
    lead = await Lead.get()
    csrf = word((await desk.get(f"/desk/leads/{lead.id}")).text)
    pressed = getattr(owner, name)

    async def erased_first(*values: object, **named: object) -> object:
        await erasing.erase(product.site, product.settings.data, lead.id)
        return await pressed(*values, **named)

    monkeypatch.setattr(owner, name, erased_first)
    place = path.format(gift=gift, lead=lead.id)
    answer = await desk.post(place, data={**form, "csrf": csrf, "after": "0"})
    assert answer.status_code == status
    assert await Lead.all().count() == 0
    await desk.aclose()
