"""Everything that is kept about one lead, from every table, as data and as a table of cells."""

import json
from datetime import date, datetime
from typing import Any

from tortoise import Tortoise
from tortoise.models import Model

from server.kit.database import ROOMS
from server.kit.tables import csv_text
from server.leads.models import Lead
from server.mail.models import Delivery, Message

Holdings = dict[str, list[dict[str, Any]]]


async def holdings_of(lead: Lead) -> Holdings:
    """Table → its rows about this lead, as they are kept; tables without any are left out.

    A new table that refers to a lead is found by itself.
    """
    found: Holdings = {"lead": await _rows(Lead, id=lead.id)}
    for model in _models():
        if "lead_id" in model._meta.fields_map:
            found[model._meta.db_table] = await _rows(model, lead_id=lead.id)
    # Copies that somebody had mailed to this address as a test.
    found["delivery"] += await _rows(Delivery, lead_id=None, address=lead.email)
    # What we were mailed about them.
    found["delivery"] += await _rows(Delivery, about_id=lead.id)
    messages = {row["message_id"] for row in found["delivery"]}
    found["message"] = await _rows(Message, id__in=messages) if messages else []
    return {table: rows for table, rows in found.items() if rows}


def _models() -> list[type[Model]]:
    return [model for room in ROOMS for model in Tortoise.apps[room].values()]


async def _rows(model: type[Model], **which: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await model.filter(**which).order_by("id").values()
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def as_json(holdings: Holdings, at: datetime) -> str:
    """The export for a machine."""
    data = {"made_at": at.isoformat(), "tables": holdings}
    return json.dumps(data, ensure_ascii=False, indent=2)


def as_csv(holdings: Holdings) -> str:
    """The export for a spreadsheet: a line for each value. No cell can act as a formula."""
    lines: list[tuple[object, ...]] = [("table", "row", "field", "value")]
    for table, rows in holdings.items():
        for number, row in enumerate(rows, 1):
            lines += [(table, number, name, _cell(value)) for name, value in row.items()]
    return csv_text(lines)


def _cell(value: Any) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
