"""The house behind the site: name, host, hours, colours and windows, from `content/site.yaml`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from server.kit.colour import readable_accent
from server.kit.content import ContentError, Document, Finding, read_text, read_yaml
from server.kit.giving import GivingRules, read_giving
from server.kit.slots import Slot, coming
from server.kit.text import LANGUAGES

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WHOLE_DAY = (time(7), time(23))
Span = tuple[time, time] | None


@dataclass(frozen=True)
class Author:
    """Who writes: a line about them per language, and where else they are found."""

    name: str
    about: Mapping[str, str]
    profiles: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True)
class WarmUp:
    """A sender that nobody knows yet sends few mails at first, and more every day."""

    start: date
    first: int
    growth: float

    def most_on(self, day: date) -> int:
        """How many mails to lists may leave on a day; on a day before the first: none."""
        days = (day - self.start).days
        return int(self.first * self.growth ** min(days, 200)) if days >= 0 else 0


@dataclass(frozen=True)
class House:
    """Texts and choices of the operator; what is missing has a sober default."""

    name: str = "Givefirst"
    line: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)
    welcome: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    postal_address: str = ""
    place: str = ""
    host_name: str = ""
    host_email: str = ""
    host_phone: str = ""
    host_about: Mapping[str, str] = field(default_factory=dict)
    channels: tuple[Mapping[str, str], ...] = ()
    accent: str = "#1f5a45"
    themes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    authors: Mapping[str, Author] = field(default_factory=dict)
    hours: tuple[Span, ...] = (WHOLE_DAY,) * 7
    holidays: Mapping[date, Span] = field(default_factory=dict)
    no_ask_days: int = 3
    gift_link_days: int = 365
    confirm_days: int = 7
    mail_rates: Mapping[str, float] = field(default_factory=dict)
    warm_up: WarmUp | None = None
    tip_slots: tuple[Slot, ...] = (Slot(1, time(9)),)
    tips_local: bool = False
    giving: GivingRules = field(default_factory=GivingRules)

    @property
    def tip_weekday(self) -> int:
        """The day that pages and mails name."""
        return self.tip_slots[0].weekday

    @property
    def tip_time(self) -> time:
        return self.tip_slots[0].at

    @property
    def host_first_name(self) -> str:
        return self.host_name.split(" ")[0]

    def author(self, name: str) -> Author:
        """Who writes under this name; of the host what stands there, of others the name alone."""
        about = self.host_about if name == self.host_name else {}
        return self.authors.get(name) or Author(name, about)

    def theme(self, theme: str, language: str) -> str:
        """The name of a theme in a language, its id where the house gave it no name."""
        return self.themes.get(theme, {}).get(language, theme)

    def span(self, day: date) -> Span:
        """From when till when the house answers on a day; None: closed."""
        return self.holidays[day] if day in self.holidays else self.hours[day.weekday()]

    def opening(self, moment: datetime, zone: ZoneInfo) -> "Opening":
        """Open or closed at a moment, and until or from when."""
        local = moment.astimezone(zone)
        today = self.span(local.date())
        if today and today[0] <= local.time() < today[1]:
            return Opening(True, datetime.combine(local.date(), today[1], zone), local)
        for ahead in range(15):
            day = local.date() + timedelta(days=ahead)
            span = self.span(day)
            if span and datetime.combine(day, span[0], zone) > local:
                return Opening(False, datetime.combine(day, span[0], zone), local)
        return Opening(False, None, local)

    def next_tip(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """The next slot of the weekly tip after a moment, by the clock on the wall."""
        return coming(self.tip_slots, zone, moment, 1)[0].at.astimezone(zone)


@dataclass(frozen=True)
class Opening:
    """Open until `changes_at`, or closed and open again then (None: not within two weeks)."""

    is_open: bool
    changes_at: datetime | None
    now: datetime


class HouseFile:
    """`site.yaml` as it is now; a broken file leaves the last good house standing."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "site.yaml"
        self.finding: Finding | None = None
        self._stamp: tuple[int, int] | None = None
        self._house = House()

    def fresh(self) -> House:
        """The house of today."""
        try:
            stat = self.file.stat()
        except OSError:
            self.finding = Finding(self.file, 1, "kit.house_missing", is_error=False)
            return self._house
        if (stat.st_mtime_ns, stat.st_size) != self._stamp:
            self._stamp = (stat.st_mtime_ns, stat.st_size)
            try:
                self._house, self.finding = read_house(self.file), None
            except ContentError as error:
                self.finding = error.finding
        return self._house


