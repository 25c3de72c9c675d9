"""First ones free: a code that is made at the button and taken in once."""

import secrets

from server.gifts import asking
from server.gifts.models import Gift, Voucher
from server.kit.clock import now
from server.kit.database import db_time, in_transaction, rows
from server.staff.models import StaffUser
from server.tracking.log import Entry, record

# No letter or digit that can be taken for another, also when read out or written by hand.
LETTERS = "ACDEFHJKMNPRTWXY34679"
HALF = 4
TRIES = 20


async def make_code(gift: Gift) -> None:
    """A code that nobody else has. Belongs in the transaction of the button."""
    for _ in range(TRIES):
        made = await rows(
            "INSERT INTO voucher (lead_id, gift_id, code, made_at, redeemed_name)"
            " VALUES (?, ?, ?, ?, '') ON CONFLICT (code) DO NOTHING RETURNING id",
            gift.lead_id,
            gift.id,
            _random_code(),
            db_time(now()),
        )
        if made:
            return
    raise LookupError("no code is left")


def _random_code() -> str:
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(HALF)) for _ in range(2))


def read_code(written: str) -> str:
    """A code as somebody typed it, in the shape it was made in."""
    plain = "".join(letter for letter in written.upper() if letter.isalnum())[: 2 * HALF + 1]
    return f"{plain[:HALF]}-{plain[HALF:]}"


async def voucher_of(gift: Gift) -> Voucher | None:
    """The code of a gift; None before the button."""
    return await Voucher.get_or_none(gift_id=gift.id)


async def find(code: str) -> Voucher | None:
    """The voucher with a code, with whose it is and what it is for."""
    return await Voucher.get_or_none(code=code).prefetch_related("lead", "gift")


async def redeem(voucher: Voucher, staff: StaffUser) -> bool:
    """Take a code in; True for the first only, however many come at once."""
    moment = now()
    async with in_transaction():
        fresh = Voucher.filter(id=voucher.id, redeemed_at=None)
        name = staff.shown_name[:120]
        taken = {"redeemed_at": moment, "redeemed_by_id": staff.id, "redeemed_name": name}
        if not await fresh.update(**taken):
            return False
        gift = await Gift.get(id=voucher.gift_id)
        key = f"redeemed:{gift.id}"
        await record(Entry(gift.lead_id, "voucher.redeemed", key, gift.asset_slug, gift.id))
        await asking.look_again(gift.id)
    return True


async def latest() -> list[Voucher]:
    """What was taken in last, newest first."""
    found = Voucher.filter(redeemed_at__isnull=False).order_by("-redeemed_at", "-id").limit(10)
    return await found.prefetch_related("lead", "gift")
