"""Limits to generosity: how many of something there are, and for whom.

Counted on the ledger in the transaction that gives, one taker at a time, so that of a hundred who
press at once exactly as many get it as there are.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from server.gifts import ledger, light
from server.kit.clock import now
from server.kit.database import lock_word
from server.kit.giving import GivingRules
from server.leads.firms import firm_key, same_firm
from server.leads.models import Lead
from server.library.assets import Asset
from server.library.terms import Limits

TOTAL, LEAD, COMPANY, OVER, COSTLY = "total", "lead", "company", "over", "costly"


@dataclass(frozen=True)
class Taker:
    """Who would be given what, on which day of the site, under which rules of the house."""

    asset: Asset
    lead: Lead
    rules: GivingRules
    today: date


async def hold(taker: Taker) -> None:
    """Whoever would take the same, or is of the same firm, waits until this transaction ends."""
    words = [f"asset:{taker.asset.slug}"]
    if taker.rules.per_company or taker.asset.terms.limits.per_company:
        words.append(f"firm:{firm_key(taker.lead) or taker.lead.id}")
    if taker.rules.per_lead:
        words.append(f"giving:{taker.lead.id}")
    for word in words:
        await lock_word(word)


async def reached(taker: Taker) -> str:
    """Which limit is reached for this taker; empty where there is one left for them."""
    rules = taker.rules
    of_house = Limits(per_lead=rules.per_lead, per_company=rules.per_company, days=rules.limit_days)
    return (
        await reached_for_all(taker.asset, taker.today)
        or await _theirs(taker.lead, taker.asset.terms.limits, taker.asset.slug)
        or await _theirs(taker.lead, of_house)
        or _too_costly(taker)
    )


def _too_costly(taker: Taker) -> str:
    """What costs us something is not for who takes all and reads nothing; what is open is."""
    return COSTLY if taker.asset.terms.cost > 0 and taker.lead.is_hunter else ""


async def closed(assets: Iterable[Asset], today: date) -> frozenset[str]:
    """The slugs of these assets of which there is none left for anybody."""
    asked = {asset.slug: asset for asset in assets if asset.asks_address}
    limited = [one for one in asked.values() if one.terms.until or one.terms.limits.total]
    gone = [one.slug for one in limited if await _all_given(one, today)]
    return await light.ended(list(asked), today) | frozenset(gone)


async def reached_for_all(asset: Asset, today: date) -> str:
    """Whether it is given to nobody any more: it ended, or all are gone."""
    return OVER if await light.ended([asset.slug], today) else await _all_given(asset, today)


async def _all_given(asset: Asset, today: date) -> str:
    """Whether by the terms of its file there is none left for anybody."""
    terms = asset.terms
    if terms.until and today > terms.until:
        return OVER
    total = terms.limits.total
    if total and await ledger.count_given(asset.slug, _since(terms.limits.days)) >= total:
        return TOTAL
    return ""


async def _theirs(lead: Lead, limits: Limits, slug: str = "") -> str:
    """The limit that a lead or their firm reached, of one asset or of all together."""
    since = _since(limits.days)
    own, (firm, values) = limits.per_lead, same_firm(lead)
    if own and await ledger.count_given(slug, since, "l.id = ?", lead.id) >= own:
        return LEAD
    most = limits.per_company
    if most and await ledger.count_given(slug, since, firm, *values) >= most:
        return COMPANY
    return ""


def _since(days: int) -> datetime | None:
    return now() - timedelta(days=days) if days else None
