"""Leads, outcomes and purchases by table, as a person types it; what comes out goes in again."""

import json
from pathlib import Path

import pytest

from server.kit.database import rows
from server.leads.consents import chain_holds
from server.leads.models import Consent, Lead, Subscription
from server.mail import outbox
from server.sales.models import Outcome
from server.tracking.models import Event
from tests.cli.commands import Done, givefirst
from tests.product import Product
from tests.support import machine
from tests.support.machine import SOAKS
from tests.support.tables import GOOD_DAY, leads_table

# A command is a thin layer over rooms that are tried on both databases.
pytestmark = [] if machine.SOAKS else [pytest.mark.thin]

SOURCE = ("--source", "beurs Zorg & Leren")


def written(tmp_path: Path, *lines: str, name: str = "t.csv") -> str:
    file = tmp_path / name
    file.write_text("\n".join(lines), "utf-8")
    return str(file)


def lines_refused(done: Done) -> list[int]:
    return [one["line"] for one in done.json()["refused"]]


@pytest.mark.parametrize(
    ("encoding", "separator"),
    [("utf-8-sig", ";"), ("cp1252", "\t"), ("utf-8", ","), ("latin-1", ";")][
        : None if SOAKS else 2
    ],
)
async def test_good_rows_come_in_and_each_bad_one_is_named(
    product: Product, environ: dict[str, str], tmp_path: Path, encoding: str, separator: str
) -> None:
    made = leads_table(600, separator=separator, every=10)
    file = tmp_path / "leads.csv"
    file.write_bytes(made.data(encoding))
    dry = givefirst(environ, "leads", "import", str(file), *SOURCE, "--dry-run", "--json")
    assert lines_refused(dry) == made.bad
    assert await Lead.all().count() == 0
    done = givefirst(environ, "leads", "import", str(file), *SOURCE, "--json")
    assert done.code == 0
    assert lines_refused(done) == made.bad
    good = 600 - len(made.bad)
    assert (done.json()["new"], await Lead.all().count()) == (good, good)
    lead = await Lead.get(email="good1@example.org")
    assert (lead.name, lead.company, lead.source) == ("René 1", "Firm 1", SOURCE[1])
    receipt = await Consent.get(lead=lead)
    assert (receipt.wording, receipt.proof) == ("form on our old site", "import")
    assert receipt.at.isoformat() == "2026-01-05T11:00:00+00:00"  # Amsterdam, in winter
    assert await chain_holds(lead)
    wish = await Subscription.get(lead=lead)
    assert wish.is_active
    again = givefirst(environ, "leads", "import", str(file), *SOURCE, "--json").json()
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, good)
    assert await Consent.filter(lead=lead).count() == 1
    await product.work()
    assert product.mails() == []


async def test_refused_rows_are_told_in_words_and_nothing_good_is_an_error(
    product: Product, environ: dict[str, str], tmp_path: Path
) -> None:
    file = written(tmp_path, "email,language", "x,nl", "a@example.org,klingon")
    done = givefirst(environ, "leads", "import", file, *SOURCE)
    assert done.code == 1
    assert "regel 2: email is geen e-mailadres" in done.out
    assert "regel 3: deze taal kennen we niet" in done.out
    assert done.err.strip() == "Geen enkele regel was goed."
    missing = givefirst(environ, "leads", "import", written(tmp_path, "naam", "An"), *SOURCE)
    assert "de kolom email ontbreekt" in missing.refusal()
    nowhere = givefirst(environ, "leads", "import", str(tmp_path / "none.csv"), *SOURCE)
    assert "none.csv" in nowhere.refusal()
    assert givefirst(environ, "leads", "import", file).code == 2


EXPORTS = {
    "listmonk": (
        "uuid,email,name,attributes,status,created_at,updated_at",
        '1,an@example.org,An,"{""city"": ""Deventer""}",enabled,2025-01-01,2025-01-01',
        "2,bo@example.org,Bo,{},blocklisted,2025-01-01,2025-01-01",
    ),
    "Mailchimp": (
        '"Email Address","First Name","Last Name",OPTIN_TIME,CONFIRM_TIME,LEID,TAGS',
        'an@example.org,An,Bos,"2025-01-01 10:00:00","2025-01-01 10:05:00",77,"geven, service"',
    ),
    "HubSpot": (
        "Record ID,First Name,Last Name,Email,Job Title,Company Name,Preferred language",
        "9,An,Bos,an@example.org,directeur,Bos BV,nl-nl",
    ),
}


