"""Articles as their files describe them: `content/articles/<slug>.<lang>.md`."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from xml.etree.ElementTree import Element

from server.kit import markup
from server.kit.affiliates import TextShelf
from server.kit.content import Document, Finding, read_document
from server.library.assets import WORDS_A_MINUTE, Asset, Chapter, day, read_chapter
from server.library.pages import chapter_html

RELATED = 3


@dataclass(frozen=True)
class Article:
    """One text to read on the site, in one language."""

    slug: str
    language: str
    folder: Path
    title: str
    summary: str
    author: str
    themes: tuple[str, ...]
    related: tuple[str, ...]
    published: date
    minutes: int
    text: Chapter

    @property
    def path(self) -> str:
        return f"/{self.language}/articles/{self.slug}"

    @property
    def trees(self) -> list[Element]:
        """The text and its notes."""
        return [self.text.tree, *(note for _, note in self.text.notes)]

    def html(self) -> str:
        """The text with its notes as the inside of a page."""
        return chapter_html(self.text, self.language, self.folder)


class Articles:
    """All articles, fresh from the files."""

    def __init__(self, content: Path) -> None:
        self._shelf = TextShelf(content, "articles/*.md", read_article)

    def public(self, language: str, today: date) -> list[Article]:
        """What is published in a language, newest first."""
        found = [
            article
            for (_, spoken), article in self._shelf.fresh().items()
            if spoken == language and article.published <= today
        ]
        return sorted(found, key=lambda one: (one.published, one.slug), reverse=True)

    def version(self) -> int:
        """A number that is another one whenever a file changed."""
        return self._shelf.version()

    def findings(self) -> list[Finding]:
        """What is wrong with the files."""
        self._shelf.fresh()
        return self._shelf.findings


def related_assets(article: Article, assets: list[Asset]) -> list[Asset]:
    """What to take along after an article: what it names first, then what shares a theme."""
    named = {slug: place for place, slug in enumerate(article.related)}
    shared = [asset for asset in assets if set(asset.themes) & set(article.themes)]
    chosen = [asset for asset in assets if asset.slug in named or asset in shared]
    return sorted(chosen, key=lambda asset: named.get(asset.slug, len(named)))[:RELATED]


def read_article(file: Path, name: str, language: str) -> Article:
    """The article a file describes; ContentError with line and remedy where it cannot be one."""
    doc = read_document(file)
    slug = Path(name).name
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,78}", slug):
        raise doc.fault("front.bad_name", slug=slug)
    body, notes = markup.take_notes(doc.body)
    title = doc.text("title")
    text = read_chapter(doc, 1, title, body, notes)
    if not markup.plain(text.tree):
        raise doc.fault("front.empty")
    return Article(
        slug=slug,
        language=language,
        folder=file.parent,
        title=title,
        summary=doc.text("summary"),
        author=doc.text("author"),
        themes=doc.words("themes"),
        related=doc.words("related"),
        published=day(doc, "published"),
        minutes=_minutes(doc, text),
        text=text,
    )


def _minutes(doc: Document, text: Chapter) -> int:
    counted = max(1, round(markup.word_count(text.tree) / WORDS_A_MINUTE))
    return int(doc.number("minutes", counted))
