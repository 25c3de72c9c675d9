"""A gift in thanks: planned with a purchase, given some days later, and never with an ask.

Where we may not mail it, it becomes a task: somebody of ours gives something in person.
"""

from datetime import datetime, timedelta

from server.gifts import holding_out, limits
from server.gifts.limits import Taker
from server.gifts.models import Gift
from server.kit.clock import now
from server.kit.database import db_time, in_transaction, rows
from server.kit.text import say
from server.leads.models import Lead
from server.library.assets import Asset
from server.sales import surprises
from server.sales.follow_up import colleagues, follow_up_of
from server.sales.loyalty_file import Loyalty, link_of
from server.sales.models import Note, PlannedGift
from server.sales.surprises import THANKS, Shop, Surprise, SurpriseRefusedError
from server.staff import accounts
from server.staff.models import StaffUser

PURCHASE, REWARD = "purchase", "reward"
PLANNED, SENT, DROPPED, HELD = "planned", "sent", "dropped", "held"
TOO_LATE = timedelta(days=30)  # thanks that come later than this are odd
MOST = 50
APART = timedelta(days=60)


async def plan(lead: Lead, key: str, bought_at: datetime, after_days: int) -> bool:
    """Plan a gift in thanks of a purchase; False where there is no reason for one.

    One at a time and 60 days apart: thanks are not a discount on many small orders. What was
    bought long ago and is told of now gets none. Belongs in the transaction of the purchase.
    """
    due = bought_at + timedelta(days=after_days)
    if due < now() - TOO_LATE:
        return False
    thanked = PlannedGift.filter(lead_id=lead.id, why=PURCHASE, made_at__gt=now() - APART)
    if await thanked.exclude(state=DROPPED).exists():
        return False
    await rows(
        "INSERT INTO planned_gift (lead_id, key, why, due_at, asset_slug, line, state, made_at)"
        " VALUES (?, ?, ?, ?, '', '', ?, ?) ON CONFLICT (key) DO NOTHING",
        lead.id,
        key,
        PURCHASE,
        db_time(due),
        PLANNED,
        db_time(now()),
    )
    return True


async def planned_for(lead: Lead) -> PlannedGift | None:
    """What is planned for a lead, or held; None for nothing."""
    found = PlannedGift.filter(lead_id=lead.id, state__in=(PLANNED, HELD)).order_by("-id")
    return await found.first()


def usual_line(lead: Lead) -> str:
    """What we write in thanks where nobody of ours wrote something else."""
    return say(lead.language, "sales.thanks_line")


async def change(plan: PlannedGift, shop: Shop, slug: str, line: str, staff: StaffUser) -> bool:
    """Choose the gift and the sentence; False when it went meanwhile.

    Raises SurpriseRefusedError for a sentence that asks, or a gift that they have.
    """
    lead = await Lead.get(id=plan.lead_id)
    surprises.check_line(line, lead.language)
    if slug and not await _asset(shop, lead, slug):
        raise SurpriseRefusedError("sales.surprise_given")
    fresh = {"asset_slug": slug, "line": line.strip(), "staff_id": staff.id}
    return await PlannedGift.filter(id=plan.id, state=PLANNED).update(**fresh) == 1


async def drop(number: int, staff: StaffUser) -> bool:
    """Give nothing after all; False when it went, or was dropped."""
    open_ = PlannedGift.filter(id=number, state__in=(PLANNED, HELD))
    async with in_transaction():
        won = await open_.update(state=DROPPED, done_at=now(), staff_id=staff.id)
        if won:
            await accounts.audit("thanks.dropped", f"planned gift {number}", staff)
    return won == 1


async def drop_for(key: str) -> None:
    """What it was planned for was never so. Belongs in the transaction that takes it back."""
    open_ = PlannedGift.filter(key=key, state__in=(PLANNED, HELD))
    await open_.update(state=DROPPED, done_at=now())


async def send_due(shop: Shop, loyalty: Loyalty | None) -> int:
    """Give what is due, the longest due first; how many were looked at."""
    due = PlannedGift.filter(state=PLANNED, due_at__lte=now()).order_by("due_at", "id")
    numbers = [one.id for one in await due.limit(MOST)]
    for number in numbers:
        async with in_transaction():
            await _send(shop, loyalty, number)
    return len(numbers)


async def _send(shop: Shop, loyalty: Loyalty | None, number: int) -> None:
    # The condition sits in the UPDATE, so that of two workers one gives it.
    if not await PlannedGift.filter(id=number, state=PLANNED).update(state=SENT, done_at=now()):
        return
    plan = await PlannedGift.get(id=number).prefetch_related("staff")
    lead = await Lead.select_for_update(no_key=True).get(id=plan.lead_id)
    card = link_of(shop.giver.site, lead) if loyalty and lead.customer_since else ""
    may = await surprises.has_ground(shop, lead)
    asset = await _asset(shop, lead, plan.asset_slug) if may else None
    if asset and not await holding_out.may_have_extra(holding_out.experiment_of(asset), lead):
        # The lot fell so: another gift in its place, or a task, would hide what this one brings.
        await PlannedGift.filter(id=number).update(state=DROPPED)
        return
    gift = await _give(shop, plan, lead, asset, card) if asset else None
    if gift:
        await PlannedGift.filter(id=number).update(gift_number=gift.id, asset_slug=gift.asset_slug)
    else:
        await PlannedGift.filter(id=number).update(state=HELD)
        await _ask_sales(shop, lead)


async def _give(shop: Shop, plan: PlannedGift, lead: Lead, asset: Asset, card: str) -> Gift | None:
    taker = Taker(asset, lead, shop.giver.house.giving, shop.today)
    await limits.hold(taker)
    # Somebody may have taken the last one since it was chosen.
    if await limits.reached(taker):
        return None
    line = plan.line or usual_line(lead)
    why = say(shop.language, "sales.thanks_why")
    surprise = Surprise(lead, asset, line, plan.staff, THANKS, why, card)
    return await surprises.hand_out(shop.giver, surprise)


async def _asset(shop: Shop, lead: Lead, slug: str) -> Asset | None:
    """What was chosen, else what fits best of what they were not given."""
    choices = await surprises.choices_for(shop, lead)
    chosen = surprises.first_with(choices, slug)
    return chosen or (choices[0].asset if choices and not slug else None)


async def _ask_sales(shop: Shop, lead: Lead) -> None:
    """A task of today for who has this lead, else for the first who may."""
    follow_up = await follow_up_of(lead)
    others = await colleagues()
    owner = (follow_up.owner if follow_up else None) or (others[0] if others else None)
    text = say(owner.language if owner else shop.language, "sales.thanks_task")
    await Note.create(lead=lead, staff=owner, text=text, at=now(), due_on=shop.today)
