"""Two subjects or texts for one issue: each reader one, a verdict at one moment, or none."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from server.kit.clock import now
from server.leads.models import Lead
from server.mail.models import Delivery
from server.newsletter import issuing, linting, queueing, splitting, wishes
from server.newsletter.lineup import lineup
from server.newsletter.models import Issue
from server.tracking.evidence import CLICK
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
    write(folder, "a", TWO)
    return await sent_as_written(product, folder, readers)


async def sent_as_written(product: Product, folder: Path, readers: int) -> list[Delivery]:
    """The issue `a`, which readers who agreed to be followed have."""
    early = now() - timedelta(hours=1)
    for number in range(readers):
        await product.subscribe(f"r{number}@example.org")
    await Lead.all().update(mail_tracking_at=early)
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


def second(folder: Path, text: str, name: str = "a.b.nl.md") -> None:
    """A file as an editor writes it beside the first."""
    (folder / "newsletter" / name).write_text(text, "utf-8")


async def test_each_reader_has_one_of_two_texts_and_the_verdict_names_it(
    product: Product, tmp_path: Path, clock: Clock
) -> None:
    write(tmp_path, "a", "judge_after: 24h\n")
    write(tmp_path, "a", language="en")
    second(tmp_path, "---\nasks: false\n---\n\nEen heel ander verhaal.\n")
    found = await sent_as_written(product, tmp_path, 16)
    others = [one for one in found if "heel ander verhaal" in one.message.text]
    assert all("Tekst van a" in one.message.text for one in found if one not in others)
    assert 4 <= len(others) <= 12
    assert {one.message.subject for one in found} == {"Tip a"}
    for one in others:
        await record(Entry(one.lead_id or 0, CLICK, f"c{one.id}", delivery_number=one.id))
    clock(1.1)
    contest = await splitting.contest_of("a")
    assert contest
    assert [side.file for side in contest.sides] == ["a.nl.md", "a.b.nl.md"]
    assert [side.clicked for side in contest.sides] == [0, len(others)]
    assert (contest.is_of_texts, contest.better) == (True, 1)


@pytest.mark.pure
async def test_a_second_text_is_no_tip_of_its_own(product: Product, tmp_path: Path) -> None:
    write(tmp_path, "a", "published: 2026-01-05\n")
    second(tmp_path, "---\nsubject: Anders\n---\n\nEen ander verhaal.\n")
    host = editor(product, tmp_path)
    (only,) = host.tips.public("nl", date(2026, 12, 1), ())
    assert (only.subject, list(host.tips.issues())) == ("Tip a", ["a"])
    assert host.tips.find("a.b", "nl") is None
    assert only.second
    assert (only.second.subject, only.second.path) == ("Anders", "/nl/newsletter/a")
    assert set(await lineup(host.tips, host.house, host.zone)) <= {"a"}


@pytest.mark.pure
async def test_what_is_wrong_with_a_second_text_is_named_where_it_stands(
    product: Product, tmp_path: Path
) -> None:
    write(tmp_path, "a", "variants: [{subject: Ander onderwerp}]\n")
    second(tmp_path, "---\nsubject: Anders\nasks: true\n---\n\nLees [dit](/nl/nergens).\n")
    write(tmp_path, "c")
    second(tmp_path, "---\nsubject: Alleen\n---\n\nTekst.\n", "c.b.en.md")
    second(tmp_path, "---\nsubject: Leeg\n---\n", "c.b.nl.md")
    host = editor(product, tmp_path)
    told = [(one.file.name, one.line, one.key) for one in linting.lint(host, "a")]
    assert told == [
        ("a.b.nl.md", 3, "newsletter.second_other"),
        ("a.b.nl.md", 6, "newsletter.lint_dead_link"),
        ("a.nl.md", 5, "newsletter.second_and_variants"),
    ]
    told = [(one.file.name, one.line, one.key) for one in linting.lint(host, "c")]
    assert told == [
        ("c.b.en.md", 1, "newsletter.second_alone"),
        ("c.b.nl.md", 1, "newsletter.empty"),
    ]
    with pytest.raises(linting.UnfitError):
        linting.demand_fit(host, "c")
