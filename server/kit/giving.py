"""How generous the house is: `giving:` in `content/site.yaml`, each rule with a sober default."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from server.kit.content import Document

MOST = 100_000
# Days after the last reading, or after what stands for it, when it is asked how a gift was liked.
ASK_AFTER = {
    "e-book": 7,
    "white paper": 7,
    "podcast": 7,
    "webinar": 1,
    "sample": 10,
    "service": 3,
    "trial": 0,
}


@dataclass(frozen=True)
class HoldOut:
    """To see whether an extra works: so many percent of who would get it do not, and after so many
    days one looks what came of both."""

    share: int
    days: int


SHARES, DAYS = (5, 50), (7, 730)  # the least and the most of each


def hold_out_of(given: object) -> HoldOut | None:
    """The one that `hold_out: {share: 10, days: 90}` states; None for nothing.

    Raises ValueError for anything else.
    """
    if given is None:
        return None
    if not isinstance(given, dict) or set(given) != {"share", "days"}:
        raise ValueError(given)
    for name, (least, most) in (("share", SHARES), ("days", DAYS)):
        value = given[name]
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(value)
    return HoldOut(given["share"], given["days"])


@dataclass(frozen=True)
class GivingRules:
    """Windows in days, limits in gifts; a limit of 0 is none.

    `ask_after`: by kind, days until it is asked how it was liked. `affiliates`: hosts
    whose links pay us.
    """

    personal_days: int = 10
    surprises_a_week: int = 5
    surprise_apart_days: int = 60
    per_lead: int = 0
    per_company: int = 0
    limit_days: int = 365
    ask_after: Mapping[str, int] = field(default_factory=lambda: dict(ASK_AFTER))
    ask_again_days: int = 30
    thanks_after_days: int = 3
    quiet_customer_days: int = 180
    many_gifts: int = 4
    affiliates: tuple[str, ...] = ()


def read_giving(doc: Document) -> GivingRules:
    """The rules a file states; ContentError with the line where one is none."""
    given = _inside(doc, doc.meta, "giving")
    surprises = _inside(doc, given, "surprises")
    limits = _inside(doc, given, "limits")
    after = {str(kind): given_days for kind, given_days in _inside(doc, given, "ask_after").items()}
    for kind in after:
        if kind not in ASK_AFTER:
            raise doc.fault("kit.giving_kind", kind)
    sober = GivingRules()
    return GivingRules(
        personal_days=_count(doc, given, "personal_days", sober.personal_days),
        surprises_a_week=_count(doc, surprises, "per_week", sober.surprises_a_week),
        surprise_apart_days=_count(doc, surprises, "apart_days", sober.surprise_apart_days),
        per_lead=_count(doc, limits, "per_lead", sober.per_lead),
        per_company=_count(doc, limits, "per_company", sober.per_company),
        limit_days=_count(doc, limits, "days", sober.limit_days),
        ask_after={kind: _count(doc, after, kind, days) for kind, days in ASK_AFTER.items()},
        ask_again_days=_count(doc, given, "ask_again_days", sober.ask_again_days),
        thanks_after_days=_count(doc, given, "thanks_after_days", sober.thanks_after_days),
        quiet_customer_days=_count(doc, given, "quiet_customer_days", sober.quiet_customer_days),
        many_gifts=_count(doc, given, "many_gifts", sober.many_gifts),
        affiliates=_hosts(doc, given),
    )


def _inside(doc: Document, given: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = given.get(key) or {}
    if not isinstance(value, dict):
        raise doc.fault("kit.house_mapping", key)
    return value


def _count(doc: Document, given: Mapping[str, Any], key: str, default: int) -> int:
    value = given.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST:
        raise doc.fault("kit.content_no_number", key)
    return value


def _hosts(doc: Document, given: Mapping[str, Any]) -> tuple[str, ...]:
    hosts = given.get("affiliates") or []
    if not isinstance(hosts, list) or not all(isinstance(one, str) and one for one in hosts):
        raise doc.fault("kit.house_mapping", "affiliates")
    return tuple(one.lower() for one in hosts)
