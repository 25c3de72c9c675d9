"""The example year: believable, never mailed for real, and gone without a trace."""

from typing import Any

import pytest
from tortoise import Tortoise

from server.cli.demo import filled
from server.demo import emptying
from server.demo.filling import Filled, fill
from server.desk.entering import mail_link
from server.kit.database import ROOMS
from server.kit.house import HouseFile
from server.kit.settings import Settings
from server.leads.consents import chain_holds
from server.leads.models import Lead
from server.library.assets import Library
from server.mail import outbox
from server.mail.letters import Letters
from server.mail.models import Delivery
from server.newsletter import issuing
from server.newsletter.issuing import Editor
from server.newsletter.standing import status_of
from server.newsletter.tips import Tips
from server.readiness import keeping
from server.readiness.models import Score
from server.sales.follow_up import assign
from server.sales.models import FollowUp
from server.staff import accounts
from server.staff.models import AuditEntry, StaffUser
from server.tracking.models import Event
from tests.cli.commands import bare_environ, givefirst
from tests.product import Product
from tests.support.live import LiveServers
from tests.support.smtp import SmtpServer

SMALL = 48
REAL = "joost@bakkerij.example.org"
TIP = "2026-48"  # not sent yet
STATES = {
    "new", "reading", "ready", "offered", "customer", "resting", "not_a_fit", "objected",
}  # fmt: skip
STEPS = {
    "call_back", "rest", "stop_giving", "wait", "wait_for_answer", "ask_liked",
    "ways_to_give_back", "make_offer", "give", "give_personal", "none",
}  # fmt: skip
Dump = dict[str, list[dict[str, Any]]]


async def dump() -> Dump:
    """Every row of every table."""
    return {
        str(model._meta.db_table): await model.all().order_by("id").values()
        for room in ROOMS
        for model in Tortoise.apps[room].values()
    }


def about(found: Dump, lead_id: int) -> Dump:
    """The rows of one lead."""
    return {
        table: [row for row in rows if row.get("lead_id", row["id"]) == lead_id]
        for table, rows in found.items()
        if table == "lead" or (rows and "lead_id" in rows[0])
    }


async def make(settings: Settings) -> Filled:
    done = await fill(settings, SMALL)
    assert done
    return done


def editor_of(product: Product) -> Editor:
    settings = product.settings
    house, letters = HouseFile(settings.content).fresh(), Letters(settings.email_templates)
    return Editor(product.site, house, letters, Tips(settings.content), settings.timezone)


async def test_every_state_and_step_is_there_and_all_of_it_holds(product: Product) -> None:
    done = await make(product.settings)
    assert done.leads == SMALL
    leads = await Lead.all()
    assert all(lead.email.endswith(".example.org") and lead.invented_at for lead in leads)
    scores = await Score.all()
    assert {score.state for score in scores} == STATES
    assert {score.step for score in scores} == STEPS
    assert {event.evidence for event in await Event.all()} >= {"human", "likely", "unknown"}
    assert [lead.email for lead in leads if not await chain_holds(lead)] == []
    # What is kept is what the product itself would make of the log.
    judge = await keeping.make_judge(Library(product.settings.content).kinds())
    assert await keeping.replay(judge) == (SMALL, [])
    gone = Delivery.filter(error__startswith="550 5.1.1").prefetch_related("lead")
    bounced = await gone.first()
    assert bounced
    assert bounced.lead
    assert await outbox.is_suppressed(product.site, bounced.lead.email)
    # Nobody is mailed because of it.
    await product.work()
    assert product.mails() == []
    assert await fill(product.settings, SMALL) is None
    assert "niet leeg" in await filled(product.settings)


@pytest.mark.thin
async def test_the_same_day_brings_the_same_year(database: Settings) -> None:
    async def told() -> tuple[list[Any], list[Any]]:
        leads = await Lead.all().order_by("email").values_list("email", "name", "event_count")
        events = Event.all().order_by("at", "kind").values_list("at", "kind", "value", "evidence")
        return leads, sorted(await events)

    await make(database)
    first = await told()
    await emptying.empty(database.data)
    assert await fill(database, SMALL) is None  # whoever took it away wants no other
    await AuditEntry.all().delete()
    await make(database)
    assert await told() == first


async def test_empty_it_and_all_is_as_if_it_had_never_been(product: Product) -> None:
    admin = await accounts.add_staff("an@staff.example.org", "admin", "nl")
    before = await dump()
    await make(product.settings)
    assert await emptying.empty(product.settings.data, admin)
    after = await dump()
    last = after["audit_entry"].pop()
    assert (last["action"], last["staff_id"]) == ("demo.emptied", admin.id)
    assert after == before
    assert await emptying.empty(product.settings.data) is None


