"""One line of the append-only log."""

from tortoise import fields
from tortoise.models import Model

from server.leads.models import Lead


class Event(Model):
    """What happened; `evidence` and `rule` are the verdict on it and may be judged anew."""

    id = fields.IntField(primary_key=True)
    lead: fields.ForeignKeyRelation[Lead] = fields.ForeignKeyField("leads.Lead", "events")
    lead_id: int
    kind = fields.CharField(40)
    at = fields.DatetimeField()
    subject = fields.CharField(80)
    gift_number = fields.IntField(null=True)
    delivery_number = fields.IntField(null=True)
    value = fields.FloatField(default=0.0)
    detail = fields.TextField(default="")
    method = fields.CharField(8, default="")
    agent = fields.CharField(200, default="")
    purpose = fields.CharField(40, default="")
    network = fields.CharField(22, default="")
    reader = fields.CharField(22, default="")
    evidence = fields.CharField(10, default="")
    rule = fields.CharField(20, default="")
    sign = fields.IntField(default=1)
    dedup_key = fields.CharField(160, unique=True)

    class Meta:
        table = "event"


class PageView(Model):
    """How often a page was opened on a day of the site; a count, with nobody's traces."""

    id = fields.IntField(primary_key=True)
    day = fields.DateField()
    path = fields.CharField(200)
    people = fields.IntField()
    machines = fields.IntField()

    class Meta:
        table = "page_view"
        unique_together = [("day", "path")]
