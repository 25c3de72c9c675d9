"""Tips as their files describe them: `content/newsletter/2026-48.nl.md`.

A `2026-48.b.nl.md` beside it is the second text of that tip, and no tip of its own.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from math import ceil
from pathlib import Path
from xml.etree.ElementTree import Element

from server.kit import markup
from server.kit.affiliates import TextShelf
from server.kit.content import Document, Finding, read_document
from server.kit.text import LANGUAGES
from server.mail.letters import with_fallbacks

LIVES = timedelta(hours=6)
JUDGED_AFTER = timedelta(hours=48)
PLAIN = markup.TreeWriter()
SECOND = ".b"
# What is of the issue and not of a text, and the field that holds it: the first file says it.
OF_THE_ISSUE = {
    "published": "published",
    "themes": "themes",
    "not_after": "lives",
    "asks": "is_ask",
    "send_at": "send_at",
    "language": "languages",
    "audience": "audience",
    "local": "local",
    "judge_after": "judged_after",
}


@dataclass(frozen=True)
class Tip:
    """One Markdown text of the weekly queue, in one language."""

    issue: str
    language: str
    subject: str
    preview: str
    author: str
    themes: tuple[str, ...]
    published: date | None
    lives: timedelta
    is_ask: bool
    tree: Element
    send_at: datetime | date | None = None
    languages: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    local: bool | None = None
    other_subject: str = ""
    judged_after: timedelta = JUDGED_AFTER
    is_second: bool = False
    second: "Tip | None" = None
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)

    @property
    def file_name(self) -> str:
        return f"{self.issue}{SECOND if self.is_second else ''}.{self.language}.md"

    @property
    def rival(self) -> "Tip | None":
        """What half of the readers get instead: another text, or this one by another subject."""
        if self.second:
            return self.second
        return replace(self, subject=self.other_subject) if self.other_subject else None

    @property
    def path(self) -> str:
        return f"/{self.language}/newsletter/{self.issue}"

    @property
    def number(self) -> str:
        """The week in its name, else the name."""
        return self.issue.rpartition("-")[2].lstrip("0")

    @property
    def minutes(self) -> int:
        return max(1, ceil(markup.word_count(self.tree) / 200))

    @property
    def trees(self) -> list[Element]:
        return [self.tree]

    def html(self) -> str:
        """The text as the inside of a page."""
        return tree_html(self.tree)

    def beginning(self) -> str:
        """The first two paragraphs, for the home page."""
        part = Element("div")
        part.extend(list(self.tree)[:2])
        return tree_html(part)


Items = dict[tuple[str, str], Tip]


class Tips:
    """All tips, fresh from the files."""

    def __init__(self, content: Path) -> None:
        self.folder = content
        self._shelf = TextShelf(content, "newsletter/*.md", read_tip)
        self._paired: tuple[int, Items, list[Finding]] = (0, {}, [])

    def _fresh(self) -> Items:
        """The tips as the files say now, each with its second text."""
        version = self._shelf.version()
        if version != self._paired[0]:
            self._paired = (version, *pair(self.folder / "newsletter", self._shelf.items))
        return self._paired[1]

    def find(self, issue: str, language: str) -> Tip | None:
        """One tip in a language, in the other where there is only that."""
        items = self._fresh()
        name = f"newsletter/{issue}"
        return items.get((name, language)) or next(
            (tip for (other, _), tip in items.items() if other == name), None
        )

    def exactly(self, issue: str, language: str) -> Tip | None:
        """One tip in this language only."""
        return self._fresh().get((f"newsletter/{issue}", language))

    def public(self, language: str, today: date, sent: Collection[str]) -> list[Tip]:
        """What all may read, newest first: published, or sent."""
        found = [
            tip
            for (_, spoken), tip in self._fresh().items()
            if spoken == language
            and ((tip.published and tip.published <= today) or tip.issue in sent)
        ]
        return sorted(found, key=lambda tip: tip.issue, reverse=True)

    def issues(self) -> dict[str, list[Tip]]:
        """Every issue with its languages, oldest first."""
        found: dict[str, list[Tip]] = {}
        for tip in sorted(self._fresh().values(), key=lambda tip: (tip.issue, tip.language)):
            found.setdefault(tip.issue, []).append(tip)
        return found

    def version(self) -> int:
        """A number that is another one whenever a file changed."""
        return self._shelf.version()

    def findings(self) -> list[Finding]:
        """What is wrong with the files."""
        self._fresh()
        return self._shelf.findings + self._paired[2]


def pair(folder: Path, items: Items) -> tuple[Items, list[Finding]]:
    """The tips, each with its second text, and what is wrong between the two."""
    tips = {place: tip for place, tip in items.items() if not tip.is_second}
    faults: list[Finding] = []
    for (name, language), second in items.items():
        if not second.is_second:
            continue
        place = (name.removesuffix(SECOND), language)
        first, file = tips.get(place), folder / second.file_name
        if first:
            tips[place] = replace(first, second=_beside(first, second))
            faults += _clashes(file, first, second)
        elif not (missing := folder / replace(second, is_second=False).file_name).exists():
            faults.append(Finding(file, 1, "newsletter.second_alone", {"file": missing.name}))
    seconds = {tip.issue: tip.file_name for tip in items.values() if tip.is_second}
    for tip in items.values():
        if tip.other_subject and tip.issue in seconds:
            values = {"file": seconds[tip.issue]}
            line = tip.lines["variants"]
            file = folder / tip.file_name
            faults.append(Finding(file, line, "newsletter.second_and_variants", values))
    return tips, faults


def _beside(first: Tip, second: Tip) -> Tip:
    """The same issue with the other text; what that does not say is as in the first."""
    return replace(
        first,
        subject=second.subject or first.subject,
        preview=second.preview or first.preview,
        tree=second.tree,
        other_subject="",
        is_second=True,
        lines=second.lines,
    )


def _clashes(file: Path, first: Tip, second: Tip) -> list[Finding]:
    """Where the second text says another thing of the issue than the first."""
    return [
        Finding(file, second.lines[key], "newsletter.second_other", {"key": key})
        for key, name in OF_THE_ISSUE.items()
        if key in second.lines and getattr(first, name) != getattr(second, name)
    ]


def read_tip(file: Path, name: str, language: str) -> Tip:
    """The tip a file describes; ContentError with line and remedy where it cannot be one."""
    doc = read_document(file)
    issue = Path(name).name.removesuffix(SECOND)
    is_second = issue != Path(name).name
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,38}", issue):
        raise doc.fault("newsletter.bad_name", name=issue)
    published = doc.moment("published")
    text, _ = markup.take_notes(doc.body)
    tree = markup.tree(text)
    if not markup.plain(tree):
        raise doc.fault("newsletter.empty")
    return Tip(
        issue=issue,
        language=language,
        subject=doc.text("subject", "" if is_second else None),
        preview=doc.text("preview", ""),
        author=doc.text("author", ""),
        themes=doc.words("themes"),
        published=published.date() if isinstance(published, datetime) else published,
        lives=_span(doc, "not_after", LIVES),
        is_ask=_yes(doc, "asks"),
        tree=tree,
        send_at=doc.moment("send_at"),
        languages=_languages(doc),
        audience=_audience(doc),
        local=_yes(doc, "local") if "local" in doc.meta else None,
        other_subject=_other_subject(doc),
        judged_after=_span(doc, "judge_after", JUDGED_AFTER),
        is_second=is_second,
        lines={key: doc.line_of(key) for key in doc.meta},
    )


def _span(doc: Document, key: str, default: timedelta) -> timedelta:
    value = doc.text(key, "")
    if not value:
        return default
    match = re.fullmatch(r"(\d{1,3})([hd])", value)
    if not match:
        raise doc.fault("newsletter.bad_span", key)
    return timedelta(**{{"h": "hours", "d": "days"}[match[2]]: int(match[1])})


def _other_subject(doc: Document) -> str:
    """`variants: [{subject: …}]`: a second subject, for half of the readers; none: empty."""
    value = doc.meta.get("variants") or []
    one = value[0] if isinstance(value, list) and len(value) == 1 else None
    subject = one.get("subject") if isinstance(one, dict) and set(one) == {"subject"} else None
    if value and not (isinstance(subject, str) and subject.strip()):
        raise doc.fault("newsletter.bad_variants", "variants")
    return subject or ""


def _languages(doc: Document) -> tuple[str, ...]:
    """`language: en`: for who reads English only; none: for all."""
    found = doc.words("language")
    if not set(found) <= set(LANGUAGES):
        raise doc.fault("kit.content_no_choice", "language", allowed=", ".join(LANGUAGES))
    return found


def _audience(doc: Document) -> tuple[str, ...]:
    """`audience: all`, or `{themes: [giving]}` for who said that this interests them."""
    value = doc.meta.get("audience", "all")
    if value in ("all", None):
        return ()
    themes = value.get("themes") if isinstance(value, dict) and set(value) == {"themes"} else None
    if not isinstance(themes, list) or not themes:
        raise doc.fault("newsletter.bad_audience", "audience")
    return tuple(str(theme) for theme in themes)


def _yes(doc: Document, key: str) -> bool:
    value = doc.meta.get(key, False)
    if not isinstance(value, bool):
        raise doc.fault("newsletter.bad_yes", key)
    return value


def tree_html(tree: Element) -> str:
    """A cleaned tree as HTML; headings one step up, for they stand below the title of the page.

    On a page for all, `{{ name | reader }}` is the words behind the bar.
    """
    return with_fallbacks("\n".join(_block(block) for block in tree))


def _block(block: Element) -> str:
    tag = {"h3": "h2", "h4": "h3"}.get(block.tag, block.tag)
    return "<hr>" if tag == "hr" else f"<{tag}>{PLAIN.inline(block)}</{tag}>"
