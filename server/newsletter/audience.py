"""For whom an issue is: the rules of its files, and the readers that they leave, as SQL."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from server.kit.clock import now
from server.kit.database import db_time, rows
from server.kit.text import LANGUAGES
from server.leads.subscribing import TIPS
from server.mail.models import BULK
from server.newsletter.tips import Tip, Tips

# Who wants it every second week or every fourth: how long ago the last one must be. Two days less
# than the weeks have, so that an issue that leaves a day early does not cost them a turn.
RESTS = {2: timedelta(days=12), 4: timedelta(days=26)}
NOTHING_CAME = "('suppressed', 'failed', 'expired', 'parked')"


@dataclass(frozen=True)
class Rules:
    """The themes it is about, who may get it, whether it asks, and whether by each one's clock."""

    themes: tuple[str, ...] = ()
    languages: tuple[str, ...] = LANGUAGES
    audience: tuple[str, ...] = ()
    asks: bool = False
    local: bool = False

    @classmethod
    def of(cls, editions: Sequence[Tip], *, local: bool) -> "Rules":
        """What the files of an issue say together."""
        themes = dict.fromkeys(theme for tip in editions for theme in tip.themes)
        wanted = tuple(dict.fromkeys(one for tip in editions for one in tip.languages))
        spoken = [tip.local for tip in editions if tip.local is not None]
        return cls(
            tuple(themes),
            wanted or LANGUAGES,
            tuple(dict.fromkeys(one for tip in editions for one in tip.audience)),
            any(tip.is_ask for tip in editions),
            any(spoken) if spoken else local,
        )

    @classmethod
    def kept(cls, data: dict[str, Any]) -> "Rules":
        """As they were kept with a started issue."""
        return cls(
            tuple(data.get("themes", ())),
            tuple(data.get("languages", LANGUAGES)),
            tuple(data.get("audience", ())),
            bool(data.get("asks")),
            bool(data.get("local")),
        )

    def as_data(self) -> dict[str, Any]:
        """What is kept with the issue."""
        return asdict(self)


@dataclass(frozen=True)
class Where:
    """A condition over `s` (subscription) and `l` (lead), with its values."""

    sql: str
    values: tuple[Any, ...] = ()

    def __and__(self, other: "Where") -> "Where":
        return Where(f"{self.sql} AND {other.sql}", self.values + other.values)


def readers(rules: Rules, joined_by: datetime, *, with_invented: bool) -> Where:
    """Who would get it but for a pause or the no-ask window."""
    found = Where(
        "s.list = ? AND s.confirmed_at <= ? AND s.ended_at IS NULL AND l.blocked_at IS NULL",
        (TIPS, db_time(joined_by)),
    )
    if not with_invented:
        found &= Where("l.invented_at IS NULL")
    if set(rules.languages) < set(LANGUAGES):
        found &= Where("l.language = ?", rules.languages)
    if rules.audience:
        found &= _any_of(("s.topics", "l.themes"), rules.audience)
    return found & fits(rules) & rested(joined_by)


def fits(rules: Rules) -> Where:
    """It is about something they chose; a tip without themes is for everybody."""
    if not rules.themes:
        return Where("1 = 1")
    chosen = _any_of(("s.topics",), rules.themes)
    return Where(f"(s.topics = '' OR {chosen.sql})", chosen.values)


def rested(moment: datetime, but: str = "") -> Where:
    """The last one they got is as long ago as they want; `but`: not counting these deliveries."""
    # Counted for one reader by the index. PostgreSQL would rather gather EXISTS for all readers at
    # once, and so read all that was written of an issue before each chunk of it.
    got = (
        "(SELECT COUNT(*) FROM delivery d WHERE d.lead_id = s.lead_id AND d.created_at > ?"  # noqa: S608
        f" AND d.lane = {BULK} AND d.state NOT IN {NOTHING_CAME}{but}) > 0"
    )
    parts = [f"NOT (s.every_weeks = {weeks} AND {got})" for weeks in RESTS]
    return Where(" AND ".join(parts), tuple(db_time(moment - rest) for rest in RESTS.values()))


def awake(moment: datetime) -> Where:
    """They are not pausing."""
    return Where("(s.paused_until IS NULL OR s.paused_until <= ?)", (db_time(moment),))


def may_be_asked(moment: datetime) -> Where:
    """Their no-ask window is not open."""
    return Where("(l.no_ask_until IS NULL OR l.no_ask_until <= ?)", (db_time(moment),))


def _any_of(columns: Sequence[str], words: Sequence[str]) -> Where:
    """One of these columns, words between commas, holds one of these words."""
    tests = [f"{column} LIKE ? ESCAPE '!'" for column in columns for _ in words]
    values = tuple(f"%,{_plain(word)},%" for _ in columns for word in words)
    return Where(f"({' OR '.join(tests)})", values)


def _plain(word: str) -> str:
    return word.replace("!", "!!").replace("%", "!%").replace("_", "!_")


LISTED = "FROM subscription s JOIN lead l ON l.id = s.lead_id WHERE"


async def count(where: Where) -> int:
    """How many readers a condition leaves."""
    found = await rows(f"SELECT COUNT(*) AS n {LISTED} {where.sql}", *where.values)
    return int(found[0]["n"])


@dataclass(frozen=True)
class Audience:
    """Who would get an issue now, and who would not and why."""

    readers: int
    paused: int
    in_window: int


async def audience_now(name: str, tips: Tips) -> Audience:
    """Counted as the queuing would; those in their no-ask window only where the issue asks."""
    moment = now()
    rules = Rules.of(tips.issues().get(name, []), local=False)
    listed = readers(rules, moment, with_invented=True)
    all_of_them, up = await count(listed), await count(listed & awake(moment))
    asked = await count(listed & awake(moment) & may_be_asked(moment)) if rules.asks else up
    return Audience(asked, all_of_them - up, up - asked)


async def on_the_list() -> tuple[int, int]:
    """How many get the tip, and how many of them are pausing."""
    moment = now()
    listed = Where("s.list = ? AND s.confirmed_at IS NOT NULL AND s.ended_at IS NULL", (TIPS,))
    everybody, up = await count(listed), await count(listed & awake(moment))
    return up, everybody - up
