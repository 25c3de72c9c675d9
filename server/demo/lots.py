"""A pile of cards that lay at a fair, and who was drawn for an extra and who was not."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from server.demo.giving import is_known
from server.demo.models import DemoRow
from server.demo.people import Life
from server.demo.staging import Stage, number_of
from server.gifts.holding_out import SEQUENCE, Experiment
from server.gifts.models import Batch, BatchOpening, ExtraArm, Gift
from server.kit.giving import HoldOut
from server.newsletter.sequences import Sequences
from server.staff.models import StaffUser

CODE, ASSET = "ZWOLLE26", "gulle-gever"
FAIR_AGO, DAYS, CARDS = 150, 3, 12
DRAWN_FROM = 260  # days ago


async def lay_out(
    stage: Stage,
    name: str,
    gifts: Mapping[int, Mapping[str, Gift]],
    staff: Sequence[StaffUser],
) -> None:
    """The pile with its openings, and some who came by it; nothing where the title is not there."""
    if not stage.library.find(ASSET, "nl"):
        return
    by = next(one for one in staff if one.role == "editor")
    made = stage.office(FAIR_AGO + 12)
    batch = await Batch.create(
        code=CODE,
        asset_slug=ASSET,
        name=name,
        place=name.rpartition(", ")[2],
        made_at=made,
        by_name=by.shown_name,
        staff=by,
    )
    await DemoRow.create(kind="batch", number=batch.id)
    day = stage.office(FAIR_AGO).astimezone(stage.zone).date()
    for n in range(DAYS):
        times = 5 + number_of("opened", str(n)) % 19
        await BatchOpening.create(batch=batch, day=day + timedelta(days=n), times=times)
    asked = [mine[ASSET] for mine in gifts.values() if ASSET in mine]
    after = [gift for gift in asked if gift.requested_at > made + timedelta(days=12)]
    came = sorted(after, key=lambda gift: gift.requested_at)[:CARDS]
    await Gift.filter(id__in=[gift.id for gift in came]).update(source=name)


async def draw(stage: Stage, lives: Sequence[Life]) -> None:
    """Readers of the tip who would have been put in a sequence, by lot."""
    found = Sequences(stage.editor.tips.folder).all()
    ruled = [(name, one.hold_out) for name, one in sorted(found.items()) if one.hold_out]
    for name, rule in ruled:
        await ExtraArm.bulk_create(_arms(stage, lives, name, rule))


def _arms(stage: Stage, lives: Sequence[Life], name: str, rule: HoldOut) -> list[ExtraArm]:
    experiment, found = Experiment(SEQUENCE, name, rule), []
    for life in lives:
        at = stage.office(1 + number_of("drawn", life.figure.email) % DRAWN_FROM)
        if not is_known(life) or at < life.came:
            continue
        found.append(
            ExtraArm(
                lead_id=life.lead_id,
                experiment=experiment.key,
                arm=experiment.arm_of(life.lead_id),
                assigned_at=at,
                horizon_at=at + timedelta(days=rule.days),
            )
        )
    return found
