"""The PDF of an asset, set by typst: cover, contents, running heads, notes, tagged as PDF/UA-1.

Text goes to typst as string literals, never as markup of its own: nothing a writer types can be
read as an instruction. typst's root is a folder of our own with this book alone in it.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree.ElementTree import Element
from zipfile import ZipFile

import typst

from server.kit.house import House
from server.kit.text import month_name, say
from server.library.assets import Asset, picture_file
from server.library.pages import captioned_blocks

HERE = Path(__file__).parent
FONTS = HERE / "fonts"
LEAF_PPI = 54  # a page of A5 as a picture of 315 by 446
MARKS = {"strong": "strong", "em": "emph", "sub": "sub", "sup": "super", "code": "raw"}


class PressError(Exception):
    """typst could not set this text; the message says where it stopped."""


def make_pdf(asset: Asset, house: House, cover: str) -> bytes:
    """The book as PDF/UA-1 in A5. Raises PressError."""
    with TemporaryDirectory(prefix="press-") as folder:
        source = _book(asset, house, cover, Path(folder))
        made = datetime.combine(asset.published, time(), UTC)
        return _compile(source, Path(folder), format="pdf", pdf_standards="ua-1", timestamp=made)


def _book(asset: Asset, house: House, cover: str, root: Path) -> str:
    """The source of the book; what it needs is put into `root`."""
    (root / "cover.svg").write_text(cover, "utf-8")
    (root / "book.json").write_text(json.dumps(_facts(asset, house)), "utf-8")
    return (HERE / "book.typ").read_text("utf-8") + _text(asset, root)


def make_leaves(asset: Asset, house: House, cover: str, most: int) -> bytes:
    """The first pages of the book as pictures `1.png`, `2.png`, … in a zip. Raises PressError."""
    with TemporaryDirectory(prefix="press-") as folder:
        leaves = _compile_all(
            _book(asset, house, cover, Path(folder)), Path(folder), format="png", ppi=LEAF_PPI
        )
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        for number, leaf in enumerate(leaves[:most], 1):
            archive.writestr(f"{number}.png", leaf)
    return packed.getvalue()


def make_png(cover: str, width: int = 456) -> bytes:
    """A drawn cover as a picture of so many pixels, for mail and e-readers."""
    with TemporaryDirectory(prefix="press-") as folder:
        (Path(folder) / "cover.svg").write_text(cover, "utf-8")
        source = (
            '#set page(width: 300pt, height: auto, margin: 0pt)\n#image("cover.svg", width: 100%)'
        )
        return _compile(source, Path(folder), format="png", ppi=width / 300 * 72)


def _compile(source: str, root: Path, **options: Any) -> bytes:
    return _compile_all(source, root, **options)[0]


def _compile_all(source: str, root: Path, **options: Any) -> list[bytes]:
    """Every file typst makes of a source: one, or a picture a page."""
    main = root / "main.typ"
    main.write_text(source, "utf-8")
    try:
        compiler = typst.Compiler(main, root=root, font_paths=[FONTS], ignore_system_fonts=True)
        made = compiler.compile(**options)
    except typst.TypstError as error:
        raise PressError(str(error.message)) from None
    return made if isinstance(made, list) else [made or b""]


def _facts(asset: Asset, house: House) -> dict[str, object]:
    def words(key: str) -> str:
        return say(asset.language, f"library.book_{key}", title=asset.title)

    when = f"{month_name(asset.language, asset.published)} {asset.published.year}"
    place = f", {house.place}" if house.place else ""
    colophon = [
        f"© {asset.published.year} {asset.author}, {house.name}{place}",
        words("gift") + (f" {asset.license}." if asset.license else ""),
        say(asset.language, "library.book_set", when=when),
    ]
    if house.host_email:
        colophon.append(say(asset.language, "library.book_errata", email=house.host_email))
    return {
        "title": asset.title,
        "subtitle": asset.subtitle,
        "author": asset.author,
        "house": house.name,
        "initial": house.name.split()[-1][0],
        "accent": house.accent,
        "lang": asset.language,
        "keywords": list(asset.themes),
        "colophon": colophon,
        "words": {
            "chapter": say(asset.language, "library.book_chapter"),
            "contents": say(asset.language, "library.book_contents"),
            "gift_of": say(asset.language, "library.book_gift_of"),
            "to_pass_on": say(asset.language, "library.book_to_pass_on"),
            "cover": words("cover"),
        },
    }


def _text(asset: Asset, root: Path) -> str:
    lines = [""]
    for chapter in asset.chapters:
        setter = _Setter(dict(chapter.notes), asset.folder, root)
        lines.append(f"#heading(level: 1, {quoted(chapter.title)})")
        lines += (f"#{code}" for code in setter.blocks(chapter.tree))
    return "\n".join(lines)


def quoted(text: str) -> str:
    """A typst string literal."""
    clean = "".join(letter if letter >= " " else " " for letter in text)
    return '"' + clean.replace("\\", "\\\\").replace('"', '\\"') + '"'


@dataclass(frozen=True)
class _Setter:
    """Writes the blocks of a chapter as typst expressions."""

    notes: dict[str, Element]
    folder: Path
    root: Path

    def blocks(self, tree: Element) -> Iterator[str]:
        for block, caption in captioned_blocks(tree):
            yield self._block(block, caption)

    def _block(self, block: Element, caption: str) -> str:
        if block.tag == "table":
            return self._table(block, caption)
        if block.tag in ("h3", "h4"):
            return f"heading(level: {int(block.tag[1]) - 1}, {self.inline(block)})"
        if block.tag in ("ul", "ol"):
            items = ", ".join(self.inline(item) for item in block)
            return f"{'list' if block.tag == 'ul' else 'enum'}({items})"
        if block.tag == "blockquote":
            return f"pull({self.inline(block)})"
        if block.tag == "hr":
            return "align(center, line(length: 18mm, stroke: hair))"
        pictures = [child for child in block if child.tag == "img"]
        if pictures:
            return " + ".join(self._picture(picture) for picture in pictures)
        return f"par({self.inline(block)})"

    def inline(self, element: Element) -> str:
        """The inside of an element as one typst code block."""
        parts = [quoted(element.text or "")]
        for child in element:
            parts.append(self._child(child))
            parts.append(quoted(child.tail or ""))
        # The last part makes the block content, also where a cell holds nothing at all.
        return "{" + "; ".join([*(part for part in parts if part and part != '""'), "[]"]) + "}"

    def _child(self, child: Element) -> str:
        if child.get("class") == "note":
            note = self.notes.get(child.text or "")
            return f"footnote({self.inline(note[0])})" if note is not None and len(note) else ""
        if child.tag == "br":
            return "linebreak()"
        if child.tag == "code":
            return f"raw({quoted(child.text or '')})"
        if child.tag == "a" and child.get("href"):
            return f"link({quoted(child.get('href', ''))}, {self.inline(child)})"
        if child.tag in MARKS:
            return f"{MARKS[child.tag]}({self.inline(child)})"
        return self.inline(child)

    def _picture(self, picture: Element) -> str:
        file = picture_file(self.folder, picture.get("src", ""))
        alt = picture.get("alt", "")
        if not file:
            return f"par(emph({quoted(alt)}))"
        shutil.copyfile(file, self.root / file.name)
        caption = picture.get("title", "")
        return f"picture({quoted(file.name)}, {quoted(alt or caption)}, {quoted(caption)})"

    def _table(self, table: Element, caption: str) -> str:
        rows = list(table.iter("tr"))
        count = len(rows[0]) if rows else 1
        aligns = ", ".join(
            "right" if cell.get("align") == "right" else "left"
            for cell in (rows[0] if rows else [])
        )
        head = ", ".join(f"strong({self.inline(cell)})" for cell in rows[0]) if rows else ""
        body = "".join(f", {self.inline(cell)}" for row in rows[1:] for cell in row)
        made = f"plain-table({count}, ({aligns},), table.header({head}){body})"
        if caption:
            return f"figure(kind: table, {made}, caption: {quoted(caption)})"
        return f"block(above: 1.6em, below: 1.6em, {made})"
