"""A gift is one asset given to one lead: asked for, confirmed, handed over, read.

The ledger holds every gift, with or without an asset, and what the log has no room for.
"""

from tortoise import fields
from tortoise.models import Model

from server.kit.clock import now
from server.leads.models import Lead
from server.staff.models import StaffUser

LINK = "gift"  # what the link of a gift is signed for


class Gift(Model):
    """An asset for one lead; its link is signed, this row decides whether it still opens.

    `unasked_at`: a surprise, with a personal `line` of who gave it.
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
        fresh = {"liked": liked, "liked_at": now(), "liked_why": why}
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
