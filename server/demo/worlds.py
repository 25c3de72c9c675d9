"""A world: people with a known intent and all they do in a year; pure, from a seed alone.

Times are days since the world began. What machines do is drawn from a stream of its own, so that
the same world can be had without them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from random import Random

from server.demo.personas import (
    FOLLOWED,
    IN_NEED,
    MOVING,
    NAMED,
    NEED_MEDIAN,
    NEED_SPREAD,
    ONE_LINK,
    PERSONAS,
    PROXIED,
    SCAN_MEDIAN,
    SCAN_SPREAD,
    SCANNED,
    SOURCES,
    WON,
    Persona,
)

YEAR = 365
SECOND = 1 / 86400
MINUTE = 60 * SECOND
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1 Safari/604.1"
LAPTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/150.0 Safari/537.36"
AGENTS = (PHONE, LAPTOP)
SCANNERS = (LAPTOP, "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 Chrome/96.0")
NAMED_SCANNER = "python-requests/2.32"
PROXIES = ("Mozilla/5.0", "Mozilla/5.0 (via ggpht.com GoogleImageProxy)")
BUTTONS = (
    "gift.taken",
    "rating",
    "question",
    "reply",
    "forward",
    "contact.requested",
    "newsletter.confirmed",
    "unsubscribe",
)


@dataclass(frozen=True)
class Piece:
    """Something that can be given."""

    slug: str
    chapters: int


@dataclass(frozen=True)
class Mailing:
    """A tip that went out to all on the list."""

    name: str
    at: float
    links: int


@dataclass(frozen=True)
class Act:
    """One thing that was done, by a person or a machine, as the site would see it.

    `subject` is the piece, `mailing` the tip it came through; `value` a chapter, a link, a rating.
    """

    at: float
    kind: str
    subject: str = ""
    value: float = 0.0
    mailing: str = ""
    agent: str = LAPTOP
    network: str = ""
    by_person: bool = True

    @property
    def method(self) -> str:
        """A button is posted, all else is looked at."""
        return "POST" if self.kind in BUTTONS else "GET"


@dataclass(frozen=True)
class Need:
    """From when till when somebody looks for what we sell; whether it shows, and comes to us."""

    start: float
    end: float
    shows: bool
    is_won: bool


@dataclass
class Person:
    """An invented person: who they are, what they need and what they did, in the order of time."""

    number: int
    persona: Persona
    joined: float
    source: str
    role: str
    business: bool
    disposable: bool
    needs: list[Need] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    on_list: float | None = None
    left_list: float | None = None
    followed: bool = False

    def in_need(self, at: float) -> Need | None:
        """The need that is open at a moment, whether it shows or not."""
        return next((need for need in self.needs if need.start <= at < need.end), None)


@dataclass(frozen=True)
class World:
    """People, what could be given and what was mailed, over a number of days."""

    people: list[Person]
    pieces: tuple[Piece, ...]
    mailings: tuple[Mailing, ...]
    days: float


def sample_pieces(count: int = 6) -> tuple[Piece, ...]:
    """Pieces for a world that has no library."""
    return tuple(Piece(f"piece-{n}", 4 + n % 3) for n in range(count))


def weekly(days: float, links: int = 3) -> tuple[Mailing, ...]:
    """A tip each week, on the same day and hour."""
    return tuple(Mailing(f"week-{n}", 7 * n + 2.375, links) for n in range(int(days // 7)))


def make_world(
    seed: int,
    count: int,
    *,
    pieces: Sequence[Piece] = (),
    mailings: Sequence[Mailing] | None = None,
    days: float = YEAR,
    machines: bool = True,
) -> World:
    """The world of a seed; with or without machines the people in it do the same."""
    stock = tuple(pieces) or sample_pieces()
    mailed = weekly(days) if mailings is None else tuple(mailings)
    people = []
    for number in range(count):
        life = _Life(Random(f"{seed}:{number}"), stock, mailed, days)  # noqa: S311
        person = life.live(number)
        if machines:
            _add_machines(Random(f"{seed}:{number}:machines"), person, mailed, days)  # noqa: S311
        person.acts.sort(key=lambda act: act.at)
        people.append(person)
    return World(people, stock, mailed, days)


def pick(chance: Random, weights: Mapping[str, float]) -> str:
    """A name by its weight; empty for what the weights leave over."""
    place = chance.random()
    for name, weight in weights.items():
        place -= weight
        if place < 0:
            return name
    return ""


def often(chance: Random, mean: float) -> int:
    """How often something happens that happens so often on average (Poisson)."""
    count, left = 0, chance.expovariate(1.0)
    while left < mean:
        count, left = count + 1, left + chance.expovariate(1.0)
    return count


class _Life:
    """Draws one person, from one stream of chance."""

    def __init__(
        self, chance: Random, pieces: Sequence[Piece], mailings: Sequence[Mailing], days: float
    ) -> None:
        self.chance, self.pieces, self.mailings, self.days = chance, pieces, mailings, days
        self.person: Person

    def live(self, number: int) -> Person:
        """Somebody with all they do."""
        chance = self.chance
        persona = chance.choices(PERSONAS, [one.share for one in PERSONAS])[0]
        source = pick(chance, {name: share for name, (share, _) in SOURCES.items()}) or "search"
        business = chance.random() < persona.business
        disposable = not business and persona.gifts > 4 and chance.random() < 0.4
        joined = self.days * chance.random() ** 0.8
        role = pick(chance, persona.roles)
        self.person = Person(number, persona, joined, source, role, business, disposable)
        self.agent, self.network = chance.choice(AGENTS), f"home-{number}"
        self._draw_needs()
        self._draw_list()
        for at in self._gift_times():
            self._take(at)
        self._ask_and_look()
        self._read_mail()
        self.person.acts = [act for act in self.person.acts if act.at < self.days]
        return self.person

    def _do(self, at: float, kind: str, subject: str = "", value: float = 0.0) -> None:
        act = Act(at, kind, subject, value, agent=self.agent, network=self.network)
        self.person.acts.append(act)

    def _draw_needs(self) -> None:
        chance, person = self.chance, self.person
        left = self.days - person.joined
        mean = person.persona.needs * SOURCES[person.source][1] * max(left, 60) / YEAR
        at_once = chance.random() < 0.35  # of the needs are why they came
        start = person.joined if at_once else person.joined + left * chance.random()
        lasts = chance.lognormvariate(0, NEED_SPREAD) * NEED_MEDIAN
        shows = chance.random() >= person.persona.silent
        is_won = chance.random() < WON
        if chance.random() < mean:
            person.needs.append(Need(start, start + min(lasts, YEAR), shows, is_won))

    def _shown(self, at: float) -> bool:
        need = self.person.in_need(at)
        return need is not None and need.shows

    def _draw_list(self) -> None:
        chance, person = self.chance, self.person
        if chance.random() >= person.persona.tips:
            return
        person.on_list = person.joined + chance.random() * 0.1
        person.followed = chance.random() < FOLLOWED
        self._do(person.on_list, "newsletter.confirmed")
        leaves = person.on_list + chance.expovariate(1 / 900)
        if leaves < self.days:
            person.left_list = leaves
            self._do(leaves, "unsubscribe")

    def _gift_times(self) -> list[float]:
        chance, person = self.chance, self.person
        mean = person.persona.gifts
        if mean < 1:
            times = [person.joined] if chance.random() < mean else []
        else:
            # Who takes all there is does so in the first days.
            span = 6.0 if mean > 4 else 200.0
            later = [chance.expovariate(1 / span) for _ in range(often(chance, mean - 1))]
            times = [person.joined, *(person.joined + wait for wait in later)]
        for need in person.needs:
            if need.shows:
                times += self._during(need, IN_NEED.gifts)
        return sorted(times)[: len(self.pieces)]

    def _during(self, need: Need, a_week: float) -> list[float]:
        """When something happens in the time of a need; most in its first months."""
        span = min(need.end, self.days) - need.start
        busy = min(max(span, 0.0), 70.0)
        return [
            need.start + busy * self.chance.random()
            for _ in range(often(self.chance, a_week * busy / 7))
        ]

    def _take(self, at: float) -> None:
        had = {act.subject for act in self.person.acts if act.kind == "gift.taken"}
        left = [piece for piece in self.pieces if piece.slug not in had]
        if not left:
            return
        piece = self.chance.choice(left)
        self._do(at, "gift.taken", piece.slug)
        starts = IN_NEED.starts if self._shown(at) else self.person.persona.starts
        if self.chance.random() < starts:
            self._read(piece, at + self.chance.expovariate(1 / 2.0))

    def _read(self, piece: Piece, at: float) -> None:
        chance, persona = self.chance, self.person.persona
        shown = self._shown(at)
        goes_on = max(persona.goes_on, IN_NEED.goes_on) if shown else persona.goes_on
        read = 0
        for number in range(1, piece.chapters + 1):
            if number > 1 and chance.random() >= goes_on:
                break
            self._do(at, "read.chapter", piece.slug, number)
            read += 1
            pause = chance.expovariate(1 / 1.5) if chance.random() < 0.25 else 0.0
            at += (2 + 6 * chance.random()) * MINUTE + pause
        if 2 * read >= piece.chapters:
            self._tell(piece, at, shown)

    def _tell(self, piece: Piece, at: float, shown: bool) -> None:
        chance, persona = self.chance, self.person.persona
        if chance.random() < (max(IN_NEED.rates, persona.rates) if shown else persona.rates):
            mark = chance.choices((1, 2, 3, 4), (0.04, 0.12, 0.5, 0.34))[0]
            self._do(at + chance.expovariate(1 / 3.0), "rating", piece.slug, mark)
        if chance.random() < min(0.6, persona.forwards * 0.2):
            self._do(at + chance.expovariate(1 / 2.0), "forward", piece.slug)

    def _ask_and_look(self) -> None:
        """What people do whether they need something or not, and what a need adds to it."""
        persona, joined = self.person.persona, self.person.joined
        left = self.days - joined
        for kind, rate in (
            ("question", persona.asks),
            ("forward", persona.forwards * 0.3),
            ("page.pricing", persona.pages * 0.4),
            ("page.offer", persona.pages * 0.3),
            ("page.case", persona.pages * 0.3),
            ("visit", 3.0),
        ):
            for _ in range(often(self.chance, rate * left / YEAR)):
                self._do(joined + left * self.chance.random(), kind)
        for need in self.person.needs:
            if need.shows:
                self._show(need)

    def _show(self, need: Need) -> None:
        for kind, rate in (
            ("visit", IN_NEED.visits),
            ("page.pricing", IN_NEED.pricing),
            ("page.offer", IN_NEED.offer),
            ("page.case", IN_NEED.case),
            ("question", IN_NEED.asks),
            ("reply", IN_NEED.replies),
            ("contact.requested", IN_NEED.contact),
        ):
            for at in self._during(need, rate):
                self._do(at, kind)

    def _read_mail(self) -> None:
        chance, person = self.chance, self.person
        opens = chance.betavariate(2 * person.persona.opens + 0.1, 2 - 2 * person.persona.opens)
        proxied = chance.random() < PROXIED
        for mailing in self.mailings:
            at = mailing.at + chance.expovariate(1 / 0.6) + MINUTE
            clicks = IN_NEED.clicks if self._shown(at) else person.persona.clicks
            if chance.random() >= opens or not gets(person, mailing) or not person.followed:
                continue
            agent = chance.choice(PROXIES) if proxied else self.agent
            self._mail(mailing, at, "mail.open", 0, agent)
            if mailing.links and chance.random() < clicks:
                link = 1 + chance.randrange(mailing.links)
                self._mail(mailing, at + 2 * MINUTE, "mail.click", link, self.agent)

    def _mail(self, mailing: Mailing, at: float, kind: str, link: int, agent: str) -> None:
        act = Act(at, kind, "", link, mailing.name, agent, self.network)
        self.person.acts.append(act)


def gets(person: Person, mailing: Mailing) -> bool:
    """Was on the list when the tip went out."""
    if person.on_list is None or person.on_list > mailing.at:
        return False
    return person.left_list is None or person.left_list > mailing.at


def _add_machines(chance: Random, person: Person, mailings: Sequence[Mailing], days: float) -> None:
    """The scanner of their mail, where there is one: it follows links soon after a tip arrives."""
    if not person.business or not person.followed or chance.random() >= SCANNED:
        return
    agent = NAMED_SCANNER if chance.random() < NAMED else chance.choice(SCANNERS)
    one_only = chance.random() < ONE_LINK
    for mailing in mailings:
        if gets(person, mailing):
            person.acts += _scan(chance, mailing, agent, one_only=one_only)
    person.acts = [act for act in person.acts if act.at < days]


def _scan(chance: Random, mailing: Mailing, agent: str, *, one_only: bool) -> list[Act]:
    """What a scanner does with one tip: the links, the way out, at times the hidden link."""
    targets = [("mail.click", number) for number in range(1, mailing.links + 1)]
    targets = targets[:1] if one_only else targets
    if not one_only and chance.random() < 0.5:
        targets.append(("mail.unsubscribe_page", 0))
    if not one_only and (chance.random() < 0.4 or not mailing.links):
        targets.append(("mail.trap", 0))
    at = mailing.at + chance.lognormvariate(0, SCAN_SPREAD) * SCAN_MEDIAN * SECOND
    network, moves = f"cloud-{chance.randrange(40)}", chance.random() < MOVING
    found = []
    for kind, number in targets:
        if moves:
            network = f"cloud-{chance.randrange(40)}"
        found.append(Act(at, kind, "", number, mailing.name, agent, network, by_person=False))
        at += chance.random() * 3 * SECOND
    return found


def chapters_for(share: int, chapters: int) -> int:
    """How many chapters make so many per cent of a piece."""
    return max(1, ceil(share * chapters / 100))
