"""Every sentence is there in every language, asked for by its name, and used somewhere."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
import yaml

from server.kit.text import LANGUAGES, catalogue

SERVER = Path(__file__).parent.parent / "server"
ROOMS = sorted(file.parent.name for file in SERVER.glob("*/__init__.py"))
KEY = re.compile(rf"(?:{'|'.join(ROOMS)})\.[a-z0-9_]+")
QUOTED = re.compile(rf"([\"'])({KEY.pattern})\1")
PLURAL = {"one", "other"}

# What looks like the name of a text and is something else: names of files by their ending, and
# the kinds of events and audit entries that begin with the name of a room.
FILES = re.compile(r".*\.(css|csv|db|eml|epub|html|js|json|md|pdf|png|py|sql|svg|typ|xml|yaml)")
KINDS = {
    "contact.requested",
    "demo.emptied",
    "leads.exported",
    "mail.click",
    "mail.open",
    "mail.trap",
    "mail.unsubscribe_page",
    "staff.added",
    "staff.login",
}


def names_in(file: Path) -> Iterator[tuple[int, str]]:
    """The string literals of a file that look like the name of a text, with their lines."""
    text = file.read_text("utf-8")
    if file.suffix == ".py":
        nodes = list(ast.walk(ast.parse(text)))
        # The parts of an f-string are constants too, and name nothing by themselves.
        parts = {part for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in nodes:
            if isinstance(node, ast.Constant) and node not in parts and _is_name(node.value):
                yield node.lineno, str(node.value)
    else:
        for number, line in enumerate(text.splitlines(), 1):
            yield from ((number, found[1]) for found in QUOTED.findall(line))


def _is_name(value: object) -> bool:
    return isinstance(value, str) and KEY.fullmatch(value) is not None


def used() -> dict[str, str]:
    """Every name that the product asks for, and a place where it does."""
    files = [*SERVER.rglob("*.py"), *SERVER.glob("*/templates/**/*.*")]
    return {
        name: f"{file.relative_to(SERVER.parent)}:{line}"
        for file in files
        for line, name in names_in(file)
        if name not in KINDS
    }


def sentence_faults(key: str, languages: Any) -> Iterator[str]:
    """What is wrong with one entry of a texts.yaml."""
    if not isinstance(languages, Mapping) or set(languages) != set(LANGUAGES):
        yield f"{key}: needs exactly the languages {', '.join(LANGUAGES)}"
        return
    holes = {}
    for language, sentence in languages.items():
        forms = sentence if isinstance(sentence, Mapping) else {"other": sentence}
        if isinstance(sentence, Mapping) and set(forms) != PLURAL:
            yield f"{key}: {language} as a plural needs exactly {{one, other}}"
        if not all(isinstance(form, str) and form.strip() for form in forms.values()):
            yield f"{key}: {language} is empty or no text; write it in quotes"
        else:
            holes[language] = set().union(*map(placeholders, forms.values()))
    if len(set(map(frozenset, holes.values()))) > 1:
        yield f"{key}: the placeholders differ: {holes}"


def placeholders(sentence: str) -> set[str]:
    """The names between braces; a fault of the braces is a placeholder of its own."""
    try:
        return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}
    except ValueError as error:
        return {f"({error})"}


def key_faults(file: Path) -> Iterator[str]:
    """Names in a texts.yaml that stand there twice, or cannot be asked for."""
    node = yaml.compose(file.read_text("utf-8"), Loader=yaml.SafeLoader)
    keys = [key.value for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
    for key in sorted(set(keys)):
        if keys.count(key) > 1:
            yield f"{file.parent.name}.{key} stands in texts.yaml twice"
        if not KEY.fullmatch(f"{file.parent.name}.{key}"):
            yield f"{file.parent.name}.{key}: a name has small letters, digits and _ only"


def test_every_text_is_whole_in_every_language() -> None:
    assert catalogue()
    found = [
        fault for key, languages in catalogue().items() for fault in sentence_faults(key, languages)
    ]
    assert not found, "\n".join(found)


def test_no_name_of_a_text_stands_twice() -> None:
    found = [fault for file in SERVER.glob("*/texts.yaml") for fault in key_faults(file)]
    assert not found, "\n".join(found)


def test_every_text_that_is_asked_for_is_there() -> None:
    lost = {
        name: place
        for name, place in used().items()
        if name not in catalogue() and not FILES.fullmatch(name)
    }
    assert not lost, "\n".join(
        f"{place}: no text is named {name} (is it a kind of event? add it to KINDS here)"
        for name, place in lost.items()
    )


def test_every_text_is_used() -> None:
    idle = sorted(catalogue().keys() - used().keys())
    assert not idle, "\n".join(f"{key} is nowhere in server/ as a literal" for key in idle)


@pytest.mark.parametrize(
    "entry",
    [
        {"nl": "Dag"},
        {"nl": "Dag", "en": "Hello", "de": "Tag"},
        {"nl": "Dag {name}", "en": "Hello {nmae}"},
        {"nl": "Dag {name}", "en": "Hello"},
        {"nl": "Dag {name}", "en": "Hello {name"},
        {"nl": "Dag", "en": ""},
        {"nl": True, "en": "Yes"},
        {"nl": {"one": "één boek", "many": "{count} boeken"}, "en": "{count} books"},
        "Dag",
    ],
)
def test_a_text_that_is_not_whole_is_told(entry: object) -> None:
    assert list(sentence_faults("web.hello", entry))


def test_a_plural_may_leave_its_number_out_for_one() -> None:
    entry = {"nl": {"one": "één boek", "other": "{count} boeken"}, "en": "{count} books"}
    assert list(sentence_faults("web.books", entry)) == []


def test_names_are_found_in_code_and_in_templates(tmp_path: Path) -> None:
    code, page = tmp_path / "a.py", tmp_path / "a.html"
    code.write_text('"""Not kit.this."""\nsay(lang, "kit.that")\nx = f"kit.x_{y}"\n', "utf-8")
    page.write_text("<a href='x'>{{ t('kit.this') }}</a>\n<p>{{ t(\"kit.that\", n=1) }}", "utf-8")
    assert list(names_in(code)) == [(2, "kit.that")]
    assert list(names_in(page)) == [(1, "kit.this"), (2, "kit.that")]


def test_a_name_that_stands_twice_is_told(tmp_path: Path) -> None:
    file = tmp_path / "kit" / "texts.yaml"
    file.parent.mkdir()
    file.write_text("day: {nl: dag, en: day}\nday: {nl: dag, en: day}\nBad-One: x\n", "utf-8")
    assert len(list(key_faults(file))) == 2
