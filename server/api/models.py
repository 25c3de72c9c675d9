"""What was answered to a call, so that the same call gets the same answer."""

from tortoise import fields
from tortoise.models import Model

from server.leads.models import Lead
from server.staff.models import ApiToken


class ApiCall(Model):
    """The answer to a POST with a key of its own; goes after a day, or with whom it is about."""

    id = fields.IntField(primary_key=True)
    token: fields.ForeignKeyRelation[ApiToken] = fields.ForeignKeyField("staff.ApiToken", "calls")
    token_id: int
    lead: fields.ForeignKeyNullableRelation[Lead] = fields.ForeignKeyField(
        "leads.Lead", "api_calls", null=True
    )
    lead_id: int | None
    key = fields.CharField(200)
    fingerprint = fields.CharField(22)
    status = fields.IntField()
    body = fields.TextField()
    at = fields.DatetimeField()

    class Meta:
        table = "api_call"
        unique_together = [("token", "key")]
