"""Forgetting: who never pressed a button is gone after the days the pages promise."""

from datetime import timedelta

from server.kit.clock import now
from server.kit.house import House
from server.leads.models import Lead, Subscription

AT_ONCE = 500


async def forget_unconfirmed(house: House) -> int:
    """Delete leads whose address nobody confirmed in time, and wishes nobody confirmed.

    Who is in conversation with us, or was answered, is kept.
    """
    limit = now() - timedelta(days=house.confirm_days)
    old = (
        await Lead.filter(verified_at=None, imported_at=None, talked_at=None, asked_at__lt=limit)
        .limit(AT_ONCE)
        .values_list("id", flat=True)
    )
    # Who pressed the button or asked us something meanwhile stays.
    still = Lead.filter(id__in=list(old), verified_at=None, talked_at=None, asked_at__lt=limit)
    gone = await still.delete()
    wishes = Subscription.filter(confirmed_at=None, ended_at=None, asked_at__lt=limit)
    return gone + await wishes.delete()
