"""The editor's view: titles and how they are read, and what is wrong with files."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from server.desk import lights
from server.desk.lights import Evidence, Figures
from server.gifts import light
from server.gifts.light import Standing
from server.kit.database import rows
from server.kit.giving import GivingRules
from server.library.assets import Asset


@dataclass(frozen=True)
class Stocked:
    """One title with what was given, what became of it, and how its light stands.

    `asked` counts requests; `proposal` is the darker colour that the figures propose, if any.
    """

    asset: Asset
    languages: tuple[str, ...]
    asked: int
    figures: Figures
    standing: Standing
    evidence: Evidence
    proposal: str
    has_ended: bool


async def stock(assets: list[Asset], language: str, rules: GivingRules, day: date) -> list[Stocked]:
    """Every title with its figures on a day, most given first."""
    by_slug: dict[str, list[Asset]] = {}
    for asset in assets:
        by_slug.setdefault(asset.slug, []).append(asset)
    shown = {slug: _edition(editions, language) for slug, editions in by_slug.items()}
    figures = await lights.figures_of(list(shown), rules.many_gifts)
    standings = await light.standings_of(shown)
    ended = await light.ended(list(shown), day)
    asked = await _asked()
    found = []
    for slug, asset in shown.items():
        measured = figures.get(slug, Figures())
        evidence = lights.evidence_of(asset, measured, day)
        standing = standings[slug]
        said = tuple(one.answer for one in standing.light.answers)
        languages = tuple(sorted(one.language for one in by_slug[slug]))
        proposal = "" if standing.waiting else lights.proposed(said, evidence)
        found.append(
            Stocked(
                asset,
                languages,
                asked[slug],
                measured,
                standing,
                evidence,
                proposal,
                slug in ended,
            )
        )
    return sorted(found, key=lambda one: (-one.figures.takers, one.asset.title))


def _edition(editions: list[Asset], language: str) -> Asset:
    return next((one for one in editions if one.language == language), editions[0])


async def _asked() -> Counter[str]:
    counted = await rows("SELECT asset_slug AS k, COUNT(*) AS n FROM gift GROUP BY asset_slug")
    return Counter({str(row["k"]): int(row["n"]) for row in counted})


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
