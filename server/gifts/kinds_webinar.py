"""Webinars: the file for a calendar, the mail of the day before, and who came."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from server.gifts import asking, kinds
from server.gifts.models import LINK, Gift
from server.kit.clock import now
from server.kit.database import db_time, in_transaction, rows
from server.kit.site import Site
from server.kit.text import say
from server.library.assets import Asset, Library
from server.library.kinds import Webinar
from server.mail import outbox
from server.mail.postman import Postman
from server.tracking.log import Entry, record

BEFORE = timedelta(days=1)
AT_ONCE = 200
LINE = 75  # octets of a line in a calendar file
STAMP = "%Y%m%dT%H%M%SZ"


def calendar_file(site: Site, asset: Asset, webinar: Webinar, zone: ZoneInfo) -> bytes:
    """A webinar as an entry for a calendar (RFC 5545).

    Everybody's entry has the same UID, so that a file fetched after the date was changed moves the
    entry; the number of the edition rises with each change of the text.
    """
    file = asset.folder / f"index.{asset.language}.md"
    changed = datetime.fromtimestamp(int(file.stat().st_mtime), UTC)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Givefirst//Givefirst//NL",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:webinar-{asset.slug}@{site.host}",
        f"DTSTAMP:{changed:{STAMP}}",
        f"LAST-MODIFIED:{changed:{STAMP}}",
        f"SEQUENCE:{int(changed.timestamp()) // 60}",
        f"DTSTART:{webinar.begins(zone).astimezone(UTC):{STAMP}}",
        f"DTEND:{webinar.ends(zone).astimezone(UTC):{STAMP}}",
        f"SUMMARY:{_escaped(asset.title)}",
        f"DESCRIPTION:{_escaped(_description(asset, webinar))}",
        f"LOCATION:{_escaped(webinar.join)}",
        f"URL:{site.url(asset.path)}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return b"".join(_folded(line) for line in lines)


def _description(asset: Asset, webinar: Webinar) -> str:
    joined = say(asset.language, "gifts.calendar_join", address=webinar.join)
    return f"{asset.subtitle}\n\n{joined}"


def _escaped(text: str) -> str:
    for letter in ("\\", ";", ","):
        text = text.replace(letter, f"\\{letter}")
    return text.replace("\r", "").replace("\n", "\\n")


def _folded(line: str) -> bytes:
    """A line in pieces of at most 75 octets, no letter cut in two (RFC 5545 §3.1)."""
    pieces: list[bytes] = []
    piece = b""
    for letter in line:
        octets = letter.encode()
        # From the second piece on a space stands before it.
        if len(piece) + len(octets) > LINE - (1 if pieces else 0):
            pieces.append(piece)
            piece = b""
        piece += octets
    return b"\r\n ".join([*pieces, piece]) + b"\r\n"


async def remind(postman: Postman, library: Library, zone: ZoneInfo) -> int:
    """Mail who has a seat the way in, once, in the day before; not who took it in that day."""
    done, moment = 0, now()
    soon = {
        asset.slug: asset.particulars.begins(zone)
        for asset in library.all()
        if isinstance(asset.particulars, Webinar)
        and moment < asset.particulars.begins(zone) <= moment + BEFORE
    }
    for slug, begins in soon.items():
        for number in await _seated(slug, begins):
            done += await _tell(postman, library, number, begins)
    return done


async def _seated(slug: str, begins: datetime) -> list[int]:
    """The gifts with a seat whose mail of the day before was not posted yet."""
    found = await rows(
        "SELECT g.id FROM gift g JOIN lead l ON l.id = g.lead_id WHERE g.asset_slug = ?"
        " AND g.confirmed_at < ? AND g.revoked_at IS NULL AND l.blocked_at IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM delivery d"
        " WHERE d.key = 'webinar:' || CAST(g.id AS TEXT) || ?) ORDER BY g.id LIMIT ?",
        slug,
        db_time(begins - BEFORE),
        _turn(begins),
        AT_ONCE,
    )
    return [int(row["id"]) for row in found]


def _turn(begins: datetime) -> str:
    # Another day or hour is another mail.
    return f":{begins.astimezone(UTC):%Y%m%d%H%M}"


async def _tell(postman: Postman, library: Library, number: int, begins: datetime) -> bool:
    gift = await Gift.get_or_none(id=number).prefetch_related("lead")
    asset = library.find(gift.asset_slug, gift.language) if gift else None
    if not gift or not asset or not isinstance(asset.particulars, Webinar):
        return False
    message = await postman.keep("webinar_reminder", asset.language)
    values = {
        "greeting": outbox.greeting(gift.lead, asset.language),
        "title": asset.title,
        "link": postman.site.link("/gift", LINK, gift.id),
        **kinds.mail_words(asset),
    }
    key = f"webinar:{gift.id}{_turn(begins)}"
    lives = begins - now()
    posting = outbox.Posting(message, key, values, gift.lead, lives=lives)
    async with in_transaction():
        return await outbox.post(postman.site, posting)


@dataclass(frozen=True)
class Held:
    """A webinar that began, and everybody who had a seat."""

    asset: Asset
    begins: datetime
    gifts: list[Gift]


async def held(library: Library, language: str, zone: ZoneInfo) -> list[Held]:
    """What has begun, the latest first, with who had a seat."""
    found = []
    for slug, kind in library.kinds().items():
        asset = library.find(slug, language) if kind == "webinar" else None
        if not asset or not isinstance(asset.particulars, Webinar):
            continue
        begins = asset.particulars.begins(zone)
        if begins <= now():
            seated = Gift.filter(asset_slug=slug, confirmed_at__isnull=False, revoked_at=None)
            gifts = await seated.order_by("id").prefetch_related("lead")
            found.append(Held(asset, begins, gifts))
    return sorted(found, key=lambda one: one.begins, reverse=True)


async def attend(webinar: Held, numbers: Collection[int]) -> int:
    """Note of these gifts that their readers came; how many were noted now."""
    done = 0
    async with in_transaction():
        for gift in webinar.gifts:
            fresh = Gift.filter(id=gift.id, attended_at=None)
            if gift.id not in numbers or not await fresh.update(attended_at=webinar.begins):
                continue
            slug, key = gift.asset_slug, f"attended:{gift.id}"
            entry = Entry(gift.lead_id, "webinar.attended", key, slug, gift.id, at=webinar.begins)
            done += await record(entry)
            await asking.look_again(gift.id)
    return done
