"""Passing a gift on: a link that names nobody, and a word of thanks to who passed it on.

It opens the page of the asset and nothing else. That somebody came by it is known until they press
their button; then the sender is counted, and who came is forgotten.
"""

import secrets

from server.gifts import ledger
from server.gifts.models import Gift, PassOn
from server.kit.clock import now
from server.kit.database import db_time, in_transaction, rows
from server.kit.site import Site
from server.leads.models import Lead, hold
from server.library.assets import Asset
from server.web.visitor import Visitor

SOURCE = "passed on"
LONGEST = 16  # letters of a code


async def make(gift: Gift, source: str, visitor: Visitor) -> bool:
    """The link of a gift, and that it is passed on; True the first time."""
    async with in_transaction():
        await rows(
            "INSERT INTO pass_on (code, lead_id, gift_id, asset_slug, made_at)"
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT (gift_id) DO NOTHING",
            secrets.token_hex(6),
            gift.lead_id,
            gift.id,
            gift.asset_slug,
            db_time(now()),
        )
        posted = ledger.Posted(
            gift.lead_id,
            key_of(gift),
            "forward",
            "forward",
            side=ledger.RETURNED,
            asset_slug=gift.asset_slug,
            gift_number=gift.id,
            source=source,
            visitor=visitor,
        )
        return await ledger.post(posted) is not None


def key_of(gift: Gift) -> str:
    """The key of the line that says a gift was passed on."""
    return f"forward:{gift.id}"


async def address_of(site: Site, gift: Gift, asset: Asset) -> str:
    """The address to pass on; empty where none was made."""
    made = await PassOn.get_or_none(gift_id=gift.id)
    return site.url(f"{asset.path}?via={made.code}") if made else ""


async def behind(code: str, slug: str) -> PassOn | None:
    """Which link of this asset a code is; None for a wrong one."""
    if not 0 < len(code) <= LONGEST:
        return None
    return await PassOn.get_or_none(code=code, asset_slug=slug)


async def keep(passed: PassOn | None, gift: Gift, friend: Lead) -> None:
    """Keep on a gift that its taker came by a link, if that brings us somebody new."""
    if passed and passed.lead_id != friend.id and friend.verified_at is None:
        await Gift.filter(id=gift.id, confirmed_at=None).update(via=passed.code)


async def tell_sender(site: Site, gift: Gift, friend: Lead) -> None:
    """The friend pressed their button: count one for the sender, and forget by which link.

    `friend` as they were before the button. Belongs in the transaction of the button.
    """
    if not gift.via:
        return
    await Gift.filter(id=gift.id).update(via="")
    passed = await behind(gift.via, gift.asset_slug)
    if not passed or friend.verified_at or not await hold([passed.lead_id]):
        return
    # A hash with a key: it counts each friend once for each sender, and names nobody. The day and
    # not the minute, so that no two lists of moments laid side by side tell who came.
    print_ = site.fingerprint("joined", f"{passed.lead_id}\n{friend.email}")
    today = now().replace(hour=0, minute=0, second=0, microsecond=0)
    posted = ledger.Posted(
        passed.lead_id,
        f"joined:{print_}",
        "referral.joined",
        "referral",
        side=ledger.RETURNED,
        asset_slug=passed.asset_slug,
        gift_number=passed.gift_id,
        source="link",
        at=max(today, passed.made_at),
    )
    await ledger.post(posted)
