"""Mail templates: `email_templates/<kind>.<lang>.md` in `layout.html`, with known slots only.

A template is data: `{{ name }}` stands for a value, nothing else is possible. Values go in last,
escaped for HTML and as they are for text, so a reader called `{{7*7}}` is greeted as such.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from html import escape, unescape
from pathlib import Path
from xml.etree.ElementTree import Element

import css_inline

from server.kit import markup
from server.kit.content import (
    ContentError,
    Document,
    Finding,
    Shelf,
    read_document,
    read_text,
)
from server.kit.house import House
from server.kit.settings import sample_folder
from server.kit.text import LANGUAGES, say
from server.mail.letter_slots import FOOT_SLOTS, HOUSE_SLOTS, ME_NAMES, READER_SLOTS, TO_US

SLOT = re.compile(r"\{\{ *([a-z_]+[0-9]*) *\}\}")
# A slot of the reader in a tip, with what stands there for who has no such value.
OPTIONAL = re.compile(r"\{\{ *(name|company) *\| *([^{}|]+?) *\}\}")
# A slot that is a whole paragraph, or any other; one pass, so that no value is read as a slot.
IN_HTML = re.compile(rf"(<p\b[^>]*>){SLOT.pattern}</p>|{SLOT.pattern}")


@dataclass(frozen=True)
class Letter:
    """A template made ready: subject, HTML with inlined styles and written text, slots in place.

    `links` are the targets that the slots `link_1`, `link_2` ... stand for.
    """

    subject: str
    html: str
    text: str
    links: tuple[str, ...] = ()

    def filled(self, values: Mapping[str, str]) -> "Letter":
        """With these slots filled; the others stay. Headers take no line breaks.

        A value of several lines keeps them, and one that is a paragraph becomes as many.
        """
        return Letter(
            _line(_fill(self.subject, values)),
            _fill_html(self.html, values),
            _fill(self.text, values),
            self.links,
        )

    def with_fallbacks(self, values: Mapping[str, str]) -> "Letter":
        """`{{ name | reader }}` filled: with the value, or with the words behind the bar."""

        def put(name: str, fallback: str | None) -> str | None:
            return None if fallback is None else values.get(name) or fallback

        return replace(
            self,
            subject=_line(slots_replaced(self.subject, put)),
            html=slots_replaced(self.html, lambda *slot: _escaped(put(*slot))),
            text=slots_replaced(self.text, put),
        )

    def without(self, slot: str) -> "Letter":
        """Without the link of a slot, and without its line and its words in the text."""
        hole = re.escape(f"{{{{ {slot} }}}}")
        html = re.sub(rf'<a [^>]*href="{hole}"[^>]*>.*?</a>(?:\s|&nbsp;|\u00a0)*', "", self.html)
        # An address on a line of its own has its words on the line above.
        line = rf"(?m)^(?:.*:\n)?{hole}\n|^.*{hole}.*\n"
        return replace(self, html=html, text=re.sub(line, "", self.text))

    def finished(self, values: Mapping[str, str]) -> "Letter":
        """All slots filled, empty paragraphs gone. Raises KeyError for a value that is missing.

        A link without a value leads straight to its target.
        """
        values = {link_slot(n): target for n, target in enumerate(self.links, 1)} | dict(values)
        done = self.with_fallbacks(values).filled(values)
        missing = set(SLOT.findall(self.subject + self.html + self.text)) - set(values)
        if missing:
            raise KeyError(", ".join(sorted(missing)))
        html = re.sub(r"<p [^>]*>\s*</p>", "", done.html)
        text = re.sub(r"\n{3,}", "\n\n", done.text).lstrip("\n")
        return replace(done, html=html, text=markup.wrapped(text))


def slots_replaced(text: str, put: Callable[[str, str | None], str | None]) -> str:
    """The text with `put(name, fallback)` in the place of each slot; None leaves it open."""

    def one(slot: re.Match[str]) -> str:
        # Markdown and HTML write an apostrophe or an ampersand their own way.
        fallback = unescape(slot[2]) if slot.re is OPTIONAL else None
        found = put(slot[1], fallback)
        return slot[0] if found is None else found

    return SLOT.sub(one, OPTIONAL.sub(one, text))


def with_fallbacks(html: str) -> str:
    """HTML for whoever reads it: of a slot with other words those words."""
    return slots_replaced(html, lambda _, fallback: _escaped(fallback))


def _escaped(value: str | None) -> str | None:
    return None if value is None else escape(value)


def link_slot(number: int) -> str:
    """The slot of a link of the text, numbered from 1."""
    return f"link_{number}"


def _fill(text: str, values: Mapping[str, str]) -> str:
    def put(slot: re.Match[str]) -> str:
        value = values.get(slot[1], slot[0])
        before = text[text.rfind("\n", 0, slot.start()) + 1 : slot.start()]
        # What is quoted is set in, line by line.
        return value if before.strip() else value.replace("\n", f"\n{before}")

    return SLOT.sub(put, text)


def _fill_html(html: str, values: Mapping[str, str]) -> str:
    def put(slot: re.Match[str]) -> str:
        start, name = slot[1] or "", slot[2] or slot[3]
        if name not in values:
            return slot[0]
        if not start:
            return _lines(values[name])
        paragraphs = re.split(r"\n{2,}", values[name])
        return "\n".join(f"{start}{_lines(one)}</p>" for one in paragraphs)

    return IN_HTML.sub(put, html)


def _lines(value: str) -> str:
    return escape(value).replace("\n", "<br>")


def _line(text: str) -> str:
    return " ".join(text.split())


class Letters:
    """All templates, fresh from the files.

    Somebody waits for their mail: where a template or the layout of the house is broken, the one
    that came with the product is used until it is mended.
    """

    def __init__(self, folder: Path, spare: Path | None = None) -> None:
        self.folder = folder
        self._spare = spare or sample_folder("email_templates")
        self._shelf = Shelf(folder, "*.md", _read_template)
        self._made: dict[tuple[str, str, str], Letter] = {}

    def get(self, kind: str, language: str, house: House, body: "Body | None" = None) -> Letter:
        """A template in a language with the house filled in.

        `body` replaces the slot `content` of a tip: its own HTML and its own written text.
        """
        template = self._shelf.fresh().get((kind, language))
        if template is None:
            file = self._spare / f"{kind}.{language}.md"
            template = _read_template(file, kind, language)
        layout = self._layout()
        key = (kind, language, str(hash((template.source, layout, str(house), body))))
        if key not in self._made:
            if len(self._made) > 200:
                self._made.clear()
            self._made[key] = _make(template, layout, house, (kind, language), body)
        return self._made[key]

    def _layout(self) -> str:
        faults, layout = _read_layout(self.folder / "layout.html")
        return read_text(self._spare / "layout.html") if faults else layout

    def findings(self) -> list[Finding]:
        """What is wrong with the templates: a missing one, an unknown slot, no way out."""
        items = self._shelf.fresh()
        found = list(self._shelf.findings)
        broken = {finding.file for finding in found}
        for kind in READER_SLOTS:
            for language in LANGUAGES:
                file = self.folder / f"{kind}.{language}.md"
                if (kind, language) not in items and file not in broken:
                    found.append(Finding(file, 1, "mail.template_missing"))
        return found + _read_layout(self.folder / "layout.html")[0]


@dataclass(frozen=True)
class Body:
    """The text of a tip, ready for a mail, and where its links lead."""

    html: str
    text: str
    links: tuple[str, ...] = ()


def _read_layout(file: Path) -> tuple[list[Finding], str]:
    """What is wrong with the layout, and its text."""
    try:
        layout = read_text(file)
    except ContentError as error:
        return [error.finding], ""
    return _check_layout(file, layout), layout


def _check_layout(file: Path, layout: str) -> list[Finding]:
    """Sender, postal address, way out and own page stand in every mail, so in the layout."""
    there = SLOT.findall(layout)
    found = [
        Finding(file, 1, "mail.layout_lacks", {"slot": slot})
        for slot in ("house", "postal_address", "way_out", "me", "content")
        if slot not in there
    ]
    if "{%" in layout:
        line = layout.count("\n", 0, layout.find("{%")) + 1
        found.append(Finding(file, line, "mail.template_instruction"))
    return found


def _read_template(file: Path, kind: str, language: str) -> Document:
    doc = read_document(file)
    doc.text("subject")
    if kind not in READER_SLOTS:
        raise doc.fault("mail.template_unknown", kind=kind, known=", ".join(READER_SLOTS))
    if "{%" in doc.source:
        line = doc.source.count("\n", 0, doc.source.find("{%")) + 1
        raise ContentError(Finding(file, line, "mail.template_instruction"))
    known = HOUSE_SLOTS | READER_SLOTS[kind] | FOOT_SLOTS
    for slot in re.finditer(r"\{\{(.*?)\}\}", doc.source):
        if slot[1].strip() not in known:
            line = doc.source.count("\n", 0, slot.start()) + 1
            values = {"slot": slot[1].strip(), "known": ", ".join(sorted(known))}
            raise ContentError(Finding(file, line, "mail.template_slot", values))
    return doc


def _make(
    doc: Document, layout: str, house: House, edition: tuple[str, str], body: Body | None
) -> Letter:
    kind, language = edition
    tree = markup.tree(doc.body)
    content = mail_html(tree, title="h1")
    text = markup.to_text(tree)
    if body:
        content = content.replace('<p class="text">{{ content }}</p>', body.html)
        text = text.replace("{{ content }}", body.text.strip())
    subject = doc.text("subject")
    me_name = say(language, ME_NAMES.get(kind, "mail.me"))
    call = "" if kind in TO_US else say(language, "mail.call", phone=house.host_phone)
    html = _fill(
        layout,
        {
            "content": content,
            "language": language,
            "subject": escape(subject),
            "preview": escape(doc.text("preview", "")),
            "call": escape(call),
            "me_name": escape(me_name),
            "way_out_name": escape(say(language, "mail.way_out")),
        },
    )
    foot = say(
        language,
        "mail.text_foot",
        call=call,
        me_name=me_name,
        house=house.name,
        postal_address=house.postal_address,
    )
    letter = Letter(subject, _inlined(html), f"{text}\n{foot}", body.links if body else ())
    return letter.filled(
        {
            "house": house.name,
            "host": house.host_name,
            "first_name": house.host_first_name,
            "postal_address": house.postal_address,
            "phone": house.host_phone,
        }
    )


def _inlined(html: str) -> str:
    # The rules for narrow and dark screens cannot be inlined and stay in the head.
    shielded = SLOT.sub(r"slot-\1-slot", html)
    inlined = css_inline.inline(shielded, keep_style_tags=True, keep_at_rules=True)
    return re.sub(r"slot-([a-z_]+[0-9]*)-slot", r"{{ \1 }}", inlined)


def mail_html(tree: Element, title: str = "h2") -> str:
    """A tree as the inside of a mail: classes of the layout, a lone link as a button.

    `title` is what a `##` becomes: the heading of the mail, or one inside it.
    """
    return "\n".join(_block(block, title) for block in tree)


def _block(block: Element, title: str) -> str:
    links = [child for child in block if child.tag == "a"]
    if block.tag == "p" and len(links) == 1 and markup.plain(block) == markup.plain(links[0]):
        return (
            '<table class="button" role="presentation" cellpadding="0" cellspacing="0"><tr>'
            f'<td class="button-cell"><a class="button-link" href="{links[0].get("href", "")}">'
            f"{_inline(links[0])}</a></td></tr></table>"
        )
    if block.tag == "p":
        return f'<p class="text">{_inline(block)}</p>'
    if block.tag in ("ul", "ol"):
        items = "".join(f'<li class="text">{_inline(item)}</li>' for item in block)
        return f"<{block.tag}>{items}</{block.tag}>"
    if block.tag == "blockquote":
        return "".join(f'<p class="text said">{_inline(part)}</p>' for part in block)
    if block.tag == "table":
        rows = "".join(
            "<tr>" + "".join(f'<td class="text">{_inline(cell)}</td>' for cell in row) + "</tr>"
            for row in block.iter("tr")
        )
        return f"<table>{rows}</table>"
    tag = {"h2": title, "h3": "h2", "h4": "h2"}.get(block.tag, block.tag)
    return f"<{tag}>{_inline(block)}</{tag}>"


class _MailWriter(markup.TreeWriter):
    """Writes with the classes of the layout; addresses may be slots that are filled later."""

    def link(self, link: Element) -> str:
        """A link in the colour of the house."""
        href, rel = escape(link.get("href", "")), markup.rel_of(link)
        return f'<a class="link" href="{href}"{rel}>{self.inline(link)}</a>'

    def picture(self, picture: Element) -> str:
        """A cover; with pictures off its words stand on its colour."""
        src, alt = escape(picture.get("src", "")), escape(picture.get("alt", ""))
        return f'<img class="cover" src="{src}" width="152" height="228" alt="{alt}">'


_inline = _MailWriter().inline
