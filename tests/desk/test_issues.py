"""The newsletter on the desk: the switch, the slots, the queue, and what an editor decides."""

import re
from pathlib import Path

import pytest
from httpx2 import AsyncClient, Response

from server.mail.models import Delivery
from server.newsletter.models import Issue, IssuePlan, TipTurn
from server.newsletter.standing import status_of
from server.staff.models import AuditEntry
from server.tracking.evidence import CLICK
from server.tracking.log import Entry, record
from tests.desk.test_outcomes import word
from tests.newsletter.rhythms import Clock, write
from tests.newsletter.test_splitting import sent_as_written
from tests.product import Product

PAGE = "/desk/newsletter"


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """A site with three tips that wait, and one whose moment is past."""
    folder = tmp_path / "content"
    folder.mkdir()
    for name in ("a", "b", "c"):
        write(folder, name)
    write(folder, "late", "send_at: 2026-01-06 09:00\n")
    return environ | {"GIVEFIRST_CONTENT": str(folder)}


async def press(desk: AsyncClient, path: str, do: str, **more: str) -> Response:
    csrf = word((await desk.get(PAGE)).text)
    return await desk.post(path, data={"csrf": csrf, "do": do, **more})


async def test_the_rhythm_is_off_until_an_editor_switches_it_on(product: Product) -> None:
    desk = await product.log_in("editor")
    assert "Het vaste ritme staat uit" in (await desk.get(PAGE)).text
    await product.work()
    assert await TipTurn.all().count() == 0
    for _ in range(2):
        assert (await press(desk, PAGE, "on")).status_code == 303
    page = (await desk.get(PAGE)).text
    assert "Het vaste ritme staat aan" in page
    assert re.findall(r">Tip (\w)</a>", page)[:3] == ["a", "b", "c"][:3]
    assert "Nog leeg. De redactie krijgt bericht" in page
    first = await TipTurn.all().order_by("at").first()
    assert first
    await press(desk, PAGE, "skip", key=first.key)
    assert "Overgeslagen" in (await desk.get(PAGE)).text
    assert (await press(desk, PAGE, "skip", key="1999-W01-1")).status_code == 409
    await press(desk, PAGE, "off")
    assert await TipTurn.all().count() == 0
    actions = [entry.action for entry in await AuditEntry.filter(action__not="staff.login")]
    assert [one for one in actions if one.startswith(("rhythm", "slot"))] == [
        "rhythm.on",
        "slot.skipped",
        "rhythm.off",
    ]


async def test_what_was_missed_stands_first_with_its_two_decisions(product: Product) -> None:
    desk = await product.log_in("editor")
    page = (await desk.get(PAGE)).text
    assert page.index("Vastgehouden") < page.index("Wat komt") < page.index("De rij")
    assert "Verstuur nu" in page
    assert (await press(desk, f"{PAGE}/late/decide", "back")).status_code == 303
    page = (await desk.get(PAGE)).text
    assert "Vastgehouden" not in page
    assert (await IssuePlan.get(name="late")).state == "queue"


async def test_a_tip_moves_is_planned_and_taken_back(product: Product) -> None:
    desk = await product.log_in("editor")
    await press(desk, f"{PAGE}/b/decide", "up")
    queue = (await desk.get(PAGE)).text.partition('id="queue"')[2]
    assert re.findall(r">Tip (\w)</a>", queue) == ["b", "a", "c"]
    past = await press(desk, f"{PAGE}/a/decide", "plan", at="2020-01-01T09:00")
    assert (past.status_code, "al geweest" in past.text) == (422, True)
    wrong = await press(desk, f"{PAGE}/a/decide", "plan", at="0001-01-01T00:00")
    assert wrong.status_code == 422
    gap = await press(desk, f"{PAGE}/a/decide", "plan", at="2031-03-30T02:30")
    assert "eerste moment daarna" in (await desk.get(gap.headers["location"])).text
    again = await press(desk, f"{PAGE}/a/decide", "plan", at="2031-04-01T09:00")
    assert (again.status_code, "al gepland" in again.text) == (409, True)
    await press(desk, f"{PAGE}/a/decide", "back")
    assert (await IssuePlan.get(name="a")).state == "queue"
    assert (await press(desk, f"{PAGE}/a/decide", "dance")).status_code == 422
    assert (await press(desk, f"{PAGE}/none/decide", "back")).status_code == 404
    sales = await product.log_in("sales")
    assert (await sales.get(PAGE)).status_code == 403


