"""Switching profiling off and on again: nothing recorded of what is read, no score."""

from server.kit.clock import now
from server.kit.database import in_transaction
from server.leads.models import Lead
from server.readiness.keeping import Judge, rescore
from server.tracking.log import Entry, record


async def switch_profiling(lead_id: int, judge: Judge, *, off: bool) -> bool:
    """Do as they wish, at once: the score follows before this ends. True when it changed a thing.

    Apart from any subscription: who objects keeps their gifts and their mail.
    """
    moment = now()
    async with in_transaction():
        lead = await Lead.select_for_update().get_or_none(id=lead_id)
        if not lead or (lead.profiling_off_at is not None) == off:
            return False
        await Lead.filter(id=lead_id).update(profiling_off_at=moment if off else None)
        kind = "profiling.objected" if off else "profiling.allowed"
        await record(Entry(lead_id, kind, f"{kind}:{lead_id}:{moment.isoformat()}"))
    await rescore(lead_id, judge)
    return True
