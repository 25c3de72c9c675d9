"""The editor's view: titles and how they are read, and what is wrong with files."""

from collections import Counter
from dataclasses import dataclass

from server.kit.database import rows
from server.library.assets import Asset


@dataclass(frozen=True)
class Stocked:
    """One title with its figures: asked for, taken, read to the end, liked (3 or 4 of 4)."""

    asset: Asset
    languages: tuple[str, ...]
    asked: int
    taken: int
    finished: int
    rated: int
    liked: int


async def stock(assets: list[Asset], language: str) -> list[Stocked]:
    """Every title with its figures, most taken first."""
    by_slug: dict[str, list[Asset]] = {}
    for asset in assets:
        by_slug.setdefault(asset.slug, []).append(asset)
    asked, taken, rated, liked = await _gifts()
    finished = await _counts(
        "SELECT subject AS k, COUNT(*) AS n FROM event WHERE kind = 'read.100'"
        " AND evidence IN ('human', 'likely') GROUP BY subject"
    )
    found = []
    for slug, editions in by_slug.items():
        shown = next((one for one in editions if one.language == language), editions[0])
        languages = tuple(sorted(one.language for one in editions))
        found.append(
            Stocked(
                shown, languages, asked[slug], taken[slug], finished[slug], rated[slug], liked[slug]
            )
        )
    return sorted(found, key=lambda one: (-one.taken, one.asset.title))


async def _gifts() -> list[Counter[str]]:
    counted = await rows(
        "SELECT asset_slug AS k, COUNT(*) AS asked, COUNT(confirmed_at) AS taken,"
        " COUNT(liked) AS rated, COUNT(CASE WHEN liked >= 3 THEN 1 END) AS liked"
        " FROM gift GROUP BY asset_slug"
    )
    columns = ("asked", "taken", "rated", "liked")
    return [Counter({row["k"]: row[column] for row in counted}) for column in columns]


async def _counts(sql: str) -> Counter[str]:
    return Counter({str(row["k"]): int(row["n"]) for row in await rows(sql)})


@dataclass(frozen=True)
class Road:
    """From where an asset was asked: how many asked, took it and read it to the end."""

    source: str
    asked: int
    taken: int
    finished: int


async def roads_to(slug: str) -> list[Road]:
    """From where people came to an asset, most first."""
    found = await rows(
        "SELECT g.source AS source, COUNT(*) AS asked, COUNT(g.confirmed_at) AS taken,"
        " COUNT(e.id) AS finished FROM gift g LEFT JOIN event e ON e.gift_number = g.id"
        " AND e.kind = 'read.100' AND e.evidence IN ('human', 'likely')"
        " WHERE g.asset_slug = ? GROUP BY g.source ORDER BY COUNT(*) DESC, g.source",
        slug,
    )
    return [
        Road(str(row["source"]), int(row["asked"]), int(row["taken"]), int(row["finished"]))
        for row in found
    ]
