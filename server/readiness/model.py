"""The model: points, half-lives, caps and windows, read from a versioned file."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import yaml

SCORING = (
    "contact.requested",
    "page.offer",
    "page.pricing",
    "page.case",
    "visit",
    "mail.click",
    "mail.open",
    "gift.taken",
    "read.50",
    "read.100",
    "question",
    "reply",
    "rating",
    "rating.personal",
    "forward",
    "referral.joined",
    "review",
    "comment",
    "survey",
    "purchase",
)

STARTING_POINTS = Path(__file__).with_name("starting_points.yaml")


class ModelError(ValueError):
    """A model file that cannot be used; the message names the file, the key and what is wrong."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What one kind of signal is worth: points in a group, halved every `half_life` days."""

    group: str
    points: float
    half_life: float


@dataclass(frozen=True, slots=True)
class FitPoints:
    """Points for who somebody is."""

    business_mailbox: float
    disposable: float
    decider: float
    user: float
    student: float
    large: float
    source: float
    sources: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Taker:
    """When somebody takes much and gives nothing back."""

    from_gifts: int
    points: float
    return_weight: float
    share: float


@dataclass(frozen=True, slots=True)
class Rule:
    """What READY needs; the threshold follows capacity and never sinks below `floor`."""

    probability: float
    floor: float
    keep_share: float
    keep_days: float
    fit: float
    first_gift_days: float
    ask_days: float
    refusal_days: float


@dataclass(frozen=True, slots=True)
class Windows:
    """How long things last, in days."""

    asset_days: float
    personal_days: float
    offer_days: float
    not_now_days: float
    silent_days: float


@dataclass(frozen=True, slots=True)
class Liked:
    """When to ask how a gift was liked, and when to offer ways to give back."""

    after_reading: Mapping[str, float]
    after_giving: Mapping[str, float]
    trial_share: float
    until_days: float
    again_days: float
    read_share: float
    from_rating: float
    thanks_days: float


@dataclass(frozen=True, slots=True)
class Giving:
    """How much is given, and to whom personally."""

    unread: int
    acquired_gifts: int
    acquired_days: float
    pause_days: float
    personal_fit: float


@dataclass(frozen=True, slots=True)
class Shown:
    """How much of the reasons is shown."""

    lines: int
    other: float
    fresh_days: float
    recent_days: float


@dataclass(frozen=True, slots=True)
class Model:
    """Every number of readiness, in one version."""

    version: int
    intercept: float
    points_per_doubling: float
    capacity: int
    groups: Mapping[str, float]
    signals: Mapping[str, Weight]
    fit: FitPoints
    taker: Taker
    rule: Rule
    windows: Windows
    liked: Liked
    giving: Giving
    shown: Shown

    def probability(self, points: float) -> float:
        """The chance of a sale, 0 to 1, that goes with a number of points."""
        logit = self.intercept + points * math.log(2) / self.points_per_doubling
        return 1 / (1 + math.exp(-logit)) if logit > -700 else 0.0

    def points_for(self, probability: float) -> float:
        """The points that give a chance between 0 and 1; the inverse of `probability`."""
        logit = math.log(probability / (1 - probability))
        return (logit - self.intercept) * self.points_per_doubling / math.log(2)


def load_model(path: Path | None = None) -> Model:
    """The model in a YAML file, without `path` the starting points of the house.

    Raises ModelError naming the file and the key for anything missing, unknown or out of range.
    """
    file = path or STARTING_POINTS
    try:
        data = yaml.safe_load(file.read_text("utf-8"))
        model: Model = _build(Model, data, "")
        _check(model)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ModelError(f"{file}: cannot be read: {error}") from error
    except _WrongKeyError as fault:
        raise ModelError(f"{file}: {fault}") from fault
    return model


class _WrongKeyError(ValueError):
    """One wrong key, before the name of the file is known."""


