"""The invented people of an example year: how much of it there is."""

from server.kit.database import rows

COUNTS = (
    "SELECT (SELECT COUNT(*) FROM lead WHERE invented_at IS NOT NULL) AS leads,"
    " (SELECT COUNT(*) FROM lead WHERE invented_at IS NULL) AS own,"
    " (SELECT COUNT(*) FROM gift g JOIN lead l ON l.id = g.lead_id"
    " WHERE l.invented_at IS NOT NULL) AS gifts,"
    " (SELECT COUNT(*) FROM event e JOIN lead l ON l.id = e.lead_id"
    " WHERE l.invented_at IS NOT NULL) AS events,"
    " (SELECT COUNT(*) FROM delivery d JOIN lead l ON l.id = d.lead_id"
    " WHERE l.invented_at IS NOT NULL) AS mails,"
    " (SELECT COUNT(*) FROM outcome o JOIN lead l ON l.id = o.lead_id"
    " WHERE l.invented_at IS NOT NULL) AS outcomes,"
    " (SELECT COUNT(*) FROM staff_user WHERE invented_at IS NOT NULL) AS staff"
)


async def counts() -> dict[str, int]:
    """What would go, and under `own` how many real people would stay."""
    (found,) = await rows(COUNTS)
    return {name: int(number) for name, number in found.items()}
