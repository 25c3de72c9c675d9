"""A gift is one asset given to one lead: asked for, confirmed, handed over, read.

The ledger holds every gift, with or without an asset, and what the log has no room for.
"""

from typing import Any

from tortoise import fields
from tortoise.models import Model

from server.kit.clock import now
from server.leads.models import Lead
from server.staff.models import StaffUser

LINK = "gift"  # what the link of a gift is signed for


class Gift(Model):
    """An asset for one lead; its link is signed, this row decides whether it still opens.

    `unasked_at`: a surprise, with a personal `line` of who gave it. `ask_at`: when to look whether
    to ask how it was liked. `quoted_at`: when they allowed us to show their sentence; it stands on
    the page since `quote_shown_at`. `via`: the link that brought them, until they press the button.
    """

    id = fields.IntField(primary_key=True)
    lead: fields.ForeignKeyRelation[Lead] = fields.ForeignKeyField("leads.Lead", "gifts")
    lead_id: int
    asset_slug = fields.CharField(80)
    language = fields.CharField(2)
    source = fields.CharField(120, default="")
    requested_at = fields.DatetimeField()
    confirmed_at = fields.DatetimeField(null=True)
    expires_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)
    with_tips = fields.BooleanField(default=False)
    liked = fields.IntField(null=True)
    liked_at = fields.DatetimeField(null=True)
    liked_why = fields.TextField(default="")
    line = fields.TextField(default="")
    unasked_at = fields.DatetimeField(null=True)
    given_by: fields.ForeignKeyNullableRelation[StaffUser] = fields.ForeignKeyField(
        "staff.StaffUser", "gifts_given", null=True, on_delete=fields.SET_NULL
    )
    given_by_id: int | None
    ask_at = fields.DatetimeField(null=True)
    liked_asked_at = fields.DatetimeField(null=True)
    quoted_at = fields.DatetimeField(null=True)
    quote_named = fields.BooleanField(default=False)
    quote_shown_at = fields.DatetimeField(null=True)
    quote_shown_by: fields.ForeignKeyNullableRelation[StaffUser] = fields.ForeignKeyField(
        "staff.StaffUser", "quotes_shown", null=True, on_delete=fields.SET_NULL
    )
    quote_shown_by_id: int | None
    via = fields.CharField(16, default="")
    batch: fields.ForeignKeyNullableRelation["Batch"] = fields.ForeignKeyField(
        "gifts.Batch", "gifts", null=True, on_delete=fields.SET_NULL
    )
    batch_id: int | None
    attended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "gift"
        unique_together = [("lead", "asset_slug")]

    @property
    def is_usable(self) -> bool:
        return self.revoked_at is None and self.expires_at > now()

    async def confirm(self) -> bool:
        """True for the first press only, however many arrive together."""
        # The condition sits in the UPDATE, so the database picks the one winner.
        return await Gift.filter(id=self.id, confirmed_at=None).update(confirmed_at=now()) == 1

    async def rate(self, liked: int, why: str) -> bool:
        """True for the first answer only; a later one changes nothing."""
        fresh = {"liked": liked, "liked_at": now(), "liked_why": why, "ask_at": None}
        return await Gift.filter(id=self.id, liked_at=None).update(**fresh) == 1


class LedgerLine(Model):
    """What was given to a lead or came back: `key` names its line in the log, of which this holds
    the rest. Append-only: a counter-entry repeats a line with `sign` -1.

    `cost` and `value` in euro; `source`: site, desk, table, api, or what is written on a batch.
    """

    id = fields.IntField(primary_key=True)
    lead: fields.ForeignKeyRelation[Lead] = fields.ForeignKeyField("leads.Lead", "ledger")
    lead_id: int
    key = fields.CharField(160, unique=True)
    side = fields.CharField(8)
    kind = fields.CharField(20)
    asset_slug = fields.CharField(80, default="")
    gift_number = fields.IntField(null=True)
    what = fields.CharField(300, default="")
    cost = fields.FloatField(default=0.0)
    value = fields.FloatField(default=0.0)
    why = fields.TextField(default="")
    unexpected = fields.BooleanField(default=False)
    personal = fields.BooleanField(default=False)
    source = fields.CharField(120, default="")
    by_name = fields.CharField(120, default="")
    staff: fields.ForeignKeyNullableRelation[StaffUser] = fields.ForeignKeyField(
        "staff.StaffUser", "ledger", null=True, on_delete=fields.SET_NULL
    )
    staff_id: int | None
    at = fields.DatetimeField()
    recorded_at = fields.DatetimeField()
    sign = fields.IntField(default=1)

    class Meta:
        table = "ledger"


class LightChange(Model):
    """A set of answers to the four questions of a gift, given on the desk.

    In force at once when it holds no amber, else from the day somebody else approved it. `ends_on`:
    the last day on which it is given, where the answers are red.
    """

    id = fields.IntField(primary_key=True)
    asset_slug = fields.CharField(80)
    answers: Any = fields.JSONField()
    colour = fields.CharField(8)
    why = fields.TextField(default="")
    at = fields.DatetimeField()
    by_name = fields.CharField(120)
    staff: fields.ForeignKeyNullableRelation[StaffUser] = fields.ForeignKeyField(
        "staff.StaffUser", "lights", null=True, on_delete=fields.SET_NULL
    )
    staff_id: int | None
    approved_at = fields.DatetimeField(null=True)
    approved_name = fields.CharField(120, default="")
    approved_by: fields.ForeignKeyNullableRelation[StaffUser] = fields.ForeignKeyField(
        "staff.StaffUser", "lights_approved", null=True, on_delete=fields.SET_NULL
    )
    approved_by_id: int | None
    withdrawn_at = fields.DatetimeField(null=True)
    ends_on = fields.DateField(null=True)

    class Meta:
        table = "light_change"

    @property
    def is_in_force(self) -> bool:
        return self.withdrawn_at is None and (
            self.colour != "amber" or self.approved_at is not None
        )

    @property
    def waits(self) -> bool:
        """For a second pair of eyes."""
        return self.withdrawn_at is None and self.colour == "amber" and self.approved_at is None