def read_house(file: Path) -> House:
    """The house a file describes; ContentError with the line that is wrong."""
    source = read_text(file)
    doc = Document(file, read_yaml(file, source), "", source)
    host = _mapping(doc, "host")
    windows = _mapping(doc, "windows")
    tips = _mapping(doc, "tips")
    return House(
        name=doc.text("name"),
        line=_both(doc, "line"),
        about=_both(doc, "about"),
        welcome={key: dict(value) for key, value in _mapping(doc, "welcome").items()},
        postal_address=doc.text("postal_address"),
        place=doc.text("place", ""),
        host_name=str(host.get("name", "")),
        host_email=str(host.get("email", "")),
        host_phone=str(host.get("phone", "")),
        host_about=host.get("about") or {},
        channels=tuple(_mapping(doc, "channels").get("list", ())),
        accent=_accent(doc),
        themes={key: dict(value) for key, value in _mapping(doc, "themes").items()},
        authors=_authors(doc),
        hours=_hours(doc),
        holidays=_holidays(doc),
        no_ask_days=_days(doc, windows, "no_ask_days", 3),
        gift_link_days=_days(doc, windows, "gift_link_days", 365),
        confirm_days=_days(doc, windows, "confirm_days", 7),
        tip_slots=_slots(doc, tips),
        tips_local=_yes(doc, tips, "local"),
        mail_rates=_mail_rates(doc),
        warm_up=_warm_up(doc),
        giving=read_giving(doc),
    )


def _mapping(doc: Document, key: str) -> Mapping[str, Any]:
    value = doc.meta.get(key) or {}
    if key == "channels" and isinstance(value, list):
        value = {"list": [item for item in value if isinstance(item, dict)]}
    if not isinstance(value, dict):
        raise doc.fault("kit.house_mapping", key)
    return value


def _both(doc: Document, key: str) -> dict[str, str]:
    value = _mapping(doc, key)
    if any(language not in value for language in LANGUAGES):
        raise doc.fault("kit.house_languages", key)
    return {language: str(value[language]) for language in LANGUAGES}


def _authors(doc: Document) -> dict[str, Author]:
    found = {}
    for name, given in _mapping(doc, "authors").items():
        about = given.get("about") if isinstance(given, dict) else None
        if not isinstance(about, dict) or any(one not in about for one in LANGUAGES):
            raise doc.fault("kit.house_author", name)
        profiles = given.get("profiles") or []
        whole = [one for one in profiles if isinstance(one, dict) and {"label", "href"} <= set(one)]
        if len(whole) != len(profiles) or not all(_is_address(one["href"]) for one in whole):
            raise doc.fault("kit.house_profile", name)
        found[name] = Author(name, {one: str(about[one]) for one in LANGUAGES}, tuple(whole))
    return found


def _is_address(href: object) -> bool:
    return bool(re.match(r"https?://", str(href)))


def _accent(doc: Document) -> str:
    accent = doc.text("accent", "#1f5a45")
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", accent):
        raise doc.fault("kit.house_colour", "accent")
    if not readable_accent(accent):
        raise doc.fault("kit.house_contrast", "accent")
    return accent


def _hours(doc: Document) -> tuple[Span, ...]:
    given = _mapping(doc, "hours")
    if unknown := set(given) - set(WEEKDAYS):
        raise doc.fault("kit.house_weekday", sorted(unknown)[0])
    return tuple(_span(doc, day, given[day]) if day in given else WHOLE_DAY for day in WEEKDAYS)


