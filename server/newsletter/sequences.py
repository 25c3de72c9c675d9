"""Sequences as their files describe them: `content/sequences/<name>.yaml` and its texts beside it.

A sequence is a list of steps that only goes forward, so that every reader comes to its end.
"""

import re
from collections.abc import Mapping
from collections.abc import Sequence as List
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from server.kit.content import ContentError, Finding, read_text, read_yaml
from server.kit.giving import HoldOut, hold_out_of
from server.kit.text import LANGUAGES
from server.newsletter.tips import Tip, read_tip

SEND, WAIT, WAIT_FOR, IF, END = "send", "wait", "wait_for", "if", "end"
KINDS = (SEND, WAIT, WAIT_FOR, IF, END)
RESPONSES = ("read", "rated", "replied")
EXITS = ("reply", "purchase", "refusal")
ALLOWED = {
    SEND: {SEND, "label"},
    WAIT: {WAIT, "label"},
    WAIT_FOR: {WAIT_FOR, "days", "label"},
    IF: {IF, "then", "else", "label"},
    END: {END, "label"},
}
KEYS = {"name", "about", "starts", "exit_on", "hold_out", "steps"}
LONGEST = 365  # days
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,38}")


@dataclass(frozen=True)
class Step:
    """One step: send the text `what`, wait `days`, wait at most so long for `what`, or go to step
    `then` where `what` was done and to `other` where it was not."""

    kind: str
    what: str = ""
    days: int = 0
    then: int = 0
    other: int = 0


@dataclass(frozen=True)
class Sequence:
    """A sequence with its texts by name and language."""

    name: str
    titles: Mapping[str, str]
    about: Mapping[str, str]
    starts: tuple[str, ...]
    exit_on: tuple[str, ...]
    steps: tuple[Step, ...]
    texts: Mapping[tuple[str, str], Tip]
    hold_out: HoldOut | None = None

    def text(self, what: str, language: str) -> Tip | None:
        """A text in a language, in the other where there is only that."""
        found = (self.texts.get((what, spoken)) for spoken in (language, *LANGUAGES))
        return next((one for one in found if one), None)

    @property
    def sends(self) -> tuple[str, ...]:
        """The names of its texts, in the order of the steps."""
        return tuple(dict.fromkeys(step.what for step in self.steps if step.kind == SEND))


class Sequences:
    """All sequences, fresh from the files."""

    def __init__(self, content: Path) -> None:
        self._folder = content / "sequences"

    def all(self) -> dict[str, Sequence]:
        """The sequences that can be used, by name."""
        found = (_read(file, _stamp(file)) for file in sorted(self._folder.glob("*.yaml")))
        return {one.name: one for one in found if isinstance(one, Sequence)}

    def find(self, name: str) -> Sequence | None:
        """One sequence; None where there is none, or its files are broken."""
        file = self._folder / f"{name}.yaml"
        if not NAME.fullmatch(name) or not file.is_file():
            return None
        found = _read(file, _stamp(file))
        return found if isinstance(found, Sequence) else None

    def findings(self) -> list[Finding]:
        """What is wrong with the files; a sequence with a fault is left out."""
        found = (_read(file, _stamp(file)) for file in sorted(self._folder.glob("*.yaml")))
        return [one for one in found if isinstance(one, Finding)]


def _stamp(file: Path) -> tuple[int, ...]:
    """Another one when the sequence or one of its texts changed."""
    texts = sorted(file.with_suffix("").glob("*.md"))
    stats = [one.stat() for one in (file, *texts)]
    return tuple(number for one in stats for number in (one.st_mtime_ns, one.st_size))


@lru_cache(maxsize=200)
def _read(file: Path, stamp: tuple[int, ...]) -> Sequence | Finding:
    try:
        return read_sequence(file)
    except ContentError as error:
        return error.finding


def read_sequence(file: Path) -> Sequence:
    """The sequence a file describes; ContentError with line and remedy where it cannot be one."""
    reading = _Reading(file)
    steps = reading.steps()
    texts: dict[tuple[str, str], Tip] = {}
    for step in steps:
        if step.kind == SEND:
            found = _texts(file, step.what)
            if not found:
                at = reading.line_of(f"send: {step.what}")
                missing = f"{file.stem}/{step.what}.nl.md"
                raise reading.fault("newsletter.seq_no_text", at, file=missing)
            texts |= found
    return Sequence(
        file.stem,
        reading.words("name"),
        reading.words("about"),
        reading.list_of("starts"),
        reading.list_of("exit_on", EXITS),
        steps,
        texts,
        reading.hold_out(),
    )


