"""The clocks that people live by, as they are named: Europe/Amsterdam."""

from collections.abc import Mapping
from functools import cache
from zoneinfo import available_timezones

REGIONS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)
EUROPE = "Europe"


@cache
def zones() -> Mapping[str, tuple[str, ...]]:
    """Region → its zones; Europe first."""
    named = [name for name in sorted(available_timezones()) if name.split("/")[0] in REGIONS]
    order = (EUROPE, *(region for region in REGIONS if region != EUROPE))
    found = {region: [name for name in named if name.split("/")[0] == region] for region in order}
    return {region: tuple(names) for region, names in found.items() if names}


def zone_of(written: str) -> str | None:
    """The name of a zone as it is spelled, however it was written; None for none that exists."""
    folded = "_".join(written.split()).casefold()
    return _by_folded().get(folded)


@cache
def _by_folded() -> Mapping[str, str]:
    return {name.casefold(): name for names in zones().values() for name in names} | {"utc": "UTC"}
