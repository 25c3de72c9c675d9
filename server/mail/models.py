"""Messages, their deliveries and the addresses that get nothing more."""

from datetime import datetime
from typing import Any

from tortoise import fields
from tortoise.models import Model

from server.leads.models import Lead

TRANSACTIONAL, BULK = 0, 1
BY_HAND = "answer"  # the kind of mail that a person of ours wrote to one reader
DONE = ("sent", "failed", "suppressed", "expired", "uncertain", "parked")


class Message(Model):
    """A finished shared text; only the slots differ per reader."""

    id = fields.IntField(primary_key=True)
    key = fields.CharField(64, unique=True)
    kind = fields.CharField(40)
    language = fields.CharField(2)
    subject = fields.CharField(300)
    html = fields.TextField()
    text = fields.TextField()
    list = fields.CharField(40, default="")
    is_ask = fields.BooleanField(default=False)
    created_at = fields.DatetimeField()

    class Meta:
        table = "message"


class MessageLink(Model):
    """Where link `number` of a message leads: the only targets that we redirect to."""

    id = fields.IntField(primary_key=True)
    message: fields.ForeignKeyRelation[Message] = fields.ForeignKeyField("mail.Message", "links")
    message_id: int
    number = fields.IntField()
    target = fields.TextField()

    class Meta:
        table = "message_link"
        unique_together = [("message", "number")]


class Delivery(Model):
    """One message to one reader for one reason (`key`).

    queued → leased → sending → sent | retry | failed | uncertain | expired | suppressed | parked |
    held. The Message-ID is fixed here and kept over retries. `about` is the lead whom a mail to us
    tells of, with whom it goes.
    """

    id = fields.IntField(primary_key=True)
    message: fields.ForeignKeyRelation[Message] = fields.ForeignKeyField(
        "mail.Message", "deliveries"
    )
    message_id: int
    lead: fields.ForeignKeyNullableRelation[Lead] = fields.ForeignKeyField(
        "leads.Lead", "deliveries", null=True
    )
    lead_id: int | None
    about: fields.ForeignKeyNullableRelation[Lead] = fields.ForeignKeyField(
        "leads.Lead", "told", null=True
    )
    about_id: int | None
    address = fields.CharField(254, default="")
    key = fields.CharField(160, unique=True)
    domain = fields.CharField(254, default="")
    lane = fields.IntField(default=TRANSACTIONAL)
    state = fields.CharField(12, default="queued")
    values: Any = fields.JSONField(default=dict)
    mail_id = fields.CharField(120)
    lease_token = fields.CharField(32, default="")
    leased_until = fields.DatetimeField(null=True)
    attempts = fields.IntField(default=0)
    doubts = fields.IntField(default=0)
    next_try_at = fields.DatetimeField()
    not_after = fields.DatetimeField()
    created_at = fields.DatetimeField()
    sent_at = fields.DatetimeField(null=True)
    error = fields.CharField(300, default="")

    class Meta:
        table = "delivery"

    async def settle(self, state: str, token: str, *, error: str = "", **more: object) -> bool:
        """Write what became of it; False, and no change, when the lease was lost meanwhile."""
        won = await Delivery.filter(id=self.id, lease_token=token).update(
            state=state, error=error[:300], lease_token="", leased_until=None, **more
        )
        return won == 1


class Pace(Model):
    """The one row that all workers share: when the next mail may leave, where a rate is set, and
    how many left today (`day`, in the zone of the site), while the sender warms up."""

    id = fields.IntField(primary_key=True)
    next_at = fields.DatetimeField()
    day = fields.CharField(10, default="")
    taken = fields.IntField(default=0)

    class Meta:
        table = "pace"


class DomainPace(Model):
    """What a mail domain told us: left alone until `hold_until`, `strikes` times in a row."""

    id = fields.IntField(primary_key=True)
    domain = fields.CharField(254, unique=True)
    hold_until = fields.DatetimeField()
    strikes = fields.IntField(default=0)
    next_at = fields.DatetimeField()
    reason = fields.CharField(300, default="")

    class Meta:
        table = "domain_pace"


class Gate(Model):
    """The one row before all mail: the place that this database belongs to (`mark`, empty: not
    known yet), and since when nothing may leave."""

    id = fields.IntField(primary_key=True)
    mark = fields.CharField(160, default="")
    shut_at = fields.DatetimeField(null=True)
    reason = fields.CharField(200, default="")

    class Meta:
        table = "gate"


class Suppression(Model):
    """An address that gets nothing more, kept as a keyed hash that outlives the lead."""

    id = fields.IntField(primary_key=True)
    fingerprint = fields.CharField(22, unique=True)
    reason = fields.CharField(40)
    at: datetime = fields.DatetimeField()

    class Meta:
        table = "suppression"


class Arrival(Model):
    """A mail that came in: `new` (whole in `octets`, as base64), `letter` (for a person: `letter`
    holds what is needed of it), `done` (nothing is left but its mark, and what it was)."""

    id = fields.IntField(primary_key=True)
    digest = fields.CharField(64, unique=True)
    source = fields.CharField(8)
    sender = fields.CharField(320)
    recipient = fields.CharField(320)
    octets = fields.TextField()
    state = fields.CharField(8)
    outcome = fields.CharField(20)
    letter: Any = fields.JSONField(default=dict)
    attempts = fields.IntField(default=0)
    at: datetime = fields.DatetimeField()

    class Meta:
        table = "arrival"


class Bounce(Model):
    """What came back of a delivery: `hard`, `soft`, `policy`, or `complaint`.

    The delivery stays `sent`: it left; this says that it was not wanted or did not arrive.
    """

    id = fields.IntField(primary_key=True)
    delivery: fields.ForeignKeyRelation[Delivery] = fields.ForeignKeyField(
        "mail.Delivery", "bounces"
    )
    delivery_id: int
    lead: fields.ForeignKeyNullableRelation[Lead] = fields.ForeignKeyField(
        "leads.Lead", "bounces", null=True
    )
    lead_id: int | None
    kind = fields.CharField(10)
    status = fields.CharField(12)
    diagnostic = fields.CharField(300)
    source = fields.CharField(10)
    digest = fields.CharField(64, unique=True)
    at: datetime = fields.DatetimeField()

    class Meta:
        table = "bounce"


class ListRest(Model):
    """A lead whose mailbox took no mail, issue after issue: no lists from `at` to `ended_at`."""

    id = fields.IntField(primary_key=True)
    lead: fields.OneToOneRelation[Lead] = fields.OneToOneField("leads.Lead", "list_rest")
    lead_id: int
    at: datetime = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "list_rest"
