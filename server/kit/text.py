"""The words of every room in every language, and how dates and numbers are written.

Each room keeps its sentences in `texts.yaml` beside its code: `key: {nl: ..., en: ...}`, a plural
as `{one: ..., other: ...}`. A key is asked for with its room: `say("nl", "gifts.button")`.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

LANGUAGES = ("nl", "en")

Sentence = str | Mapping[str, str]

MONTHS = {
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "en": "January February March April May June July August September October November December",
}
DAYS = {
    "nl": "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
}


@cache
def catalogue() -> dict[str, dict[str, Sentence]]:
    """Every key of every room with its sentence per language; read once."""
    found: dict[str, dict[str, Sentence]] = {}
    for file in sorted(Path(__file__).parent.parent.glob("*/texts.yaml")):
        entries = yaml.safe_load(file.read_text("utf-8")) or {}
        found.update({f"{file.parent.name}.{key}": value for key, value in entries.items()})
    return found


def other(language: str) -> str:
    """The language that is not this one."""
    return next(one for one in LANGUAGES if one != language)


def say(language: str, key: str, /, **values: Any) -> str:
    """The sentence for a key, filled in; a plural is chosen by the value `count`.

    Raises KeyError for a key that no room has: a missing text is a fault of the build, not of
    a reader (`make check` finds it first).
    """
    sentence = catalogue()[key][language]
    if not isinstance(sentence, str):
        sentence = sentence["one" if values.get("count") == 1 else "other"]
    return sentence.format_map(values)


def day_name(language: str, moment: date) -> str:
    """`dinsdag`, `Tuesday`."""
    return weekday_name(language, moment.weekday())


def weekday_name(language: str, weekday: int) -> str:
    """The name of a weekday, Monday is 0."""
    return DAYS[language].split()[weekday]


def month_name(language: str, moment: date) -> str:
    """`november`, `November`."""
    return MONTHS[language].split()[moment.month - 1]


def long_date(language: str, moment: date) -> str:
    """`24 november 2026`, `24 November 2026`."""
    return f"{moment.day} {month_name(language, moment)} {moment.year}"


def day_and_date(language: str, moment: date) -> str:
    """`dinsdag 24 november 2026`, `Tuesday 24 November 2026`."""
    return f"{day_name(language, moment)} {long_date(language, moment)}"


def short_date(language: str, moment: date) -> str:
    """`24 nov`, `24 Nov`: for dense lists."""
    return f"{moment.day} {month_name(language, moment)[:3].replace('maa', 'mrt')}"


def clock_time(language: str, moment: datetime) -> str:
    """`7.00` in Dutch, `7:00` in English, on a clock of 24 hours."""
    return f"{moment.hour}{'.' if language == 'nl' else ':'}{moment.minute:02d}"


def number(language: str, value: float, decimals: int = 0) -> str:
    """`1.234,50` in Dutch, `1,234.50` in English."""
    written = f"{value:,.{decimals}f}"
    if language == "nl":
        written = written.translate(str.maketrans(",.", ".,"))
    return written


def listed(words: Sequence[str], language: str) -> str:
    """`a, b en c`."""
    first, last = words[:-1], words[-1]
    return f"{', '.join(first)} {say(language, 'kit.and')} {last}" if first else last


def euro(language: str, value: float) -> str:
    """`€ 17,50` in Dutch, `€17.50` in English; no cents where there are none."""
    decimals = 0 if float(value).is_integer() else 2
    gap = "\u00a0" if language == "nl" else ""
    return f"€{gap}{number(language, value, decimals)}"


def file_size(language: str, octets: int) -> str:
    """`480 kB`, `1,2 MB`."""
    if octets < 1_000_000:
        return f"{max(1, round(octets / 1000))}\u00a0kB"
    return f"{number(language, octets / 1_000_000, 1)}\u00a0MB"


def shortened(text: str, most: int) -> str:
    """A text on one line, cut at a word where it is longer than so many letters."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most].rpartition(' ')[0] or line[:most]} …"


def folded(text: str) -> str:
    """The text without accents and case, for searching; letter by letter, so that places stay."""
    return "".join(_folded(letter) for letter in text)


@cache
def _folded(letter: str) -> str:
    plain = unicodedata.normalize("NFKD", letter.lower())
    base = "".join(one for one in plain if not unicodedata.combining(one))
    return base if len(base) == 1 else letter


def whole_number(written: str, digits: int = 9) -> int | None:
    """The number that somebody wrote in at most so many digits, as in an address; None for none."""
    plain = written.isascii() and written.isdigit() and len(written) <= digits
    return int(written) if plain else None


def amount(written: str) -> float | None:
    """The number that somebody wrote as `3.200`, `3200,50`, `€ 3,200.00` or `1 250`; None for none.

    Of two kinds of separator the last is the decimal one; one alone followed by three digits
    stands for thousands.
    """
    digits = re.sub(r"[\s€]|euro|EUR", "", written, flags=re.IGNORECASE)
    match = re.fullmatch(r"([0-9][0-9.,]*?)(?:([.,])([0-9]{1,2}))?", digits)
    if not match:
        return None
    whole, _, cents = match.groups()
    plain = re.sub(r"[.,]", "", whole)
    grouped = re.fullmatch(r"\d+|\d{1,3}([.,]\d{3})(?:\1?[.,]?\d{3})*", whole)
    if not grouped or not plain.isdigit() or len(plain) > 12:
        return None
    return float(f"{plain}.{cents or 0}")
