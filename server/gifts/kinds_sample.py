"""Samples: where a parcel goes, when it left, and forgetting the address after that."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from tortoise.queryset import QuerySet

from server.gifts import asking
from server.gifts.models import Gift, Parcel
from server.kit.clock import now
from server.kit.database import in_transaction, rows
from server.leads.models import hold
from server.staff.models import StaffUser
from server.tracking.log import Entry, record

KEPT = timedelta(days=90)  # after it was sent
AT_ONCE, MOST = 500, 200
LENGTHS = MappingProxyType({"name": 120, "street": 160, "postcode": 16, "town": 120})
POSTCODES = MappingProxyType(
    {
        "NL": r"[1-9][0-9]{3} ?[A-Z]{2}",
        "BE": r"[1-9][0-9]{3}",
        "LU": r"(L-?)?[0-9]{4}",
        "DE": r"[0-9]{5}",
        "FR": r"[0-9]{5}",
        "GB": r"[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}",
    }
)


@dataclass(frozen=True)
class Address:
    """Where something goes by post."""

    name: str
    street: str
    postcode: str
    town: str
    country: str


class AddressError(Exception):
    """No parcel would arrive there: field → the key of what to do about it."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(", ".join(faults))
        self.faults = faults


def read_address(form: Mapping[str, str], countries: tuple[str, ...]) -> Address:
    """The address that somebody wrote. Raises AddressError."""
    written = {name: " ".join(form.get(name, "").split()) for name in LENGTHS}
    country, faults = form.get("country", ""), {}
    for name, most in LENGTHS.items():
        if not written[name]:
            faults[name] = "gifts.address_missing"
        elif len(written[name]) > most:
            faults[name] = "gifts.address_long"
    if country not in countries:
        faults["country"] = "gifts.address_country"
    postcode = written["postcode"].upper()
    if not faults and not re.fullmatch(POSTCODES[country], postcode):
        faults["postcode"] = "gifts.address_postcode"
    if faults:
        raise AddressError(faults)
    if country == "NL":
        postcode = f"{postcode[:4]} {postcode[-2:]}"
    return Address(written["name"], written["street"], postcode, written["town"], country)


async def parcel_of(gift: Gift) -> Parcel | None:
    """Where the sample of a gift goes; None while nobody said."""
    return await Parcel.get_or_none(gift_id=gift.id)


async def address(gift: Gift, where: Address) -> bool:
    """Have the sample go there, or somewhere else than said before; False once it has left."""
    async with in_transaction():
        await hold([gift.lead_id])
        # Two that come at once wait for one another here.
        await rows("UPDATE gift SET language = language WHERE id = ?", gift.id)
        if not await parcel_of(gift):
            await Parcel.create(
                lead_id=gift.lead_id, gift_id=gift.id, given_at=now(), **asdict(where)
            )
            return True
        # The condition sits in the UPDATE: what was sent meanwhile went to the address before.
        waiting = Parcel.filter(gift_id=gift.id, sent_at=None)
        return bool(await waiting.update(**asdict(where)))


async def waiting() -> list[Parcel]:
    """What is to be sent, whoever asked first on top."""
    return await _listed(Parcel.filter(sent_at=None).order_by("given_at", "id").limit(MOST))


async def sent() -> list[Parcel]:
    """What left last, newest first."""
    return await _listed(Parcel.filter(sent_at__isnull=False).order_by("-sent_at", "-id").limit(10))


async def _listed(found: QuerySet[Parcel]) -> list[Parcel]:
    return await found.prefetch_related("gift", "lead", "sent_by")


async def send(number: int, at: datetime, staff: StaffUser) -> bool:
    """Note that a parcel left then; False when it was noted before or is not there."""
    async with in_transaction():
        left = Parcel.filter(id=number, sent_at=None)
        if not await left.update(sent_at=at, sent_by_id=staff.id):
            return False
        parcel = await Parcel.get(id=number).prefetch_related("gift")
        slug, gift = parcel.gift.asset_slug, parcel.gift_id
        await record(Entry(parcel.lead_id, "sample.sent", f"sent:{gift}", slug, gift, at=at))
        await asking.look_again(gift)
    return True


async def forget() -> int:
    """Throw away the addresses of what left some time ago; the day it left stays."""
    moment = now()
    old = Parcel.filter(sent_at__lt=moment - KEPT, forgotten_at=None)
    numbers = await old.limit(AT_ONCE).values_list("id", flat=True)
    empty = dict.fromkeys(("name", "street", "postcode", "town", "country"), "")
    return await Parcel.filter(id__in=list(numbers)).update(forgotten_at=moment, **empty)
