"""Whom we asked whether we may keep them."""

from tortoise import fields
from tortoise.models import Model

from server.leads.models import Lead


class KeepRequest(Model):
    """A lead of whom nothing was heard for long was asked, once; a sign of life answers it."""

    id = fields.IntField(primary_key=True)
    lead: fields.OneToOneRelation[Lead] = fields.OneToOneField("leads.Lead", "keep_request")
    lead_id: int
    asked_at = fields.DatetimeField()

    class Meta:
        table = "keep_request"
