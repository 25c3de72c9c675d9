"""Files that are wrong: named with line and remedy, left out, and the rest stands."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from server.kit import content
from server.kit.house import HouseFile
from server.library.assets import Library
from server.library.pages import chapter_html
from server.newsletter.tips import Tips
from tests.support.machine import REPOSITORY

TODAY = date(2026, 11, 22)
GOOD = (REPOSITORY / "content/library/gulle-gever/index.nl.md").read_text("utf-8")
TIP = (REPOSITORY / "content/newsletter/2026-47.nl.md").read_text("utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the sample content that a test may spoil."""
    copy = tmp_path / "content"
    shutil.copytree(REPOSITORY / "content", copy)
    return copy


@pytest.fixture(autouse=True)
def looks_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "LOOK_AGAIN", 0.0)


def spoiled(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


FAULTS: list[tuple[str, Callable[[], str | bytes], int, str]] = [
    ("no front matter", lambda: "# Hallo\n", 1, "het kopje ontbreekt"),
    ("unclosed front matter", lambda: "---\ntitle: x\n", 1, "het kopje ontbreekt"),
    ("empty", lambda: "", 1, "het kopje ontbreekt"),
    ("broken YAML", lambda: "---\ntitle: x\nkind: [e-book\n---\n## A\n\nb\n", 3, "niet te lezen"),
    ("a list", lambda: "---\n- x\n---\n## A\n", 1, "het kopje ontbreekt"),
    ("an alias", lambda: "---\na: &x [1]\nb: *x\n---\n## A\n", 3, "ankers"),
    ("an alias in a circle", lambda: "---\na: &x [*x]\n---\n## A\n", 2, "ankers"),
    ("not UTF-8", lambda: "---\ntitle: caf\u00e9\n---\n".encode("latin-1"), 2, "UTF-8"),
    ("no title", lambda: spoiled("title:", "titel:"), 1, "‘title’ ontbreekt"),
    ("a title that is a list", lambda: spoiled("title: De", "title: [x]\nx: De"), 2, "korte tekst"),
    ("an unknown kind", lambda: spoiled("kind: e-book", "kind: film"), 4, "e-book, white paper"),
    ("an unknown gate", lambda: spoiled("gate: email", "gate: wall"), 5, "‘gate’ kan alleen"),
    ("a value in words", lambda: spoiled("value: 8", "value: veel"), 10, "moet een getal zijn"),
    ("no date", lambda: spoiled("published: 2026-11-01", "x: 1"), 1, "‘published’ ontbreekt"),
    ("a wrong date", lambda: spoiled("2026-11-01", "gisteren"), 20, "geen datum"),
    ("a cover that is not there", lambda: spoiled("cloth: plum", "cover: x.png"), 19, "omslag"),
    ("a cover from elsewhere", lambda: spoiled("cloth: plum", "cover: ../x.png"), 19, "omslag"),
    ("unrelated", lambda: spoiled("related_to: [training]", "x: 1"), 1, "welk aanbod"),
    ("no light", lambda: spoiled("traffic_light:", "light:"), 1, "stoplicht ontbreekt"),
    ("no answer", lambda: spoiled("marginal_cost:   {answer: green", "x: {answer: green"), 1,
     "‘marginal_cost’ heeft geen antwoord"),
    ("no reason", lambda: spoiled("{answer: green, why", "{answer: green, x"), 24, "geen reden"),
    ("a red light", lambda: spoiled("{answer: amber", "{answer: red"), 25, "staat op rood"),
    ("amber alone", lambda: spoiled("approved_by: Marit Brugman", "x: 1"), 23, "approved_by"),
    ("no chapters", lambda: GOOD.replace("\n## ", "\n### "), 1, "hoofdstuk"),
    ("a note without text", lambda: spoiled("[^1]: ", "[^9]: "), 40, "noot [^1] heeft geen tekst"),
]  # fmt: skip


@pytest.mark.parametrize("case", FAULTS, ids=[case[0] for case in FAULTS])
def test_a_broken_file_is_named_with_its_line_and_the_rest_stands(
    folder: Path, case: tuple[str, Callable[[], str | bytes], int, str]
) -> None:
    _, make, line, words = case
    file = folder / "library/gulle-gever/index.nl.md"
    made = make()
    file.write_bytes(made if isinstance(made, bytes) else made.encode())
    library = Library(folder)
    left = {(asset.slug, asset.language) for asset in library.all()}
    assert ("gulle-gever", "nl") not in left
    assert len(left) == 19
    (finding,) = library.findings()
    assert finding.file == file
    assert words in finding.text("nl")
    if case[0] != "a note without text":
        assert finding.line == line
    assert finding.text("en") != finding.text("nl")


def test_a_huge_file_is_left_out_without_being_read(folder: Path) -> None:
    file = folder / "library/gulle-gever/index.nl.md"
    with file.open("wb") as out:
        out.truncate(50_000_000)
    library = Library(folder)
    assert len(library.all()) == 19
    assert "groter dan 2 MB" in library.findings()[0].text("nl")


def test_a_link_to_elsewhere_is_not_followed(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text(GOOD)
    for name in ("gulle-gever/index.nl.md", "loop/index.nl.md"):
        (folder / "library" / name).parent.mkdir(exist_ok=True)
        (folder / "library" / name).unlink(missing_ok=True)
    (folder / "library/gulle-gever/index.nl.md").symlink_to(secret)
    (folder / "library/loop/index.nl.md").symlink_to(folder / "library/loop/index.nl.md")
    library = Library(folder)
    assert len(library.all()) == 19
    assert {finding.key for finding in library.findings()} == {"kit.content_symlink"}


def test_a_language_we_do_not_speak_is_named(folder: Path) -> None:
    (folder / "library/gulle-gever/index.de.md").write_text(GOOD)
    assert "nl, en" in Library(folder).findings()[0].text("nl")


def test_a_folder_that_cannot_be_an_address_is_named(folder: Path) -> None:
    (folder / "library/Gulle Gever").mkdir()
    (folder / "library/Gulle Gever/index.nl.md").write_text(GOOD)
    assert "kan geen adres zijn" in Library(folder).findings()[0].text("nl")


def test_a_changed_file_shows_without_a_restart(folder: Path) -> None:
    library = Library(folder)
    file = folder / "library/gulle-gever/index.nl.md"
    assert library.exactly("gulle-gever", "nl", TODAY)
    file.write_text(spoiled("title: De gulle gever stelt grenzen", "title: Nieuw"))
    assert library.exactly("gulle-gever", "nl", TODAY).title == "Nieuw"  # type: ignore[union-attr]
    file.write_text("kapot")
    assert library.exactly("gulle-gever", "nl", TODAY) is None
    file.unlink()
    assert library.findings() == []


def test_what_is_not_published_yet_is_not_there(folder: Path) -> None:
    file = folder / "library/gulle-gever/index.nl.md"
    file.write_text(spoiled("published: 2026-11-01", "published: 2026-12-24"))
    library = Library(folder)
    assert library.exactly("gulle-gever", "nl", TODAY) is None
    assert library.exactly("gulle-gever", "nl", date(2026, 12, 24))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("subject: Schrijf op wat je gaf", "preview2: x", "‘subject’ ontbreekt"),
        ("not_after: 6h", "not_after: straks", "geen duur"),
        ("asks: false", "asks: soms", "true of false"),
        ("published: 2026-11-17", "published: ooit", "geen datum"),
    ],
)
def test_a_broken_tip_is_named(folder: Path, old: str, new: str, words: str) -> None:
    assert old in TIP
    (folder / "newsletter/2026-47.nl.md").write_text(TIP.replace(old, new, 1))
    tips = Tips(folder)
    assert tips.exactly("2026-47", "nl") is None
    assert tips.exactly("2026-47", "en")
    assert words in tips.findings()[0].text("nl")


