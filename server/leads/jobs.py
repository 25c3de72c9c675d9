"""Forgetting: who never pressed a button is gone after the days the pages promise."""

from datetime import timedelta

from tortoise.expressions import Subquery

from server.kit.clock import now
from server.kit.house import House
from server.leads.models import Lead, Subscription

AT_ONCE = 500
QUIET_DAYS = 730


async def forget_unconfirmed(house: House) -> int:
    """Delete leads whose address nobody confirmed in time, and wishes nobody confirmed."""
    limit = now() - timedelta(days=house.confirm_days)
    old = (
        await Lead.filter(verified_at=None, imported_at=None, asked_at__lt=limit)
        .limit(AT_ONCE)
        .values_list("id", flat=True)
    )
    gone = await Lead.filter(id__in=list(old), verified_at=None, asked_at__lt=limit).delete()
    wishes = Subscription.filter(confirmed_at=None, ended_at=None, asked_at__lt=limit)
    return gone + await wishes.delete()


async def forget_quiet() -> int:
    """Delete leads of whom nothing was heard for 24 months and who are on no list."""
    limit = now() - timedelta(days=QUIET_DAYS)
    listed = Subscription.filter(ended_at=None, confirmed_at__isnull=False).values("lead_id")
    old = (
        await Lead.filter(last_event_at__lt=limit, asked_at__lt=limit)
        .exclude(id__in=Subquery(listed))
        .limit(AT_ONCE)
        .values_list("id", flat=True)
    )
    return await Lead.filter(id__in=list(old)).delete() if old else 0
