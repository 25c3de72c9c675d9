"""What the landing page of an asset says of it to machines that read (schema.org)."""

from collections.abc import Callable
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from server.library.assets import Asset
from server.library.kinds import Podcast, Webinar

TYPES = {
    "e-book": "Book",
    "white paper": "Report",
    "webinar": "Event",
    "podcast": "PodcastEpisode",
    "trial": "Offer",
    "sample": "Product",
    "service": "Service",
}


def linked(asset: Asset) -> Callable[[str, str, ZoneInfo], dict[str, Any]]:
    """Asked on a page with the address of the site, the name of the house and the zone."""
    return partial(_linked, asset)


def _linked(asset: Asset, base: str, house: str, zone: ZoneInfo) -> dict[str, Any]:
    known: dict[str, Any] = {
        "@type": TYPES[asset.kind],
        "name": asset.title,
        "description": asset.summary or asset.subtitle,
        "url": base + asset.path,
        "image": f"{base}{asset.path}/cover.png",
    }
    own, maker = asset.particulars, {"@type": "Organization", "name": house}
    if asset.is_book or isinstance(own, Podcast):
        known |= _text(asset, maker)
    if isinstance(own, Podcast) and asset.is_open:
        sound = f"{base}{asset.path}/sound/{own.audio.name}"
        known["duration"] = f"PT{own.seconds}S"
        known["associatedMedia"] = {"@type": "AudioObject", "contentUrl": sound}
    elif isinstance(own, Webinar):
        known |= _event(asset, own, base, zone) | {"organizer": maker}
    elif asset.kind == "service":
        known["provider"] = maker
    elif asset.kind == "trial":
        known |= {"price": "0", "priceCurrency": "EUR", "offeredBy": maker}
    elif asset.kind == "sample":
        known |= {"brand": maker, "offers": _free(base + asset.path)}
    return known


def _text(asset: Asset, maker: dict[str, str]) -> dict[str, Any]:
    return {
        "headline": asset.title,
        "inLanguage": asset.language,
        "datePublished": asset.published.isoformat(),
        "isAccessibleForFree": True,
        "author": {"@type": "Person", "name": asset.author},
        "publisher": maker,
    }


def _event(asset: Asset, webinar: Webinar, base: str, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "startDate": webinar.begins(zone).astimezone(zone).isoformat(),
        "endDate": webinar.ends(zone).astimezone(zone).isoformat(),
        "eventAttendanceMode": "https://schema.org/OnlineEventAttendanceMode",
        "eventStatus": "https://schema.org/EventScheduled",
        "location": {"@type": "VirtualLocation", "url": base + asset.path},
        "isAccessibleForFree": True,
        "maximumAttendeeCapacity": webinar.seats,
        "inLanguage": asset.language,
        "offers": _free(base + asset.path),
    }


def _free(address: str) -> dict[str, str]:
    return {"@type": "Offer", "price": "0", "priceCurrency": "EUR", "url": address}
