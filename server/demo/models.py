"""That the database holds a demo, and what was made for it beside its people."""

from tortoise import fields
from tortoise.models import Model


class Demo(Model):
    """One row while the database holds a demo."""

    id = fields.IntField(primary_key=True)
    filled_at = fields.DatetimeField()

    class Meta:
        table = "demo"


class DemoRow(Model):
    """A row of another table that hangs on no invented lead and goes with the demo."""

    id = fields.IntField(primary_key=True)
    kind = fields.CharField(20)
    number = fields.IntField()

    class Meta:
        table = "demo_row"


async def holds_demo() -> bool:
    """There are invented people in this database."""
    return await Demo.exists()
