"""PDF and EPUB: made once, kept, and sound to those who judge such files."""

import asyncio
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from server.kit.house import House, HouseFile
from server.library.assets import Asset, Library, read_asset
from server.library.making import Workshop, cover_svg
from server.library.pages import chapter_html
from server.library.press import make_pdf, make_png, quoted
from tests.support import machine
from tests.support.epub import epubcheck

CONTENT = machine.REPOSITORY / "content"
ASSETS = [asset for asset in Library(CONTENT).all() if asset.is_book]
# In the short run every other title in one language, the two taking turns.
JUDGED = (
    ASSETS if machine.SOAKS else [ASSETS[2 * n + n // 2 % 2] for n in range(0, len(ASSETS) // 2, 2)]
)


def name_of(asset: Asset) -> str:
    """How a test of an asset is called."""
    return f"{asset.slug}.{asset.language}"


@pytest.fixture
def house() -> House:
    return HouseFile(CONTENT).fresh()


@pytest.mark.poppler
@pytest.mark.parametrize("asset", JUDGED, ids=name_of)
def test_a_pdf_is_tagged_and_says_what_it_is(asset: Asset, house: House, tmp_path: Path) -> None:
    file = tmp_path / "book.pdf"
    file.write_bytes(make_pdf(asset, house, cover_svg(asset)))
    info = subprocess.run(["pdfinfo", file], capture_output=True, text=True, check=True).stdout
    facts = dict(line.split(":", 1) for line in info.splitlines() if ":" in line)
    assert facts["Title"].strip() == asset.title
    assert facts["Author"].strip() == asset.author
    assert facts["Tagged"].strip() == "yes"
    assert b"pdfuaid:part" in file.read_bytes()
    words = subprocess.run(["pdftotext", file, "-"], capture_output=True, text=True, check=True)
    text = " ".join(words.stdout.split())
    for chapter in asset.chapters:
        assert chapter.title.split()[0] in text
    assert ("Inhoud" if asset.language == "nl" else "Contents") in text
    assert "[^" not in text
    assert "\ufffd" not in text


@pytest.mark.epubcheck
@pytest.mark.parametrize("asset", JUDGED, ids=name_of)
async def test_epubcheck_finds_nothing(asset: Asset, house: House, tmp_path: Path) -> None:
    made = await Workshop(tmp_path).get(asset, house, "epub")
    file = tmp_path / "book.epub"
    file.write_bytes(made)
    assert epubcheck(file) == []


async def test_an_epub_holds_cover_navigation_and_accessibility(
    house: House, tmp_path: Path
) -> None:
    asset = ASSETS[0]
    book = zipfile.ZipFile(BytesIO(await Workshop(tmp_path).get(asset, house, "epub")))
    first = book.infolist()[0]
    assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
    package = book.read("OEBPS/book.opf").decode()
    for word in (
        "cover-image",
        'properties="nav"',
        "schema:accessibilitySummary",
        "tableOfContents",
    ):
        assert word in package
    assert book.read("OEBPS/cover.png").startswith(b"\x89PNG")


async def test_kinds_that_are_made_at_once_stay_what_they_are(house: House, tmp_path: Path) -> None:
    starts = {"pdf": b"%PDF", "epub": b"PK", "png": b"\x89PNG", "leaves": b"PK"}
    for number in range(3):
        workshop = Workshop(tmp_path / str(number))
        made = await asyncio.gather(
            *(workshop.get(asset, house, kind) for asset in ASSETS[:2] for kind in starts)
        )
        for content, start in zip(made, [*starts.values()] * 2, strict=True):
            assert content.startswith(start)


async def test_a_file_is_made_once_and_anew_when_the_text_changes(
    house: House, tmp_path: Path
) -> None:
    folder = tmp_path / "library" / "boek"
    folder.mkdir(parents=True)
    source = (CONTENT / "library/gulle-gever/index.nl.md").read_text()
    file = folder / "index.nl.md"
    file.write_text(source)
    workshop = Workshop(tmp_path)
    asset = read_asset(file, "library/boek/index", "nl")
    for kind in ("pdf", "epub", "png"):
        made = await workshop.get(asset, house, kind)
        place = workshop.file(asset, house, kind)
        stamp = place.stat().st_mtime_ns
        assert await workshop.get(asset, house, kind) == made
        assert place.stat().st_mtime_ns == stamp
    file.write_text(source.replace("Blijven geven", "Altijd geven"))
    changed = read_asset(file, "library/boek/index", "nl")
    assert workshop.file(changed, house, "pdf") != workshop.file(asset, house, "pdf")
    await workshop.get(changed, house, "pdf")
    assert not workshop.file(asset, house, "pdf").exists()


def test_text_can_be_no_instruction_to_the_press(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "boek"
    folder.mkdir()
    head = (CONTENT / "library/gulle-gever/index.nl.md").read_text().partition("\n## ")[0]
    nasty = (
        '## #read("/etc/passwd") \\ " $x$ @ref <label>\n\n'
        '1. #import "x"; //c /* d */ ~ ` = - + _ * # \\" {{ }} ]\n\n'
        '| #a | $b$ |\n|---|--:|\n| \\\\ | " |\n\nTabel: #pagebreak() [x]\n\n'
        "| | leeg |\n|---|---|\n| | |\n\n"
        '> citaat met \\ en "\n\nEen[^1] `code #x` en **vet _cursief_**.\n\n[^1]: Noot #noot\n'
    )
    (folder / "index.nl.md").write_text(f"{head}\n{nasty}")
    asset = read_asset(folder / "index.nl.md", "library/boek/index", "nl")
    assert make_pdf(asset, house, cover_svg(asset)).startswith(b"%PDF")
    assert quoted('a"\\\n') == '"a\\"\\\\ "'


async def test_pictures_stand_in_page_and_book_with_their_words(
    house: House, tmp_path: Path
) -> None:
    folder = tmp_path / "boek"
    folder.mkdir()
    head = (CONTENT / "library/gulle-gever/index.nl.md").read_text().partition("\n## ")[0]
    body = '## A\n\nZie.\n\n![Een omslag](plaat.png "Figuur met uitleg")\n\n![weg](../site.yaml)\n'
    (folder / "index.nl.md").write_text(f"{head}\n{body}")
    (folder / "plaat.png").write_bytes(make_png(cover_svg(ASSETS[0])))
    asset = read_asset(folder / "index.nl.md", "library/boek/index", "nl")
    assert make_pdf(asset, house, cover_svg(asset)).startswith(b"%PDF")
    epub = zipfile.ZipFile(BytesIO(await Workshop(tmp_path).get(asset, house, "epub")))
    chapters = (chapter_html(asset.chapters[0], "nl", folder), epub.read("OEBPS/c1.xhtml").decode())
    for chapter in chapters:
        assert "<figcaption>Figuur met uitleg</figcaption></figure>" in chapter
        assert 'alt="Een omslag"' in chapter
        assert "<em>weg</em>" in chapter
    assert "OEBPS/plaat.png" in epub.namelist()


def test_a_cover_of_the_house_takes_the_place_of_the_drawn_one(
    house: House, tmp_path: Path
) -> None:
    folder = tmp_path / "boek"
    folder.mkdir()
    source = (CONTENT / "library/gulle-gever/index.nl.md").read_text()
    (folder / "index.nl.md").write_text(source.replace("cloth: plum", "cover: eigen.png"))
    (folder / "eigen.png").write_bytes(make_png(cover_svg(ASSETS[0])))
    asset = read_asset(folder / "index.nl.md", "library/boek/index", "nl")
    cover = cover_svg(asset)
    assert "data:image/png;base64," in cover
    assert make_png(cover).startswith(b"\x89PNG")
    assert make_pdf(asset, house, cover).startswith(b"%PDF")


def test_a_cover_for_mail_fills_its_picture() -> None:
    picture = make_png(cover_svg(ASSETS[0]))
    width, height = (int.from_bytes(picture[at : at + 4], "big") for at in (16, 20))
    assert (width, height) == (456, 684)


def test_the_same_title_has_the_same_cover_and_other_titles_others() -> None:
    covers = {asset.slug: cover_svg(asset) for asset in ASSETS if asset.language == "nl"}
    again = {asset.slug: cover_svg(asset) for asset in ASSETS if asset.language == "nl"}
    assert covers == again
    assert len(set(covers.values())) == len(covers)
