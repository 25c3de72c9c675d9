"""What the landing page and the reader show of an asset."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from server.library.assets import Asset, Library
from server.library.making import cover_svg, with_covers
from server.library.pages import chapter_html, sample_html

SIZES = ("s", "m", "l")


class NoSuchChapterError(Exception):
    """The asset has no chapter of this number."""


def asset_facts(library: Library, asset: Asset, today: date) -> dict[str, Any]:
    """What the landing page shows: cover, a real sample, what stands beside it on the shelf."""
    others = [other for other in library.assets(asset.language, today) if other != asset]
    return {
        "asset": asset,
        "cover": cover_svg(asset),
        "sample": sample_html(asset.chapters[0], asset.language, asset.folder),
        "beside": with_covers(others[:3]),
        "translated": library.exactly(asset.slug, "en" if asset.language == "nl" else "nl", today),
    }


def reader_facts(asset: Asset, query: Mapping[str, str], base: str, back: str) -> dict[str, Any]:
    """One chapter and the ways to the others. Raises NoSuchChapterError."""
    written = query.get("c", "1")
    if not written.isascii() or not written.isdigit() or len(written) > 4:
        raise NoSuchChapterError
    number = int(written)
    if not 1 <= number <= len(asset.chapters):
        raise NoSuchChapterError
    size = query.get("size", "m")
    size = size if size in SIZES else "m"

    def address(chapter: int, letter: str = size) -> str:
        parts = [f"c={chapter}"] if chapter > 1 else []
        parts += [f"size={letter}"] if letter != "m" else []
        return base + ("?" + "&".join(parts) if parts else "")

    chapter = asset.chapters[number - 1]
    return {
        "asset": asset,
        "chapter": chapter,
        "content": chapter_html(chapter, asset.language, asset.folder),
        "size": size,
        "sizes": [(letter, address(number, letter)) for letter in SIZES],
        "address": address,
        "back": back,
    }
