"""An issue: a tip as it is sent, once."""

from typing import Any

from tortoise import fields
from tortoise.models import Model

from server.leads.models import Lead
from server.mail.models import Message


class Issue(Model):
    """`queuing` while its deliveries are being written, `queued` when all are, `paused` between.

    `rules` says for whom it is, as the file said when it started.
    """

    id = fields.IntField(primary_key=True)
    name = fields.CharField(40, unique=True)
    state = fields.CharField(12, default="queuing")
    queued_at = fields.DatetimeField()
    not_after = fields.DatetimeField()
    last_lead_id = fields.IntField(default=0)
    audience = fields.IntField(default=0)
    in_window = fields.IntField(default=0)
    with_invented = fields.BooleanField(default=False)
    rules: Any = fields.JSONField(default=dict)
    paused_at = fields.DatetimeField(null=True)
    again_at = fields.DatetimeField(null=True)
    halted_at = fields.DatetimeField(null=True)
    halted_why = fields.CharField(20, default="")
    judge_at = fields.DatetimeField(null=True)

    class Meta:
        table = "issue"

    @property
    def span(self) -> tuple[str, str]:
        """Between which keys its deliveries lie, side by side in the unique index."""
        return span_of(self.name)


def span_of(name: str) -> tuple[str, str]:
    """Between which keys the deliveries of an issue lie."""
    return f"issue:{name}:", f"issue:{name};"


class IssueText(Model):
    """The text of a started issue for readers of a language; a change of the file leaves it."""

    id = fields.IntField(primary_key=True)
    issue: fields.ForeignKeyRelation[Issue] = fields.ForeignKeyField("newsletter.Issue", "texts")
    issue_id: int
    language = fields.CharField(2)
    message: fields.ForeignKeyRelation[Message] = fields.ForeignKeyField("mail.Message", "issues")
    message_id: int

    class Meta:
        table = "issue_text"
        unique_together = [("issue", "language")]


class IssueZone(Model):
    """When an issue reaches who lives by this clock; empty: whose clock we do not know."""

    id = fields.IntField(primary_key=True)
    issue: fields.ForeignKeyRelation[Issue] = fields.ForeignKeyField("newsletter.Issue", "zones")
    issue_id: int
    timezone = fields.CharField(60)
    at = fields.DatetimeField()
    not_after = fields.DatetimeField()

    class Meta:
        table = "issue_zone"
        unique_together = [("issue", "timezone")]


class IssuePlan(Model):
    """What was decided about a tip that did not start yet.

    `queue`: it waits for a slot, at `place`; `planned`: it starts at `send_at`; `held`: that moment
    was missed, and a person decides. `origin`: hand, file or slot.
    """

    id = fields.IntField(primary_key=True)
    name = fields.CharField(40, unique=True)
    state = fields.CharField(12)
    send_at = fields.DatetimeField(null=True)
    place = fields.IntField(default=0)
    origin = fields.CharField(12, default="hand")

    class Meta:
        table = "issue_plan"


class TipTurn(Model):
    """One slot of one week: `open`, `skipped` or `done`, and the tip that is to go then."""

    id = fields.IntField(primary_key=True)
    key = fields.CharField(20, unique=True)
    at = fields.DatetimeField()
    state = fields.CharField(12)
    name = fields.CharField(40, default="")
    told_at = fields.DatetimeField(null=True)

    class Meta:
        table = "tip_turn"


class TipRhythm(Model):
    """The one row that says since when the slots are filled by themselves; empty: they are not."""

    id = fields.IntField(primary_key=True)
    on_at = fields.DatetimeField(null=True)

    class Meta:
        table = "tip_rhythm"


class Enrolment(Model):
    """A reader in a sequence: at step `step` since `entered_at`, looked at again at `due_at`.

    `mailed_at`: when the last text was promised; `why` says how it ended. Once in a lifetime.
    """

    id = fields.IntField(primary_key=True)
    sequence = fields.CharField(40)
    lead: fields.ForeignKeyRelation[Lead] = fields.ForeignKeyField("leads.Lead", "enrolments")
    lead_id: int
    step = fields.IntField(default=0)
    joined_at = fields.DatetimeField()
    entered_at = fields.DatetimeField()
    mailed_at = fields.DatetimeField(null=True)
    due_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    why = fields.CharField(20, default="")

    class Meta:
        table = "enrolment"
        unique_together = [("sequence", "lead")]


class SequenceStop(Model):
    """A sequence that a person stopped for everybody."""

    id = fields.IntField(primary_key=True)
    sequence = fields.CharField(40, unique=True)
    at = fields.DatetimeField()

    class Meta:
        table = "sequence_stop"


class IssueVariant(Model):
    """One of the two texts (`number` 0 or 1) of a started issue, in one language.

    `file_name` is where it was written; empty: both are one text by two subjects.
    """

    id = fields.IntField(primary_key=True)
    issue: fields.ForeignKeyRelation[Issue] = fields.ForeignKeyField("newsletter.Issue", "variants")
    issue_id: int
    language = fields.CharField(2)
    number = fields.IntField()
    message: fields.ForeignKeyRelation[Message] = fields.ForeignKeyField("mail.Message", "variants")
    message_id: int
    file_name = fields.CharField(60, default="")

    class Meta:
        table = "issue_variant"
        unique_together = [("issue", "language", "number")]
