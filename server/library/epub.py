"""The EPUB of an asset: EPUB 3.3 with navigation, cover and accessibility metadata, by `zipfile`."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from io import BytesIO
from mimetypes import guess_type
from uuid import NAMESPACE_URL, uuid5
from xml.etree.ElementTree import Element

from server.kit.house import House
from server.kit.markup import TreeWriter, plain
from server.kit.text import say
from server.library.assets import Asset, Chapter, picture_file
from server.library.pages import captioned_blocks

CONTAINER = """<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles>
</container>"""
STYLE = """body { font-family: serif; line-height: 1.5; margin: 0 5%; }
h1 { font-size: 1.6em; line-height: 1.2; margin: 2em 0 1em; hyphens: none; }
h2 { font-size: 1.2em; margin: 1.6em 0 .5em; hyphens: none; }
p { margin: 0; text-indent: 1.2em; hyphens: auto; }
h1 + p, h2 + p, table + p, .pull p, td p, li p, .plain p { text-indent: 0; }
.plain p { margin: 0 0 .8em; }
.number { font-family: sans-serif; font-size: .85em; margin: 2em 0 0; text-indent: 0; }
.pull { margin: 1.5em 0; padding: .8em 0; border-top: 1px solid; border-bottom: 1px solid; font-style: italic; text-align: center; }
table { border-collapse: collapse; width: 100%; margin: 1.2em 0; font-size: .9em; }
caption { text-align: left; font-size: .9em; margin-bottom: .4em; }
th, td { text-align: left; vertical-align: top; padding: .35em .6em .35em 0; border-bottom: 1px solid; }
.num { text-align: right; }
.notes { margin-top: 2em; border-top: 1px solid; font-size: .85em; }
.cover { margin: 0; text-align: center; } .cover img { max-width: 100%; max-height: 100%; }
.title { text-align: center; margin-top: 20%; } .title p { text-indent: 0; }
img { max-width: 100%; }
figure { margin: 1.4em 0; } figcaption { font-size: .85em; margin-top: .4em; }
figure + p { text-indent: 0; }"""


def make_epub(asset: Asset, house: House, cover_png: bytes) -> bytes:
    """The book as EPUB 3; epubcheck finds nothing to say about it."""
    book = _Book(asset, house)
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        # The type comes first and uncompressed (OCF 3.3 §4.2.6.3); fixed times make equal bytes.
        _add(archive, "mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        _add(archive, "META-INF/container.xml", CONTAINER)
        for name, content in book.files():
            _add(archive, f"OEBPS/{name}", content)
        _add(archive, "OEBPS/cover.png", cover_png)
        for name in book.pictures:
            _add(archive, f"OEBPS/{name}", (asset.folder / name).read_bytes())
    return out.getvalue()


def _add(
    archive: zipfile.ZipFile, name: str, content: str | bytes, how: int = zipfile.ZIP_DEFLATED
) -> None:
    archive.writestr(zipfile.ZipInfo(name), content, how)


@dataclass
class _Book:
    asset: Asset
    house: House

    def __post_init__(self) -> None:
        self.language = self.asset.language
        self.pictures: dict[str, str] = {}

    def say(self, key: str, **values: object) -> str:
        return escape(say(self.language, key, **values))

    def files(self) -> Iterator[tuple[str, str]]:
        yield "style.css", STYLE
        cover_alt = self.say("library.book_cover", title=self.asset.title)
        yield (
            "cover.xhtml",
            self._page(
                self.asset.title,
                f'<section epub:type="cover" class="cover"><img src="cover.png" alt="{cover_alt}"/></section>',
            ),
        )
        yield "title.xhtml", self._page(self.asset.title, self._title())
        for chapter in self.asset.chapters:
            writer = _Writer(self, chapter)
            yield f"c{chapter.number}.xhtml", self._page(chapter.title, writer.chapter())
        yield "colophon.xhtml", self._page(self.say("library.book_colophon"), self._colophon())
        yield "nav.xhtml", self._page(self.say("library.book_contents"), self._nav())
        yield "book.opf", self._package()

    def _page(self, title: str, body: str) -> str:
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html>\n'
            '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" '
            f'lang="{self.language}" xml:lang="{self.language}">\n<head><title>{escape(title)}</title>'
            '<link rel="stylesheet" type="text/css" href="style.css"/></head>\n'
            f"<body>\n{body}\n</body></html>"
        )

    def _title(self) -> str:
        a = self.asset
        return (
            '<section epub:type="titlepage" class="title">'
            f"<p>{escape(a.author)}</p><h1>{escape(a.title)}</h1><p><em>{escape(a.subtitle)}</em></p>"
            f"<p>{escape(self.house.name)}</p></section>"
        )

    def _colophon(self) -> str:
        a = self.asset
        license_text = f" {escape(a.license)}." if a.license else ""
        return (
            f'<section epub:type="colophon" class="plain"><h1>{self.say("library.book_colophon")}</h1>'
            f"<p>© {a.published.year} {escape(a.author)}, {escape(self.house.name)}</p>"
            f"<p>{self.say('library.book_gift')}{license_text}</p>"
            f"<p>{self.say('library.book_errata', email=self.house.host_email)}</p></section>"
        )

    def _nav(self) -> str:
        items = "".join(
            f'<li><a href="c{chapter.number}.xhtml">{escape(chapter.title)}</a></li>'
            for chapter in self.asset.chapters
        )
        contents = self.say("library.book_contents")
        return (
            f'<nav epub:type="toc" id="toc"><h1>{contents}</h1><ol>{items}'
            f'<li><a href="colophon.xhtml">{self.say("library.book_colophon")}</a></li></ol></nav>'
            '<nav epub:type="landmarks" hidden="hidden"><ol>'
            f'<li><a epub:type="toc" href="nav.xhtml">{contents}</a></li>'
            f'<li><a epub:type="bodymatter" href="c1.xhtml">'
            f"{escape(self.asset.chapters[0].title)}</a></li></ol></nav>"
        )

    def _package(self) -> str:
        a = self.asset
        name = uuid5(NAMESPACE_URL, f"{self.house.name}/{a.slug}/{a.language}")
        pages = ["cover", "title", *(f"c{c.number}" for c in a.chapters), "colophon"]
        order = [*pages[:2], "nav", *pages[2:]]
        manifest = "".join(
            f'<item id="{page}" href="{page}.xhtml" media-type="application/xhtml+xml"/>'
            for page in pages
        ) + "".join(
            f'<item id="p{n}" href="{escape(picture)}" media-type="{kind}"/>'
            for n, (picture, kind) in enumerate(self.pictures.items())
        )
        spine = "".join(f'<itemref idref="{page}"/>' for page in order)
        subjects = "".join(f"<dc:subject>{escape(theme)}</dc:subject>" for theme in a.themes)
        return f"""<?xml version="1.0" encoding="UTF-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="{self.language}">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:{name}</dc:identifier>
