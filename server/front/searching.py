"""One field that searches everything public: titles, articles, tips, questions and pages."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from server.kit.text import folded

MOST = 40  # finds on a page
AROUND = 90  # letters before and after the first word in an excerpt
LONGEST = 8  # words of a query that count
IN_TITLE, IN_ABOUT, IN_TEXT = 12, 4, 1


@dataclass(frozen=True)
class Piece:
    """Something that can be found: `kind` is the key of its name, `text` what is searched."""

    kind: str
    title: str
    path: str
    about: str
    text: str
    gate: str = ""


@dataclass(frozen=True)
class Find:
    """A piece that holds every word, with the place where it does."""

    piece: Piece
    excerpt: Markup


class Index:
    """The pieces of one language, folded once for many searches."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = [
            (piece, folded(piece.title), folded(piece.about), folded(piece.text))
            for piece in pieces
        ]

    def search(self, query: str) -> list[Find]:
        """What holds every word of a query at the beginning of a word of its own, best first."""
        words = re.findall(r"\w+", folded(query))[:LONGEST]
        if not words:
            return []
        starts = [re.compile(rf"\b{re.escape(word)}") for word in words]
        ranked = []
        for place, (piece, title, about, text) in enumerate(self._pieces):
            points = [
                IN_TITLE * bool(start.search(title))
                + IN_ABOUT * bool(start.search(about))
                + IN_TEXT * min(4, len(start.findall(text)))
                for start in starts
            ]
            if all(points):
                ranked.append((-sum(points), place, piece))
        return [Find(piece, _excerpt(piece, starts)) for _, _, piece in sorted(ranked)[:MOST]]


class Indexes:
    """An index per language, made anew when what it is made from changed."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[object, Index]] = {}

    def get(self, language: str, facts: object, pieces: Callable[[], Sequence[Piece]]) -> Index:
        """The index of a language over these facts, compared by `==`."""
        made = self._made.get(language)
        if made is None or made[0] != facts:
            made = self._made[language] = (facts, Index(pieces()))
        return made[1]


def _excerpt(piece: Piece, starts: list[re.Pattern[str]]) -> Markup:
    """The sentence around the first word found, with the words marked."""
    for source in (piece.about, piece.text):
        found = starts[0].search(folded(source))
        if found:
            begin, end = max(0, found.start() - AROUND), min(len(source), found.end() + AROUND)
            return _marked(source, begin, end, starts)
    return escape(piece.about)


def _marked(source: str, begin: int, end: int, starts: list[re.Pattern[str]]) -> Markup:
    while begin and not source[begin - 1].isspace():
        begin -= 1
    while end < len(source) and not source[end].isspace():
        end += 1
    part, plain = source[begin:end], folded(source[begin:end])
    spans = sorted(
        {_whole(plain, hit.start()) for start in starts for hit in start.finditer(plain)}
    )
    parts, at = [], 0
    for first, last in spans:
        if first >= at:
            parts += [escape(part[at:first]), Markup("<mark>"), escape(part[first:last])]
            parts.append(Markup("</mark>"))
            at = last
    parts.append(escape(part[at:]))
    before, after = "… " if begin else "", " …" if end < len(source) else ""
    return escape(before) + Markup("").join(parts) + escape(after)


def _whole(plain: str, start: int) -> tuple[int, int]:
    """The word that begins at a place."""
    word = re.compile(r"\w+").match(plain, start)
    return start, word.end() if word else start
