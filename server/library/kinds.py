"""The sorts of gift there are, and what each says of itself beside what all of them say."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from server.kit.content import Document
from server.kit.slots import on_wall

BOOKS = ("e-book", "white paper")
KIND_TEXTS = MappingProxyType(
    {
        "e-book": "library.ebook",
        "white paper": "library.white_paper",
        "webinar": "library.webinar",
        "podcast": "library.podcast",
        "trial": "library.trial",
        "sample": "library.sample_kind",
        "service": "library.service",
    }
)
KINDS = tuple(KIND_TEXTS)
COUNTRIES = MappingProxyType(
    {
        "NL": "library.country_nl",
        "BE": "library.country_be",
        "LU": "library.country_lu",
        "DE": "library.country_de",
        "FR": "library.country_fr",
        "GB": "library.country_gb",
    }
)
AUDIO = MappingProxyType({".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".ogg": "audio/ogg"})
LARGEST_AUDIO = 60_000_000
LONGEST = 24 * 60  # minutes of a webinar
LONGEST_TERM = 366  # days of a trial
TERM = re.compile(r"([1-9][0-9]{0,3})([hd])")
CLOCK = re.compile(r"(?:([0-9]{1,2}):)?([0-9]{1,3}):([0-5][0-9])")


@dataclass(frozen=True)
class Webinar:
    """`starts` by the clock on the wall of the site, `length` in minutes; `replay` once it is
    there."""

    starts: datetime
    length: int
    seats: int
    join: str
    replay: str

    def begins(self, zone: ZoneInfo) -> datetime:
        """The moment at which the clock of the site shows its hour."""
        return on_wall(self.starts.date(), self.starts.time(), zone)

    def ends(self, zone: ZoneInfo) -> datetime:
        """When it is over."""
        return self.begins(zone) + timedelta(minutes=self.length)


@dataclass(frozen=True)
class Mark:
    """A moment in a recording, in seconds from its beginning, and what begins there."""

    seconds: int
    title: str

    @property
    def clock(self) -> str:
        return clock(self.seconds)


@dataclass(frozen=True)
class Podcast:
    """A recording beside its text; `voice` says who speaks where that is no person."""

    audio: Path
    octets: int
    seconds: int
    marks: tuple[Mark, ...]
    voice: str

    @property
    def media_type(self) -> str:
        return AUDIO[self.audio.suffix.lower()]

    @property
    def clock(self) -> str:
        return clock(self.seconds)


@dataclass(frozen=True)
class Trial:
    """A term of hours, or of days by the clock on the wall; `opens`: an address, or what to do."""

    hours: int
    days: int
    opens: str

    @property
    def term(self) -> float:
        """The term in days, as the readiness core counts them."""
        return self.days or self.hours / 24

    @property
    def has_address(self) -> bool:
        return is_address(self.opens)

    def ends(self, start: datetime, zone: ZoneInfo) -> datetime:
        """When a trial that began then is over: so many hours later, or at the same hour of the
        clock so many days later."""
        if self.hours:
            return start + timedelta(hours=self.hours)
        local = start.astimezone(zone)
        return on_wall(local.date() + timedelta(days=self.days), local.time(), zone).astimezone(UTC)


@dataclass(frozen=True)
class Sample:
    """Something that goes by post, to these countries."""

    countries: tuple[str, ...]


Particulars = Webinar | Podcast | Trial | Sample


def clock(seconds: int) -> str:
    """`2:10`, `1:02:10`: a moment in a recording."""
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def is_address(text: str) -> bool:
    """An address of the web that a link may lead to."""
    parts = urlsplit(text)
    return parts.scheme in ("https", "http") and bool(parts.hostname) and not re.search(r"\s", text)


def read_particulars(doc: Document, kind: str) -> Particulars | None:
    """What a kind says of itself; ContentError with line and remedy where something is missing
    or impossible."""
    read = _READERS.get(kind)
    return read(doc) if read else None


def _webinar(doc: Document) -> Webinar:
    starts = doc.moment("starts")
    if starts is None:
        raise doc.fault("kit.content_missing", "starts")
    if not isinstance(starts, datetime) or starts.tzinfo:
        raise doc.fault("library.bad_start", "starts")
    replay = doc.text("replay", "")
    return Webinar(
        starts=starts,
        length=_whole(doc, "length", LONGEST, "library.bad_minutes"),
        seats=_whole(doc, "seats", 1_000_000, "library.bad_seats"),
        join=_address(doc, "join"),
        replay=_address(doc, "replay") if replay else "",
    )


def _whole(doc: Document, key: str, most: int, message: str) -> int:
    value = doc.meta.get(key)
    if value is None:
        raise doc.fault("kit.content_missing", key)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise doc.fault(message, key)
    return value


def _address(doc: Document, key: str) -> str:
    value = doc.text(key).strip()
    if not is_address(value):
        raise doc.fault("library.bad_address", key)
    return value


def _podcast(doc: Document) -> Podcast:
    name = doc.text("audio")
    file = doc.file.parent / name
    if "/" in name or file.suffix.lower() not in AUDIO or file.is_symlink() or not file.is_file():
        raise doc.fault("library.no_audio", "audio", name=name)
    octets = file.stat().st_size
    if not 0 < octets <= LARGEST_AUDIO:
        raise doc.fault("library.no_audio", "audio", name=name)
    seconds = _seconds(doc, "length", doc.meta.get("length"))
    return Podcast(file, octets, seconds, _marks(doc, seconds), doc.text("voice", ""))


def _seconds(doc: Document, key: str, value: object) -> int:
    if value is None:
        raise doc.fault("kit.content_missing", key)
    # YAML itself reads 4:30 as a number to the base of sixty, and that is what is meant.
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    found = CLOCK.fullmatch(str(value))
    if not found:
        raise doc.fault("library.bad_clock", key)
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def _marks(doc: Document, length: int) -> tuple[Mark, ...]:
    given = doc.meta.get("marks") or []
    if not isinstance(given, list) or not all(_is_mark(one) for one in given):
        raise doc.fault("library.bad_marks", "marks")
    marks = tuple(Mark(_seconds(doc, "marks", one["at"]), str(one["title"])) for one in given)
    at = [mark.seconds for mark in marks]
    if at != sorted(set(at)) or (at and at[-1] >= length):
        raise doc.fault("library.bad_marks", "marks")
    return marks


def _is_mark(one: Any) -> bool:
    return isinstance(one, dict) and one.get("at") is not None and bool(one.get("title"))


def _trial(doc: Document) -> Trial:
    found = TERM.fullmatch(doc.text("lasts").strip())
    if not found:
        raise doc.fault("library.bad_term", "lasts")
    count, unit = int(found[1]), found[2]
    hours, days = (count, 0) if unit == "h" else (0, count)
    if max(hours / 24, days) > LONGEST_TERM:
        raise doc.fault("library.bad_term", "lasts")
    return Trial(hours, days, doc.text("opens").strip())


def _sample(doc: Document) -> Sample:
    limits = doc.meta.get("limits")
    if not isinstance(limits, dict) or not limits.get("total"):
        raise doc.fault("library.no_stock", "limits")
    countries = doc.words("countries")
    if not countries or not set(countries) <= set(COUNTRIES):
        raise doc.fault("library.bad_countries", "countries", allowed=", ".join(COUNTRIES))
    return Sample(countries)


_READERS: Mapping[str, Callable[[Document], Particulars]] = MappingProxyType(
    {"webinar": _webinar, "podcast": _podcast, "trial": _trial, "sample": _sample}
)