<dc:title>{escape(a.title)}</dc:title>
<dc:language>{self.language}</dc:language>
<dc:creator>{escape(a.author)}</dc:creator>
<dc:publisher>{escape(self.house.name)}</dc:publisher>
<dc:date>{a.published.isoformat()}</dc:date>
<dc:description>{escape(a.subtitle)}</dc:description>
<dc:rights>{escape(a.license or self.house.name)}</dc:rights>{subjects}
<meta property="dcterms:modified">{a.published.isoformat()}T00:00:00Z</meta>
<meta property="schema:accessMode">textual</meta>
<meta property="schema:accessMode">visual</meta>
<meta property="schema:accessModeSufficient">textual</meta>
<meta property="schema:accessibilityFeature">structuralNavigation</meta>
<meta property="schema:accessibilityFeature">tableOfContents</meta>
<meta property="schema:accessibilityFeature">readingOrder</meta>
<meta property="schema:accessibilityFeature">alternativeText</meta>
<meta property="schema:accessibilityHazard">none</meta>
<meta property="schema:accessibilitySummary">{self.say("library.book_access")}</meta>
</metadata>
<manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="cover-image" href="cover.png" media-type="image/png" properties="cover-image"/>
<item id="style" href="style.css" media-type="text/css"/>{manifest}
</manifest>
<spine>{spine}</spine>
</package>"""


class _Writer(TreeWriter):
    """Writes a chapter as XHTML."""

    line_break = "<br/>"

    def __init__(self, book: _Book, chapter: Chapter) -> None:
        self.book, self.source = book, chapter
        self.marks = {mark: n for n, (mark, _) in enumerate(chapter.notes, 1)}

    def chapter(self) -> str:
        number = f"{self.book.say('library.book_chapter')} {self.source.number}"
        blocks = "\n".join(
            self._block(block, caption) for block, caption in captioned_blocks(self.source.tree)
        )
        return (
            f'<section epub:type="chapter"><p class="number">{number}</p>'
            f"<h1>{escape(self.source.title)}</h1>\n{blocks}\n{self._notes()}</section>"
        )

    def _notes(self) -> str:
        notes = "".join(
            f'<aside epub:type="footnote" id="n{n}"><p>'
            f'<a href="#r{n}">{n}</a>. {"".join(self.inline(part) for part in tree)}</p></aside>'
            for n, (_, tree) in enumerate(self.source.notes, 1)
        )
        return f'<section class="notes" epub:type="footnotes">{notes}</section>' if notes else ""

    def _block(self, block: Element, caption: str) -> str:
        if block.tag == "table":
            title = f"<caption>{escape(caption)}</caption>" if caption else ""
            head, *body = ("".join(self._cell(cell) for cell in row) for row in block.iter("tr"))
            rows = "".join(f"<tr>{row}</tr>" for row in body)
            return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        if block.tag == "blockquote":
            inside = "".join(f"<p>{self.inline(part)}</p>" for part in block)
            return f'<aside class="pull">{inside}</aside>'
        if block.tag in ("ul", "ol"):
            items = "".join(f"<li>{self.inline(item)}</li>" for item in block)
            return f"<{block.tag}>{items}</{block.tag}>"
        if block.tag == "p" and block.find("img") is not None and not plain(block):
            return "".join(self._figure(picture) for picture in block.iter("img"))
        tag = {"h3": "h2", "h4": "h3"}.get(block.tag, block.tag)
        return f"<{tag}>{self.inline(block)}</{tag}>" if tag != "hr" else "<hr/>"

    def _figure(self, picture: Element) -> str:
        caption = picture.get("title", "")
        inside = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
        return f"<figure>{self.picture(picture)}{inside}</figure>"

    def _cell(self, cell: Element) -> str:
        number = ' class="num"' if cell.get("align") == "right" else ""
        scope = ' scope="col"' if cell.tag == "th" else ""
        return f"<{cell.tag}{scope}{number}>{self.inline(cell)}</{cell.tag}>"

    def note(self, mark: str) -> str:
        """The mark, linked to its note and back."""
        n = self.marks.get(mark)
        label = self.book.say("library.note", number=n)
        link = f'<a epub:type="noteref" id="r{n}" href="#n{n}" title="{label}"><sup>{n}</sup></a>'
        return link if n else ""

    def picture(self, picture: Element) -> str:
        """A picture that goes into the book."""
        file = picture_file(self.book.asset.folder, picture.get("src", ""))
        alt = escape(picture.get("alt", ""))
        if not file:
            return f"<em>{alt}</em>"
        self.book.pictures[file.name] = str(guess_type(file.name)[0])
        return f'<img src="{escape(file.name)}" alt="{alt}"/>'
