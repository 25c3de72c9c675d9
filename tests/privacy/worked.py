"""What we leave behind of a lead: an outcome, a note, an owner, a conversation, and a table that
waits."""

from base64 import b64encode

from server.contact.models import Conversation, ConversationLine
from server.kit.clock import now
from server.leads.models import Lead
from server.sales.models import FollowUp, ImportRun, Note, Outcome


async def worked_on(lead: Lead, name: str = "Joost") -> None:
    """One row in every table of sales and of conversations, with the name and the address
    wherever words can stand."""
    moment = now()
    await Note.create(lead=lead, text=f"{name} belt liever. {lead.email}", at=moment)
    await FollowUp.create(lead=lead)
    talk = await Conversation.create(
        lead=lead, language="nl", opened_at=moment, last_at=moment, line_count=1
    )
    told = f"Bel {name} maar op {lead.email}."
    await ConversationLine.create(conversation=talk, lead=lead, is_ours=False, text=told, at=moment)
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