async def test_a_running_tip_is_paused_and_goes_on(product: Product) -> None:
    await product.subscribe("an@example.org")
    desk = await product.log_in("editor")
    await press(desk, f"{PAGE}/a/send", "", sure="yes")
    assert (await press(desk, f"{PAGE}/a/decide", "pause")).status_code == 303
    assert (await press(desk, f"{PAGE}/a/decide", "pause")).status_code == 409
    await product.work()
    assert "staat stil" in (await desk.get(PAGE)).text
    assert (await Issue.get()).state == "paused"
    assert "Ga verder" in (await desk.get(f"{PAGE}/a")).text
    await press(desk, f"{PAGE}/a/decide", "resume")
    await product.work()
    status = await status_of("a")
    assert status
    assert (status.state, status.states) == ("sent", {"sent": 1})


async def test_a_tip_with_a_fault_is_neither_sent_nor_planned(
    product: Product, tmp_path: Path
) -> None:
    file = tmp_path / "content/newsletter/a.nl.md"
    file.write_text(file.read_text("utf-8") + "\n{{ name }} [hier](/nl/nothing)\n", "utf-8")
    desk = await product.log_in("editor")
    page = (await desk.get(f"{PAGE}/a")).text
    assert "newsletter/a.nl.md:9" in page
    for path, form in (("send", {"sure": "yes"}), ("decide", {"at": "2031-04-01T09:00"})):
        answer = await press(desk, f"{PAGE}/a/{path}", "plan", **form)
        assert answer.status_code == 422
        assert "kan zo niet weg" in answer.text
    assert await Issue.all().count() + await IssuePlan.all().count() == 0
    dark = (await desk.get(f"{PAGE}/a/nl/mail?look=dark")).text
    assert "@media all" in dark
    assert "prefers-color-scheme" not in dark


async def test_two_texts_stand_side_by_side_and_both_are_mailed_as_a_test(
    product: Product, environ: dict[str, str]
) -> None:
    file = Path(environ["GIVEFIRST_CONTENT"]) / "newsletter/a.b.nl.md"
    file.write_text("---\nsubject: Anders\n---\n\nEen ander verhaal.\n", "utf-8")
    desk = await product.log_in("editor")
    page = (await desk.get(f"{PAGE}/a")).text
    assert page.index("a.nl.md") < page.index("a.b.nl.md")
    assert "Een ander verhaal" in (await desk.get(f"{PAGE}/a/nl/mail?text=b")).text
    assert "Een ander verhaal" not in (await desk.get(f"{PAGE}/a/nl/mail")).text
    assert (await desk.get(f"{PAGE}/b/nl/mail?text=b")).status_code == 404
    assert (await desk.get(f"{PAGE}/a.b")).status_code == 404
    form = {"csrf": word(page), "to": "proef@example.org", "language": "nl"}
    told = await desk.post(f"{PAGE}/a/test", data=form, follow_redirects=True)
    assert "beide teksten zijn onderweg" in told.text
    subjects = Delivery.filter(key__startswith="test:a:").values_list("message__subject", flat=True)
    assert sorted(map(str, await subjects)) == ["Anders", "Tip a"]


async def test_the_verdict_names_the_text_and_what_it_is_on(
    product: Product, environ: dict[str, str], clock: Clock
) -> None:
    folder = Path(environ["GIVEFIRST_CONTENT"])
    second = "---\nsubject: Anders\n---\n\nEen ander verhaal.\n"
    (folder / "newsletter/a.b.nl.md").write_text(second, "utf-8")
    for one in await sent_as_written(product, folder, 16):
        if one.message.subject == "Anders":
            await record(Entry(one.lead_id or 0, CLICK, f"c{one.id}", delivery_number=one.id))
    clock(2.1)
    page = (await (await product.log_in("editor")).get(f"{PAGE}/a")).text
    assert "De tekst ‘Anders’ (a.b.nl.md) liet meer lezers klikken" in page
    assert "Alleen kliks tellen" in page
