"""Markdown to a clean tree, and the tree to text.

The text of an editor is not trusted: after Markdown an allow-list cleans it (nh3), then it becomes
a tree of elements. Pages, mails, PDF and EPUB are written from that one tree.
"""

import re
import textwrap
from collections.abc import Iterator
from html import escape
from html.parser import HTMLParser
from xml.etree.ElementTree import Element, SubElement

import markdown
import nh3

TAGS = {
    "p",
    "h2",
    "h3",
    "h4",
    "strong",
    "em",
    "a",
    "ul",
    "ol",
    "li",
    "blockquote",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "br",
    "hr",
    "code",
    "pre",
    "sup",
    "sub",
    "img",
}
ATTRIBUTES = {
    "a": {"href", "title"},
    "td": {"align"},
    "th": {"align"},
    "img": {"src", "alt", "title"},
    "sup": {"class"},
}
SCHEMES = {"https", "http", "mailto", "tel"}
VOID = {"br", "hr", "img"}
BLOCKS = {"p", "h2", "h3", "h4", "li", "blockquote", "th", "td", "tr", "br"}
NOTE = re.compile(r"\[\^([\w-]{1,30})\](?!:)")
NOTE_TEXT = re.compile(r"^\[\^([\w-]{1,30})\]:[ \t]+(.+(?:\n(?:[ ]{2,}|\t).+)*)\n?", re.MULTILINE)


def tree(text: str) -> Element:
    """The elements of a Markdown text under one `div`; footnote marks are `<sup class="note">`."""
    marked = NOTE.sub(r'<sup class="note">\1</sup>', text)
    html = markdown.markdown(
        marked,
        extensions=["tables", "sane_lists"],
        tab_length=2,
        extension_configs={"tables": {"use_align_attribute": True}},
    )
    # Raw slots such as {{ link }} are no addresses yet; let them through the cleaning.
    shielded = html.replace("{{", "https://slot.invalid/{{").replace("%7B%7B", "{{")
    clean = nh3.clean(
        shielded, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel=None
    )
    grower = _Grower()
    grower.feed(re.sub(r"https://slot\.invalid/(\{\{|%7B%7B)", "{{", clean))
    grower.close()
    return grower.root


def take_notes(text: str) -> tuple[str, dict[str, str]]:
    """The text without its footnote texts, and those by their mark."""
    notes = {key: " ".join(body.split()) for key, body in NOTE_TEXT.findall(text)}
    return NOTE_TEXT.sub("", text), notes


class _Grower(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("div")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        child = SubElement(self._open[-1], tag, {name: value or "" for name, value in attrs})
        if tag not in VOID:
            self._open.append(child)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and len(self._open) > 1:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        parent = self._open[-1]
        if len(parent):
            parent[-1].tail = (parent[-1].tail or "") + data
        else:
            parent.text = (parent.text or "") + data


def plain(element: Element) -> str:
    """All the words of an element on one line, without the marks of its notes."""
    return " ".join("".join(_words(element)).split())


def _words(element: Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if child.get("class") != "note":
            yield from _words(child)
        # Two blocks may stand together without a space between them in the source.
        yield f" {child.tail or ''}" if child.tag in BLOCKS else child.tail or ""


def word_count(element: Element) -> int:
    """How many words a reader reads here."""
    return len(plain(element).split())


def to_text(root: Element) -> str:
    """A tree as a written text: paragraphs, lists with dashes, addresses on a line of their own.

    Lines are as long as they come; `wrapped` folds them once every slot is filled.
    """
    blocks = [_block(child) for child in root]
    return "\n\n".join(block for block in blocks if block.strip()) + "\n"


def wrapped(text: str, width: int = 72) -> str:
    """A written text with lines of at most `width`; addresses stay whole, lists hang."""
    return "\n".join(_fold(line, width) for line in text.split("\n"))


def _fold(line: str, width: int) -> str:
    if len(line) <= width:
        return line
    mark = re.match(r"(?:- |\d+\. | +)?", line)
    hang = " " * len(mark[0]) if mark else ""
    folded = textwrap.wrap(
        line, width, break_long_words=False, break_on_hyphens=False, subsequent_indent=hang
    )
    return "\n".join(folded)


def _block(element: Element) -> str:
    if element.tag in ("ul", "ol"):
        marks = (f"{n}. " if element.tag == "ol" else "- " for n in range(1, len(element) + 1))
        return "\n".join(mark + _lines(item) for item, mark in zip(element, marks, strict=True))
    if element.tag == "blockquote":
        return "  " + _lines(element)
    if element.tag == "table":
        return "\n".join(" | ".join(_inline(cell) for cell in row) for row in element.iter("tr"))
    return "-" * 20 if element.tag == "hr" else _lines(element)


def _lines(element: Element) -> str:
    lines = (" ".join(line.split()) for line in _inline(element).split("\n"))
    return "\n".join(line for line in lines if line)


def _inline(element: Element) -> str:
    parts = [element.text or ""]
    for child in element:
        if child.tag == "br":
            parts.append("\n")
        elif child.tag == "a":
            parts.append(_address(child))
        elif child.tag != "img" and child.get("class") != "note":
            parts.append(_inline(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _address(link: Element) -> str:
    words, href = _inline(link), link.get("href", "")
    bare = href.removeprefix("mailto:").removeprefix("tel:")
    if bare == words or href.startswith("tel:"):
        return words
    return f"{words}:\n{bare}\n" if words else f"\n{bare}\n"


def rel_of(link: Element) -> str:
    """What a link is to us, as an attribute; nothing for most."""
    rel = link.get("rel")
    return f' rel="{escape(rel)}"' if rel else ""


class TreeWriter:
    """Writes the inside of elements as HTML; who writes for mail or EPUB says what differs."""

    line_break = "<br>"

    def inline(self, element: Element) -> str:
        """The inside of an element, escaped."""
        parts = [escape(element.text or "", quote=False)]
        for child in element:
            parts.append(self.child(child))
            parts.append(escape(child.tail or "", quote=False))
        return "".join(parts)

    def child(self, child: Element) -> str:
        """One element inside a text."""
        if child.get("class") == "note":
            return self.note(child.text or "")
        if child.tag == "br":
            return self.line_break
        if child.tag == "img":
            return self.picture(child)
        if child.tag == "a":
            return self.link(child)
        return f"<{child.tag}>{self.inline(child)}</{child.tag}>"

    def link(self, link: Element) -> str:
        """A link, or its words where it leads nowhere."""
        href = link.get("href")
        if not href:
            return self.inline(link)
        return f'<a href="{escape(href)}"{rel_of(link)}>{self.inline(link)}</a>'

    def note(self, mark: str) -> str:
        """The mark of a footnote; nothing where notes have no place."""
        return ""

    def picture(self, picture: Element) -> str:
        """A picture; nothing where pictures have no place."""
        return ""
