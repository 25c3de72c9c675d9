"""The loyalty card of the house, as `content/loyalty.yaml` tells it; without the file, none."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from server.kit.content import ContentError, Document, Finding, read_text, read_yaml
from server.kit.site import Site
from server.kit.text import LANGUAGES
from server.leads.models import Lead
from server.library.assets import Library

PURPOSE = "card"
FEWEST, MOST = 2, 24
Words = Mapping[str, str]


@dataclass(frozen=True)
class Loyalty:
    """How many stamps make a card full, what may be chosen then, and what the page says."""

    stamps: int
    rewards: tuple[str, ...]
    title: Words
    text: Words


class LoyaltyFile:
    """The file as it is now; a broken one is no card until it is mended."""

    def __init__(self, content: Path, library: Library) -> None:
        self.file = content / "loyalty.yaml"
        self._library = library
        self._read: tuple[object, Loyalty | None, list[Finding]] | None = None

    def fresh(self) -> Loyalty | None:
        """The card of today; None where the house has none."""
        return self._now()[0]

    def findings(self) -> list[Finding]:
        """What is wrong with the file."""
        return self._now()[1]

    def _now(self) -> tuple[Loyalty | None, list[Finding]]:
        stat = self.file.stat() if self.file.is_file() else None
        stamp = (stat.st_mtime_ns, stat.st_size, self._library.version()) if stat else None
        if not self._read or self._read[0] != stamp:
            self._read = (stamp, *(self._look() if stat else (None, [])))
        return self._read[1], self._read[2]

    def _look(self) -> tuple[Loyalty | None, list[Finding]]:
        try:
            return read_loyalty(self.file, frozenset(self._library.kinds())), []
        except ContentError as error:
            return None, [error.finding]


def read_loyalty(file: Path, slugs: frozenset[str]) -> Loyalty:
    """The card a file tells; ContentError with the line that is wrong and what to do."""
    source = read_text(file)
    doc = Document(file, read_yaml(file, source), "", source)
    stamps = doc.meta.get("stamps")
    if isinstance(stamps, bool) or not isinstance(stamps, int) or not FEWEST <= stamps <= MOST:
        raise doc.fault("sales.loyalty_stamps", "stamps", fewest=FEWEST, most=MOST)
    rewards = doc.words("rewards")
    if not rewards:
        raise doc.fault("sales.loyalty_rewards", "rewards")
    for slug in rewards:
        if slug not in slugs:
            raise doc.fault("sales.loyalty_unknown", "rewards", slug=slug)
    return Loyalty(stamps, rewards, _words(doc, "title"), _words(doc, "text"))


def _words(doc: Document, key: str) -> Words:
    words = doc.meta.get(key)
    whole = isinstance(words, dict) and all(
        isinstance(words.get(one), str) and words[one].strip() for one in LANGUAGES
    )
    if not isinstance(words, dict) or not whole:
        raise doc.fault("sales.loyalty_words", key)
    return {one: words[one].strip() for one in LANGUAGES}


def link_of(site: Site, lead: Lead) -> str:
    """The address of the card of a customer."""
    return site.link("/card", PURPOSE, lead.id)
