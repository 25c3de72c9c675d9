"""The rule: in which state a lead is, what the next step is, and when to look again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log2
from typing import NamedTuple

from server.readiness.facts import NEVER, OFFERS, RATINGS, REFUSALS, Facts
from server.readiness.model import Model
from server.readiness.scoring import Fit, Score
from server.readiness.state import ASKS, LeadState

NEAR = 1 / 24  # days: how exactly the end of READY is found

ASKED = (*ASKS, "outcome.offer")


class NextStep(NamedTuple):
    """What to do next, about which asset, and until when where that is to wait."""

    name: str
    subject: str = ""
    opens_at: float | None = None


class Chance(NamedTuple):
    """A moment to ask how an asset was liked: from, up to, about."""

    opens: float
    closes: float
    subject: str


@dataclass(slots=True)
class Case:
    """One reading of one lead: its facts and score, what only the caller knows, and what follows.

    Times that never come are NEVER.
    """

    state: LeadState
    fit: Fit
    facts: Facts
    score: Score
    model: Model
    now: float
    window_until: float
    silent_from: float
    reachable: bool
    was_ready: bool
    threshold: float
    kinds: Mapping[str, str]
    catalogue: Sequence[str] | None
    contact_open: bool = False
    stopped: bool = False
    asks_open_at: float = NEVER  # the no-ask window aside
    put_off_until: float = NEVER
    offer_until: float = NEVER
    ask_liked_from: float = NEVER
    chances: list[Chance] = field(init=False)
    thanks: tuple[float, str] | None = field(init=False)

    def __post_init__(self) -> None:
        if self.facts.others:
            self._add_asks()
        self.chances = self._chances()
        self.thanks = self._thanks() if self.facts.returns else None

    def _add_asks(self) -> None:
        """What was asked, refused and put off, by either side."""
        facts, model = self.facts, self.model
        offered, refused = facts.latest(OFFERS), facts.latest(REFUSALS)
        rested = refused + model.rule.refusal_days
        self.contact_open = facts.contact_open()
        self.stopped = facts.stopped()
        self.asks_open_at = max(facts.latest(ASKED) + model.rule.ask_days, rested)
        self.put_off_until = max(rested if refused >= offered else NEVER, self._not_now(offered))
        answered = max(refused, facts.latest(("outcome.not_now", "outcome.not_a_fit")))
        self.offer_until = offered + model.windows.offer_days if offered > answered else NEVER
        self.ask_liked_from = facts.last.get("liked.asked", NEVER) + model.liked.again_days

    def _not_now(self, offered: float) -> float:
        """Until when the last "not now" since an offer holds."""
        at = self.facts.last.get("outcome.not_now")
        if at is None or at < offered:
            return NEVER
        notes = [mark for mark in self.facts.others if mark[0] == "outcome.not_now"]
        until = max([mark[3] for mark in notes if mark[2] == at])
        return until if until > at else at + self.model.windows.not_now_days

    def _chances(self) -> list[Chance]:
        """When to ask how which asset was liked, for those not asked about or rated yet."""
        liked, kinds, facts = self.model.liked, self.kinds, self.facts
        done = self._discussed() if facts.others or facts.returns else set()
        found = []
        for slug, (share, at) in facts.reads.items():
            kind = kinds.get(slug, "default")
            if share >= liked.read_share and slug not in done and kind not in liked.after_giving:
                days = liked.after_reading.get(kind, liked.after_reading["default"])
                found.append(Chance(at + days, at + liked.until_days, slug))
        for what, slug, at, value, _ in facts.given:
            if slug in done:
                continue
            if what == "trial.started" and value > 0:
                opens = at + liked.trial_share * value
                found.append(Chance(opens, opens + liked.until_days, slug))
            elif slug in kinds and kinds[slug] in liked.after_giving:
                days = liked.after_giving[kinds[slug]]
                found.append(Chance(at + days, at + liked.until_days, slug))
        return found

    def _discussed(self) -> set[str]:
        """The assets of which we asked or heard how they were liked."""
        facts = self.facts
        told = {mark[1] for mark in facts.returns if mark[0] in RATINGS}
        return told.union([mark[1] for mark in facts.others if mark[0] == "liked.asked"])

    def _thanks(self) -> tuple[float, str] | None:
        """A liked gift since which no way to give back was taken or offered: when, which."""
        least, back = self.model.liked.from_rating, self.facts.returns
        liked = [(m[2], m[1]) for m in back if m[0] in RATINGS and m[3] >= least]
        if not liked:
            return None
        last = max(liked)
        done = [mark[2] for mark in back if mark[0] not in RATINGS]
        done.append(self.facts.last.get("ask.return", NEVER))
        return None if max(done) >= last[0] else last

    def is_taker(self) -> bool:
        """Takes much and gives nothing back."""
        return self.score.share >= self.model.taker.share

    def has_acquired_right(self) -> bool:
        """Was given much of late, and nothing came back in that time."""
        giving, given = self.model.giving, self.facts.given
        if len(given) < giving.acquired_gifts:
            return False
        if self.now < self.facts.returned_at + giving.acquired_days:
            return False
        recent = sum([self.now < mark[2] + giving.acquired_days for mark in given])
        return recent >= giving.acquired_gifts


def state_of(case: Case) -> str:
    """The state of a lead whose profile is on; whoever asks to be contacted is ready at once."""
    if case.contact_open:
        return "ready"
    facts = case.facts
    if facts.others or facts.returns:
        for name, holds in _STATES_SETTLED:
            if holds(case):
                return name
    for name, holds in _STATES:
        if holds(case):
            return name
    return "new"


def step_of(case: Case, state: str) -> NextStep:
    """The first next step that holds for a lead in this state."""
    for rule in _STEPS:
        step = rule(case, state)
        if step is not None:
            return step
    return NextStep("rest")


def check_at(case: Case, state: str) -> float | None:
    """The earliest day on which state or next step can change by the passing of time alone.

    None when they cannot. On that day nothing may turn out to change; before it, nothing does,
    other than that the end of READY is named up to NEAR too late.
    """
    facts, model = case.facts, case.model
    days = [
        case.window_until,
        case.asks_open_at,
        case.put_off_until,
        case.offer_until,
        case.silent_from,
        case.ask_liked_from,
        facts.first_gift_at + model.rule.first_gift_days,
        facts.last_gift_at + model.giving.pause_days,
    ]
    for chance in case.chances:
        days += chance[:2]
    if case.thanks is not None:
        days.append(case.thanks[0] + model.liked.thanks_days)
    if len(facts.given) >= model.giving.acquired_gifts:
        days += [mark[2] + model.giving.acquired_days for mark in facts.given]
        days.append(facts.returned_at + model.giving.acquired_days)
    if state == "ready" and not case.contact_open:
        days.append(_ends_at(case))
    now = case.now
    return min([day for day in days if day > now], default=None)


def _ends_at(case: Case) -> float:
    """When READY ends by decay alone; NEVER if it does not."""
    rule, score = case.model.rule, case.score
    needed = case.model.points_for(rule.keep_share * case.threshold)
    lasting = score.fit + score.taker
    if lasting >= needed:
        return NEVER
    # Nothing fades faster than its fastest part, and a capped sum no faster than what it caps.
    fastest = min([part[3] for part in score.parts])
    least = fastest * log2(score.interest / (needed - lasting))
    low, step = (least, 1.0) if least > 0 else (-rule.keep_days, 1.0)
    while score.total_at(low + step) >= needed:
        low, step = low + step, 2 * step
    high = low + step
    while high - low > NEAR:
        middle = (low + high) / 2
        low, high = (middle, high) if score.total_at(middle) >= needed else (low, middle)
    return case.now + high + rule.keep_days


def _is_customer(case: Case) -> bool:
    return case.facts.is_customer()


def _is_no_fit(case: Case) -> bool:
    judged = case.facts.last.get("outcome.not_a_fit")
    if judged is None:
        return False
    later = (*OFFERS, "outcome.accepted", "outcome.lost", "outcome.not_now")
    return judged >= case.facts.latest(later)


def _is_put_off(case: Case) -> bool:
    return case.now < case.put_off_until


def _is_offered(case: Case) -> bool:
    return case.now < case.offer_until


def _is_stopped(case: Case) -> bool:
    return case.stopped


def _is_ready(case: Case) -> bool:
    if not _is_likely(case):
        return False
    facts, rule = case.facts, case.model.rule
    if not facts.given or not case.reachable or case.is_taker() or case.score.fit < rule.fit:
        return False
    opens = max(facts.first_gift_at + rule.first_gift_days, case.window_until, case.asks_open_at)
    return case.now >= opens and facts.used_at >= facts.first_gift_at


def _is_likely(case: Case) -> bool:
    """At the threshold; once ready, not below the share that keeps it for as long as that takes.

    Points only fade between events, so what they were at most then stands for all the days since.
    """
    rule, model = case.model.rule, case.model
    if case.was_ready:
        then = case.score.total_at(-rule.keep_days)
        return model.probability(then) >= rule.keep_share * case.threshold
    return case.score.probability >= case.threshold


def _is_silent(case: Case) -> bool:
    return NEVER < case.silent_from <= case.now


def _is_reading(case: Case) -> bool:
    return case.facts.used_at > NEVER or any(part[0] == "mail.click" for part in case.score.parts)


_State = tuple[str, Callable[[Case], bool]]

# Only whoever was asked something, was spoken to or gave back can be in one of the first.
_STATES_SETTLED: tuple[_State, ...] = (
    ("customer", _is_customer),
    ("not_a_fit", _is_no_fit),
    ("resting", _is_put_off),
    ("offered", _is_offered),
    ("resting", _is_stopped),
)
_STATES: tuple[_State, ...] = (
    ("ready", _is_ready),
    ("resting", _is_silent),
    ("reading", _is_reading),
)


def _call_back(case: Case, _: str) -> NextStep | None:
    return NextStep("call_back") if case.contact_open else None


def _leave_alone(case: Case, state: str) -> NextStep | None:
    if state == "resting" and case.now < case.put_off_until:
        return NextStep("rest", "", case.put_off_until)
    left = state in ("resting", "not_a_fit") or case.stopped or not case.reachable
    return NextStep("rest") if left else None


def _stop_giving(case: Case, _: str) -> NextStep | None:
    return NextStep("stop_giving") if case.has_acquired_right() else None


def _wait(case: Case, _: str) -> NextStep | None:
    return NextStep("wait", "", case.window_until) if case.now < case.window_until else None


def _wait_for_answer(case: Case, state: str) -> NextStep | None:
    return NextStep("wait_for_answer", "", case.offer_until) if state == "offered" else None


def _ask_liked(case: Case, _: str) -> NextStep | None:
    if not case.chances or case.now < case.ask_liked_from:
        return None
    found = [chance for chance in case.chances if chance.opens <= case.now < chance.closes]
    return NextStep("ask_liked", max(found).subject) if found else None


def _offer_ways_back(case: Case, _: str) -> NextStep | None:
    if case.thanks is None or case.now < case.asks_open_at:
        return None
    at, subject = case.thanks
    open_until = at + case.model.liked.thanks_days
    return NextStep("ways_to_give_back", subject) if case.now < open_until else None


def _make_offer(_: Case, state: str) -> NextStep | None:
    return NextStep("make_offer") if state == "ready" else None


def _give(case: Case, _: str) -> NextStep | None:
    giving, facts = case.model.giving, case.facts
    if case.is_taker() or case.now < facts.last_gift_at + giving.pause_days:
        return None
    name = "give_personal" if case.score.fit >= giving.personal_fit else "give"
    if case.catalogue is None:
        return NextStep(name)
    had = {mark[1] for mark in facts.given}
    left = [slug for slug in case.catalogue if slug not in had and slug not in facts.reads]
    return NextStep(name, left[0]) if left else None


_STEPS: tuple[Callable[[Case, str], NextStep | None], ...] = (
    _call_back,
    _leave_alone,
    _stop_giving,
    _wait,
    _wait_for_answer,
    _ask_liked,
    _offer_ways_back,
    _make_offer,
    _give,
)
