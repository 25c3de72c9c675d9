"""An asset as its file describes it: what is given, to whom, why it is free, and its chapters."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from math import ceil
from pathlib import Path
from xml.etree.ElementTree import Element

from server.kit import markup
from server.kit.affiliates import TextShelf
from server.kit.content import ContentError, Document, Finding, read_document
from server.library.covers import CLOTHS
from server.library.kinds import (
    BOOKS,
    KIND_TEXTS,
    KINDS,
    Particulars,
    Podcast,
    Webinar,
    read_particulars,
)
from server.library.light import Light, read_light
from server.library.terms import Terms, read_terms

GATES = ("open", "ask-after", "email")
READ = {"open": "library.gate_open", "ask-after": "library.gate_ask_after"}
HEARD = {"open": "library.gate_hear", "ask-after": "library.gate_hear_ask_after"}
OWN_GATES = {"webinar": "library.gate_seat", "sample": "library.gate_post"}
WORDS_A_MINUTE = 200
PICTURES = {".png", ".jpg", ".jpeg", ".svg", ".webp"}
LARGEST_PICTURE = 3_000_000


@dataclass(frozen=True)
class Chapter:
    """One `##` of the text with the notes it refers to."""

    number: int
    title: str
    tree: Element
    notes: tuple[tuple[str, Element], ...]

    @property
    def minutes(self) -> int:
        return max(1, ceil(markup.word_count(self.tree) / WORDS_A_MINUTE))


@dataclass(frozen=True)
class Asset:
    """One thing in the library that can be given away, in one language.

    A book and a podcast have chapters, the other kinds a `text` that says what they are.
    """

    slug: str
    language: str
    folder: Path
    version: str
    title: str
    subtitle: str
    kind: str
    gate: str
    author: str
    about_author: str
    themes: tuple[str, ...]
    value: float
    minutes: int
    summary: str
    for_whom: tuple[str, ...]
    not_for: str
    why_free: str
    cloth: str
    cover: Path | None
    license: str
    published: date
    chapters: tuple[Chapter, ...]
    terms: Terms
    light: Light
    text: Chapter | None = None
    related_to: tuple[str, ...] = ()
    particulars: Particulars | None = None

    @property
    def is_book(self) -> bool:
        """It is there to be read, as a page, as PDF and as EPUB."""
        return self.kind in BOOKS

    @property
    def is_open(self) -> bool:
        """Everybody may have it at its public address."""
        return self.gate in ("open", "ask-after")

    @property
    def is_readable(self) -> bool:
        """Everybody may read it at its public address."""
        return self.is_book and self.is_open

    @property
    def asks_address(self) -> bool:
        """A form stands beside it, and whoever fills it in gets a copy by mail."""
        return self.gate in ("ask-after", "email")

    @property
    def is_gift_by_mail(self) -> bool:
        """It can be mailed to somebody who did not ask: there is something to open at once."""
        return bool(self.chapters)

    @property
    def trees(self) -> list[Element]:
        """Every text of it, the notes too."""
        own = [*self.chapters, *([self.text] if self.text else [])]
        return [tree for one in own for tree in (one.tree, *(note for _, note in one.notes))]

    @property
    def gate_text(self) -> str:
        """The key of how it is reached, in words."""
        if self.kind in OWN_GATES:
            return OWN_GATES[self.kind]
        words = HEARD if self.kind == "podcast" else READ
        return words.get(self.gate, "library.gate_email")

    @property
    def letter(self) -> str:
        """The kind of the mail that brings it."""
        return "gift" if self.is_book else f"gift_{self.kind}"

    @property
    def language_text(self) -> str:
        """The key of the name of its language."""
        return {"nl": "library.dutch", "en": "library.english"}[self.language]

    @property
    def kind_text(self) -> str:
        """The key of the name of its kind."""
        return KIND_TEXTS[self.kind]

    @property
    def path(self) -> str:
        return f"/{self.language}/library/{self.slug}"


class Library:
    """All published assets, fresh from the files."""

    def __init__(self, content: Path) -> None:
        self._shelf = TextShelf(content, "library/*/index.*.md", read_asset)

    def assets(self, language: str, today: date) -> list[Asset]:
        """What is published in a language, newest first, then by title."""
        found = [
            asset
            for (_, spoken), asset in self._shelf.fresh().items()
            if spoken == language and asset.published <= today
        ]
        return sorted(found, key=lambda asset: (-asset.published.toordinal(), asset.title))

    def find(self, slug: str, language: str, today: date | None = None) -> Asset | None:
        """One asset; in its other language where it has only that; None if there is none.

        Without `today` also what is no longer or not yet published: who has a gift keeps it.
        """
        items = self._shelf.fresh()
        for spoken in (language, *(other for _, other in items)):
            asset = items.get((f"library/{slug}/index", spoken))
            if asset and (today is None or asset.published <= today):
                return asset
        return None

    def exactly(self, slug: str, language: str, today: date) -> Asset | None:
        """One published asset in this language only."""
        asset = self._shelf.fresh().get((f"library/{slug}/index", language))
        return asset if asset and asset.published <= today else None

    def by_author(self, author: str, language: str, today: date) -> list[Asset]:
        """What somebody wrote of what is published in a language."""
        return [one for one in self.assets(language, today) if one.author == author]

    def titles(self, language: str) -> dict[str, str]:
        """Slug → title, in the other language where there is only that."""
        found = {}
        for asset in self._shelf.fresh().values():
            if asset.slug not in found or asset.language == language:
                found[asset.slug] = asset.title
        return found

    def kinds(self) -> dict[str, str]:
        """Slug → kind."""
        return {asset.slug: asset.kind for asset in self.all()}

    def all(self) -> list[Asset]:
        """Every asset in every language."""
        return list(self._shelf.fresh().values())

    def version(self) -> int:
        """A number that is another one whenever a file changed."""
        return self._shelf.version()

    def findings(self) -> list[Finding]:
        """What is wrong with the files."""
        self._shelf.fresh()
        return self._shelf.findings


def read_asset(file: Path, name: str, language: str) -> Asset:
    """The asset a file describes; ContentError with line and remedy where it cannot be one."""
    doc = read_document(file)
    slug = file.parent.name
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,78}", slug):
        raise doc.fault("library.bad_slug", slug=slug)
    light = read_light(doc)
    kind, gate = doc.choice("kind", KINDS), doc.choice("gate", GATES)
    has_chapters = kind in (*BOOKS, "podcast")
    # A seat, a trial, a parcel and a code are somebody's: they need an address to go to.
    if gate != "email" and not has_chapters:
        raise doc.fault("library.gate_needs_address", "gate")
    chapters = read_chapters(doc) if has_chapters else ()
    own = read_particulars(doc, kind)
    return Asset(
        slug=slug,
        language=language,
        folder=file.parent,
        version=sha256(doc.source.encode()).hexdigest()[:20],
        title=doc.text("title"),
        subtitle=doc.text("subtitle"),
        kind=kind,
        gate=gate,
        author=doc.text("author"),
        about_author=doc.text("about_author", ""),
        themes=_themes(doc),
        value=doc.number("value"),
        minutes=_minutes(doc, chapters, own),
        summary=doc.text("summary", ""),
        for_whom=doc.words("for_whom"),
        not_for=doc.text("not_for", ""),
        why_free=doc.text("why_free"),
        cloth=doc.choice("cloth", ("", *sorted(CLOTHS)), ""),
        cover=_cover(doc),
        license=doc.text("license", ""),
        published=day(doc, "published"),
        chapters=chapters,
        terms=_terms(doc, own),
        light=light,
        text=None if has_chapters else _text(doc),
        related_to=doc.words("related_to"),
        particulars=own,
    )


def _minutes(doc: Document, chapters: tuple[Chapter, ...], own: Particulars | None) -> int:
    counted = sum(chapter.minutes for chapter in chapters)
    if isinstance(own, Webinar):
        counted = own.length
    elif isinstance(own, Podcast):
        counted = ceil(own.seconds / 60)
    return int(doc.number("minutes", counted))


def _terms(doc: Document, own: Particulars | None) -> Terms:
    """As the file states them; a webinar has its seats, and is given until its day."""
    terms = read_terms(doc)
    if not isinstance(own, Webinar):
        return terms
    limits = terms.limits if terms.limits.total else replace(terms.limits, total=own.seats)
    return replace(terms, limits=limits, until=terms.until or own.starts.date())


def _text(doc: Document) -> Chapter:
    body, notes = markup.take_notes(doc.body)
    text = read_chapter(doc, 1, doc.text("title"), body, notes)
    if not markup.plain(text.tree):
        raise doc.fault("library.no_text")
    return text


def picture_file(folder: Path, name: str) -> Path | None:
    """A picture beside a text; None for anything elsewhere, too large or not there."""
    file = folder / name
    if "/" in name or file.suffix.lower() not in PICTURES or file.is_symlink():
        return None
    return file if file.is_file() and file.stat().st_size <= LARGEST_PICTURE else None


def _cover(doc: Document) -> Path | None:
    name = doc.text("cover", "")
    found = picture_file(doc.file.parent, name) if name else None
    if name and not found:
        raise doc.fault("library.no_cover", "cover", name=name)
    return found


def _themes(doc: Document) -> tuple[str, ...]:
    # A gift names what it has to do with what is sold; else sales cannot see why it was taken.
    themes = doc.words("themes")
    if not themes:
        raise doc.fault("kit.content_missing", "themes")
    if not doc.words("related_to"):
        raise doc.fault("library.unrelated", "related_to")
    return themes


def day(doc: Document, key: str) -> date:
    """A day that must be there; ContentError where it is missing."""
    moment = doc.moment(key)
    if moment is None:
        raise doc.fault("kit.content_missing", key)
    return moment.date() if isinstance(moment, datetime) else moment


def read_chapters(doc: Document) -> tuple[Chapter, ...]:
    """The chapters of a text; ContentError where it has none or a note is missing."""
    text, notes = markup.take_notes(doc.body)
    parts = re.split(r"(?m)^## +(.+?)[ \t#]*$", text)
    if len(parts) < 3 or parts[0].strip():
        raise doc.fault("library.no_chapters")
    return tuple(
        read_chapter(doc, number, title.strip(), body, notes)
        for number, (title, body) in enumerate(zip(parts[1::2], parts[2::2], strict=True), 1)
    )


def read_chapter(
    doc: Document, number: int, title: str, body: str, notes: Mapping[str, str]
) -> Chapter:
    """One chapter with the notes it refers to; ContentError where a note is missing."""
    marks = list(dict.fromkeys(markup.NOTE.findall(body)))
    for mark in marks:
        if mark not in notes:
            line = doc.source.count("\n", 0, doc.source.find(f"[^{mark}]")) + 1
            raise ContentError(Finding(doc.file, line, "library.note_missing", {"mark": mark}))
    found = tuple((mark, markup.tree(notes[mark])) for mark in marks)
    return Chapter(number, title, markup.tree(body), found)
