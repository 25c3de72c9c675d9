"""An issue: a tip as it is sent, once."""

from tortoise import fields
from tortoise.models import Model


class Issue(Model):
    """`queuing` while its deliveries are being written, `queued` when all are."""

    id = fields.IntField(primary_key=True)
    name = fields.CharField(40, unique=True)
    state = fields.CharField(12, default="queuing")
    queued_at = fields.DatetimeField()
    not_after = fields.DatetimeField()
    last_lead_id = fields.IntField(default=0)
    audience = fields.IntField(default=0)
    in_window = fields.IntField(default=0)
    with_invented = fields.BooleanField(default=False)

    class Meta:
        table = "issue"
