"""What sales does with a lead: outcomes, notes and tasks, whose it is, and saved views."""

from typing import Any

from tortoise import fields
from tortoise.models import Model

from server.leads.models import Lead
from server.staff.models import StaffUser


class Outcome(Model):
    """What came of it, with the state, points and reasons as they stood at that moment.

    `reasons` holds every line of the sum (key, points, subjects, day, times), never rewritten.
    Taken back is not taken away: `undone_at` says when.
    """

    id = fields.IntField(primary_key=True)
    lead: fields.ForeignKeyRelation[Lead] = fields.ForeignKeyField("leads.Lead", "outcomes")
    lead_id: int
    key = fields.CharField(160, unique=True)
    kind = fields.CharField(20)
    reason = fields.CharField(40, default="")
    value = fields.FloatField(default=0.0)
    until = fields.DatetimeField(null=True)
    at = fields.DatetimeField()
    recorded_at = fields.DatetimeField()
    staff: fields.ForeignKeyNullableRelation[StaffUser] = fields.ForeignKeyField(
        "staff.StaffUser", "outcomes", null=True
    )
    staff_id: int | None
    source = fields.CharField(20)
    state = fields.CharField(12)
    points = fields.IntField()
    probability = fields.FloatField()
    reasons: Any = fields.JSONField()
    model_version = fields.IntField()
    undone_at = fields.DatetimeField(null=True)
    undone_by: fields.ForeignKeyNullableRelation[StaffUser] = fields.ForeignKeyField(
        "staff.StaffUser", "undone_outcomes", null=True
    )
    undone_by_id: int | None

    class Meta:
        table = "outcome"


class Note(Model):
    """Something a colleague wrote down; with `due_on` it is a task until `done_at`."""

    id = fields.IntField(primary_key=True)
    lead: fields.ForeignKeyRelation[Lead] = fields.ForeignKeyField("leads.Lead", "notes")
    lead_id: int
    staff: fields.ForeignKeyNullableRelation[StaffUser] = fields.ForeignKeyField(
        "staff.StaffUser", "notes", null=True
    )
    staff_id: int | None
    text = fields.TextField()
    at = fields.DatetimeField()
    due_on = fields.DateField(null=True)
    done_at = fields.DatetimeField(null=True)

    class Meta:
        table = "note"


class FollowUp(Model):
    """Whose lead it is, and until when it stays off the list of today."""

    id = fields.IntField(primary_key=True)
    lead: fields.OneToOneRelation[Lead] = fields.OneToOneField("leads.Lead", "follow_up")
    lead_id: int
    owner: fields.ForeignKeyNullableRelation[StaffUser] = fields.ForeignKeyField(
        "staff.StaffUser", "follow_ups", null=True
    )
    owner_id: int | None
    snoozed_until = fields.DatetimeField(null=True)

    class Meta:
        table = "follow_up"


class SavedView(Model):
    """A set of filters that a colleague gave a name; `query` is the address after the `?`."""

    id = fields.IntField(primary_key=True)
    staff: fields.ForeignKeyRelation[StaffUser] = fields.ForeignKeyField("staff.StaffUser", "views")
    staff_id: int
    name = fields.CharField(60)
    query = fields.CharField(400)

    class Meta:
        table = "saved_view"
        unique_together = [("staff", "name")]


class ImportRun(Model):
    """A table handed in on the desk: waiting → checked → queued → done, or failed.

    `content` is kept until it was taken in, a day at most; `report` tells lines and reasons only.
    """

    id = fields.IntField(primary_key=True)
    staff: fields.ForeignKeyNullableRelation[StaffUser] = fields.ForeignKeyField(
        "staff.StaffUser", "imports", null=True, on_delete=fields.SET_NULL
    )
    staff_id: int | None
    kind = fields.CharField(20)
    file_name = fields.CharField(120)
    source = fields.CharField(120)
    on_list = fields.CharField(500)
    content = fields.TextField()
    state = fields.CharField(12)
    report: Any = fields.JSONField()
    created_at = fields.DatetimeField()
    done_at = fields.DatetimeField(null=True)

    class Meta:
        table = "import_run"