def _build(wanted: Any, data: object, key: str) -> Any:
    if wanted in (float, int, str):
        return _plain(wanted, data, key)
    if not isinstance(data, Mapping) or not all(isinstance(name, str) for name in data):
        raise _WrongKeyError(f"{key or 'the file'}: must hold lines such as 'name: value'")
    dot = f"{key}." if key else ""
    if get_origin(wanted) is Mapping:
        kind = get_args(wanted)[1]
        return {name: _build(kind, value, f"{dot}{name}") for name, value in data.items()}
    hints = get_type_hints(wanted)
    for name in data:
        if name not in hints:
            raise _WrongKeyError(f"{dot}{name}: is not a key of the model")
    for name in hints:
        if name not in data:
            raise _WrongKeyError(f"{dot}{name}: is missing")
    parts = {name: _build(hint, data[name], f"{dot}{name}") for name, hint in hints.items()}
    return wanted(**parts)


def _plain(wanted: type, data: object, key: str) -> object:
    """A word or a number; True and infinity are not numbers here."""
    if wanted is str:
        if isinstance(data, str) and data:
            return data
        raise _WrongKeyError(f"{key}: must be a word, not {data!r}")
    whole = isinstance(data, int) and not isinstance(data, bool)
    if wanted is int and not whole:
        raise _WrongKeyError(f"{key}: must be a whole number, not {data!r}")
    if not whole and not (isinstance(data, float) and math.isfinite(data)):
        raise _WrongKeyError(f"{key}: must be a number, not {data!r}")
    return wanted(data)


def _check(model: Model) -> None:
    for kind in SCORING:
        _need(kind in model.signals, f"signals.{kind}", "is missing")
    for group, cap in model.groups.items():
        _need(cap > 0, f"groups.{group}", "must be above 0")
    for kind, weight in model.signals.items():
        _need(kind in SCORING, f"signals.{kind}", "is not a kind of signal that scores")
        _need(weight.group in model.groups, f"signals.{kind}.group", "is not one of groups")
        _need(weight.points >= 0, f"signals.{kind}.points", "must be 0 or more")
        _need(weight.half_life > 0, f"signals.{kind}.half_life", "must be above 0")
    same = model.signals["read.50"].group == model.signals["read.100"].group
    _need(same, "signals.read.100.group", "must be the group of read.50")
    _need(model.version > 0, "version", "must be above 0")
    _need(model.points_per_doubling > 0, "points_per_doubling", "must be above 0")
    _need(model.capacity > 0, "capacity", "must be above 0")
    _need(0 < model.rule.probability < 1, "rule.probability", "must lie between 0 and 1")
    _need(0 < model.rule.floor < 1, "rule.floor", "must lie between 0 and 1")
    _need(0 < model.rule.keep_share <= 1, "rule.keep_share", "must lie between 0 and 1")
    _need(model.taker.points <= 0, "taker.points", "must be 0 or less")
    _need(model.taker.from_gifts > 0, "taker.from_gifts", "must be above 0")
    _need(model.taker.return_weight >= 0, "taker.return_weight", "must be 0 or more")
    _need(0 < model.taker.share <= 1, "taker.share", "must lie between 0 and 1")
    _need("default" in model.liked.after_reading, "liked.after_reading.default", "is missing")
    _need(0 <= model.shown.other <= 1, "shown.other", "must lie between 0 and 1")
    _check_lengths(model)


def _check_lengths(model: Model) -> None:
    """No length of time and no count may be negative."""
    for section in ("rule", "windows", "liked", "giving", "shown"):
        part = getattr(model, section)
        for field in fields(part):
            value = getattr(part, field.name)
            values = value if isinstance(value, Mapping) else {"": value}
            for name, number in values.items():
                key = f"{section}.{field.name}.{name}".rstrip(".")
                _need(number >= 0 or key == "rule.fit", key, "must be 0 or more")


def _need(holds: bool, key: str, otherwise: str) -> None:
    if not holds:
        raise _WrongKeyError(f"{key}: {otherwise}")
