"""The people of a world with a name, a firm and an address: all invented, all under example.org."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

from server.demo.cast import STORIES, Deed, Story, play
from server.demo.worlds import Mailing, Person, Piece, World, make_world

SEED = 1907
ENGLISH = 0.22
CALLED_WITHIN = 6  # days
DOMAIN = "example.org"
AT_ONE_FIRM = 0.3
FAIR = 303  # the day of the year on which a table of a fair was taken in


@cache
def words() -> Any:
    """Names and sentences, by language."""
    return yaml.safe_load(Path(__file__).with_name("words.yaml").read_text("utf-8"))


@dataclass
class Figure:
    """A person as the database will know them; `deeds` are what sales recorded."""

    person: Person
    language: str
    name: str
    company: str
    role: str
    email: str
    from_fair: bool = False
    story: Story | None = None
    deeds: list[Deed] = field(default_factory=list)

    @property
    def words(self) -> Any:
        """What they say, in their language."""
        return words()[self.language]


def make_figures(
    count: int, pieces: Sequence[Piece], mailings: Sequence[Mailing], days: float
) -> tuple[list[Figure], World]:
    """So many people, those of the stories among them, and the world they live in."""
    crowd = max(0, count - len(STORIES))
    world = make_world(SEED, crowd, pieces=pieces, mailings=mailings, days=days)
    stories: list[Story | None] = [*STORIES, *[None] * crowd]
    told = [play(story, -n - 1, pieces, days) for n, story in enumerate(STORIES)]
    namer = _Namer(Random(SEED))  # noqa: S311
    figures = [
        namer.named(person, story)
        for person, story in zip([*told, *world.people], stories, strict=True)
    ]
    for figure in figures:
        figure.deeds = [*figure.story.deeds] if figure.story else _deeds(figure.person, days)
    people = [figure.person for figure in figures]
    return figures, World(people, world.pieces, world.mailings, days)


class _Namer:
    """Gives out names; no address twice."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.taken: set[str] = set()
        self.firms: dict[str, list[str]] = {"nl": [], "en": []}

    def named(self, person: Person, story: Story | None) -> Figure:
        """A person with a name, a firm, a role and an address."""
        chance = self.chance
        english = story.language == "en" if story else chance.random() < ENGLISH
        language = "en" if english else "nl"
        own: Mapping[str, Any] = words()[language]
        first, last = chance.choice(own["first"]), chance.choice(own["last"])
        company = self._firm(person, language, own, last)
        role = chance.choice(own[person.role]) if person.role else ""
        domain = slug(company) or f"thuis-{slug(last)}"
        email = f"{slug(first)[0]}.{slug(last).replace('-', '')}@{domain}.{DOMAIN}"
        while email in self.taken:
            email = f"{slug(first)}{len(self.taken)}@{domain}.{DOMAIN}"
        self.taken.add(email)
        from_fair = not story and FAIR + 2 < person.joined < FAIR + 21
        return Figure(person, language, f"{first} {last}", company, role, email, from_fair, story)

    def _firm(self, person: Person, language: str, own: Mapping[str, Any], last: str) -> str:
        chance = self.chance
        if person.role == "student":
            return str(chance.choice(own["schools"]))
        if not person.business:
            return ""
        known = self.firms[language]
        if known and chance.random() < AT_ONE_FIRM:
            return chance.choice(known)
        name = last if chance.random() < 0.4 else chance.choice(own["last"])
        kind = chance.choice(own["firms"])
        firm = f"{name} {kind}" if language == "en" else f"{kind} {name[:1].upper()}{name[1:]}"
        known.append(firm)
        return firm


def slug(text: str) -> str:
    """A word for an address: small letters and hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _deeds(person: Person, days: float) -> list[Deed]:
    """What sales recorded of somebody of the crowd, as their needs went."""
    chance = Random(f"deeds:{person.number}")  # noqa: S311
    by = chance.randrange(2)
    found = []
    for need in person.needs:
        ago = days - need.end
        if ago > 0 and days - person.joined > ago + 1:
            found += _ended(chance, ago, days - person.joined, is_won=need.is_won, by=by)
    found += _answers(person, found, days, by)
    if not found and chance.random() < 0.25:
        ago = (days - person.joined) * 0.6 * chance.random()
        found = _judged(chance, person.persona.name, ago, by)
    return found


def _answers(person: Person, deeds: Sequence[Deed], days: float, by: int) -> list[Deed]:
    """Who asked for a call got one, the next days; who asked just now still waits."""
    asked = [days - act.at for act in person.acts if act.kind == "contact.requested"]
    before = [deed.ago for deed in deeds]
    return [
        Deed(ago - 2, "contacted", by=by)
        for ago in asked
        if ago > CALLED_WITHIN and not any(ago - 4 < other < ago for other in before)
    ]


def _ended(chance: Random, ago: float, known: float, *, is_won: bool, by: int) -> list[Deed]:
    before = [
        Deed(min(known - 0.2, ago + 9), "contacted", by=by),
        Deed(min(known - 0.1, ago + 5), "offer", by=by),
    ]
    if is_won:
        value = chance.choice((1450, 2200, 3600, 4850, 7900, 12400))
        return [*before, Deed(ago, "won", value=value, by=by)]
    if chance.random() < 0.3:
        return [before[0], Deed(ago, "not_now", until=90 - min(ago, 80), by=by)]
    reason = chance.choice(("price", "budget", "silent", "other"))
    return [*before, Deed(ago, "lost", reason, by=by)]


def _judged(chance: Random, persona: str, ago: float, by: int) -> list[Deed]:
    reasons = {"student": "student", "competitor": "topic", "bargain hunter": "small"}
    if persona in reasons:
        return [Deed(ago, "not_a_fit", reasons[persona], by=by)]
    if persona == "reader" and chance.random() < 0.5:
        return [Deed(ago, "contacted", by=by)]
    return []