def _texts(file: Path, what: str) -> dict[tuple[str, str], Tip]:
    found = {}
    for language in LANGUAGES:
        text = file.with_suffix("") / f"{what}.{language}.md"
        if text.is_file():
            found[(what, language)] = read_tip(text, what, language)
    return found


class _Reading:
    """One file while it is read."""

    def __init__(self, file: Path) -> None:
        self.file, self.source = file, read_text(file)
        self.meta = read_yaml(file, self.source)
        if not NAME.fullmatch(file.stem):
            raise self.fault("newsletter.bad_name", 1, name=file.stem)
        unknown = sorted(set(self.meta) - KEYS)
        if unknown:
            at = self.line_of(unknown[0])
            raise self.fault(
                "newsletter.seq_key", at, key=unknown[0], known=", ".join(sorted(KEYS))
            )
        lines = enumerate(self.source.splitlines(), 1)
        start = self.line_of("steps")
        self.lines = [
            number for number, line in lines if number > start and line.startswith("  - ")
        ]

    def line_of(self, start: str) -> int:
        """The line that begins with these words, 1 where none does."""
        found = re.search(rf"(?m)^[ {{-]*{re.escape(start)}", self.source)
        return self.source.count("\n", 0, found.end()) + 1 if found else 1

    def fault(self, message: str, line: int, **values: Any) -> ContentError:
        """A fault at a line of this file."""
        return ContentError(Finding(self.file, line, message, values))

    def words(self, key: str) -> Mapping[str, str]:
        """A short text in each language."""
        value = self.meta.get(key)
        if (
            not isinstance(value, dict)
            or set(value) != set(LANGUAGES)
            or not all(isinstance(one, str) and one.strip() for one in value.values())
        ):
            raise self.fault("newsletter.seq_words", self.line_of(key), key=key)
        return dict(value)

    def list_of(self, key: str, allowed: List[str] = ()) -> tuple[str, ...]:
        """A list of words, of these only where some are named."""
        value = self.meta.get(key) or []
        good = isinstance(value, list) and all(isinstance(one, str) for one in value)
        if not good or (allowed and not set(value) <= set(allowed)):
            known = ", ".join(allowed) or "[…]"
            raise self.fault("newsletter.seq_list", self.line_of(key), key=key, known=known)
        return tuple(value)

    def hold_out(self) -> HoldOut | None:
        """Which part of who would join does not, to see what it brings."""
        try:
            return hold_out_of(self.meta.get("hold_out"))
        except ValueError:
            raise self.fault("kit.giving_hold_out", self.line_of("hold_out")) from None

    def steps(self) -> tuple[Step, ...]:
        """All steps, the labels as places."""
        found = self.meta.get("steps")
        if not isinstance(found, list) or not found:
            raise self.fault("newsletter.seq_no_steps", self.line_of("steps"))
        labels = {
            one["label"]: place
            for place, one in enumerate(found)
            if isinstance(one, dict) and isinstance(one.get("label"), str)
        }
        return tuple(self._step(place, one, labels) for place, one in enumerate(found))

    def _step(self, place: int, one: Any, labels: Mapping[str, int]) -> Step:
        kinds = [kind for kind in KINDS if isinstance(one, dict) and kind in one]
        if len(kinds) != 1 or not set(one) <= ALLOWED[kinds[0]]:
            raise self._fault_at("newsletter.seq_step", place)
        kind = kinds[0]
        what = one[kind]
        if kind == SEND:
            if not NAME.fullmatch(str(what)):
                raise self._fault_at("newsletter.seq_step", place)
            return Step(kind, str(what))
        if kind == WAIT:
            return Step(kind, days=self._days(place, what))
        if kind == END:
            return Step(kind)
        if what not in RESPONSES:
            raise self._fault_at("newsletter.seq_response", place, known=", ".join(RESPONSES))
        if kind == WAIT_FOR:
            return Step(kind, what, self._days(place, one.get("days")))
        then, other = (self._place(place, one.get(key), labels) for key in ("then", "else"))
        return Step(kind, what, then=then, other=other)

    def _days(self, place: int, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LONGEST:
            raise self._fault_at("newsletter.seq_days", place, most=LONGEST)
        return value

    def _place(self, place: int, label: Any, labels: Mapping[str, int]) -> int:
        """Where a label stands: further on, so that nobody goes in a circle; none: the next."""
        if label is None:
            return place + 1
        found = labels.get(label, -1) if isinstance(label, str) else -1
        if found <= place:
            raise self._fault_at("newsletter.seq_label", place, label=label)
        return found

    def _fault_at(self, key: str, place: int, **values: Any) -> ContentError:
        line = self.lines[place] if place < len(self.lines) else 1
        return self.fault(key, line, step=place + 1, **values)