async def test_what_real_people_did_meanwhile_stays(product: Product) -> None:
    await make(product.settings)
    path = await product.gift("gulle-gever", REAL, tips=True)
    await product.read(path, 1)
    lead = await Lead.get(email=REAL)
    assert await issuing.send(editor_of(product), TIP, with_invented=True)
    await product.work()
    assert len(product.mails(".example.org")) > 10
    colleague = await StaffUser.filter(role="sales").first()
    assert colleague
    await assign([lead.id], colleague)
    before = about(await dump(), lead.id)
    await emptying.empty(product.settings.data)
    after = about(await dump(), lead.id)
    (follow_up,) = after["follow_up"]
    assert follow_up.pop("owner_id") is None
    assert before["follow_up"][0].pop("owner_id") == colleague.id
    assert after == {table: before.get(table, []) for table in after}
    assert await Lead.all().count() == 1
    assert await FollowUp.all().count() == 1
    status = await status_of(TIP)
    assert status
    assert (status.state, status.audience, status.states) == ("sent", 1, {"sent": 1})
    assert {mail["To"].addresses[0].addr_spec for mail in product.mails()} == {REAL}
    assert (await product.get(path)).status_code == 200


class TestWithAMailServer:
    """A relay is set, and still nobody of the demo is mailed by it."""

    @pytest.fixture
    def environ(self, environ: dict[str, str], smtp_server: SmtpServer) -> dict[str, str]:
        return environ | {"GIVEFIRST_SMTP_URL": smtp_server.url}

    async def test_only_real_people_are_mailed_for_real(
        self, product: Product, smtp_server: SmtpServer
    ) -> None:
        await make(product.settings)
        editor = editor_of(product)
        someone = await Lead.filter(verified_at__isnull=False, invented_at__isnull=False).first()
        colleague = await StaffUser.filter(invented_at__isnull=False).first()
        assert someone
        assert colleague
        await product.ask("gulle-gever", REAL)
        await product.ask("service-als-cadeau", someone.email)
        await issuing.send_test(editor, TIP, someone.email, "nl")
        await mail_link(product.site, editor.house, editor.letters, colleague.email)
        await issuing.send(editor, TIP, with_invented=True)
        await product.work()
        assert {one for mail in smtp_server.messages for one in mail.recipients} == {REAL}
        in_files = {mail["To"].addresses[0].addr_spec for mail in product.mails()}
        assert {someone.email, colleague.email} <= in_files
        assert REAL not in in_files


@pytest.mark.thin
async def test_a_plan_of_the_worker_sends_no_issue_to_invented_people(product: Product) -> None:
    await make(product.settings)
    await product.subscribe(REAL)
    await issuing.send(editor_of(product), TIP)
    await product.work()
    mails = await Delivery.filter(key__startswith=f"issue:{TIP}:").prefetch_related("lead")
    assert [mail.lead.email for mail in mails if mail.lead] == [REAL]


@pytest.mark.thin
async def test_the_desk_says_so_on_every_page_and_an_admin_can_end_it(product: Product) -> None:
    await make(product.settings)
    admin, seller = await product.log_in(), await product.log_in("sales")
    someone = await Lead.filter(invented_at__isnull=False).first()
    assert someone
    for path in (
        "/desk/",
        "/desk/leads",
        f"/desk/leads/{someone.id}",
        "/desk/gifts",
        "/desk/audit",
    ):
        assert "Dit is een voorbeeldjaar" in (await admin.get(path)).text, path
    assert 'href="/desk/demo"' in (await admin.get("/desk/")).text
    assert 'href="/desk/demo"' not in (await seller.get("/desk/")).text
    assert (await seller.get("/desk/demo")).status_code == 403
    assert "voorbeeldjaar" not in (await product.get("/nl/")).text
    shown = (await admin.get("/desk/demo")).text
    assert f"<dd>{SMALL}</dd>" in shown
    csrf = shown.split('name="csrf" value="')[1].split('"')[0]
    unsure = await admin.post("/desk/demo", data={"csrf": csrf})
    assert "vink eerst aan" in (await admin.get(unsure.headers["location"])).text
    assert await Lead.all().count() == SMALL
    done = await admin.post("/desk/demo", data={"csrf": csrf, "sure": "yes"})
    assert done.headers["location"] == "/desk/"
    assert "Dit is een voorbeeldjaar" not in (await admin.get("/desk/")).text
    assert await Lead.all().count() == 0
    assert (await admin.get("/desk/demo")).status_code == 404
    assert "Voorbeeldjaar leeggemaakt" in (await admin.get("/desk/audit")).text


@pytest.mark.thin
@pytest.mark.sqlite
def test_the_commands_fill_and_empty(start_server: LiveServers) -> None:
    site = start_server("--demo", "--no-worker")
    last = site.printed().splitlines()[-1]
    assert last.startswith("Voorbeeld:   400 verzonnen mensen")
    environ = bare_environ(site.data)
    done = givefirst(environ, "demo", "empty", "--json")
    assert done.json() == {"leads": 400, "files": 0}
    assert "geen voorbeeldjaar" in givefirst(environ, "demo", "empty").refusal()
