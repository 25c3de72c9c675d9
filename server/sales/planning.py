"""Who could be surprised this week: a few leads, each with the reasons and the gift that fits."""

from dataclasses import dataclass

from server.kit.clock import now
from server.kit.database import db_time, moment_of, rows
from server.kit.text import say
from server.leads.models import Lead
from server.sales.surprises import Choice, Shop, choices_for, left_this_week, refusal
from server.tracking.kinds import GIFTS

LOOKED_AT = 60
FITS = 6.0  # points for who they are, from which it is worth saying
QUIET = 14  # days without a gift, from which somebody may be surprised


@dataclass(frozen=True)
class Proposal:
    """A lead, why now, and what fits them best."""

    lead: Lead
    reasons: tuple[str, ...]
    choice: Choice


async def proposals(shop: Shop) -> list[Proposal]:
    """As many leads as there are surprises left this week, the best first.

    Those who gave back or liked what they got and have heard nothing of us for a while; never who
    is resting, turned us down, or takes much and reads nothing.
    """
    wanted = await left_this_week(shop)
    found: list[Proposal] = []
    for lead, reasons in await _candidates(shop.language) if wanted else ():
        if await refusal(shop, lead):
            continue
        choices = await choices_for(shop, lead)
        if choices:
            found.append(Proposal(lead, reasons, choices[0]))
        if len(found) == wanted:
            break
    return found


async def _candidates(language: str) -> list[tuple[Lead, tuple[str, ...]]]:
    kinds = ", ".join(f"'{kind}'" for kind in GIFTS)
    moment = db_time(now())
    scored = await rows(
        "SELECT s.lead_id, s.returned, s.liked, s.fit, s.points, (SELECT MAX(e.at) FROM event e"  # noqa: S608
        f" WHERE e.lead_id = s.lead_id AND e.kind IN ({kinds})) AS last FROM score s"
        " JOIN lead l ON l.id = s.lead_id LEFT JOIN follow_up f ON f.lead_id = s.lead_id"
        " WHERE s.state IN ('reading', 'ready', 'customer', 'new', 'offered')"
        " AND (s.liked > 0 OR s.returned > 0 OR s.state = 'customer')"
        " AND l.verified_at IS NOT NULL AND l.blocked_at IS NULL"
        " AND l.profiling_off_at IS NULL"
        " AND (f.snoozed_until IS NULL OR f.snoozed_until <= ?)"
        " ORDER BY s.returned + s.liked DESC, s.points DESC, s.lead_id LIMIT ?",
        moment,
        LOOKED_AT,
    )
    leads = {one.id: one for one in await Lead.filter(id__in=[row["lead_id"] for row in scored])}
    found = []
    for row in scored:
        last = moment_of(row["last"])
        away = (now() - last).days if last else QUIET
        if away >= QUIET and row["lead_id"] in leads:
            lead = leads[row["lead_id"]]
            found.append((lead, tuple(_reasons(row, away, lead, language))))
    return found


def _reasons(row: dict[str, object], away: int, lead: Lead, language: str) -> list[str]:
    told = [("sales.plan_long_ago", {"count": away})]
    if row["returned"]:
        told.append(("sales.plan_returned", {"count": int(str(row["returned"]))}))
    if row["liked"]:
        told.append(("sales.plan_liked", {"count": int(str(row["liked"]))}))
    if lead.customer_since:
        told.append(("sales.plan_customer", {}))
    elif float(str(row["fit"])) >= FITS:
        told.append(("sales.plan_fit", {}))
    return [say(language, key, **values) for key, values in told]
