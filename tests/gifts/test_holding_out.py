"""Holding an extra back from some: drawn once, stable, by chance; never what somebody asked for."""

import asyncio
from pathlib import Path

import pytest

from server.gifts import holding_out
from server.gifts.holding_out import Experiment
from server.gifts.models import ExtraArm, Gift
from server.kit.content import ContentError
from server.kit.giving import HoldOut
from server.leads.models import Lead
from server.library.assets import read_asset
from server.mail.models import Delivery
from server.newsletter import sequences_joining
from server.newsletter.models import Enrolment
from server.newsletter.sequences import Sequences
from server.privacy import erasing
from server.staff import accounts
from tests.desk.test_outcomes import word
from tests.desk.test_report import people
from tests.newsletter.rhythms import editor
from tests.newsletter.test_sequences import PLAIN, lay
from tests.product import Product
from tests.support.content import change, copied

RULE = HoldOut(50, 90)
SLUG = "gulle-gever"


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return copied(tmp_path)


@pytest.fixture
def environ(environ: dict[str, str], content: Path) -> dict[str, str]:
    return environ | {"GIVEFIRST_CONTENT": str(content)}


@pytest.mark.pure
def test_holdout_chance_puts_as_many_as_said_in_the_arm_that_is_held_and_always_the_same() -> None:
    experiment = Experiment("asset", "a", HoldOut(10, 90))
    arms = [experiment.arm_of(n) for n in range(20_000)]
    assert arms == [experiment.arm_of(n) for n in range(20_000)]
    assert 0.09 < arms.count("held") / len(arms) < 0.11
    # Another share is another experiment, and draws anew.
    other = Experiment("asset", "a", HoldOut(50, 90))
    held = [n for n, arm in enumerate(arms) if arm == "held"]
    assert 0.4 < sum(other.arm_of(n) == "held" for n in held) / len(held) < 0.6


async def test_holdout_a_race_draws_a_lead_once_and_both_arms_are_written(product: Product) -> None:
    leads = await people(40)
    experiment = Experiment("asset", "a", RULE)
    for lead in leads[:3]:
        await asyncio.gather(*(holding_out.may_have_extra(experiment, lead) for _ in range(5)))
    assert await ExtraArm.all().count() == 3
    await holding_out.assign(experiment, [lead.id for lead in leads])
    rows = await ExtraArm.all()
    assert len(rows) == 40
    assert {row.arm for row in rows} == {"given", "held"}
    assert {(row.horizon_at - row.assigned_at).days for row in rows} == {90}
    for row in rows:
        lead = await Lead.get(id=row.lead_id)
        assert await holding_out.may_have_extra(experiment, lead) == (row.arm == "given")
    assert await holding_out.may_have_extra(None, leads[0])
    await erasing.forget(product.site, product.settings.data, leads[0].id)
    assert await ExtraArm.all().count() == 39


async def test_holdout_of_a_sequence_holds_back_who_would_join_unasked_and_nobody_by_hand(
    product: Product, content: Path
) -> None:
    lay(content, PLAIN, starts=SLUG)
    change(content, "sequences/five.yaml", "steps:", "hold_out: {share: 50, days: 30}\nsteps:")
    sequence = Sequences(content).find("five")
    assert sequence
    for n in range(10):
        await product.gift(SLUG, f"r{n}@example.org", tips=True)
    await sequences_joining.start_by_rule(editor(product, content))
    held = await ExtraArm.filter(arm="held")
    assert 0 < len(held) < 10
    assert await Enrolment.all().count() == 10 - len(held)
    assert not await Enrolment.exists(lead_id__in=[one.lead_id for one in held])
    # What they asked for, all of them have.
    assert await Gift.filter(confirmed_at__isnull=False).count() == 10
    # Nobody moves, nor when an editor lets all join; a colleague who means one person may.
    staff = await accounts.add_staff("e@example.org", "editor", "nl")
    assert await sequences_joining.start_by_rule(editor(product, content)) == 0
    assert await sequences_joining.join_theme(sequence, "", staff) == 0
    assert await sequences_joining.join(sequence, await Lead.get(id=held[0].lead_id), staff)
    assert await ExtraArm.all().count() == 10


async def test_holdout_of_a_gift_is_kindly_told_on_the_desk_and_not_offered_again(
    product: Product, content: Path
) -> None:
    for language in ("nl", "en"):
        change(
            content, f"library/{SLUG}/index.{language}.md", "gate:",
            "hold_out: {share: 50, days: 90}\ngate:",
        )  # fmt: skip
    experiment = Experiment("asset", SLUG, RULE)
    for n in range(6):
        await product.subscribe(f"r{n}@example.org")
    held = [one for one in await Lead.all() if experiment.arm_of(one.id) == "held"]
    lead = held[0]
    desk = await product.log_in("sales")
    page = f"/desk/leads/{lead.id}/surprise"
    form = {"asset": SLUG, "line": "Voor jou.", "csrf": word((await desk.get(page)).text)}
    answer = await desk.post(page, data=form)
    assert answer.status_code == 422
    assert "zit in de groep die dit niet als extraatje krijgt" in answer.text
    assert (await ExtraArm.get()).arm == "held"
    assert not await Gift.exists(lead_id=lead.id)
    assert not await Delivery.exists(message__kind="surprise")
    assert f'value="{SLUG}"' not in (await desk.get(page)).text


@pytest.mark.pure
@pytest.mark.parametrize(
    "wrong", ["10", "{share: 3, days: 90}", "{share: 60, days: 90}", "{share: 10}"]
)
def test_holdout_a_rule_that_is_none_is_refused_with_its_line(tmp_path: Path, wrong: str) -> None:
    content = copied(tmp_path)
    change(content, f"library/{SLUG}/index.nl.md", "gate:", f"hold_out: {wrong}\ngate:")
    with pytest.raises(ContentError) as fault:
        read_asset(content / f"library/{SLUG}/index.nl.md", "", "nl")
    assert fault.value.finding.key == "kit.giving_hold_out"
    assert fault.value.finding.line > 1
