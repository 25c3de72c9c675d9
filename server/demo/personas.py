"""Who the invented people are: what they come for, and what they do with what they are given.

Written down before any score was measured against them, and not to be tuned to a model: a change
here needs a reason from outside. What is known from outside:

- Who takes an e-book buys no more often than who does not (35.7 against 39.8 % in 9,240 leads of a
  course provider): taking hangs on habit, so `gifts` is highest where `needs` is not.
- Of real deals the median time from interest to won is 14 days, for a quarter over 55, for a tenth
  over 162: `NEED_MEDIAN` and `NEED_SPREAD` are the log-normal through those three.
- Of 836 bursts of mail scanners the median came 43 s after sending, 0.5 % within 10 s, 31 % after
  a minute: `SCAN_MEDIAN` and `SCAN_SPREAD`.
- Engagement alone tells little (AUC .60), who refers and where they came from tells more: a need
  comes more often to who came by a colleague.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

NEED_MEDIAN, NEED_SPREAD = 14.0, 1.95  # days; of the logarithm
SCAN_MEDIAN, SCAN_SPREAD = 43.0, 0.58  # seconds; of the logarithm
SCANNED = 0.35  # of the organisations let a machine look through their mail
ONE_LINK = 0.15  # of the scanners look at one link only
NAMED = 0.3  # of the scanners say what they are
MOVING = 0.2  # of the scanners change their address between two links
PROXIED = 0.45  # of the readers open their mail through a proxy
FOLLOWED = 0.4  # of the subscribers let us see what they do with the tip

SOURCES: Mapping[str, tuple[float, float]] = {
    # how many come this way, and how much more often a need comes to them
    "search": (0.36, 1.0),
    "colleague": (0.18, 1.8),
    "fair": (0.14, 1.2),
    "social": (0.22, 0.7),
    "speaker": (0.10, 1.3),
}


@dataclass(frozen=True)
class Persona:
    """A kind of person. Chances are 0 to 1, rates are times a year.

    `needs`: the chance that a need arises in a year. `gifts`: how many they take on average, at
    least one where `tips` is not all they came for. `starts`, `goes_on`: the chance that a gift is
    opened, and of each next chapter. `rates`: of who read half, the chance to say how it was.
    `silent`: the chance that a need leaves no trace on the site.
    """

    name: str
    share: float
    needs: float
    gifts: float
    tips: float
    starts: float
    goes_on: float
    opens: float
    clicks: float
    rates: float
    asks: float
    forwards: float
    pages: float
    business: float
    silent: float = 0.25
    roles: Mapping[str, float] = field(default_factory=dict)


PERSONAS: tuple[Persona, ...] = (
    # Has work that hurts now and then; looks around long before buying.
    Persona("buyer", 0.16, needs=0.75, gifts=1.6, tips=0.45, starts=0.7, goes_on=0.82, opens=0.4,
            clicks=0.06, rates=0.2, asks=0.3, forwards=0.15, pages=1.0, business=0.85,
            roles={"decider": 0.5, "user": 0.3}),
    # Reads for the love of it; says thanks; buys next to nothing.
    Persona("reader", 0.22, needs=0.06, gifts=2.2, tips=0.6, starts=0.9, goes_on=0.9, opens=0.7,
            clicks=0.16, rates=0.35, asks=0.3, forwards=0.2, pages=0.4, business=0.6,
            roles={"decider": 0.2, "user": 0.45}),
    # Takes all there is and opens little of it.
    Persona("bargain hunter", 0.09, needs=0.01, gifts=5.0, tips=0.3, starts=0.25, goes_on=0.45,
            opens=0.15, clicks=0.05, rates=0.03, asks=0.05, forwards=0.02, pages=0.8, business=0.25,
            roles={"user": 0.2}),
    # Reads on behalf of others and passes it on.
    Persona("forwarder", 0.07, needs=0.14, gifts=2.0, tips=0.5, starts=0.8, goes_on=0.8, opens=0.5,
            clicks=0.15, rates=0.3, asks=0.4, forwards=2.0, pages=0.5, business=0.9,
            roles={"user": 0.6, "decider": 0.1}),
    # Writes a thesis: reads much, asks much, buys nothing.
    Persona("student", 0.08, needs=0.0, gifts=3.0, tips=0.3, starts=0.85, goes_on=0.85, opens=0.35,
            clicks=0.12, rates=0.15, asks=1.2, forwards=0.1, pages=0.3, business=0.1,
            roles={"student": 0.8}),
    # Gets the tip, opens it, does nothing else; some buy out of the blue.
    Persona("quiet subscriber", 0.24, needs=0.1, gifts=0.3, tips=1.0, starts=0.5, goes_on=0.7,
            opens=0.55, clicks=0.05, rates=0.08, asks=0.05, forwards=0.05, pages=0.2, business=0.65,
            silent=0.5, roles={"decider": 0.25, "user": 0.25}),
    # Bought before we knew them here; wants to stay in touch.
    Persona("customer", 0.06, needs=0.0, gifts=1.4, tips=0.7, starts=0.75, goes_on=0.8, opens=0.6,
            clicks=0.12, rates=0.35, asks=0.8, forwards=0.4, pages=0.5, business=0.95,
            roles={"decider": 0.45, "user": 0.35}),
    # In the same trade: studies what we do and what it costs.
    Persona("competitor", 0.08, needs=0.0, gifts=2.0, tips=0.6, starts=0.6, goes_on=0.6, opens=0.5,
            clicks=0.18, rates=0.02, asks=0.1, forwards=0.02, pages=4.0, business=0.9,
            roles={"decider": 0.4, "user": 0.2}),
)  # fmt: skip


@dataclass(frozen=True)
class InNeed:
    """What changes while somebody has a need and shows it; rates are times a week."""

    gifts: float = 0.12
    starts: float = 0.85
    goes_on: float = 0.88
    clicks: float = 0.2
    visits: float = 0.6
    pricing: float = 0.16
    offer: float = 0.14
    case: float = 0.14
    asks: float = 0.07
    replies: float = 0.05
    contact: float = 0.04
    rates: float = 0.3


IN_NEED = InNeed()
WON = 0.55  # of the needs that come to us end in a sale with us