@pytest.mark.parametrize("system", EXPORTS)
async def test_exports_of_other_systems_are_recognised_and_shown_first(
    product: Product, environ: dict[str, str], tmp_path: Path, system: str
) -> None:
    file = written(tmp_path, *EXPORTS[system])
    dry = givefirst(environ, "leads", "import", file, *SOURCE, "--dry-run")
    assert f"Dit lijkt op een export van {system}." in dry.out
    assert "→ email" in dry.out or "email" in dry.out
    done = givefirst(environ, "leads", "import", file, *SOURCE, "--json").json()
    assert done["new"] == 1
    lead = await Lead.get()
    assert lead.name.startswith("An")
    assert not await Subscription.all().exists()
    told = {
        "listmonk": lead.facts.get("city") == "Deventer" and done["refused"][0]["line"] == 3,
        "Mailchimp": lead.themes == ",geven,service," and lead.facts["LEID"] == "77",
        "HubSpot": (lead.role, lead.company, lead.language) == ("directeur", "Bos BV", "nl"),
    }
    assert told[system]


async def test_a_list_of_another_system_comes_along_with_its_proof(
    product: Product, environ: dict[str, str], tmp_path: Path
) -> None:
    file = written(tmp_path, *EXPORTS["Mailchimp"], "bo@example.org,Bo,,,,78,")
    how = "formulier op onze oude site, met bevestiging"
    done = givefirst(environ, "leads", "import", file, *SOURCE, "--on-list", how, "--json").json()
    assert (done["new"], [one["line"] for one in done["refused"]]) == (1, [3])
    assert (await Subscription.get()).is_active
    assert (await Consent.get()).wording == how


async def test_an_import_takes_nothing_back_from_a_person(
    product: Product, environ: dict[str, str], tmp_path: Path
) -> None:
    await product.subscribe("an@example.org")
    await product.gift("gulle-gever", "bo@example.org", name="Bo van thuis")
    gone = product.mails("an@example.org")[-1]
    await Subscription.all().update(ended_at=(await Lead.get(email="an@example.org")).created_at)
    await outbox.suppress(product.site, "cor@example.org", "erased")
    assert gone
    proof = f"yes,{GOOD_DAY},fair"
    file = written(
        tmp_path,
        "email,name,newsletter,consent_at,consent_how",
        f"an@example.org,An,{proof}",
        f"bo@example.org,Iemand anders,{proof}",
        f"cor@example.org,Cor,{proof}",
    )
    done = givefirst(environ, "leads", "import", file, *SOURCE, "--json").json()
    assert [one["line"] for one in done["refused"]] == [2, 4]
    assert "afgemeld" in done["refused"][0]["reason"]
    assert "krijgt niets meer" in done["refused"][1]["reason"]
    assert (await Lead.get(email="bo@example.org")).name == "Bo van thuis"
    assert not await Lead.filter(email="cor@example.org").exists()


async def test_a_form_does_not_rename_somebody_of_a_table(
    product: Product, environ: dict[str, str], tmp_path: Path
) -> None:
    file = written(tmp_path, "email,name", "an@example.org,An Bos", "bo@example.org,")
    givefirst(environ, "leads", "import", file, *SOURCE)
    for address in ("an@example.org", "bo@example.org"):
        await product.ask("gulle-gever", address, name="Grapjas")
        await product.post("/nl/newsletter", data={"email": address, "name": "Grapjas"})
    assert (await Lead.get(email="an@example.org")).name == "An Bos"
    assert (await Lead.get(email="bo@example.org")).name == "Grapjas"


async def test_leads_of_a_table_are_scored_and_not_forgotten_after_a_week(
    product: Product, environ: dict[str, str], tmp_path: Path, clock: object
) -> None:
    file = written(tmp_path, "email,customer_since", "an@example.org,2024-03-01", "bo@example.org,")
    givefirst(environ, "leads", "import", file, *SOURCE)
    await product.work()
    assert callable(clock)
    clock(30)
    await product.work()
    desk = await product.log_in("sales")
    page = (await desk.get("/desk/leads?state=customer")).text
    assert "an@example.org" in page
    assert "bo@example.org" in (await desk.get("/desk/leads?state=new")).text


