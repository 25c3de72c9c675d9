"""The editor sees figures and drafts before anybody else, in boxes that can do nothing."""

import re
import shutil
from pathlib import Path

import pytest

from server.newsletter.models import Issue
from server.staff.models import AuditEntry
from tests.desk.test_outcomes import word
from tests.product import Product
from tests.support import machine

DRAFT = "/desk/gifts/gulle-gever"
ISSUE = "/desk/newsletter/2026-48"


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The settings over a copy of the content, to be spoiled."""
    shutil.copytree(machine.REPOSITORY / "content", tmp_path / "content")
    return environ | {"GIVEFIRST_CONTENT": str(tmp_path / "content")}


def spoil(tmp_path: Path, name: str, old: str, new: str) -> None:
    file = tmp_path / "content" / name
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


async def test_a_title_tells_who_took_it_and_from_where(product: Product) -> None:
    for n in range(3):
        gift = await product.gift("gulle-gever", f"r{n}@example.org")
    await product.ask("gulle-gever", "asks@example.org")
    await product.read(gift, 1)
    await product.post(f"{gift}/liked", data={"liked": "4"})
    page = (await (await product.log_in("editor")).get(DRAFT)).text
    assert re.search(r"Gevraagd</dt><dd>4<", page)
    assert re.search(r"Gegeven</dt><dd>3<", page)
    assert "1 van 1" in page
    assert re.search(r'de site</th><td class="n">4</td><td class="n">3<', page)


@pytest.mark.parametrize("part", ["page", "read", "mail"])
async def test_a_draft_is_shown_in_a_box_before_it_appears(
    product: Product, tmp_path: Path, part: str
) -> None:
    spoil(tmp_path, "library/gulle-gever/index.nl.md", "published: ", "published: 2999-01-01 #")
    assert (await product.get("/nl/library/gulle-gever")).status_code == 404
    desk = await product.log_in("editor")
    page = (await desk.get(DRAFT)).text
    assert "verschijnt op 1 januari 2999" in page
    assert re.findall(r"<iframe (?![^>]*sandbox>)", page) == []
    answer = await desk.get(f"{DRAFT}/nl/{part}")
    assert "De gulle gever" in answer.text
    policy = answer.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'self'" in policy
    assert "uitloggen" not in answer.text.lower()
    assert (await product.get(f"{DRAFT}/nl/{part}")).headers["location"] == "/desk/login"


async def test_the_book_of_a_draft_is_there_as_pictures_and_as_files(product: Product) -> None:
    desk = await product.log_in("editor")
    leaf = await desk.get(f"{DRAFT}/nl/leaf/1")
    assert leaf.content.startswith(b"\x89PNG")
    assert leaf.content != (await desk.get(f"{DRAFT}/nl/leaf/2")).content
    assert (await desk.get(f"{DRAFT}/nl/leaf/99")).status_code == 404
    assert (await desk.get(f"{DRAFT}/nl/book.pdf")).content.startswith(b"%PDF")
    assert (await desk.get(f"{DRAFT}/nl/book.epub")).content.startswith(b"PK")
    for path in ("/desk/gifts/none", f"{DRAFT}/nl/read?c=99", "/desk/gifts/none/nl/page"):
        assert (await desk.get(path)).status_code == 404


async def test_what_is_wrong_with_a_file_stands_beside_it(product: Product, tmp_path: Path) -> None:
    spoil(tmp_path, "library/gulle-gever/index.en.md", "minutes:", "minutes: many #")
    spoil(tmp_path, "newsletter/2026-48.en.md", "subject:", "subjekt:")
    desk = await product.log_in("editor")
    page = (await desk.get(DRAFT)).text
    assert "gulle-gever/index.en.md" in page
    assert "moet een getal zijn" in page
    page = (await desk.get(ISSUE)).text
    assert "newsletter/2026-48.en.md" in page
    assert "‘subject’ ontbreekt" in page
    assert "Geen fouten" in (await desk.get("/desk/newsletter/2026-47")).text


async def test_a_tip_is_tried_and_then_published_from_its_page(product: Product) -> None:
    await product.subscribe("an@example.org")
    await product.subscribe("bo@example.org", "en")
    desk = await product.log_in("editor")
    page = (await desk.get(ISSUE)).text
    assert "Ja, stuur deze tip nu aan 2 lezers" in page
    for part in ("page", "mail"):
        assert "Bel na het lezen" in (await desk.get(f"{ISSUE}/nl/{part}")).text
    form = {"csrf": word(page), "to": "tess@example.org", "language": "nl"}
    answer = await desk.post(f"{ISSUE}/test", data=form)
    assert "proefexemplaar is onderweg" in (await desk.get(answer.headers["location"])).text
    wrong = await desk.post(f"{ISSUE}/test", data={**form, "to": "tess"})
    assert wrong.status_code == 422
    unsure = await desk.post(f"{ISSUE}/send", data={"csrf": word(page)})
    assert unsure.status_code == 422
    assert "Vink eerst aan" in unsure.text
    assert await Issue.all().count() == 0
    for _ in range(2):
        await desk.post(f"{ISSUE}/send", data={"csrf": word(page), "sure": "yes"})
    await product.work()
    assert [str(mail["To"]) for mail in product.mails()[-3:]] == [
        "tess@example.org",
        "an@example.org",
        "bo@example.org",
    ]
    page = (await desk.get(ISSUE)).text
    assert re.search(r"ontvangers</dt><dd>2<", page)
    assert re.search(r"verstuurd</dt><dd>2<", page)
    assert "Verstuur" not in page
    assert await AuditEntry.filter(action="issue.sent").count() == 1
    assert (await desk.get("/desk/newsletter/none")).status_code == 404


async def test_the_audit_log_tells_who_did_what_page_by_page(product: Product) -> None:
    desk = await product.log_in("admin")
    for n in range(60):
        await AuditEntry.create(
            at=(await AuditEntry.first()).at,  # type: ignore[union-attr]
            staff_id=None,
            action="table.imported",
            detail=f"number {n}",
        )
    first = (await desk.get("/desk/audit")).text
    assert "number 59" in first
    assert "number 5<" not in first
    more = re.search(r'rel="next" href="([^"]+)"', first)
    assert more
    second = (await desk.get(more[1].replace("&amp;", "&"))).text
    assert "number 5<" in second
    assert "Ingelogd" in second
    only = (await desk.get("/desk/audit?action=staff.login")).text
    assert "number" not in only
    assert (await desk.get("/desk/audit?before=x&action=y")).status_code == 200
    assert (await (await product.log_in("sales")).get("/desk/audit")).status_code == 403
