"""Was it a person? Each hit is kept; this says which evidence it is, and by which rule.

Rules that need the hit alone: the method and the declared purpose (1), the user agent (2), a mail
proxy that fetches pictures (8), the button (10). Rules that look at the hits around it: the trap
(3), the burst (4) with what a button takes back from it (9), and the third reader of a gift. The
verdict is a function of the set of hits: the order in which they came makes no difference.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from crawleruseragents import is_crawler

from server.kit.text import say

# Libraries that fetch pages and say so, for those the list of crawlers does not have.
LIBRARIES = (
    "curl/",
    "wget/",
    "python-requests",
    "python-httpx",
    "python-urllib",
    "httpx2",
    "aiohttp",
    "go-http-client",
    "okhttp",
    "java/",
    "java-http-client",
    "apache-httpclient",
    "libwww-perl",
    "lwp::simple",
    "axios",
    "node-fetch",
    "undici",
    "guzzlehttp",
    "postmanruntime",
    "ruby",
)
# Those who fetch the pictures of a mail for its reader, by name: GoogleImageProxy (via ggpht.com),
# YahooMailProxy and their like; Apple's fetches with a bare "Mozilla/5.0".
PROXIES = re.compile(r"image[ _-]?proxy|mail[ _-]?proxy|ggpht\.com|\Amozilla/5\.0\Z", re.IGNORECASE)

CLICK, OPEN, TRAP, WAY_OUT = "mail.click", "mail.open", "mail.trap", "mail.unsubscribe_page"
MAIL_KINDS = (CLICK, OPEN, TRAP, WAY_OUT)
GIFT_KINDS = ("read.chapter", "gift.downloaded")
COUNTS = ("human", "likely")
READERS_THAT_COUNT = 2

SECOND = 1 / 86400  # times are in days
BURST, BURST_LINKS = 10 * SECOND, 3
WAY_OUT_BURST = 2 * SECOND
ALL_BURST, ALL_LINKS = 120 * SECOND, 3
NEAR = 1800 * SECOND  # a button this long before or after speaks for its reader

_TOKENS = re.compile(r"[\s;,]+")

RULES = {
    "1-method": "tracking.rule_method",
    "1-prefetch": "tracking.rule_prefetch",
    "2-empty-agent": "tracking.rule_empty_agent",
    "2-listed-agent": "tracking.rule_listed_agent",
    "3-trap": "tracking.rule_trap",
    "4-burst": "tracking.rule_burst",
    "4-way-out": "tracking.rule_way_out",
    "4-all": "tracking.rule_all",
    "4-gift": "tracking.rule_gift",
    "4-rests": "tracking.rule_rests",
    "8-proxy": "tracking.rule_proxy",
    "9-button": "tracking.rule_button_near",
    "10-button": "tracking.rule_button",
    "third-reader": "tracking.rule_third_reader",
    "none": "tracking.rule_none",
}


@dataclass(frozen=True, slots=True)
class Hit:
    """One request: `purpose` is its Sec-Purpose or Purpose header, `at` in days since the epoch.

    `confirmed_act` says that it pressed a button of ours, by POST. `kind` is that of its line in
    the log, `link` what was followed (a number, a chapter, a format), and `links` how many links
    the text of the message has.
    """

    method: str
    agent: str
    purpose: str = ""
    at: float = 0.0
    network: str = ""
    confirmed_act: bool = False
    kind: str = ""
    link: str = ""
    links: int = 0

    @property
    def reader(self) -> tuple[str, str]:
        """Tells two readers apart: their network and their browser."""
        return self.network, self.agent


class Verdict(NamedTuple):
    """What a hit is (human, likely, proxy, scanner or unknown) and the rule that said so."""

    evidence: str
    rule: str


Verdicts = dict[Hit, Verdict]
Test = Callable[[Collection[str]], bool]


def judge(hit: Hit, around: Iterable[Hit] = ()) -> Verdict:
    """The evidence a hit is; the same hit with the same hits around it gives the same verdict.

    `around` are all hits of the same message to the same reader, or of the same gift, and the
    buttons that were pressed by the same lead around that time.
    A pressed button is a person whatever the agent: it is the one act that scanners do not do.
    """
    return verdicts((hit, *around))[hit]


def verdicts(hits: Iterable[Hit]) -> Verdicts:
    """The verdict on each hit of one message to one reader, or of one gift."""
    found = {hit: _alone(hit) for hit in hits}
    in_time = sorted(found, key=_place)
    _spring_the_trap(in_time, found)
    _judge_bursts(in_time, found)
    _count_readers(in_time, found)
    return found


def _alone(hit: Hit) -> Verdict:
    """By the rules that need nothing but the hit itself."""
    if hit.method.upper() in ("HEAD", "OPTIONS"):
        return Verdict("scanner", "1-method")
    if "prefetch" in _TOKENS.split(hit.purpose.lower()):
        return Verdict("scanner", "1-prefetch")
    if _is_press(hit):
        return Verdict("human", "10-button")
    if hit.kind == OPEN and PROXIES.search(hit.agent.strip()):
        return Verdict("proxy", "8-proxy")
    if not hit.agent.strip():
        return Verdict("scanner", "2-empty-agent")
    if is_machine(hit.agent):
        return Verdict("scanner", "2-listed-agent")
    return Verdict("likely", "none")


def _place(hit: Hit) -> tuple[float, str, str, str, str, str, str]:
    """An order of hits that depends on nothing but the hits."""
    return hit.at, hit.network, hit.agent, hit.kind, hit.link, hit.method, hit.purpose


def _spring_the_trap(hits: Sequence[Hit], found: Verdicts) -> None:
    """Rule 3: from where the hidden link was followed, every click is a scanner's."""
    networks = {hit.network for hit in hits if hit.kind == TRAP}
    for hit in hits:
        if hit.kind in (CLICK, TRAP, WAY_OUT) and hit.network in networks:
            _call(hit, "3-trap", found)


