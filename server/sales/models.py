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


class WaitingPurchase(Model):
    """A purchase by somebody we do not know; `fingerprint` is a keyed hash of their address."""

    id = fields.IntField(primary_key=True)
    fingerprint = fields.CharField(22)
    key = fields.CharField(64)
    amount = fields.FloatField()
    what = fields.CharField(200)
    number = fields.CharField(80)
    optout_offered = fields.BooleanField()
    at = fields.DatetimeField()
    received_at = fields.DatetimeField()

    class Meta:
        table = "waiting_purchase"
        unique_together = [("fingerprint", "key")]


class PlannedGift(Model):
    """A gift in thanks: planned, sent, dropped, or held because we may not mail it.

    `why`: after a purchase, or for a full card. An empty slug or line: chosen when it goes.
    """

    id = fields.IntField(primary_key=True)
    lead: fields.ForeignKeyRelation[Lead] = fields.ForeignKeyField("leads.Lead", "planned_gifts")
    lead_id: int
    key = fields.CharField(100, unique=True)
    why = fields.CharField(12)
    due_at = fields.DatetimeField()
    asset_slug = fields.CharField(80, default="")
    line = fields.TextField(default="")
    state = fields.CharField(8)
    gift_number = fields.IntField(null=True)
    staff: fields.ForeignKeyNullableRelation[StaffUser] = fields.ForeignKeyField(
        "staff.StaffUser", "planned_gifts", null=True, on_delete=fields.SET_NULL
    )
    staff_id: int | None
    made_at = fields.DatetimeField()
    done_at = fields.DatetimeField(null=True)

    class Meta:
        table = "planned_gift"
