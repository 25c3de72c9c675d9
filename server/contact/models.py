"""Conversations: what somebody asked us, what we answered, and until when we promised it."""

from tortoise import fields
from tortoise.models import Model

from server.leads.models import Lead
from server.staff.models import StaffUser

OPEN, WAITING, CLOSED = "open", "waiting", "closed"
FORM, MAIL = "form", "mail"


class Conversation(Model):
    """One conversation with a lead: `open` waits for us, `waiting` for them, `closed` for nobody.

    `waits_since` is when the first question without an answer came, `promised_at` when that answer
    is due. `line_count` is raised by every line, so that who answers can tell what they had seen.
    """

    id = fields.IntField(primary_key=True)
    lead: fields.ForeignKeyRelation[Lead] = fields.ForeignKeyField("leads.Lead", "conversations")
    lead_id: int
    language = fields.CharField(2)
    state = fields.CharField(8, default=OPEN)
    owner: fields.ForeignKeyNullableRelation[StaffUser] = fields.ForeignKeyField(
        "staff.StaffUser", "conversations", null=True
    )
    owner_id: int | None
    opened_at = fields.DatetimeField()
    waits_since = fields.DatetimeField(null=True)
    promised_at = fields.DatetimeField(null=True)
    last_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)
    line_count = fields.IntField()

    class Meta:
        table = "conversation"


class ConversationLine(Model):
    """What one side wrote. `mail_id` is the Message-ID of the mail it went out or came with;
    `source` says which way the question came: `form` or `mail`."""

    id = fields.IntField(primary_key=True)
    conversation: fields.ForeignKeyRelation[Conversation] = fields.ForeignKeyField(
        "contact.Conversation", "lines"
    )
    conversation_id: int
    lead: fields.ForeignKeyRelation[Lead] = fields.ForeignKeyField("leads.Lead", "lines")
    lead_id: int
    is_ours = fields.BooleanField()
    staff: fields.ForeignKeyNullableRelation[StaffUser] = fields.ForeignKeyField(
        "staff.StaffUser", "lines", null=True
    )
    staff_id: int | None
    text = fields.TextField()
    at = fields.DatetimeField()
    promised_at = fields.DatetimeField(null=True)
    answered_at = fields.DatetimeField(null=True)
    mail_id = fields.CharField(250, default="")
    source = fields.CharField(4, default=FORM)
    subject = fields.CharField(200, default="")

    class Meta:
        table = "conversation_line"
