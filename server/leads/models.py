"""A lead, their consents and subscriptions."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from tortoise import fields
from tortoise.models import Model

from server.kit.addresses import domain_of
from server.kit.clock import now
from server.kit.database import db_time, hold_rows, rows


class Lead(Model):
    """A person whose address we have; one row per normalised address."""

    id = fields.IntField(primary_key=True)
    email = fields.CharField(254, unique=True)
    name = fields.CharField(120, default="")
    company = fields.CharField(160, default="")
    role = fields.CharField(120, default="")
    language = fields.CharField(2)
    source = fields.CharField(120, default="")
    created_at = fields.DatetimeField()
    asked_at = fields.DatetimeField()
    verified_at = fields.DatetimeField(null=True)
    no_ask_until = fields.DatetimeField(null=True)
    profiling_off_at = fields.DatetimeField(null=True)
    mail_tracking_at = fields.DatetimeField(null=True)
    event_count = fields.IntField(default=0)
    events_scored = fields.IntField(default=0)
    last_event_at = fields.DatetimeField()
    domain = fields.CharField(254, default="")
    company_key = fields.CharField(160, default="")
    themes = fields.CharField(400, default="")
    facts: Any = fields.JSONField(default=dict)
    customer_since = fields.DatetimeField(null=True)
    optout_offered_at = fields.DatetimeField(null=True)
    imported_at = fields.DatetimeField(null=True)
    invented_at = fields.DatetimeField(null=True)
    talked_at = fields.DatetimeField(null=True)
    blocked_at = fields.DatetimeField(null=True)
    timezone = fields.CharField(60, default="")
    given_cost = fields.FloatField(default=0.0)
    taker_since = fields.DatetimeField(null=True)
    trusted_at = fields.DatetimeField(null=True)
    questions_off_at = fields.DatetimeField(null=True)

    subscriptions: fields.ReverseRelation["Subscription"]

    class Meta:
        table = "lead"

    @property
    def shown_name(self) -> str:
        """The name, or the address where we have none."""
        return self.name or self.email

    @property
    def takes_name(self) -> bool:
        """A form may name this lead: nobody showed yet that the address is theirs, and no table
        of ours named them."""
        return self.verified_at is None and not (self.imported_at and self.name)

    @property
    def is_hunter(self) -> bool:
        """Takes much, reads nothing and gives nothing back; and no person said otherwise."""
        return self.taker_since is not None and self.trusted_at is None

    @classmethod
    async def meet(cls, email: str, language: str, source: str) -> "Lead":
        """The lead with this normalised address, made if there is none; one for all who race."""
        moment = now()
        found = await rows(
            "INSERT INTO lead (email, name, company, role, language, source, created_at, asked_at,"
            " last_event_at, event_count, events_scored, domain)"
            " VALUES (?, '', '', '', ?, ?, ?, ?, ?, 0, 0, ?)"
            " ON CONFLICT (email) DO UPDATE SET asked_at = excluded.asked_at RETURNING id",
            email,
            language,
            source[:120],
            db_time(moment),
            db_time(moment),
            db_time(moment),
            domain_of(email),
        )
        return await cls.get(id=found[0]["id"])

    async def verify(self) -> None:
        """Note that a person at this address pressed a button; the first time counts."""
        await Lead.filter(id=self.id, verified_at=None).update(verified_at=now())

    async def keep_quiet(self, days: int) -> None:
        """No ask may reach this lead for so many days; a longer window stays."""
        until = now() + timedelta(days=days)
        if self.no_ask_until is None or self.no_ask_until < until:
            self.no_ask_until = until
            await Lead.filter(id=self.id).update(no_ask_until=until)


async def hold(lead_ids: Sequence[int]) -> list[int]:
    """Those of these leads who are there, in order; none is erased before the transaction ends."""
    if not lead_ids:
        return []
    holes = ", ".join("?" * len(lead_ids))
    found = await rows(
        f"SELECT id FROM lead WHERE id IN ({holes}) ORDER BY id{hold_rows()}",  # noqa: S608
        *lead_ids,
    )
    return [int(row["id"]) for row in found]


def company_key(company: str) -> str:
    """How the name of a firm is compared: without capitals and double spaces."""
    return " ".join(company.casefold().split())[:160]


class Consent(Model):
    """A receipt: to what, in which words, where and when, given or withdrawn, how proven.

    Append-only; `hash` holds the receipt before it of the same lead, so a changed one shows.
    """

    id = fields.IntField(primary_key=True)
    lead: fields.ForeignKeyRelation[Lead] = fields.ForeignKeyField("leads.Lead", "consents")
    lead_id: int
    purpose = fields.CharField(40)
    given = fields.BooleanField()
    wording = fields.TextField()
    page = fields.CharField(200)
    network = fields.CharField(60, default="")
    asked_at = fields.DatetimeField()
    at = fields.DatetimeField()
    proof = fields.CharField(40)
    hash = fields.CharField(64)

    class Meta:
        table = "consent"


class Subscription(Model):
    """A lead on a list; active when confirmed, not ended and not paused."""

    id = fields.IntField(primary_key=True)
    lead: fields.ForeignKeyRelation[Lead] = fields.ForeignKeyField("leads.Lead", "subscriptions")
    lead_id: int
    list = fields.CharField(40)
    wording = fields.TextField()
    page = fields.CharField(200)
    network = fields.CharField(60, default="")
    asked_at = fields.DatetimeField()
    confirmed_at = fields.DatetimeField(null=True)
    paused_until = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)
    every_weeks = fields.IntField(default=1)
    topics = fields.CharField(400, default="")

    class Meta:
        table = "subscription"
        unique_together = [("lead", "list")]

    @property
    def is_active(self) -> bool:
        paused = self.paused_until is not None and self.paused_until > now()
        return self.confirmed_at is not None and self.ended_at is None and not paused