async def test_outcomes_and_purchases_come_in_once(
    product: Product, environ: dict[str, str], tmp_path: Path
) -> None:
    await product.gift("gulle-gever", "an@example.org")
    await product.gift("gulle-gever", "bo@example.org")
    outcomes = written(
        tmp_path,
        "Email;Close Date;Deal Stage;Amount;Closed Lost Reason",
        "an@example.org;2026-10-01;closedwon;3.200,50;",
        "bo@example.org;2026-10-02;verloren;;te duur",
        "bo@example.org;2026-10-03;verloren;;",
        "wie@example.org;2026-10-02;won;1;",
        "bo@example.org;2026-10-02;misschien;;",
        "bo@example.org;2999-10-02;won;;",
        "bo@example.org;;won;;",
        "bo@example.org;2026-10-02;won;veel;",
    )
    done = givefirst(environ, "outcomes", "import", outcomes, "--json").json()
    assert (done["new"], [one["line"] for one in done["refused"]]) == (2, [4, 5, 6, 7, 8, 9])
    again = givefirst(environ, "outcomes", "import", outcomes, "--json").json()
    assert (again["new"], again["unchanged"]) == (0, 2)
    assert (await Outcome.get(kind="won")).value == 3200.5
    purchases = written(
        tmp_path,
        "email,at,amount,what,id",
        "an@example.org,2026-10-05,1200,training,F-1",
        "an@example.org,2026-10-05,1200,training,F-1",
        "an@example.org,2026-10-05,,training,F-2",
        name="p.csv",
    )
    done = givefirst(environ, "purchases", "import", purchases, "--json").json()
    assert (done["new"], done["unchanged"], len(done["refused"])) == (1, 1, 1)
    assert (await Event.get(kind="purchase")).value == 1200
    await product.work()
    desk = await product.log_in("sales")
    assert "an@example.org" in (await desk.get("/desk/leads?state=customer")).text
    card = (await desk.get(f"/desk/leads/{(await Lead.get(email='bo@example.org')).id}")).text
    assert "Uit een tabel: Verloren: te duur" in card


async def test_what_is_exported_comes_in_again_as_it_was(
    product: Product, environ: dict[str, str], tmp_path: Path
) -> None:
    file = written(
        tmp_path,
        "email,name,themes,phone,newsletter,consent_at,consent_how",
        f'an@example.org,=HYPERLINK("x"),geven;service,+31 6,yes,{GOOD_DAY},beurs',
        "é@example.org,Zoë 🎁,,,,,",
    )
    givefirst(environ, "leads", "import", file, *SOURCE)
    out = givefirst(environ, "leads", "export")
    assert "'=HYPERLINK" in out.out
    assert "\n=" not in out.out
    lines = givefirst(environ, "leads", "export", "--format", "jsonl").lines
    told = [json.loads(line) for line in lines]
    assert [one["email"] for one in told] == ["an@example.org", "é@example.org"]
    assert (told[0]["themes"], told[0]["newsletter"]) == (["geven", "service"], True)
    assert told[0]["facts"] == {"phone": "+31 6"}
    await Lead.all().delete()
    back = written(tmp_path, out.out, name="back.csv")
    done = givefirst(environ, "leads", "import", back, *SOURCE, "--json").json()
    assert (done["new"], done["refused"]) == (2, [])
    lead = await Lead.get(email="an@example.org")
    assert (lead.name, lead.themes) == ('=HYPERLINK("x")', ",geven,service,")
    assert lead.facts["phone"] == "+31 6"
    assert (await Subscription.get(lead=lead)).is_active


@pytest.mark.postgres
async def test_after_many_rows_postgres_knows_how_large_its_tables_are(
    product: Product, environ: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "leads.csv"
    file.write_bytes(leads_table(2500).data())
    givefirst(environ, "leads", "import", str(file), *SOURCE)
    found = await rows("SELECT reltuples AS n FROM pg_class WHERE relname = 'lead'")
    assert found[0]["n"] == await Lead.all().count()
