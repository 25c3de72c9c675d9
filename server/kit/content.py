"""Files of `content/` and `email_templates/`: front matter, Markdown, and what is wrong.

A fault never stops the site: reading raises a ContentError that holds a Finding, the item is left
out, and `givefirst check` and the desk print the finding.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from time import monotonic
from typing import Any, Generic, TypeVar

import yaml

from server.kit.text import LANGUAGES, say

LARGEST = 2_000_000  # octets: a book of 300,000 words
LOOK_AGAIN = 0.5  # seconds between two looks at the folder

T = TypeVar("T")
# When a file was changed last, in ns, its octets, and whatever else it is read with.
Stamp = tuple[int | str, ...]


@dataclass(frozen=True)
class Finding:
    """One thing to mend: where it stands, what is wrong and what to do."""

    file: Path
    line: int
    key: str
    values: Mapping[str, Any] = field(default_factory=dict)
    is_error: bool = True

    def sentence(self, language: str) -> str:
        """What is wrong and what to do."""
        return say(language, self.key, **self.values)

    def text(self, language: str) -> str:
        """One line: `file:line: what is wrong; what to do`."""
        return f"{self.file}:{self.line}: {self.sentence(language)}"


class ContentError(Exception):
    """This file cannot be used; `finding` says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.text("en"))
        self.finding = finding


