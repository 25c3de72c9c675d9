"""Sequences: letters in turn, none twice, none inside a no-ask window, none after a no."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.kit.content import Finding
from server.leads.models import Lead, Subscription
from server.mail.models import Delivery
from server.newsletter import linting, sequences_joining, sequences_running
from server.newsletter.models import Enrolment
from server.newsletter.sequences import Sequence, Sequences
from server.privacy import erasing
from server.staff.models import AuditEntry, StaffUser
from server.tracking.log import Entry, record
from tests.desk.test_outcomes import word
from tests.newsletter.rhythms import Clock, editor, write
from tests.product import Product

READER = "joost@example.org"
FILE = """name: {{nl: Vijf, en: Five}}
about: {{nl: Brieven, en: Letters}}
starts: [{starts}]
exit_on: [reply, purchase, refusal]
steps:
{steps}"""
PLAIN = ["send: one", "wait: 7", "send: two"]


def lay(folder: Path, steps: list[str], starts: str = "", ask: str = "") -> None:
    """A sequence of these steps, and a text for each that is sent."""
    write(folder, "tip")
    own = folder / "sequences" / "five"
    own.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"  - {{{step}}}\n" for step in steps)
    own.with_suffix(".yaml").write_text(FILE.format(starts=starts, steps=lines), "utf-8")
    for step in steps:
        if step.startswith("send:"):
            name = step.split()[1].rstrip(",")
            asks = "true" if name == ask else "false"
            text = f"---\nsubject: Brief {name}\nasks: {asks}\n---\n\nTekst van {name}.\n"
            (own / f"{name}.nl.md").write_text(text, "utf-8")


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """A site with a sequence of its own."""
    folder = tmp_path / "content"
    folder.mkdir()
    lay(folder, PLAIN)
    return environ | {"GIVEFIRST_CONTENT": str(folder)}


def found(product: Product) -> Sequence:
    one = Sequences(product.settings.content).find("five")
    assert one, Sequences(product.settings.content).findings()
    return one


async def enrol(product: Product) -> tuple[Lead, StaffUser]:
    """A subscriber whom an editor puts in the sequence."""
    await product.subscribe(READER)
    await product.log_in("editor")
    lead, by = await Lead.get(email=READER), await StaffUser.get()
    assert await sequences_joining.join(found(product), lead, by)
    return lead, by


def letters(product: Product) -> list[str]:
    """Which letters the reader has, in order."""
    subjects = [str(mail["Subject"]) for mail in product.mails(READER)]
    return [subject.split()[1] for subject in subjects if subject.startswith("Brief")]


async def live(product: Product, clock: Clock, *days: float) -> None:
    """The worker works at each of these moments, and a moment later sees that its mail left."""
    for day in days:
        for later in (0, 1 / 24):
            clock(day + later)
            await product.work()


async def test_every_letter_goes_once_and_the_end_is_told(product: Product, clock: Clock) -> None:
    await enrol(product)
    await live(product, clock, 0)
    assert letters(product) == ["one"]
    await live(product, clock, 6)
    assert letters(product) == ["one"]
    await live(product, clock, 8, 9, 20)
    assert letters(product) == ["one", "two"]
    assert (await Enrolment.get()).why == "finished"
    lead, by = await Lead.get(email=READER), await StaffUser.get()
    assert not await sequences_joining.join(found(product), lead, by)
    mail = product.mails(READER)[-1]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert await AuditEntry.filter(action="sequence.joined", staff_id=by.id).count() == 1


async def test_who_looks_at_once_sends_one(product: Product) -> None:
    await enrol(product)
    host = editor(product, product.settings.content)
    await asyncio.gather(*(sequences_running.advance(host) for _ in range(4)))
    assert await Delivery.filter(key__startswith="sequence:").count() == 1


async def test_a_letter_that_asks_waits_for_the_end_of_the_window(
    product: Product, clock: Clock
) -> None:
    lay(product.settings.content, PLAIN, ask="one")
    lead, _ = await enrol(product)
    until = datetime.now(UTC) + timedelta(days=10)
    await Lead.filter(id=lead.id).update(no_ask_until=until)
    await live(product, clock, 0, 5, 9.9)
    assert letters(product) == []
    assert not await Delivery.exists(key__startswith="sequence:")
    await live(product, clock, 10.1)
    assert letters(product) == ["one"]


async def test_a_window_that_opens_while_it_waits_puts_it_off_too(
    product: Product, clock: Clock
) -> None:
    lay(product.settings.content, PLAIN, ask="one")
    lead, _ = await enrol(product)
    await sequences_running.advance(editor(product, product.settings.content))
    await Lead.filter(id=lead.id).update(no_ask_until=datetime.now(UTC) + timedelta(days=3))
    await live(product, clock, 0, 2)
    assert letters(product) == []
    await live(product, clock, 3.1)
    assert letters(product) == ["one"]


async def test_leaving_ends_it_and_takes_what_is_queued(product: Product, clock: Clock) -> None:
    await enrol(product)
    await live(product, clock, 0)
    way_out = await product.link(READER, "/unsubscribe/")
    clock(8)
    await sequences_running.advance(editor(product, product.settings.content))
    assert await Delivery.filter(key__startswith="sequence:", state="queued").count() == 1
    await product.post(way_out)
    assert (await Enrolment.get()).why == "left"
    await live(product, clock, 8, 9, 30)
    assert letters(product) == ["one"]


async def test_a_pause_puts_off_what_was_queued(product: Product, clock: Clock) -> None:
    await enrol(product)
    await live(product, clock, 0)
    way_out = await product.link(READER, "/unsubscribe/")
    clock(8)
    await sequences_running.advance(editor(product, product.settings.content))
    await product.post(way_out, data={"do": "pause"})
    assert await Subscription.filter(paused_until__isnull=False).exists()
    await live(product, clock, 8, 20, 35)
    assert letters(product) == ["one"]
    await live(product, clock, 36.2)
    assert letters(product) == ["one", "two"]


@pytest.mark.parametrize(
    ("kind", "why"),
    [("reply", "reply"), ("purchase", "purchase"), ("outcome.not_now", "refusal"), ("visit", "")],
)
async def test_what_the_reader_did_ends_it(
    product: Product, clock: Clock, kind: str, why: str
) -> None:
    lead, _ = await enrol(product)
    await live(product, clock, 0)
    await record(Entry(lead.id, kind, "x", evidence="human"))
    await live(product, clock, 8)
    assert letters(product) == (["one"] if why else ["one", "two"])
    assert (await Enrolment.get()).why == (why or "finished")


@pytest.mark.parametrize("is_read", [False, True])
async def test_it_waits_for_what_is_read_and_branches(
    product: Product, clock: Clock, is_read: bool
) -> None:
    steps = [
        "send: one",
        "wait_for: read, days: 7",
        "if: read, then: more, else: less",
        "send: two, label: less",
        "end: true",
        "send: three, label: more",
    ]
    lay(product.settings.content, steps)
    lead, _ = await enrol(product)
    await live(product, clock, 0, 1)
    if is_read:
        await record(Entry(lead.id, "read.50", "x", evidence="human"))
    await record(Entry(lead.id, "read.50", "y", evidence="scanner"))
    await live(product, clock, 2)
    assert letters(product) == (["one", "three"] if is_read else ["one"])
    await live(product, clock, 8)
    assert letters(product) == (["one", "three"] if is_read else ["one", "two"])


async def test_only_readers_of_the_tip_join_and_a_rule_is_off_until_it_is_written(
    product: Product, clock: Clock
) -> None:
    await product.subscribe(READER)
    await product.log_in("editor")
    by = await StaffUser.get()
    stranger = await Lead.meet("stranger@example.org", "nl", "x")
    assert not await sequences_joining.join(found(product), stranger, by)
    await Subscription.all().update(topics=",geven,")
    assert await sequences_joining.join_theme(found(product), "meten", by) == 0
    assert await sequences_joining.join_theme(found(product), "geven", by) == 1
    assert await sequences_joining.stop("five", by) == 1
    await live(product, clock, 0, 8)
    assert letters(product) == []
    with pytest.raises(sequences_joining.ClosedError):
        await sequences_joining.join(found(product), stranger, by)


async def test_an_erased_reader_is_in_no_sequence(product: Product, clock: Clock) -> None:
    lead, _ = await enrol(product)
    await live(product, clock, 0)
    await erasing.forget(product.site, product.settings.data, lead.id)
    assert await Enrolment.all().count() == 0


@pytest.mark.parametrize(
    ("steps", "line", "key"),
    [
        (["send: one", "wait: 0"], 7, "seq_days"),
        (["send: one", "dance: 1"], 7, "seq_step"),
        (["wait_for: sleep, days: 2"], 6, "seq_response"),
        (["send: one, label: a", "if: read, then: a"], 7, "seq_label"),
    ],
)
def test_a_fault_is_told_with_its_line(
    tmp_path: Path, steps: list[str], line: int, key: str
) -> None:
    lay(tmp_path, steps)
    told = Sequences(tmp_path).findings()
    assert [(one.line, one.key) for one in told] == [(line, f"newsletter.{key}")]


async def test_a_letter_is_looked_through_like_a_tip(product: Product) -> None:
    folder = product.settings.content
    file = folder / "sequences/five/two.nl.md"
    file.write_text(file.read_text("utf-8") + "\n[Koop](/nl/nothing) {{ name }}\n", "utf-8")
    told: list[Finding] = linting.lint_sequences(editor(product, folder))
    assert {one.key.partition("lint_")[2] for one in told} == {"dead_link", "ask", "no_fallback"}
    file.unlink()
    (told_now,) = linting.lint_sequences(editor(product, folder))
    assert (told_now.line, told_now.key) == (8, "newsletter.seq_no_text")


async def test_the_desk_shows_steps_texts_and_stops(product: Product) -> None:
    await product.subscribe(READER)
    desk = await product.log_in("admin")
    page = (await desk.get("/desk/sequences/five")).text
    form = {"csrf": word(page), "do": "join", "theme": "", "sure": "yes"}
    unsure = await desk.post("/desk/sequences/five", data=form | {"sure": ""})
    assert unsure.status_code == 422
    answer = await desk.post("/desk/sequences/five", data=form)
    assert "Eén lezer doet mee" in (await desk.get(answer.headers["location"])).text
    assert "Tekst van one" in (await desk.get("/desk/sequences/five/nl/one")).text
    assert (await desk.get("/desk/sequences/five/en/one")).status_code == 404
    lead = await Lead.get(email=READER)
    card = (await desk.get(f"/desk/leads/{lead.id}")).text
    assert "Bij stap 1 van 3" in card
    row = await Enrolment.get()
    stop = {"csrf": word(page), "enrolment": str(row.id)}
    await desk.post(f"/desk/leads/{lead.id}/sequence/stop", data=stop)
    assert "Gestopt door een collega" in (await desk.get(f"/desk/leads/{lead.id}")).text
    await desk.post("/desk/sequences/five", data=form | {"do": "stop"})
    assert "voor iedereen gestopt" in (await desk.get("/desk/sequences")).text
    assert (await desk.post("/desk/sequences/five", data=form)).status_code == 409
    await desk.post("/desk/sequences/five", data=form | {"do": "open"})
    file = product.settings.content / "sequences/five/two.nl.md"
    file.write_text(file.read_text("utf-8") + "\n[hier](/nl/nothing)\n", "utf-8")
    unfit = await desk.post("/desk/sequences/five", data=form)
    assert (unfit.status_code, "staat een fout" in unfit.text) == (422, True)
    again = {"csrf": word(page), "sequence": "five"}
    told = await desk.post(f"/desk/leads/{lead.id}/sequence", data=again)
    assert "kan niet meedoen" in (await desk.get(told.headers["location"])).text
    assert (await (await product.log_in("sales")).get("/desk/sequences")).status_code == 403
