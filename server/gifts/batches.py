"""Piles of cards for a fair, a shop, a parcel: each with a short code that leads to one gift.

How often a code is opened is counted by day, and of nobody. Who then asks for the gift came from
that pile; it stands on the gift and on the ledger.
"""

import secrets
from dataclasses import dataclass
from datetime import date
from io import BytesIO

import segno

from server.gifts.models import Batch
from server.kit.clock import now
from server.kit.database import db_day, db_time, rows
from server.kit.site import Site
from server.staff.models import StaffUser

# Nothing that looks like something else, for who types it over.
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
LONG = 6
LONGEST_NAME = 120
TRIES = 20
KINDS = {"svg": "image/svg+xml", "png": "image/png"}


@dataclass(frozen=True)
class Counted:
    """A batch and what came of it: opened so often, asked for, taken and read by so many."""

    batch: Batch
    opened: int
    asked: int
    taken: int
    read: int


async def make(asset_slug: str, name: str, place: str, staff: StaffUser) -> Batch:
    """A new batch with a code of its own."""
    for _ in range(TRIES):
        code = "".join(secrets.choice(LETTERS) for _ in range(LONG))
        made = await rows(
            "INSERT INTO batch (code, asset_slug, name, place, made_at, by_name, staff_id)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (code) DO NOTHING RETURNING id",
            code,
            asset_slug,
            name[:LONGEST_NAME],
            place[:LONGEST_NAME],
            db_time(now()),
            staff.shown_name[:120],
            staff.id,
        )
        if made:
            return await Batch.get(id=made[0]["id"])
    raise RuntimeError("no code is free")


async def behind(code: str, slug: str = "") -> Batch | None:
    """The batch of a code, of this asset where one is named; None for a wrong or an ended one."""
    if len(code) != LONG:
        return None
    found = Batch.filter(code=code.lower(), ended_at=None)
    return await (found.filter(asset_slug=slug) if slug else found).first()


async def count_opening(batch: Batch, day: date) -> None:
    """The code was opened once more on this day."""
    await rows(
        "INSERT INTO batch_opening (batch_id, day, times) VALUES (?, ?, 1)"
        " ON CONFLICT (batch_id, day) DO UPDATE SET times = batch_opening.times + 1 RETURNING id",
        batch.id,
        db_day(day),
    )


async def end(number: int) -> bool:
    """Its code leads to the library from now on; False where it ended before."""
    return await Batch.filter(id=number, ended_at=None).update(ended_at=now()) == 1


async def counted() -> list[Counted]:
    """Every batch with its figures, the newest first; what still runs comes before what ended."""
    found = await rows(
        "SELECT b.id AS id, COALESCE((SELECT SUM(o.times) FROM batch_opening o"
        " WHERE o.batch_id = b.id), 0) AS opened, COUNT(g.id) AS asked,"
        " COUNT(g.confirmed_at) AS taken,"
        " COUNT(CASE WHEN EXISTS (SELECT 1 FROM event e WHERE e.lead_id = g.lead_id"
        " AND e.gift_number = g.id AND (e.kind LIKE 'read.%' OR e.kind LIKE 'download.%')"
        " AND e.evidence IN ('human', 'likely')) THEN 1 END) AS readers"
        " FROM batch b LEFT JOIN gift g ON g.batch_id = b.id GROUP BY b.id"
    )
    figures = {int(row["id"]): row for row in found}
    batches = sorted(await Batch.all(), key=lambda one: (one.ended_at is not None, -one.id))
    return [
        Counted(
            one, *(int(figures[one.id][key]) for key in ("opened", "asked", "taken", "readers"))
        )
        for one in batches
        if one.id in figures
    ]


def address_of(site: Site, batch: Batch) -> str:
    """What the code holds, short enough to type."""
    return site.url(f"/b/{batch.code}")


def drawn(site: Site, batch: Batch, kind: str) -> bytes:
    """The QR code (ISO/IEC 18004) as `svg` or `png`, black on white, with the quiet zone of four
    modules that readers need; level Q mends a quarter, for cards get dirty."""
    out = BytesIO()
    # A picture without a size of its own fills the place it is given.
    size = {"omitsize": True, "scale": 10} if kind == "svg" else {"scale": 24}
    code = segno.make(address_of(site, batch), error="q", micro=False)
    code.save(out, kind=kind, border=4, dark="#000", light="#fff", **size)
    return out.getvalue()
