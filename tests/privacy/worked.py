"""What sales leaves behind of a lead: an outcome, a note, an owner, and a table that waits."""

from base64 import b64encode

from server.kit.clock import now
from server.leads.models import Lead
from server.sales.models import FollowUp, ImportRun, Note, Outcome


async def worked_on(lead: Lead, name: str = "Joost") -> None:
    """One row in every table of sales, with the name and the address wherever words can stand."""
    moment = now()
    await Note.create(lead=lead, text=f"{name} belt liever. {lead.email}", at=moment)
    await FollowUp.create(lead=lead)
    await Outcome.create(
        lead=lead,
        key="o:1",
        kind="offer",
        at=moment,
        recorded_at=moment,
        source="desk",
        state="ready",
        points=1,
        probability=0.1,
        reasons=[],
        model_version=1,
    )
    for text in (f"email,name\n{lead.email.upper()},{name}", "email\nsomebody@else.example.org"):
        await ImportRun.create(
            kind="leads",
            file_name="t.csv",
            source="fair",
            on_list="",
            content=b64encode(text.encode()).decode(),
            state="checked",
            report={},
            created_at=moment,
        )
