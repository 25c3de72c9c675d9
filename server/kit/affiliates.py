"""Links that pay us: marked on every page and in every mail, with nothing for a writer to do.

A text is marked when it is read, so that whoever writes it out (page, mail, PDF, EPUB) shows the
mark. `rel` is for machines, the word after the link is for people.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from server.kit.content import Finding, Shelf, Stamp
from server.kit.house import HouseFile
from server.kit.text import say

REL = "sponsored nofollow"


class Written(Protocol):
    """Something with texts: `trees` are all of them, as they will be written out."""

    @property
    def language(self) -> str: ...

    @property
    def trees(self) -> Sequence[Element]: ...


W = TypeVar("W", bound=Written)


def hosts_of(content: Path) -> tuple[str, ...]:
    """The hosts whose links pay us, as the file of the house says now."""
    return _house(content).fresh().giving.affiliates


@lru_cache(maxsize=8)
def _house(content: Path) -> HouseFile:
    # Kept, so that a broken file leaves the last good one standing.
    return HouseFile(content)


def mark(trees: Sequence[Element], hosts: Sequence[str], language: str) -> None:
    """Mark each link to one of these hosts, or below one; what is marked stays as it is."""
    word = say(language, "kit.affiliate_mark")
    for tree in trees:
        for link in tree.iter("a"):
            if not link.get("rel") and pays(link.get("href", ""), hosts):
                link.set("rel", REL)
                link.tail = f" {word}{link.tail or ''}"


def pays(href: str, hosts: Sequence[str]) -> bool:
    """An address leads to one of these hosts, or below one."""
    try:
        host = (urlsplit(href.strip()).hostname or "").rstrip(".")
    except ValueError:
        return False
    return any(host == one or host.endswith(f".{one}") for one in hosts)


class TextShelf(Shelf[W]):
    """A shelf of texts whose links are marked; other hosts in the house, and all is read anew."""

    def _files(self) -> Iterator[tuple[Path, Stamp]]:
        hosts = hosts_of(self._folder)
        for file, stamp in super()._files():
            yield file, (*stamp, *hosts)

    def _one(self, file: Path, stamp: Stamp) -> W | Finding:
        found = super()._one(file, stamp)
        if not isinstance(found, Finding):
            mark(found.trees, [str(host) for host in stamp[2:]], found.language)
        return found
