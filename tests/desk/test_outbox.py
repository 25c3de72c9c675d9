"""The outbox at the desk: what waits for a person, and the gate of a copy."""

import re
from collections.abc import Callable

from httpx2 import AsyncClient, Response

from server.kit.clock import now
from server.kit.database import rows
from server.mail import gate
from server.mail.models import Delivery, DomainPace
from server.staff.models import AuditEntry
from tests.mail.furnishing import list_mail
from tests.product import Product

Clock = Callable[[float], None]


async def press(desk: AsyncClient, path: str, **fields: str) -> Response:
    """Send a form of the page with its token."""
    shown = (await desk.get("/desk/outbox")).text
    found = re.search(r'name="csrf" value="([^"]+)"', shown)
    assert found
    answer = await desk.post(path, data={"csrf": found[1], **fields})
    assert answer.status_code == 303, answer.text
    return await desk.get(answer.headers["location"])


async def piled(count: int, state: str, error: str) -> list[int]:
    """So many tips in a state, of a database that has none yet; their numbers."""
    await list_mail(count)
    await Delivery.all().update(state=state, error=error)
    return [one.id for one in await Delivery.all().order_by("id")]


async def test_mails_in_doubt_are_sent_once_more_or_let_go(product: Product) -> None:
    desk = await product.log_in()
    assert "Niets vraagt een besluit" in (await desk.get("/desk/outbox")).text
    first, second, *_ = await piled(4, "uncertain", "the line broke")
    mail_id = (await Delivery.get(id=first)).mail_id
    shown = (await desk.get("/desk/outbox")).text
    assert "r0@d0.example.org" in shown
    assert "the line broke" in shown
    path = "/desk/outbox/decide"
    told = await press(desk, path, pile="doubt", which=str(first), do="send")
    assert "1 mail gaat de deur uit" in told.text
    await press(desk, path, pile="doubt", which=str(second), do="drop")
    await product.work()
    sent = await Delivery.get(id=first)
    assert (sent.state, sent.mail_id, sent.doubts) == ("sent", mail_id, 1)
    assert (await Delivery.get(id=second)).state == "uncertain"
    told = await press(desk, path, pile="doubt", which=str(second), do="send")
    assert "Daar was al over beslist" in told.text
    told = await press(desk, path, pile="doubt", which="all", do="drop")
    assert "2 mails laten gaan" in told.text
    assert "Niets vraagt een besluit" in told.text
    assert await AuditEntry.filter(action="outbox.doubt_sent", staff_id__isnull=False).exists()


async def test_what_could_not_be_made_is_tried_anew(product: Product) -> None:
    desk = await product.log_in()
    await piled(2, "parked", "LookupError: no slot named voornaam")
    await Delivery.all().update(attempts=3)
    assert "no slot named voornaam" in (await desk.get("/desk/outbox")).text
    await press(desk, "/desk/outbox/decide", pile="parked", which="all", do="send")
    await product.work()
    assert {one.state for one in await Delivery.all()} == {"sent"}


async def test_what_is_too_late_goes_by_text_and_a_paused_tip_stays(product: Product) -> None:
    desk = await product.log_in()
    numbers = await piled(3, "held", "too late")
    await Delivery.filter(id=numbers[0]).update(error="paused")
    await Delivery.all().update(not_after=now())
    assert "2 lezers" in (await desk.get("/desk/outbox")).text
    text = str((await Delivery.get(id=numbers[0])).message_id)
    await press(desk, "/desk/outbox/decide", pile="late", which=text, do="send")
    await product.work()
    states = [one.state for one in await Delivery.all().order_by("id")]
    assert states == ["held", "sent", "sent"]


async def test_the_gate_is_seen_on_every_page_and_opened_with_a_tick(product: Product) -> None:
    desk, editor = await product.log_in(), await product.log_in("editor")
    await piled(1, "queued", "")
    await rows("UPDATE gate SET mark = 'elsewhere'")
    await gate.look(product.settings)
    strip = "Er gaat geen mail de deur uit"
    assert strip in (await desk.get("/desk/leads")).text
    assert strip not in (await editor.get("/desk/newsletter")).text
    assert (await editor.get("/desk/outbox")).status_code == 403
    assert "Vink eerst aan" in (await press(desk, "/desk/outbox/release")).text
    assert await gate.is_shut()
    assert "De uitgang is open" in (await press(desk, "/desk/outbox/release", sure="yes")).text
    assert strip not in (await desk.get("/desk/leads")).text
    assert "Uitgang van de mail geopend" in (await desk.get("/desk/audit")).text


async def test_domains_at_rest_are_named_with_their_reason(product: Product) -> None:
    desk, at = await product.log_in(), now()
    for domain, until in (("slow.example.org", at.replace(year=2099)), ("well.example.org", at)):
        await DomainPace.create(
            domain=domain, hold_until=until, strikes=1, next_at=at, reason="421 slow down"
        )
    shown = (await desk.get("/desk/outbox")).text
    assert "slow.example.org" in shown
    assert "421 slow down" in shown
    assert "well.example.org" not in shown


async def test_admins_are_told_once_a_day_of_what_waits_for_them(
    product: Product, clock: Clock
) -> None:
    await product.log_in()
    await product.log_in("sales")
    await piled(2, "parked", "LookupError")
    await product.work()
    await product.work()
    (mail,) = product.mails()
    assert str(mail["To"]) == "admin@staff.example.org"
    assert str(mail["Subject"]) == "2 mails wachten op jouw besluit"
    clock(1)
    await product.work()
    assert len(product.mails()) == 2
    await Delivery.filter(state="parked").update(decided_at=now())
    clock(2)
    await product.work()
    assert len(product.mails()) == 2


async def test_a_pile_that_is_none_is_refused(product: Product) -> None:
    desk = await product.log_in()
    shown = (await desk.get("/desk/outbox")).text
    found = re.search(r'name="csrf" value="([^"]+)"', shown)
    assert found
    for fields in ({"pile": "sent", "do": "send", "which": "all"}, {"pile": "doubt", "do": "send"}):
        answer = await desk.post("/desk/outbox/decide", data={"csrf": found[1], **fields})
        assert answer.status_code == 400
