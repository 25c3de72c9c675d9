"""What we leave behind of a lead: an outcome, a note, an owner, a conversation, mail that came
back, and a table and mails that wait."""

from base64 import b64encode

from server.api.models import ApiCall
from server.contact.models import Conversation, ConversationLine
from server.gifts.models import ExtraArm, Gift, Parcel, PassOn, TrialTerm, Voucher
from server.kit.clock import now
from server.leads.models import Lead
from server.mail.models import Arrival, Bounce, Delivery, ListRest
from server.newsletter.models import Enrolment
from server.sales.models import FollowUp, ImportRun, Note, Outcome, PlannedGift
from server.staff.models import ApiToken


async def worked_on(lead: Lead, name: str = "Joost") -> None:
    """One row in every table of sales and of conversations, with the name and the address
    wherever words can stand."""
    moment = now()
    await ExtraArm.create(
        experiment="asset:a:10:90", lead=lead, arm="held", assigned_at=moment, horizon_at=moment
    )
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
    await _came_in(lead, told)
    await _circle(lead, told)
    gift = await Gift.filter(lead_id=lead.id).first()
    if gift:
        own = {"code": f"code{lead.id}", "asset_slug": gift.asset_slug, "made_at": moment}
        await PassOn.create(lead=lead, gift=gift, **own)
    await _on_its_way(lead, name)
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


async def _circle(lead: Lead, told: str) -> None:
    """Thanks that are planned, and what another program was answered."""
    moment, own = now(), {"asset_slug": "", "line": told, "state": "planned"}
    await PlannedGift.create(
        lead=lead, key=f"p:{lead.id}", why="purchase", due_at=moment, made_at=moment, **own
    )
    hashed = f"h{lead.id}"
    token = await ApiToken.create(name="t", secret_hash=hashed, scopes="", made_at=moment)
    days = {"assigned_at": moment, "horizon_at": moment}
    await ExtraArm.create(lead=lead, experiment="extra", arm="given", **days)
    kept = {"key": "k", "fingerprint": "f", "status": 201, "body": told, "at": moment}
    await ApiCall.create(token=token, lead=lead, **kept)


async def _came_in(lead: Lead, told: str) -> None:
    """A mail that came back, one that is not read yet, and one that waits for its conversation."""
    moment = now()
    delivery = await Delivery.filter(lead_id=lead.id).first()
    own = {"status": "5.2.2", "diagnostic": told, "source": "dsn", "digest": f"b{lead.id}"}
    places = {"sequence": "five", "joined_at": moment, "entered_at": moment, "due_at": moment}
    await Enrolment.create(lead=lead, ended_at=moment, why="finished", **places)
    await Bounce.create(delivery=delivery, lead=lead, kind="soft", at=moment, **own)
    await ListRest.create(lead=lead, at=moment)
    for state, octets, letter in (
        ("new", b64encode(told.encode()).decode(), {}),
        ("letter", "", {"from": lead.email, "text": told}),
    ):
        await Arrival.create(
            digest=f"{state}{lead.id}",
            source="smtp",
            sender=lead.email if octets else "",
            recipient="us@example.org",
            octets=octets,
            state=state,
            outcome="",
            letter=letter,
            at=moment,
        )


async def _on_its_way(lead: Lead, name: str) -> None:
    """A trial that runs, a parcel to an address, and a code."""
    moment = now()
    gift = await Gift.create(
        lead=lead,
        asset_slug="kaartenset-doorvragen",
        language="nl",
        requested_at=moment,
        expires_at=moment,
    )
    await TrialTerm.create(
        lead=lead, gift=gift, starts_at=moment, remind_at=moment, ends_at=moment, ended_at=moment
    )
    await Parcel.create(
        lead=lead,
        gift=gift,
        name=name,
        street=f"Kade 12, bij {name}",
        postcode="1234 AB",
        town="Deventer",
        country="NL",
        given_at=moment,
    )
    await Voucher.create(lead=lead, gift=gift, code=f"TEST-{lead.id}", made_at=moment)
