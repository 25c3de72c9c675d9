"""How well readiness finds who has a need, measured on worlds where that is known.

The lines a world leaves in the log are judged by the product's own rules of evidence, and assessed
by its own core. `givefirst` does not run this; tests and trials do.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from server.demo.worlds import Act, Need, Person, World, chapters_for, make_world
from server.readiness.assessment import Assessment, Fit, assess
from server.readiness.model import Model
from server.readiness.state import Signal, fold
from server.tracking.evidence import Hit, Verdict, verdicts

STEPS = (25, 50, 75, 100)
LOOKS = (150.0, 210.0, 270.0, 330.0, 364.0)  # the days of a year on which we look
ASKING = ("make_offer", "ways_to_give_back")
IN_MAIL = ("mail.open", "mail.click", "mail.trap", "mail.unsubscribe_page")


def judged(person: Person, world: World) -> list[tuple[Act, Verdict]]:
    """Each act with what the rules of evidence say of it, the acts around it considered."""
    links = {mailing.name: mailing.links for mailing in world.mailings}
    hits = [
        Hit(
            act.method,
            act.agent,
            at=act.at,
            network=act.network,
            confirmed_act=act.method == "POST",
            kind=act.kind,
            link=str(int(act.value)),
            links=links.get(act.mailing, 0),
        )
        for act in person.acts
    ]
    presses = [hit for hit in hits if hit.method == "POST"]
    groups: dict[tuple[str, str], list[int]] = {}
    for place, act in enumerate(person.acts):
        # A mail is judged with all buttons, the reading of a gift with those of that gift.
        groups.setdefault((act.mailing, act.subject), []).append(place)
    found: dict[int, Verdict] = {}
    for (mailing, _), places in groups.items():
        own = [hits[place] for place in places]
        together = verdicts([*own, *presses] if mailing else own)
        found |= {place: together[hits[place]] for place in places}
    return [(act, found[place]) for place, act in enumerate(person.acts)]


def reached(acts: Sequence[tuple[Act, Verdict]], world: World) -> list[tuple[Act, int, Verdict]]:
    """The chapter with which a person reached a quarter, half, three quarters, all of a piece."""
    size = {piece.slug: piece.chapters for piece in world.pieces}
    seen: dict[str, set[float]] = {}
    found = []
    for act, verdict in acts:
        if act.kind != "read.chapter" or verdict.evidence not in ("human", "likely"):
            continue
        read = seen.setdefault(act.subject, set())
        if act.value in read:
            continue
        read.add(act.value)
        steps = [one for one in STEPS if chapters_for(one, size[act.subject]) == len(read)]
        found += [(act, step, verdict) for step in steps]
    return found


def signals_of(person: Person, world: World) -> list[Signal]:
    """The log of a person as the core sees it."""
    acts = judged(person, world)
    found = [
        Signal(act.kind, act.at, act.subject, verdict.evidence, act.value) for act, verdict in acts
    ]
    found += [
        Signal(f"read.{step}", act.at, act.subject, verdict.evidence)
        for act, step, verdict in reached(acts, world)
    ]
    return sorted(found, key=lambda signal: signal.at)


def fit_of(person: Person) -> Fit:
    """Who a person is, as far as an address and a role would tell."""
    return Fit(person.business, person.disposable, person.role or "unknown")


@dataclass(frozen=True)
class Seen:
    """One look at one lead: what was thought of them, and whether they had a need then."""

    person: Person
    at: float
    assessment: Assessment
    need: Need | None
    in_window: bool

    @property
    def in_need(self) -> bool:
        """Looks for what we sell, whether it shows or not."""
        return self.need is not None

    @property
    def leaves_traces(self) -> bool:
        """False for a need of which nothing shows; no model finds that."""
        return self.need is None or self.need.shows

    @property
    def asks_too_soon(self) -> bool:
        """The next step asks something of them, within the days of rest after a gift."""
        return self.in_window and self.assessment.next_step.name in ASKING


def look(world: World, model: Model, days: Iterable[float] = LOOKS) -> list[Seen]:
    """Every lead who is no customer yet, on each of these days."""
    found = []
    moments = list(days)
    for person in world.people:
        if person.persona.name == "customer":
            continue
        signals = signals_of(person, world)
        found += [
            _seen(person, signals, at, model)
            for at in moments
            if person.joined < at and not any(need.end <= at for need in person.needs)
        ]
    return found


def _seen(person: Person, signals: Sequence[Signal], at: float, model: Model) -> Seen:
    known = [signal for signal in signals if signal.at <= at]
    gifts = [signal.at for signal in known if signal.kind == "gift.taken"]
    in_window = any(at < gift + model.windows.asset_days for gift in gifts)
    state = fold(known, model)
    found = assess(state, fit_of(person), at, model, catalogue=())
    return Seen(person, at, found, person.in_need(at), in_window)


def auc(pairs: Sequence[tuple[float, bool]]) -> float:
    """The chance that who has a need stands above who has none; ties count half."""
    ranked = sorted(pairs, key=lambda pair: pair[0])
    yes = sum(label for _, label in ranked)
    no = len(ranked) - yes
    if not yes or not no:
        raise ValueError("both kinds are needed")
    total, start = 0.0, 0
    while start < len(ranked):
        end = start
        while end < len(ranked) and ranked[end][0] == ranked[start][0]:
            end += 1
        middle = (start + end + 1) / 2
        total += middle * sum(label for _, label in ranked[start:end])
        start = end
    return (total - yes * (yes + 1) / 2) / (yes * no)


def precision_at(pairs: Sequence[tuple[float, bool]], share: float) -> float:
    """How many of the best so large a part have a need; 1 where all do who could."""
    count = max(1, round(share * len(pairs)))
    best = sorted(pairs, key=lambda pair: -pair[0])[:count]
    possible = min(count, sum(label for _, label in pairs))
    return sum(label for _, label in best) / possible if possible else 0.0


@dataclass(frozen=True)
class Measured:
    """What a world says of a model; `shown` is the AUC where needs that leave no trace are left
    out, `precision` is of the best tenth, as a share of the most that could be found; `bots` is
    what machines cost in AUC."""

    auc: float
    shown: float
    precision: float
    bots: float
    asks_in_window: int


def measure(
    seed: int, count: int, model: Model, *, make: Callable[..., World] = make_world
) -> Measured:
    """A model on the world of a seed."""
    seen = look(make(seed, count), model)
    pairs = _pairs(seen)
    without = _pairs(look(make(seed, count, machines=False), model))
    asked = sum(one.asks_too_soon for one in seen)
    shown = _pairs([one for one in seen if one.leaves_traces])
    bots = auc(without) - auc(pairs)
    return Measured(auc(pairs), auc(shown), precision_at(pairs, 0.1), bots, asked)


def _pairs(seen: Sequence[Seen]) -> list[tuple[float, bool]]:
    return [(one.assessment.total, one.in_need) for one in seen]
