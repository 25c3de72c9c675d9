"""What is thought of each lead now, and when that changed."""

from typing import Any

from tortoise import fields
from tortoise.models import Model

from server.leads.models import Lead


class Score(Model):
    """The latest assessment of a lead; everything in it can be rebuilt from the log."""

    id = fields.IntField(primary_key=True)
    lead: fields.OneToOneRelation[Lead] = fields.OneToOneField("leads.Lead", "score")
    lead_id: int
    model_version = fields.IntField()
    memory: Any = fields.JSONField()
    state = fields.CharField(12)
    state_since = fields.DatetimeField()
    points = fields.IntField()
    interest = fields.FloatField()
    fit = fields.FloatField()
    probability = fields.FloatField()
    step = fields.CharField(20)
    step_subject = fields.CharField(80)
    step_opens_at = fields.DatetimeField(null=True)
    returned_at = fields.DatetimeField(null=True)
    given = fields.IntField(default=0)
    returned = fields.IntField(default=0)
    liked = fields.IntField(default=0)
    asked_at = fields.DatetimeField(null=True)
    next_check_at = fields.DatetimeField(null=True)

    class Meta:
        table = "score"


class Transition(Model):
    """A change of state with the score and the reasons as they were seen; never rewritten."""

    id = fields.IntField(primary_key=True)
    lead: fields.ForeignKeyRelation[Lead] = fields.ForeignKeyField("leads.Lead", "transitions")
    lead_id: int
    at = fields.DatetimeField()
    state = fields.CharField(12)
    points = fields.IntField()
    reasons: Any = fields.JSONField()
    model_version = fields.IntField()

    class Meta:
        table = "transition"