def test_a_tip_without_text_is_named(folder: Path) -> None:
    (folder / "newsletter/2026-47.nl.md").write_text("---\nsubject: Leeg\n---\n\n")
    assert "geen tekst" in Tips(folder).findings()[0].text("nl")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('accent: "#1f5a45"', 'accent: "#ffee00"', "te licht"),
        ('accent: "#1f5a45"', "accent: groen", "moet een kleur zijn"),
        ('monday: "07:00-23:00"', 'monday: "23:00-07:00"', "hoort een tijd"),
        ('monday: "07:00-23:00"', 'maandag: "07:00-23:00"', "is geen dag"),
        ("no_ask_days: 3", "no_ask_days: drie", "moet een getal zijn"),
        ("name: Bureau Brugman", "naam: x", "‘name’ ontbreekt"),
        ("  nl: boeken en tips over verkopen door te geven", "  x: y", "een regel nl:"),
        ('"2026-12-25": closed', "kerst: closed", "geen datum"),
    ],
)
def test_a_broken_house_is_named_and_the_last_good_one_stands(
    folder: Path, old: str, new: str, words: str
) -> None:
    house = HouseFile(folder)
    assert house.fresh().name == "Bureau Brugman"
    text = (folder / "site.yaml").read_text()
    assert old in text
    (folder / "site.yaml").write_text(text.replace(old, new, 1))
    assert house.fresh().name == "Bureau Brugman"
    assert house.finding
    assert words in house.finding.text("nl")


def test_markup_of_an_editor_cannot_carry_a_script(folder: Path) -> None:
    bad = (
        "## A\n\n<script>alert(1)</script> <img src=x onerror=alert(1)> "
        "[x](javascript:alert(1)) <style>p{}</style> <iframe src=x></iframe> [ok](https://a.example)\n"
    )
    head = GOOD.partition("\n## ")[0]
    (folder / "library/gulle-gever/index.nl.md").write_text(f"{head}\n{bad}")
    asset = Library(folder).exactly("gulle-gever", "nl", TODAY)
    assert asset
    html = chapter_html(asset.chapters[0], "nl", asset.folder)
    for word in ("<script", "onerror", "javascript:", "<style", "<iframe", "style="):
        assert word not in html
    assert '<a href="https://a.example">ok</a>' in html
