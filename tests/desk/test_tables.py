"""A table handed in on the desk: looked through, shown, taken in by a press; and taken out."""

import json
from collections.abc import Callable

from httpx2 import AsyncClient, Response

from server.leads.models import Lead
from server.sales.models import ImportRun
from server.staff.models import AuditEntry
from tests.desk.test_outcomes import word
from tests.product import Product
from tests.support.tables import leads_table

Clock = Callable[[float], None]


async def hand_in(desk: AsyncClient, data: bytes, **more: str) -> Response:
    page = (await desk.get("/desk/tables")).text
    form = {"csrf": word(page), "kind": "leads", "source": "beurs", **more}
    return await desk.post("/desk/tables", data=form, files={"file": ("l.csv", data, "text/csv")})


async def test_nothing_is_written_before_the_second_press(product: Product) -> None:
    desk = await product.log_in("admin")
    made = leads_table(300, separator=";", every=30)
    assert (await hand_in(desk, made.data("latin-1"))).status_code == 303
    assert "We kijken het bestand door" in (await desk.get("/desk/tables")).text
    await product.work()
    page = (await desk.get("/desk/tables")).text
    assert "291 goed, 9 geweigerd" in page
    assert f'<td class="n">{made.bad[0]}</td>' in page
    assert await Lead.all().count() == 0
    run = await ImportRun.get()
    await desk.post(f"/desk/tables/{run.id}", data={"csrf": word(page), "do": "take"})
    await product.work()
    assert (
        "291 nieuw, 0 aangevuld, 0 stonden er al zo, 9 geweigerd"
        in (await desk.get("/desk/tables")).text
    )
    assert await Lead.all().count() == 291
    run = await ImportRun.get()
    assert (run.content, run.state) == ("", "done")
    assert "example.org" not in json.dumps(run.report)
    # A second press on an old page takes nothing in again.
    await desk.post(f"/desk/tables/{run.id}", data={"csrf": word(page), "do": "take"})
    await product.work()
    assert (await ImportRun.get()).done_at == run.done_at
    assert await AuditEntry.filter(action="table.imported").count() == 1


async def test_what_cannot_be_taken_is_said_in_words(product: Product) -> None:
    desk = await product.log_in("admin")
    for data, more, says in (
        (b"", {}, "Kies een CSV-bestand"),
        (b"email\nan@example.org", {"source": " "}, "waar deze leads vandaan komen"),
        (b"PK\x00\x00", {}, "Dit is geen tabel in tekst"),
    ):
        answer = await hand_in(desk, data, **more)
        assert answer.status_code == 422
        assert says in answer.text
    assert (await hand_in(desk, b"email\nx", kind="spells")).status_code == 404
    await hand_in(desk, b"naam\nAn")
    await product.work()
    page = (await desk.get("/desk/tables")).text
    assert "de kolom email ontbreekt" in page
    run = await ImportRun.get()
    await desk.post(f"/desk/tables/{run.id}", data={"csrf": word(page), "do": "drop"})
    assert await ImportRun.all().count() == 0


async def test_a_file_that_is_too_large_is_refused(product: Product) -> None:
    desk = await product.log_in("admin")
    assert (await hand_in(desk, b"x" * 45_000_000)).status_code == 413


async def test_a_table_that_nobody_took_in_is_forgotten_after_a_day(
    product: Product, clock: Clock
) -> None:
    desk = await product.log_in("admin")
    await hand_in(desk, b"email\nan@example.org")
    await product.work()
    clock(1.1)
    await product.work()
    assert await ImportRun.all().count() == 0


async def test_a_selection_and_the_chosen_go_out_as_a_file(product: Product) -> None:
    await product.gift("gulle-gever", "an@example.org", name="An")
    await product.gift("service-als-cadeau", "bo@example.org", name="Bo")
    desk = await product.log_in("admin")
    page = (await desk.get("/desk/leads?theme=service")).text
    form = {"csrf": word(page), "query": "theme=service", "format": "csv"}
    answer = await desk.post("/desk/leads/export", data=form)
    assert answer.headers["content-disposition"] == 'attachment; filename="leads.csv"'
    assert "bo@example.org" in answer.text
    assert "an@example.org" not in answer.text
    everybody = await desk.post("/desk/leads/export", data={**form, "query": "", "format": "jsonl"})
    assert [json.loads(line)["name"] for line in everybody.text.splitlines()] == ["An", "Bo"]
    sales = await product.log_in("sales")
    page = (await sales.get("/desk/leads")).text
    an = await Lead.get(name="An")
    chosen = await sales.post("/desk/leads/chosen", data={"csrf": word(page), "pick": str(an.id)})
    assert "an@example.org" in chosen.text
    refused = await sales.post("/desk/leads/export", data={**form, "csrf": word(page)})
    assert refused.status_code == 403
    assert await AuditEntry.filter(action="leads.exported").count() == 3
    assert (await desk.post("/desk/leads/export", data={**form, "format": "x"})).status_code == 404
