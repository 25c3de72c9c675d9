"""Rows whose worker died."""

from server.kit.clock import now
from server.mail.models import TRANSACTIONAL, Delivery


async def take_back_leases(*, alone: bool = False) -> int:
    """Free rows whose worker died: leased ones at once, sending ones by the policy of their class.

    A mail somebody waits for is tried again; a newsletter once, under the same Message-ID, then it
    stays in doubt for a person to decide. `alone`: no other worker can live (SQLite at start).
    """
    lost = Delivery.filter() if alone else Delivery.filter(leased_until__lt=now())
    free = {"lease_token": "", "leased_until": None}
    back = await lost.filter(state="leased").update(state="queued", **free)
    again = lost.filter(state="sending")
    back += await again.filter(lane=TRANSACTIONAL).update(state="retry", **free)
    doubt = again.exclude(lane=TRANSACTIONAL)
    back += await doubt.filter(doubts=0).update(state="retry", doubts=1, **free)
    return back + await doubt.filter(doubts__gt=0).update(state="uncertain", **free)