def _judge_bursts(hits: Sequence[Hit], found: Verdicts) -> None:
    """Rule 4, for each reader by themselves, then for what is left of a message taken together.

    So a scanner that changes its address is seen, and whoever clicks while a scanner is at work
    elsewhere is not taken for it. Who pressed a button is not hurt (rule 9).
    """
    presses = [hit for hit in hits if _is_press(hit)]
    left = []
    for part in _by_reader(hits):
        bursts = _bursts(part)
        for hit in part:
            pressed = any(_speaks_for(press, hit) for press in presses)
            if hit in bursts:
                _call(hit, bursts[hit], found, pressed=pressed)
            elif hit.kind in (CLICK, WAY_OUT) and _counts(hit, found) and not pressed:
                left.append(hit)
    for hit, rule in _bursts(sorted(left, key=_place)).items():
        _call(hit, rule, found)


def _by_reader(hits: Sequence[Hit]) -> list[list[Hit]]:
    """What was followed, per reader, each in the order of time."""
    parts: dict[tuple[str, str], list[Hit]] = {}
    for hit in hits:
        if hit.kind in (CLICK, WAY_OUT, *GIFT_KINDS):
            parts.setdefault(hit.reader, []).append(hit)
    return list(parts.values())


def _is_press(hit: Hit) -> bool:
    return hit.confirmed_act and hit.method.upper() == "POST"


def _speaks_for(press: Hit, hit: Hit) -> bool:
    """The same reader pressed a button: of a gift at any time, else around that time (rule 9)."""
    near = hit.kind in GIFT_KINDS or abs(press.at - hit.at) <= NEAR
    return press.reader == hit.reader and near


def _bursts(hits: Sequence[Hit]) -> dict[Hit, str]:
    """The hits that came faster than people click, with the rule that says so."""
    mail = [hit for hit in hits if hit.kind in (CLICK, WAY_OUT)]
    gift = [hit for hit in hits if hit.kind in GIFT_KINDS]
    whole = max((hit.links for hit in mail), default=0)

    def many(links: Collection[str]) -> bool:
        return len(links) >= BURST_LINKS

    def with_way_out(links: Collection[str]) -> bool:
        return WAY_OUT in links and len(links) > 1

    def all_of_them(links: Collection[str]) -> bool:
        return whole >= ALL_LINKS and len(links) - (WAY_OUT in links) >= whole

    found: dict[Hit, str] = {}
    for part, span, test, rule in (
        (mail, BURST, many, "4-burst"),
        (mail, WAY_OUT_BURST, with_way_out, "4-way-out"),
        (mail, ALL_BURST, all_of_them, "4-all"),
        (gift, BURST, many, "4-gift"),
    ):
        for hit in _within(part, span, test):
            found.setdefault(hit, rule)
    return found


def _within(hits: Sequence[Hit], span: float, test: Test) -> list[Hit]:
    """The hits in any stretch of so many days whose distinct links pass the test."""
    inside: Counter[str] = Counter()
    end = told = 0
    found: list[Hit] = []
    for start, first in enumerate(hits):
        while end < len(hits) and hits[end].at - first.at <= span:
            inside[_name(hits[end])] += 1
            end += 1
        if test(inside.keys()):
            found += hits[max(start, told) : end]
            told = end
        inside[_name(first)] -= 1
        if not inside[_name(first)]:
            del inside[_name(first)]
    return found


def _name(hit: Hit) -> str:
    return WAY_OUT if hit.kind == WAY_OUT else f"{hit.kind}:{hit.link}"


def _count_readers(hits: Sequence[Hit], found: Verdicts) -> None:
    """From the third reader of a gift on the link was passed on, and counts for nobody."""
    known: list[tuple[str, str]] = []
    for hit in hits:
        if hit.kind not in GIFT_KINDS or not _counts(hit, found) or hit.reader in known:
            continue
        if len(known) < READERS_THAT_COUNT:
            known.append(hit.reader)
        else:
            found[hit] = Verdict("unknown", "third-reader")


def _counts(hit: Hit, found: Verdicts) -> bool:
    return found[hit].evidence in COUNTS


def _call(hit: Hit, rule: str, found: Verdicts, *, pressed: bool = False) -> None:
    """A scanner by this rule, where no earlier one said so; not who pressed a button."""
    if _counts(hit, found):
        found[hit] = Verdict("likely", "9-button") if pressed else Verdict("scanner", rule)


@lru_cache(maxsize=4096)
def is_machine(agent: str) -> bool:
    """True for a user agent of a listed crawler or of a library that fetches pages."""
    return agent.lower().startswith(LIBRARIES) or bool(is_crawler(agent))


def rule_text(rule: str, language: str) -> str:
    """What a rule of `judge` says, in one sentence."""
    return say(language, RULES[rule])
