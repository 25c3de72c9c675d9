"""Rows as the API tells them, in the shapes of `schemas.py`."""

from datetime import UTC, datetime
from typing import Any

from server.gifts.models import LedgerLine
from server.leads.models import Lead, Subscription
from server.leads.subscribing import TIPS
from server.readiness.models import Score
from server.sales.models import Outcome
from server.tracking.models import Event


def moment(at: datetime | None) -> str | None:
    """ISO 8601, in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


async def lead(one: Lead) -> dict[str, Any]:
    """A lead; of who does not want to be followed no score."""
    score = None if one.profiling_off_at else await Score.get_or_none(lead_id=one.id)
    wish = await Subscription.get_or_none(lead_id=one.id, list=TIPS)
    return {
        "id": one.id,
        "email": one.email,
        "name": one.name,
        "company": one.company,
        "role": one.role,
        "language": one.language,
        "themes": [theme for theme in one.themes.split(",") if theme],
        "timezone": one.timezone,
        "source": one.source,
        "newsletter": bool(wish and wish.confirmed_at and not wish.ended_at),
        "blocked": one.blocked_at is not None,
        "state": score.state if score else None,
        "points": score.points if score else None,
        "created_at": moment(one.created_at),
        "verified_at": moment(one.verified_at),
        "customer_since": moment(one.customer_since),
        "optout_offered_at": moment(one.optout_offered_at),
        "no_ask_until": moment(one.no_ask_until),
    }


def gift(line: LedgerLine) -> dict[str, Any]:
    """A line of what was given."""
    return {
        "id": line.id,
        "lead_id": line.lead_id,
        "kind": line.kind,
        "asset": line.asset_slug,
        "what": line.what,
        "cost": line.cost,
        "value": line.value,
        "why": line.why,
        "unexpected": line.unexpected,
        "personal": line.personal,
        "by": line.by_name,
        "source": line.source,
        "at": moment(line.at),
        "recorded_at": moment(line.recorded_at),
        "sign": line.sign,
    }


def outcome(one: Outcome) -> dict[str, Any]:
    """What came of a lead."""
    return {
        "id": one.id,
        "lead_id": one.lead_id,
        "kind": one.kind,
        "reason": one.reason,
        "value": one.value,
        "until": moment(one.until),
        "at": moment(one.at),
        "recorded_at": moment(one.recorded_at),
    }


def event(one: Event) -> dict[str, Any]:
    """A line of the log, without what tells of networks, programs and browsers."""
    return {
        "id": one.id,
        "lead_id": one.lead_id,
        "kind": one.kind,
        "at": moment(one.at),
        "subject": one.subject,
        "gift_id": one.gift_number,
        "value": one.value,
        "words": one.detail,
        "evidence": one.evidence,
        "sign": one.sign,
    }