class PassOn(Model):
    """A link to pass on: `code` leads to the page of the asset and names nobody."""

    id = fields.IntField(primary_key=True)
    code = fields.CharField(16, unique=True)
    lead: fields.ForeignKeyRelation[Lead] = fields.ForeignKeyField("leads.Lead", "passed_on")
    lead_id: int
    gift: fields.OneToOneRelation[Gift] = fields.OneToOneField("gifts.Gift", "passed_on")
    gift_id: int
    asset_slug = fields.CharField(80)
    made_at = fields.DatetimeField()

    class Meta:
        table = "pass_on"


class ExtraArm(Model):
    """Whether a lead gets an extra (`given`) or not (`held`) in an experiment; drawn once.

    From `horizon_at` on it is looked at what came of it.
    """

    id = fields.IntField(primary_key=True)
    experiment = fields.CharField(120)
    lead: fields.ForeignKeyRelation[Lead] = fields.ForeignKeyField("leads.Lead", "extra_arms")
    lead_id: int
    arm = fields.CharField(5)
    assigned_at = fields.DatetimeField()
    horizon_at = fields.DatetimeField()

    class Meta:
        table = "extra_arm"
        unique_together = [("experiment", "lead")]


class ExtraVerdict(Model):
    """What was seen when there were enough people in both arms; it does not wander after."""

    id = fields.IntField(primary_key=True)
    experiment = fields.CharField(120, unique=True)
    at = fields.DatetimeField()
    figures: Any = fields.JSONField()

    class Meta:
        table = "extra_verdict"


class Batch(Model):
    """A pile of cards, or a poster, with a short code that leads to one gift."""

    id = fields.IntField(primary_key=True)
    code = fields.CharField(12, unique=True)
    asset_slug = fields.CharField(80)
    name = fields.CharField(120)
    place = fields.CharField(120, default="")
    made_at = fields.DatetimeField()
    by_name = fields.CharField(120)
    staff: fields.ForeignKeyNullableRelation[StaffUser] = fields.ForeignKeyField(
        "staff.StaffUser", "batches", null=True, on_delete=fields.SET_NULL
    )
    staff_id: int | None
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "batch"


class BatchOpening(Model):
    """How often the code of a batch was opened on a day, by nobody knows whom."""

    id = fields.IntField(primary_key=True)
    batch: fields.ForeignKeyRelation[Batch] = fields.ForeignKeyField("gifts.Batch", "openings")
    batch_id: int
    day = fields.DateField()
    times = fields.IntField()

    class Meta:
        table = "batch_opening"
        unique_together = [("batch", "day")]


class TrialTerm(Model):
    """A trial that runs: at most one reminder and one mail at its end."""

    id = fields.IntField(primary_key=True)
    lead: fields.ForeignKeyRelation[Lead] = fields.ForeignKeyField("leads.Lead", "trials")
    lead_id: int
    gift: fields.OneToOneRelation[Gift] = fields.OneToOneField("gifts.Gift", "trial")
    gift_id: int
    starts_at = fields.DatetimeField()
    remind_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    reminded_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "trial"


class Parcel(Model):
    """Where a sample goes; some time after it was sent the address is forgotten, the day is not."""

    id = fields.IntField(primary_key=True)
    lead: fields.ForeignKeyRelation[Lead] = fields.ForeignKeyField("leads.Lead", "parcels")
    lead_id: int
    gift: fields.OneToOneRelation[Gift] = fields.OneToOneField("gifts.Gift", "parcel")
    gift_id: int
    name = fields.CharField(120)
    street = fields.CharField(160)
    postcode = fields.CharField(16)
    town = fields.CharField(120)
    country = fields.CharField(2)
    given_at = fields.DatetimeField()
    sent_at = fields.DatetimeField(null=True)
    sent_by: fields.ForeignKeyNullableRelation[StaffUser] = fields.ForeignKeyField(
        "staff.StaffUser", "parcels_sent", null=True, on_delete=fields.SET_NULL
    )
    sent_by_id: int | None
    forgotten_at = fields.DatetimeField(null=True)

    class Meta:
        table = "parcel"


class Voucher(Model):
    """The code of a service; who took it in first, and when."""

    id = fields.IntField(primary_key=True)
    lead: fields.ForeignKeyRelation[Lead] = fields.ForeignKeyField("leads.Lead", "vouchers")
    lead_id: int
    gift: fields.OneToOneRelation[Gift] = fields.OneToOneField("gifts.Gift", "voucher")
    gift_id: int
    code = fields.CharField(16, unique=True)
    made_at = fields.DatetimeField()
    redeemed_at = fields.DatetimeField(null=True)
    redeemed_by: fields.ForeignKeyNullableRelation[StaffUser] = fields.ForeignKeyField(
        "staff.StaffUser", "vouchers_redeemed", null=True, on_delete=fields.SET_NULL
    )
    redeemed_by_id: int | None
    redeemed_name = fields.CharField(120, default="")

    class Meta:
        table = "voucher"
