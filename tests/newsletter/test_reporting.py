"""The report of an issue, and the breaker that halts one that comes back."""

from datetime import timedelta
from pathlib import Path

import pytest

from server.kit.clock import now
from server.mail.models import Bounce, Delivery
from server.newsletter import halting, issuing, queueing, steering
from server.newsletter.models import Issue
from server.newsletter.reporting import Report, report_of
from server.staff.models import AuditEntry
from tests.newsletter.rhythms import Clock, editor, write
from tests.product import Product


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "content"
    folder.mkdir()
    write(folder, "a")
    return environ | {"GIVEFIRST_CONTENT": str(folder)}


async def started(product: Product, readers: int) -> list[Delivery]:
    """An issue that is ready to go to so many readers."""
    for number in range(readers):
        await product.subscribe(f"r{number}@example.org")
    await issuing.send(editor(product, product.settings.content), "a")
    while await queueing.queue_next(product.site):
        pass
    return await Delivery.filter(key__startswith="issue:").order_by("id")


async def comes_back(delivery: Delivery, kind: str) -> None:
    await Bounce.create(
        delivery_id=delivery.id,
        lead_id=delivery.lead_id,
        kind=kind,
        status="5.1.1",
        diagnostic="",
        source="dsn",
        digest=f"{delivery.id}:{kind}",
        at=now(),
    )


async def told() -> Report:
    found = await report_of("a")
    assert found
    return found


async def test_what_left_what_came_back_and_how_long_yet(product: Product) -> None:
    found = await started(product, 8)
    assert (await told()).done_at is None
    sent = Delivery.filter(id__in=[one.id for one in found[:6]])
    left = now() - timedelta(minutes=2)
    await sent.update(state="sent", sent_at=left)
    await Delivery.filter(id=found[6].id).update(state="failed", error="550 5.1.1 no")
    for delivery, kind in ((0, "soft"), (0, "hard"), (1, "policy"), (2, "complaint")):
        await comes_back(found[delivery], kind)
    report = await told()
    assert (report.status.sent, report.delivered, report.complaints) == (6, 4, 1)
    assert report.bounced == {"hard": 1, "soft": 0, "policy": 1}
    assert report.not_sent == {"failed": 1}
    assert sum(count for _, count in report.hours) == 6
    assert report.a_minute == pytest.approx(3, abs=0.2)
    assert report.done_at
    assert not report.is_told
    assert report.as_data()["complaints"] is None
    await Delivery.filter(id=found[7].id).update(state="sent", sent_at=left)
    report = await told()
    assert report.is_told
    assert report.as_data()["complaints"] == 1
    assert report.as_data()["clicks"] is None  # nobody agreed to be followed
    page = (await (await product.log_in("editor")).get("/desk/newsletter/a")).text
    assert "terug, adres bestaat niet" in page
    assert "vertrokken de meeste: 7 van 7" in page


async def test_an_issue_that_comes_back_is_halted_once_and_told(
    product: Product, clock: Clock
) -> None:
    await product.log_in("editor")
    found = await started(product, 8)
    host = editor(product, product.settings.content)
    await Delivery.filter(id__in=[one.id for one in found[:6]]).update(state="sent", sent_at=now())
    for delivery in found[:5]:
        await comes_back(delivery, "hard")
    assert await halting.halt_bad(host) == 0
    await comes_back(found[5], "hard")
    assert await halting.halt_bad(host) == 1
    issue = await Issue.get()
    assert (issue.state, issue.halted_why) == ("paused", "hard")
    assert await AuditEntry.filter(action="issue.halted").count() == 1
    await product.work()
    mails = product.mails("editor@staff.example.org")
    assert [str(mail["Subject"]) for mail in mails].count("Tip a is stilgezet") == 1
    await steering.resume("a")
    assert await halting.halt_bad(host) == 0
