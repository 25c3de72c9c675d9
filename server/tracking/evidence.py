"""Was it a person? Each hit is kept; this says which evidence it is, and by which rule.

Here are the rules that need nothing but the hit itself: the method and the declared purpose (1),
the user agent (2), and the button (10).
"""

import re
from collections.abc import Iterable
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

_TOKENS = re.compile(r"[\s;,]+")

_RULES = {
    "1-method": "tracking.rule_method",
    "1-prefetch": "tracking.rule_prefetch",
    "2-empty-agent": "tracking.rule_empty_agent",
    "2-listed-agent": "tracking.rule_listed_agent",
    "10-button": "tracking.rule_button",
    "none": "tracking.rule_none",
}


@dataclass(frozen=True, slots=True)
class Hit:
    """One request: `purpose` is its Sec-Purpose or Purpose header, `at` in days since the epoch.

    `confirmed_act` says that it pressed a button of ours, by POST.
    """

    method: str
    agent: str
    purpose: str = ""
    at: float = 0.0
    network: str = ""
    confirmed_act: bool = False


class Verdict(NamedTuple):
    """What a hit is (human, likely, proxy, scanner or unknown) and the rule that said so."""

    evidence: str
    rule: str


def judge(hit: Hit, around: Iterable[Hit] = ()) -> Verdict:
    """The evidence a hit is; the same hit with the same hits around it gives the same verdict.

    `around` are the hits of the same message and network; the rules so far look at the hit alone.
    A pressed button is a person whatever the agent: it is the one act that scanners do not do.
    """
    if hit.method.upper() in ("HEAD", "OPTIONS"):
        return Verdict("scanner", "1-method")
    if "prefetch" in _TOKENS.split(hit.purpose.lower()):
        return Verdict("scanner", "1-prefetch")
    if hit.confirmed_act and hit.method.upper() == "POST":
        return Verdict("human", "10-button")
    if not hit.agent.strip():
        return Verdict("scanner", "2-empty-agent")
    if is_machine(hit.agent):
        return Verdict("scanner", "2-listed-agent")
    return Verdict("likely", "none")


@lru_cache(maxsize=4096)
def is_machine(agent: str) -> bool:
    """True for a user agent of a listed crawler or of a library that fetches pages."""
    return agent.lower().startswith(LIBRARIES) or bool(is_crawler(agent))


def rule_text(rule: str, language: str) -> str:
    """What a rule of `judge` says, in one sentence."""
    return say(language, _RULES[rule])
