"""Frequent questions (`content/faq/`) and pages (`content/pages/`) as their files describe them."""

import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, tostring

from server.kit import markup
from server.kit.content import Finding, Shelf, read_document
from server.kit.text import folded, other

PAGES = ("about", "privacy", "why-free")


@dataclass(frozen=True)
class Answer:
    """One question with its answer."""

    slug: str
    question: str
    group: str
    order: float
    html: str
    plain: str
    words: str


@dataclass(frozen=True)
class Page:
    """A page about the house."""

    language: str
    title: str
    description: str
    html: str
    plain: str


class Answers:
    """All questions and pages, fresh from the files."""

    def __init__(self, content: Path) -> None:
        self._faq = Shelf(content, "faq/*.md", _read_answer)
        self._pages = Shelf(content, "pages/*.md", _read_page)

    def page(self, name: str, language: str) -> Page | None:
        """A page in a language, in the other where there is only that."""
        items = self._pages.fresh()
        same = items.get((f"pages/{name}", language))
        return same or items.get((f"pages/{name}", other(language)))

    def groups(self, language: str, query: str = "") -> dict[str, list[Answer]]:
        """Answers by group in their order; with a query only those that hold all its words."""
        wanted = folded(query).split()
        found: dict[str, list[Answer]] = {}
        answers = [one for (_, spoken), one in self._faq.fresh().items() if spoken == language]
        for answer in sorted(answers, key=lambda one: (one.order, one.slug)):
            if all(word in answer.words for word in wanted):
                found.setdefault(answer.group, []).append(answer)
        return found

    def version(self) -> tuple[int, int]:
        """Numbers that are others whenever a file changed."""
        return self._faq.version(), self._pages.version()

    def findings(self) -> list[Finding]:
        """What is wrong with the files."""
        self._faq.fresh()
        self._pages.fresh()
        return self._faq.findings + self._pages.findings


def _read_answer(file: Path, name: str, language: str) -> Answer:
    doc = read_document(file)
    tree = markup.tree(doc.body)
    question = doc.text("question")
    return Answer(
        slug=Path(name).name,
        question=question,
        group=doc.text("group"),
        order=doc.number("order", 100),
        html=_inside(tree),
        plain=markup.plain(tree),
        words=folded(f"{question} {markup.plain(tree)}"),
    )


def _read_page(file: Path, name: str, language: str) -> Page:
    doc = read_document(file)
    tree = markup.tree(doc.body)
    return Page(
        language, doc.text("title"), doc.text("description", ""), _inside(tree), markup.plain(tree)
    )


def _inside(tree: Element) -> str:
    html = tostring(tree, encoding="unicode", method="html")
    return re.sub(r"^<div>|</div>$", "", html.strip())
