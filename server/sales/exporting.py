"""Leads as a table that goes out, a thousand at a time: CSV that comes in again, or JSON lines."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from server.kit.tables import csv_text
from server.leads.models import Lead, Subscription
from server.leads.subscribing import TIPS
from server.readiness.models import Score
from server.sales.finding import Filters, ids_of
from server.sales.lists import owners_of

COLUMNS = (
    "email",
    "name",
    "company",
    "role",
    "language",
    "themes",
    "newsletter",
    "consent_at",
    "consent_how",
    "customer_since",
    "optout_offered_at",
    "source",
    "created_at",
    "last_event_at",
    "state",
    "points",
    "given",
    "returned",
    "owner",
    "facts",
)
EVERYBODY = Filters()

Record = dict[str, Any]


async def csv_lines(records: AsyncIterator[Sequence[Record]]) -> AsyncIterator[str]:
    """A header and a line for each lead; no cell runs as a formula."""
    yield csv_text([COLUMNS])
    async for chunk in records:
        yield csv_text([[_cell(record[name]) for name in COLUMNS] for record in chunk])


async def json_lines(records: AsyncIterator[Sequence[Record]]) -> AsyncIterator[str]:
    """One JSON object a line."""
    async for chunk in records:
        yield "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in chunk)


Writer = Callable[[AsyncIterator[Sequence[Record]]], AsyncIterator[str]]
FORMATS: Mapping[str, tuple[Writer, str]] = MappingProxyType(
    {
        "csv": (csv_lines, "text/csv; charset=utf-8"),
        "jsonl": (json_lines, "application/jsonl; charset=utf-8"),
    }
)


async def records_of(
    filters: Filters = EVERYBODY, slugs: Mapping[str, Sequence[str]] = MappingProxyType({})
) -> AsyncIterator[list[Record]]:
    """The leads that filters let through, by number; each thousand is read on its own, so that
    a long export holds nothing up."""
    last = 0
    while ids := await ids_of(filters, slugs, last):
        yield await records(ids)
        last = ids[-1]


async def chosen(ids: Sequence[int]) -> AsyncIterator[list[Record]]:
    """These leads."""
    yield await records(ids)


async def records(ids: Sequence[int]) -> list[Record]:
    """What is known of these leads, as far as a table can tell it."""
    wanted = list(ids)
    leads = await Lead.filter(id__in=wanted).order_by("id")
    found = Score.filter(lead_id__in=wanted)
    told = found.only("id", "lead_id", "state", "points", "given", "returned")
    scores = {one.lead_id: one for one in await told}
    wishes = Subscription.filter(lead_id__in=wanted, list=TIPS, confirmed_at__isnull=False)
    listed = {one.lead_id: one for one in await wishes.filter(ended_at=None)}
    owners = await owners_of(wanted)
    return [
        _record(lead, scores.get(lead.id), listed.get(lead.id))
        | {"owner": owners[lead.id].email if lead.id in owners else ""}
        for lead in leads
    ]


def _record(lead: Lead, score: Score | None, wish: Subscription | None) -> Record:
    return {
        "email": lead.email,
        "name": lead.name,
        "company": lead.company,
        "role": lead.role,
        "language": lead.language,
        "themes": [theme for theme in lead.themes.split(",") if theme],
        "newsletter": wish is not None,
        "consent_at": _when(wish.confirmed_at if wish else None),
        "consent_how": wish.wording if wish else "",
        "customer_since": _when(lead.customer_since),
        "optout_offered_at": _when(lead.optout_offered_at),
        "source": lead.source,
        "created_at": _when(lead.created_at),
        "last_event_at": _when(lead.last_event_at),
        "state": score.state if score else "new",
        "points": score.points if score else 0,
        "given": score.given if score else 0,
        "returned": score.returned if score else 0,
        "facts": lead.facts,
    }


def _when(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""


def _cell(value: Any) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ";".join(value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False) if value else ""
    return value