@dataclass(frozen=True)
class Document:
    """A file in two parts: what its front matter says and its Markdown."""

    file: Path
    meta: Mapping[str, Any]
    body: str
    source: str

    def line_of(self, key: str) -> int:
        """The line of a key in the front matter, 1 where it is missing."""
        found = re.search(rf"(?m)^\s*{re.escape(key)}\s*:", self.source)
        return self.source.count("\n", 0, found.start()) + 1 if found else 1

    def fault(self, message: str, key: str = "", **values: Any) -> ContentError:
        """A ContentError at the line of a key."""
        line = self.line_of(key) if key else 1
        return ContentError(Finding(self.file, line, message, {"key": key, **values}))

    def text(self, key: str, default: str | None = None) -> str:
        """A short text; ContentError where it is missing or no text."""
        value = self.meta.get(key, default)
        if value is None or (value == "" and default is None):
            raise self.fault("kit.content_missing", key)
        if isinstance(value, (dict, list)) or len(str(value)) > 4000:
            raise self.fault("kit.content_no_text", key)
        return str(value)

    def words(self, key: str) -> tuple[str, ...]:
        """A list of short texts; a single text counts as one; none where it is missing."""
        value = self.meta.get(key) or []
        items = value if isinstance(value, list) else [value]
        if any(isinstance(item, (dict, list)) for item in items):
            raise self.fault("kit.content_no_list", key)
        return tuple(str(item) for item in items)

    def number(self, key: str, default: float | None = None) -> float:
        """A number of zero or more."""
        value = self.meta.get(key, default)
        if value is None:
            raise self.fault("kit.content_missing", key)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e9:
            raise self.fault("kit.content_no_number", key)
        return value

    def choice(self, key: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        """One of a few words."""
        value = self.text(key, default)
        if value not in allowed:
            raise self.fault("kit.content_no_choice", key, allowed=", ".join(allowed))
        return value

    def moment(self, key: str) -> datetime | date | None:
        """A date or a time as YAML reads it, None where it is missing."""
        value = self.meta.get(key)
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                raise self.fault("kit.content_no_date", key) from None
        if value is not None and not isinstance(value, date):
            raise self.fault("kit.content_no_date", key)
        return value


class _Loader(yaml.SafeLoader):
    """YAML without anchors: an alias may run in a circle or grow without end."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.YAMLError("alias", mark)
        return super().compose_node(parent, index)


def read_document(file: Path) -> Document:
    """A file with front matter; ContentError for one that cannot be read."""
    source = read_text(file)
    match = re.match(r"---[ \t]*\n(.*?)^---[ \t]*$\n?", source, re.DOTALL | re.MULTILINE)
    if not match:
        raise ContentError(Finding(file, 1, "kit.content_no_front"))
    return Document(file, read_yaml(file, match[1], 1), source[match.end() :], source)


@lru_cache(maxsize=500)
def _loaded(text: str) -> Any:
    """What a YAML text holds; nobody changes it, for the same text is read once."""
    return yaml.load(text, _Loader)  # noqa: S506 (a safe loader with less)


def read_yaml(file: Path, text: str, above: int = 0) -> Mapping[str, Any]:
    """The mapping a YAML text holds; ContentError with the line where it is not one."""
    try:
        meta = _loaded(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        line = _line_of(error) + 1 + above
        raise ContentError(Finding(file, line, "kit.content_yaml")) from None
    if not isinstance(meta, dict) or not all(isinstance(key, str) for key in meta):
        raise ContentError(Finding(file, 1, "kit.content_no_front"))
    return meta


def _line_of(error: Exception) -> int:
    """The line a YAML fault begins on: where a bracket was opened, not where it was missed."""
    marks = [getattr(error, name, None) for name in ("context_mark", "problem_mark")]
    mark = next((mark for mark in (*marks, *error.args[1:]) if hasattr(mark, "line")), None)
    return int(mark.line) if mark else 0


def read_text(file: Path) -> str:
    """The text of a file in UTF-8 with plain line ends; ContentError where that fails."""
    try:
        if file.is_symlink():
            raise ContentError(Finding(file, 1, "kit.content_symlink"))
        if file.stat().st_size > LARGEST:
            size = LARGEST // 1_000_000
            raise ContentError(Finding(file, 1, "kit.content_large", {"size": size}))
        return file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n").replace("\0", "")
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        raise ContentError(Finding(file, line, "kit.content_utf8")) from None
    except OSError:
        raise ContentError(Finding(file, 1, "kit.content_unreadable")) from None


@lru_cache(maxsize=1_000)
def _read_once(read: Callable[[Path, str, str], Any], file: Path, stamp: Stamp, *of: str) -> Any:
    """What a file holds, or its fault: read once for all shelves of this process."""
    try:
        return read(file, *of)
    except ContentError as error:
        return error.finding


class Shelf(Generic[T]):
    """The items of one folder, read again when a file changed, faults kept beside them.

    `read` turns one file into an item or raises ContentError. Items are keyed by
    `<path without language and ending>` and language: `("geven-werkt/index", "nl")`.
    """

    def __init__(self, folder: Path, pattern: str, read: Callable[[Path, str, str], T]) -> None:
        self._folder, self._pattern, self._read = folder, pattern, read
        self._seen: dict[Path, tuple[Stamp, T | Finding]] = {}
        self._looked_at = 0.0
        self.items: dict[tuple[str, str], T] = {}
        self.findings: list[Finding] = []
        self._changes = 0

    def fresh(self) -> dict[tuple[str, str], T]:
        """The items as the files say now (looked at no more than twice a second)."""
        if not self._looked_at or monotonic() - self._looked_at >= LOOK_AGAIN:
            self._look()
            self._looked_at = monotonic()
        return self.items

    def version(self) -> int:
        """A number that is another one whenever a file changed."""
        self.fresh()
        return self._changes

    def _look(self) -> None:
        files = dict(self._files())
        if {file: stamp for file, (stamp, _) in self._seen.items()} == files:
            return
        self._changes += 1
        seen = {}
        for file, stamp in files.items():
            old = self._seen.get(file)
            seen[file] = old if old and old[0] == stamp else (stamp, self._one(file, stamp))
        self._seen = seen
        results = [(file, result) for file, (_, result) in seen.items()]
        self.findings = [result for _, result in results if isinstance(result, Finding)]
        self.items = {
            self._name(file): result for file, result in results if not isinstance(result, Finding)
        }

    def _files(self) -> Iterator[tuple[Path, Stamp]]:
        for file in sorted(self._folder.glob(self._pattern)):
            try:
                stat = file.lstat()
            except OSError:  # gone between two looks
                continue
            yield file, (stat.st_mtime_ns, stat.st_size)

    def _one(self, file: Path, stamp: Stamp) -> T | Finding:
        name, language = self._name(file)
        if language not in LANGUAGES:
            allowed = ", ".join(LANGUAGES)
            return Finding(file, 1, "kit.content_language", {"allowed": allowed})
        found: T | Finding = _read_once(self._read, file, stamp, name, language)
        return found

    def _name(self, file: Path) -> tuple[str, str]:
        name, _, language = str(file.relative_to(self._folder).with_suffix("")).rpartition(".")
        return name, language
