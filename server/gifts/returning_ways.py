"""The ways to give something back, as `content/giving-back.yaml` tells them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server.kit.content import ContentError, Document, Finding, read_text, read_yaml
from server.kit.settings import sample_folder
from server.kit.text import LANGUAGES

NOTHING, BUY, PASS_ON, TALK = "nothing", "buy", "pass_on", "talk"
WRITTEN = ("review", "question", "case")
KNOWN = (*WRITTEN, PASS_ON, TALK, BUY, NOTHING)
FEWEST = 3
# A page of ours, or one elsewhere that nobody listens in on.
ADDRESS = re.compile(r"(/(?!/)|https://)\S+")
Words = Mapping[str, str]


@dataclass(frozen=True)
class Way:
    """One way: what it is called, what it comes down to, and where it leads (buying alone)."""

    name: str
    label: Words
    how: Words
    href: Words


class WaysFile:
    """The file as it is now. Where it is missing or broken, those that came with the product are
    offered until it is mended, and none where those are broken too."""

    def __init__(self, content: Path) -> None:
        self.file = content / "giving-back.yaml"
        self._spare = sample_folder("content") / "giving-back.yaml"
        self._read: tuple[object, tuple[Way, ...], list[Finding]] | None = None

    def fresh(self) -> tuple[Way, ...]:
        """The ways of today, in the order of the file."""
        return self._now()[0]

    def findings(self) -> list[Finding]:
        """What is wrong with the file."""
        return self._now()[1]

    def _now(self) -> tuple[tuple[Way, ...], list[Finding]]:
        stat = self.file.stat() if self.file.is_file() else None
        stamp = (stat.st_mtime_ns, stat.st_size) if stat else None
        if not self._read or self._read[0] != stamp:
            self._read = (stamp, *self._look(is_there=stat is not None))
        return self._read[1], self._read[2]

    def _look(self, *, is_there: bool) -> tuple[tuple[Way, ...], list[Finding]]:
        found: list[Finding] = []
        for file in (self.file, self._spare) if is_there else (self._spare,):
            try:
                return read_ways(file), found[:1]
            except ContentError as error:
                found.append(error.finding)
        return (), found[:1]


def read_ways(file: Path) -> tuple[Way, ...]:
    """The ways a file tells; ContentError with the line that is wrong and what to do."""
    source = read_text(file)
    doc = Document(file, read_yaml(file, source), "", source)
    given = doc.meta.get("ways")
    if not isinstance(given, dict):
        raise doc.fault("gifts.ways_none", "ways", known=", ".join(KNOWN))
    ways = tuple(_way(doc, str(name), told) for name, told in given.items())
    if len(ways) < FEWEST or NOTHING not in given:
        raise doc.fault("gifts.ways_few", "ways", count=FEWEST)
    return ways


def _way(doc: Document, name: str, told: Any) -> Way:
    if name not in KNOWN:
        raise doc.fault("gifts.ways_unknown", name, known=", ".join(KNOWN))
    if not isinstance(told, dict):
        raise doc.fault("gifts.ways_words", name, part="label")
    href = _words(doc, name, told, "href") if name == BUY else {}
    if not all(ADDRESS.fullmatch(one) for one in href.values()):
        raise doc.fault("gifts.ways_address", "href")
    return Way(name, _words(doc, name, told, "label"), _words(doc, name, told, "how"), href)


def _words(doc: Document, name: str, told: Mapping[str, Any], part: str) -> Words:
    words = told.get(part)
    whole = isinstance(words, dict) and all(
        isinstance(words.get(language), str) and words[language].strip() for language in LANGUAGES
    )
    if not whole:
        raise doc.fault("gifts.ways_words", name, part=part)
    return {language: words[language].strip() for language in LANGUAGES}  # type: ignore[index]
