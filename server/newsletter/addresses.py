"""Where a link of a text leads: whether a path of our own has a page, whether another has a form.

Nothing is fetched. What stands behind a path is looked up in the files that the page is made of.
"""

import re
from pathlib import Path
from urllib.parse import urlsplit

from server.kit.addresses import AddressError, normalise
from server.kit.site import Site
from server.kit.text import LANGUAGES
from server.library.assets import Library

# Pages that are always there, below the language.
PAGES = (
    "",
    "about",
    "articles",
    "articles/feed.xml",
    "card.png",
    "contact",
    "faq",
    "library",
    "my-page",
    "newsletter",
    "newsletter/feed.xml",
    "podcast/feed.xml",
    "privacy",
    "search",
    "why-free",
)
BARE_PAGES = ("/", "/feed.xml", "/robots.txt", "/sitemap.xml")
HOST = re.compile(r"(localhost|[^\s.@/]+(\.[^\s.@/]+)+|\[[0-9a-fA-F:.]+\]|\d{1,3}(\.\d{1,3}){3})")
BOOK = re.compile(r"([a-z0-9-]+)\.(pdf|epub)")


def leads_somewhere(target: str, site: Site, content: Path) -> bool:
    """An own path has a page behind it; any other address has the form of one."""
    own = target.removeprefix(site.base_url) if _is_ours(target, site) else target
    if own.startswith("/") and not own.startswith("//"):
        return _has_page(urlsplit(own).path, content)
    if own == "":
        return target == site.base_url
    return _is_address(target)


def _is_ours(target: str, site: Site) -> bool:
    rest = target.removeprefix(site.base_url)
    return rest != target and (rest == "" or rest[0] in "/?#")


def _is_address(target: str) -> bool:
    scheme, _, rest = target.partition(":")
    if scheme == "mailto":
        return _is_mailbox(rest.partition("?")[0])
    if scheme == "tel":
        return re.fullmatch(r"\+?[0-9().-]{3,20}", rest) is not None
    try:
        parts = urlsplit(target)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and HOST.fullmatch(host) is not None


def _is_mailbox(address: str) -> bool:
    try:
        normalise(address)
    except AddressError:
        return False
    return True


def _has_page(path: str, content: Path) -> bool:
    if path in BARE_PAGES:
        return True
    _, language, *rest = path.split("/")
    if language not in LANGUAGES or not rest:
        return False
    below = "/".join(rest)
    if below in PAGES:
        return True
    if len(rest) < 2 or any(part in ("", ".", "..") for part in rest):
        return False
    room, slug, *more = rest
    if room in ("articles", "newsletter"):
        there = (content / room / f"{slug}.{language}.md").is_file()
        return there and more in ([], ["card.png"])
    return room == "library" and _has_asset(content, language, slug, more)


def _has_asset(content: Path, language: str, slug: str, more: list[str]) -> bool:
    asset = Library(content).find(slug, language)
    if not asset or len(more) > 1:
        return False
    if not more or more[0] in ("card.png", "cover.png"):
        return True
    book = BOOK.fullmatch(more[0])
    return asset.is_readable and (more[0] == "read" or (book is not None and book[1] == slug))
