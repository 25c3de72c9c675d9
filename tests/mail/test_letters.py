"""Mail templates: slots from a list, faults named, a way out in every mail."""

import shutil
from pathlib import Path

import pytest

from server.kit import content
from server.kit.house import House, HouseFile
from server.mail.letter_slots import READER_SLOTS
from server.mail.letters import Letters
from tests.support.machine import REPOSITORY


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the templates that a test may spoil."""
    copy = tmp_path / "email_templates"
    shutil.copytree(REPOSITORY / "email_templates", copy)
    return copy


@pytest.fixture(autouse=True)
def looks_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "LOOK_AGAIN", 0.0)


@pytest.fixture
def house() -> House:
    return HouseFile(REPOSITORY / "content").fresh()


@pytest.mark.parametrize("kind", sorted(READER_SLOTS))
@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_template_makes_a_whole_mail(
    folder: Path, house: House, kind: str, language: str
) -> None:
    letter = Letters(folder).get(kind, language, house)
    assert f'lang="{language}"' in letter.html
    for part in (letter.html, letter.text):
        assert "Bureau Brugman" in part
        assert "Voorbeeldkade 12, 1234 AB Deventer" in part
        assert "{{ way_out }}" in part
        assert "{{ me }}" in part
    assert "@media" in letter.html
    assert "style=" in letter.html
    assert letter.subject
    assert Letters(folder).findings() == []


def test_a_value_is_escaped_for_html_and_plain_in_text(folder: Path, house: House) -> None:
    letter = Letters(folder).get("confirm", "nl", house)
    values = {"greeting": "Beste <b>{{ link }}</b>,", "link": "https://x.example/?a=1&b=2"}
    values |= {
        "day": "dinsdag",
        "days": "7",
        "way_out": "https://x.example/o",
        "home": "h",
        "me": "m",
    }
    done = letter.finished(values)
    assert "Beste &lt;b&gt;{{ link }}&lt;/b&gt;," in done.html
    assert "Beste <b>{{ link }}</b>," in done.text
    assert 'href="https://x.example/?a=1&amp;b=2"' in done.html
    assert "https://x.example/?a=1&b=2" in done.text


def test_a_missing_value_stops_the_mail(folder: Path, house: House) -> None:
    with pytest.raises(KeyError, match="days, greeting, home, link, me, way_out"):
        Letters(folder).get("confirm", "nl", house).finished({"day": "x"})


@pytest.mark.parametrize(
    ("name", "text", "line", "words"),
    [
        ("gift.nl.md", "---\nsubject: x\n---\n\n{{ secret }}\n", 5, "{{ secret }} bestaat niet"),
        ("gift.nl.md", "---\nsubject: x\n---\n\n{{7*7}}\n", 5, "{{ 7*7 }} bestaat niet"),
        (
            "gift.nl.md",
            "---\nsubject: x\n---\n{% include 'gift.nl.md' %}\n",
            4,
            "werkt in een mail",
        ),
        ("gift.nl.md", "---\npreview: x\n---\nHallo\n", 1, "‘subject’ ontbreekt"),
        ("offer.nl.md", "---\nsubject: x\n---\nHallo\n", 1, "geen soort mail"),
    ],
)
def test_a_broken_template_is_named(
    folder: Path, house: House, name: str, text: str, line: int, words: str
) -> None:
    (folder / name).write_text(text)
    letters = Letters(folder)
    (finding,) = letters.findings()
    assert (finding.file.name, finding.line) == (name, line)
    assert words in finding.text("nl")
    assert letters.get("confirm", "nl", house)
    # Until it is mended, the one that came with the product is used: somebody waits for it.
    assert "Open mijn exemplaar" in letters.get("gift", "nl", house).text


def test_a_missing_template_is_named(folder: Path) -> None:
    (folder / "tip.en.md").unlink()
    assert Letters(folder).findings()[0].file.name == "tip.en.md"


@pytest.mark.parametrize("slot", ["house", "postal_address", "way_out", "me"])
def test_a_layout_without_sender_address_or_way_out_is_refused(folder: Path, slot: str) -> None:
    layout = folder / "layout.html"
    layout.write_text(layout.read_text().replace(f"{{{{ {slot} }}}}", ""))
    (finding,) = Letters(folder).findings()
    assert f"{{{{ {slot} }}}} ontbreekt" in finding.text("nl")
    house = HouseFile(REPOSITORY / "content").fresh()
    assert "{{ way_out }}" in Letters(folder).get("confirm", "nl", house).html
