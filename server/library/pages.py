"""A chapter as the inside of a web page: drop initial, pull quotes, tables with captions, notes."""

import re
from base64 import b64encode
from collections.abc import Iterator
from html import escape
from mimetypes import guess_type
from pathlib import Path
from xml.etree.ElementTree import Element

from server.kit import markup
from server.kit.text import say
from server.library.assets import Chapter, picture_file

CAPTION = re.compile(r"^(?:Tabel|Table):\s*")
Marks = dict[str, int]


def chapter_html(chapter: Chapter, language: str, folder: Path) -> str:
    """The text of a chapter and its notes, in the markup of the reader."""
    marks = {mark: number for number, (mark, _) in enumerate(chapter.notes, 1)}
    writer = Writer(language, marks, folder, chapter.number)
    return "\n".join([*writer.blocks(chapter.tree), *_notes(chapter, writer)])


def sample_html(chapter: Chapter, language: str, folder: Path, words: int = 260) -> str:
    """The beginning of a chapter: whole blocks until there is something worth reading."""
    writer = Writer(language, {}, folder, chapter.number)
    read = 0
    kept = []
    for block, html in zip(_pairs(chapter.tree), writer.blocks(chapter.tree), strict=True):
        if read >= words or block[0].tag not in ("p", "blockquote", "ul", "ol"):
            break
        read += markup.word_count(block[0])
        kept.append(html)
    return "\n".join(kept)


def _notes(chapter: Chapter, writer: "Writer") -> Iterator[str]:
    if not chapter.notes:
        return
    heading = escape(say(writer.language, "library.notes"))
    yield '<section class="footnotes" aria-labelledby="notes">'
    yield f'<h2 id="notes">{heading}</h2><ol>'
    for number, (_, tree) in enumerate(chapter.notes, 1):
        back = say(writer.language, "library.note_back")
        label = say(writer.language, "library.note_back_label", number=number)
        inside = "".join(writer.inline(paragraph) for paragraph in tree)
        yield (
            f'<li id="n{number}">{inside} <a href="#r{number}" aria-label="{escape(label)}">'
            f"{escape(back)}</a></li>"
        )
    yield "</ol></section>"


def _pairs(tree: Element) -> list[tuple[Element, str]]:
    """Blocks, each table with the caption that follows it (and the caption left out)."""
    pairs: list[tuple[Element, str]] = []
    for block in tree:
        words = markup.plain(block)
        if pairs and pairs[-1][0].tag == "table" and CAPTION.match(words):
            pairs[-1] = (pairs[-1][0], CAPTION.sub("", words))
        else:
            pairs.append((block, ""))
    return pairs


def captioned_blocks(tree: Element) -> list[tuple[Element, str]]:
    """The blocks of a text with the captions of its tables, for other writers."""
    return _pairs(tree)


class Writer(markup.TreeWriter):
    """Writes blocks of a tree as HTML with the classes of the design."""

    def __init__(self, language: str, marks: Marks, folder: Path, number: int) -> None:
        self.language, self.marks, self.folder, self.number = language, marks, folder, number
        self._tables = 0

    def blocks(self, tree: Element) -> list[str]:
        """Each block of a text as HTML."""
        return [
            self.block(block, caption, first=n == 0)
            for n, (block, caption) in enumerate(_pairs(tree))
        ]

    def block(self, block: Element, caption: str, *, first: bool = False) -> str:
        """One block as HTML."""
        if block.tag == "table":
            return self._table(block, caption)
        if block.tag == "blockquote":
            label = escape(say(self.language, "library.pull"))
            inside = "".join(f"<p>{self.inline(part)}</p>" for part in block)
            return f'<aside class="pull" aria-label="{label}">{inside}</aside>'
        pictures = [child for child in block if child.tag == "img"]
        if block.tag == "p" and pictures and not markup.plain(block):
            return "".join(self._figure(picture) for picture in pictures)
        tag = {"h3": "h2", "h4": "h3"}.get(block.tag, block.tag)
        opening = ' class="opening"' if first and tag == "p" else ""
        return f"<{tag}{opening}>{self.inline(block)}</{tag}>"

    def note(self, mark: str) -> str:
        """The mark, linked to its note."""
        number = self.marks.get(mark)
        if not number:
            return ""
        label = escape(say(self.language, "library.note", number=number))
        return f'<a class="ref" id="r{number}" href="#n{number}" aria-label="{label}">{number}</a>'

    def _table(self, table: Element, caption: str) -> str:
        self._tables += 1
        name = f"t{self.number}-{self._tables}"
        title = f'<caption id="{name}">{escape(caption)}</caption>' if caption else ""
        label = (
            f'aria-labelledby="{name}"'
            if caption
            else (f'aria-label="{escape(say(self.language, "library.table"))}"')
        )
        rows = "".join(self._row(row) for row in table.iter("tr"))
        return (
            f'<div class="table-wrap" role="region" {label} tabindex="0">'
            f'<table class="table">{title}{rows}</table></div>'
        )

    def _row(self, row: Element) -> str:
        cells = []
        for cell in row:
            number = ' class="num"' if cell.get("align") == "right" else ""
            scope = ' scope="col"' if cell.tag == "th" else ""
            cells.append(f"<{cell.tag}{scope}{number}>{self.inline(cell)}</{cell.tag}>")
        return f"<tr>{''.join(cells)}</tr>"

    def _figure(self, picture: Element) -> str:
        caption = picture.get("title", "")
        inside = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
        return f"<figure>{self.picture(picture)}{inside}</figure>"

    def picture(self, picture: Element) -> str:
        """A picture that stands beside the text."""
        # A picture stands beside the text; as data in the page it needs no address of its own,
        # and so no address that tells who reads.
        file = picture_file(self.folder, picture.get("src", ""))
        alt = escape(picture.get("alt", ""))
        if not file:
            return f"<em>{alt}</em>"
        data = b64encode(file.read_bytes()).decode()
        kind = guess_type(file.name)[0]
        return f'<img src="data:{kind};base64,{data}" alt="{alt}">'
