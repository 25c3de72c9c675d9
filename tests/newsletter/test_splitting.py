"""Two subjects for one issue: each reader one, a verdict at one moment, and perhaps none."""

from datetime import timedelta
from pathlib import Path

import pytest

from server.kit.clock import now
from server.leads.models import Lead
from server.mail.models import Delivery
from server.newsletter import issuing, queueing, splitting, wishes
from server.newsletter.models import Issue
from server.tracking.log import Entry, record
from tests.newsletter.rhythms import Clock, editor, write
from tests.product import Product

TWO = "variants: [{subject: Ander onderwerp}]\njudge_after: 24h\n"


@pytest.mark.pure
@pytest.mark.parametrize(
    ("first", "second", "chance"),
    [((0, 0), (0, 0), 0.5), ((3, 10), (3, 10), 0.5), ((0, 1), (1, 1), 5 / 6)],
)
def test_the_chance_is_exact(
    first: tuple[int, int], second: tuple[int, int], chance: float
) -> None:
    assert splitting.probability_above(first, second) == pytest.approx(chance)
    back = splitting.probability_above(second, first)
    assert back == pytest.approx(1 - chance)


async def sent(product: Product, folder: Path, readers: int) -> list[Delivery]:
    """An issue with two subjects that readers who agreed to be followed have."""
    early = now() - timedelta(hours=1)
    for number in range(readers):
        await product.subscribe(f"r{number}@example.org")
    await Lead.all().update(mail_tracking_at=early)
    write(folder, "a", TWO)
    await issuing.send(editor(product, folder), "a")
    while await queueing.queue_next(product.site):
        pass
    mine = Delivery.filter(key__startswith="issue:")
    await mine.update(state="sent", sent_at=now())
    return await mine.order_by("id").prefetch_related("message")


async def test_each_reader_has_one_subject_and_keeps_it(product: Product, tmp_path: Path) -> None:
    found = await sent(product, tmp_path, 8)
    subjects = [one.message.subject for one in found]
    assert set(subjects) == {"Tip a", "Ander onderwerp"}
    assert 2 <= subjects.count("Tip a") <= 6
    other = next(one for one in found if one.message.subject == "Ander onderwerp")
    await Delivery.filter(id=other.id).update(state="queued", sent_at=None)
    await wishes.refit(await Lead.get(id=other.lead_id))
    await other.refresh_from_db()
    assert (other.state, other.message_id) == ("queued", other.message.id)


@pytest.mark.parametrize("is_clear", [False, True])
async def test_the_verdict_is_told_at_its_moment_and_may_be_none(
    product: Product, tmp_path: Path, clock: Clock, is_clear: bool
) -> None:
    found = await sent(product, tmp_path, 16)
    for one in found:
        if (one.message.subject == "Ander onderwerp" and is_clear) or one is found[0]:
            entry = Entry(one.lead_id or 0, "mail.click", f"c{one.id}", delivery_number=one.id)
            await record(entry)
    before = await splitting.contest_of("a")
    assert before
    assert (before.is_over, before.certainty, before.sides[0].followed) == (False, None, 0)
    assert (await Issue.get()).judge_at
    clock(1.1)
    await record(Entry(found[1].lead_id or 0, "mail.click", "late", delivery_number=found[1].id))
    after = await splitting.contest_of("a")
    assert after
    assert after.is_told
    assert sum(side.followed for side in after.sides) == 16
    assert after.better == (1 if is_clear else None)


async def test_one_subject_is_no_contest(product: Product, tmp_path: Path) -> None:
    write(tmp_path, "a")
    await issuing.send(editor(product, tmp_path), "a")
    assert await splitting.contest_of("a") is None
    write(tmp_path, "b", "variants: [x, y]\n")
    (fault,) = editor(product, tmp_path).tips.findings()
    assert (fault.line, fault.key) == (5, "newsletter.bad_variants")