def _holidays(doc: Document) -> dict[date, Span]:
    given = doc.meta.get("holidays") or {}
    if not isinstance(given, dict) or not all(isinstance(day, str) for day in given):
        raise doc.fault("kit.house_mapping", "holidays")
    try:
        return {
            date.fromisoformat(day): _span(doc, "holidays", value) for day, value in given.items()
        }
    except ValueError:
        raise doc.fault("kit.content_no_date", "holidays") from None


def _span(doc: Document, key: str, value: object) -> Span:
    if value in ("closed", False, None):
        return None
    match = re.fullmatch(r"(\d\d:\d\d)-(\d\d:\d\d)", str(value).replace(" ", ""))
    if not match:
        raise doc.fault("kit.house_hours", key)
    start, end = _time(doc, key, match[1]), _time(doc, key, match[2])
    if start >= end:
        raise doc.fault("kit.house_hours", key)
    return start, end


def _time(doc: Document, key: str, value: str) -> time:
    try:
        return time.fromisoformat(value)
    except ValueError:
        raise doc.fault("kit.house_hours", key) from None


def _slots(doc: Document, tips: Mapping[str, Any]) -> tuple[Slot, ...]:
    """`slots: ["tuesday 09:00"]`, or the one of `day` and `at`."""
    if "slots" not in tips:
        one = f"{tips.get('day', 'tuesday')} {tips.get('at', '09:00')}"
        return (_slot(doc, one, "day" if "day" in tips else "tips"),)
    given = tips["slots"]
    if not isinstance(given, list) or not given:
        raise doc.fault("kit.house_slot", _nearest(doc, "slots"), written=str(given))
    found = tuple(sorted({_slot(doc, str(one), "slots") for one in given}))
    if len(found) < len(given):
        raise doc.fault("kit.house_slot_twice", _nearest(doc, "slots"))
    return found


def _slot(doc: Document, written: str, key: str) -> Slot:
    match = re.fullmatch(r"([a-z]+) (\d\d:\d\d)", written.strip().lower())
    if not match or match[1] not in WEEKDAYS:
        raise doc.fault("kit.house_slot", _nearest(doc, key), written=written)
    return Slot(WEEKDAYS.index(match[1]), _time(doc, _nearest(doc, key), match[2]))


def _nearest(doc: Document, key: str) -> str:
    """The key where a fault of the tips is shown: itself where it has a line of its own."""
    return key if doc.line_of(key) > 1 else "tips"


def _yes(doc: Document, given: Mapping[str, Any], key: str) -> bool:
    value = given.get(key, False)
    if not isinstance(value, bool):
        raise doc.fault("kit.house_yes", _nearest(doc, key), name=key)
    return value


def _mail_rates(doc: Document) -> dict[str, float]:
    """Mails a second for each domain that has a limit of its own."""
    given = _mapping(doc, "mail").get("domains") or {}
    if not isinstance(given, dict):
        raise doc.fault("kit.house_mapping", "domains")
    for domain, rate in given.items():
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 < rate <= 10_000:
            raise doc.fault("kit.house_mail_rate", domain)
    return {str(domain).lower(): float(rate) for domain, rate in given.items()}


def _warm_up(doc: Document) -> WarmUp | None:
    given = _mapping(doc, "mail").get("warm_up")
    if given is None:
        return None
    try:
        start = date.fromisoformat(str(given["from"]))
        first, growth = int(given["first"]), float(given["growth"])
    except (KeyError, TypeError, ValueError):
        raise doc.fault("kit.house_warm_up", "warm_up") from None
    if first < 1 or not 1 < growth <= 10:
        raise doc.fault("kit.house_warm_up", "warm_up")
    return WarmUp(start, first, growth)


def _days(doc: Document, windows: Mapping[str, Any], key: str, default: int) -> int:
    value = windows.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 3650:
        raise doc.fault("kit.content_no_number", key)
    return value
