"""A gift is one asset given to one lead: asked for, confirmed, handed over, read."""

from tortoise import fields
from tortoise.models import Model

from server.kit.clock import now
from server.leads.models import Lead


class Gift(Model):
    """A row of the ledger; its link is signed, this row decides whether it still opens."""

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
