"""What the landing page and the reader show of an asset."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from server.kit.clock import now
from server.kit.text import other as other_than
from server.kit.text import whole_number
from server.library.assets import Asset, Library
from server.library.linked import linked
from server.library.making import cover_svg, with_covers
from server.library.pages import chapter_html, sample_html

SIZES = ("s", "m", "l")


class NoSuchChapterError(Exception):
    """The asset has no chapter of this number."""


@dataclass(frozen=True)
class Place:
    """Where somebody reads: the chapter, and how large the letters are."""

    chapter: int = 1
    size: str = "m"

    @property
    def parts(self) -> list[str]:
        """What stands in an address for it; nothing for the beginning in normal letters."""
        parts = [f"c={self.chapter}"] if self.chapter > 1 else []
        return parts + ([f"size={self.size}"] if self.size != "m" else [])

    def address(self, base: str) -> str:
        """This place below the address of a reader."""
        return "?".join([base, "&".join(self.parts)] if self.parts else [base])


def place_in(asset: Asset, query: Mapping[str, str]) -> Place:
    """The place that an address or a form names. Raises NoSuchChapterError."""
    number = whole_number(query.get("c", "1"), 4)
    if number is None or not 1 <= number <= len(asset.chapters):
        raise NoSuchChapterError
    size = query.get("size", "m")
    return Place(number, size if size in SIZES else "m")


def place_or_start(asset: Asset, query: Mapping[str, str]) -> Place:
    """The place that an address or a form names, or the beginning."""
    try:
        return place_in(asset, query)
    except NoSuchChapterError:
        return Place()


def asset_facts(library: Library, asset: Asset, today: date) -> dict[str, Any]:
    """What the landing page shows: cover, a real sample, what stands beside it on the shelf."""
    translated = library.exactly(asset.slug, other_than(asset.language), today)
    others = [other for other in library.assets(asset.language, today) if other != asset]
    return {
        "asset": asset,
        "cover": cover_svg(asset),
        "sample": _sample(asset),
        "texts": _texts(asset),
        "linked": linked(asset),
        "moment": now(),
        "beside": with_covers(others[:3]),
        "translated": translated,
        "elsewhere": bool(translated),
        "full": "",
        "full_text": "",
    }


def _sample(asset: Asset) -> str:
    """The beginning of what has chapters."""
    chapters = asset.chapters[:1]
    return "".join(sample_html(chapter, asset.language, asset.folder) for chapter in chapters)


def _texts(asset: Asset) -> list[tuple[str, str]]:
    """What stands on the page whole, each part with its title: what a thing is, or what is said
    in a recording that all may hear."""
    if asset.text:
        return [("", chapter_html(asset.text, asset.language, asset.folder))]
    return spoken(asset) if asset.is_open and not asset.is_book else []


def spoken(asset: Asset) -> list[tuple[str, str]]:
    """What is said in a recording, part by part, for who was given it."""
    return [
        (chapter.title, chapter_html(chapter, asset.language, asset.folder))
        for chapter in asset.chapters
    ]


def reader_facts(
    asset: Asset, query: Mapping[str, str], base: str, back: str, *, offers_copy: bool = False
) -> dict[str, Any]:
    """One chapter and the ways to the others; `offers_copy` puts the form after the last one.

    Raises NoSuchChapterError.
    """
    place = place_in(asset, query)

    def address(chapter: int, letter: str = place.size) -> str:
        return Place(chapter, letter).address(base)

    chapter = asset.chapters[place.chapter - 1]
    return {
        "asset": asset,
        "chapter": chapter,
        "content": chapter_html(chapter, asset.language, asset.folder),
        "size": place.size,
        "sizes": [(letter, address(place.chapter, letter)) for letter in SIZES],
        "address": address,
        "back": back,
        "offers_copy": offers_copy and chapter is asset.chapters[-1],
    }
