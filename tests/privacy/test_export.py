"""Taking everything along: every table, in two forms, and no cell that acts."""

import csv
import io
import json
from collections.abc import Callable

from tortoise import Tortoise

from server.kit.database import ROOMS, rows
from server.leads.models import Lead
from server.newsletter import issuing
from server.privacy.retention import KeepRequest, now
from tests.flows.test_tip import editor
from tests.privacy.test_own_page import READER, furnish
from tests.privacy.worked import worked_on
from tests.product import Product

Clock = Callable[[float], None]


async def test_the_export_holds_every_row_about_the_lead_and_no_other(
    product: Product, clock: Clock
) -> None:
    path = await furnish(product, clock)
    await product.gift("gulle-gever", "other@example.org", name="Somebody Else", tips=True)
    await issuing.send_test(editor(product), "2026-47", READER, "nl")
    lead = await Lead.get(email=READER)
    await KeepRequest.create(lead=lead, asked_at=now())
    await worked_on(lead)
    answer = await product.get(f"{path}/export.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"] == 'attachment; filename="mijn-gegevens.json"'
    tables = answer.json()["tables"]
    models = [model for room in ROOMS for model in Tortoise.apps[room].values()]
    about = {model._meta.db_table for model in models if "lead_id" in model._meta.fields_map}
    assert len(about) >= 8
    assert set(tables) == about | {"lead", "message"}
    for table in about:
        found = await rows(f"SELECT * FROM {table} WHERE lead_id = ?", lead.id)
        theirs = [row for row in tables[table] if row["lead_id"] == lead.id]
        assert len(found) == len(theirs) > 0, table
        assert set(found[0]) == set(theirs[0]), table
    assert [row["address"] for row in tables["delivery"]].count(READER) == 1
    assert tables["lead"][0]["email"] == READER
    assert tables["gift"][0]["liked_why"] == "Hoofdstuk 3."
    assert "Somebody" not in answer.text
    assert "other@example.org" not in answer.text


async def test_the_table_holds_the_same_values(product: Product, clock: Clock) -> None:
    path = await furnish(product, clock)
    tables = (await product.get(f"{path}/export.json")).json()["tables"]
    answer = await product.get(f"{path}/export.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(lines) == sum(len(row) for table in tables.values() for row in table)
    told = {(one["table"], one["row"], one["field"]): one["value"] for one in lines}
    assert told["lead", "1", "email"] == READER
    assert told["gift", "1", "liked_why"] == "Hoofdstuk 3."
    assert json.loads(told["score", "1", "memory"]) == tables["score"][0]["memory"]


async def test_no_cell_can_act_as_a_formula(product: Product, clock: Clock) -> None:
    path = await furnish(product, clock)
    for evil in ("=1+1", "+31", "-1", "@SUM(A1)", "\t=1", "\r=1"):
        await Lead.all().update(name=evil)
        text = (await product.get(f"{path}/export.csv")).text
        lines = list(csv.reader(io.StringIO(text, newline="")))
        (told,) = [line[3] for line in lines if line[0] == "lead" and line[2] == "name"]
        assert told == f"'{evil}"
    cells = [cell for line in lines for cell in line]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
