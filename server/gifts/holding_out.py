"""Holding an extra back from some, so that one can see whether it brings anything.

Only what nobody asked for is held back: an unasked gift, a sequence that a rule starts, a
thank-you. What somebody asked for, or what is open, never. A lead is drawn once for an experiment,
the first time it would apply to them, and stays there for good.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b

from server.gifts.models import ExtraArm
from server.kit.clock import now
from server.kit.database import db_time, in_transaction, rows
from server.kit.giving import HoldOut
from server.leads.models import Lead
from server.library.assets import Asset

GIVEN, HELD = "given", "held"
ASSET, SEQUENCE = "asset", "sequence"
AT_ONCE = 500  # rows in one statement


@dataclass(frozen=True)
class Experiment:
    """One extra under one rule: another share or another term is another experiment."""

    kind: str
    name: str
    rule: HoldOut

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.name}:{self.rule.share}:{self.rule.days}"

    def arm_of(self, lead_id: int) -> str:
        """Where chance puts a lead: the same one each time it is asked."""
        drawn = blake2b(str(lead_id).encode(), key=self.key.encode()[:64], digest_size=8).digest()
        return HELD if int.from_bytes(drawn) % 10_000 < self.rule.share * 100 else GIVEN


def experiment_of(asset: Asset) -> Experiment | None:
    """The one that an asset takes part in; None where nobody is held back."""
    rule = asset.terms.hold_out
    return Experiment(ASSET, asset.slug, rule) if rule else None


async def may_have_extra(experiment: Experiment | None, lead: Lead) -> bool:
    """Whether a lead gets this extra; the first time it is asked they are drawn.

    Ask last of all, when nothing else stands in the way, and outside a transaction that may fail.
    """
    if not experiment:
        return True
    await assign(experiment, [lead.id])
    arm = await ExtraArm.get_or_none(experiment=experiment.key, lead_id=lead.id)
    return arm is None or arm.arm == GIVEN


async def assign(experiment: Experiment, leads: Sequence[int]) -> None:
    """Draw those of these leads who were not drawn yet; of two who draw at once one counts."""
    moment = now()
    own = (db_time(moment), db_time(moment + timedelta(days=experiment.rule.days)))
    async with in_transaction():
        for start in range(0, len(leads), AT_ONCE):
            some = leads[start : start + AT_ONCE]
            values = [
                value
                for one in some
                for value in (experiment.key, one, experiment.arm_of(one), *own)
            ]
            await rows(
                "INSERT INTO extra_arm (experiment, lead_id, arm, assigned_at, horizon_at)"  # noqa: S608
                " VALUES "
                + ", ".join(["(?, ?, ?, ?, ?)"] * len(some))
                + " ON CONFLICT (experiment, lead_id) DO NOTHING",
                *values,
            )


async def held_keys(lead: Lead) -> set[str]:
    """The experiments in which a lead gets nothing."""
    held = ExtraArm.filter(lead_id=lead.id, arm=HELD)
    return {str(key) for key in await held.values_list("experiment", flat=True)}
