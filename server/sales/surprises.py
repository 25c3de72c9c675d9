"""A gift that nobody asked for: the one that fits best, with a sentence for this lead alone.

Unexpected, valuable, personal, and seldom: so many a week for the whole house, and long apart for
one lead. Nothing is ever given twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from server.gifts import holding_out, ledger, limits
from server.gifts.giving import PURPOSE, asset_values
from server.gifts.limits import Taker
from server.gifts.models import Gift, LedgerLine
from server.kit.clock import now
from server.kit.database import db_time, in_transaction, lock_word, rows
from server.kit.text import day_and_date, listed, say
from server.leads.models import Lead, Subscription
from server.leads.subscribing import TIPS
from server.library.assets import Asset, Library
from server.mail import asks, outbox
from server.mail.postman import Postman
from server.staff import accounts
from server.staff.models import StaffUser
from server.tracking.evidence import COUNTS
from server.tracking.models import Event

LONGEST_LINE = 600
SURPRISE, THANKS, CARD = "surprise", "thanks", "card"  # CARD: pressed by themselves, so no mail
MOST_OFFERED = 4
WEEK = timedelta(days=7)


class SurpriseRefusedError(Exception):
    """This surprise may not be given; `key` and `values` say why."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values


@dataclass(frozen=True)
class Shop:
    """What a surprise is chosen from and sent with; `zone` says when a week begins,
    `language` is that of the colleague who looks."""

    giver: Postman
    library: Library
    zone: ZoneInfo
    today: date
    language: str


@dataclass(frozen=True)
class Choice:
    """An asset that this lead was not given yet, and why it fits, in words."""

    asset: Asset
    reasons: tuple[str, ...]
    weight: float


@dataclass(frozen=True)
class Taste:
    """What a lead showed of a theme: liked, read, asked for, named; the strongest counts."""

    by_theme: Mapping[str, str]
    had: frozenset[str]


WEIGHTS = {
    "sales.best_liked": 8.0,
    "sales.best_read": 5.0,
    "sales.best_took": 2.0,
    "sales.best_said": 2.0,
}


def week_began(shop: Shop) -> datetime:
    """Monday, midnight by the clock of the site."""
    local = now().astimezone(shop.zone)
    monday = local.date() - timedelta(days=local.weekday())
    return datetime.combine(monday, time(), shop.zone).astimezone(UTC)


async def left_this_week(shop: Shop) -> int:
    """How many surprises the house still gives this week."""
    given = await rows(
        "SELECT COALESCE(SUM(sign), 0) AS n FROM ledger WHERE unexpected = ? AND at >= ?"
        " AND gift_number IS NOT NULL AND source = 'desk'",
        True,
        db_time(week_began(shop)),
    )
    return max(0, shop.giver.house.giving.surprises_a_week - int(given[0]["n"]))


async def refusal(shop: Shop, lead: Lead) -> SurpriseRefusedError | None:
    """Why this lead cannot be surprised now; None where they can."""
    rules = shop.giver.house.giving
    if not await may_be_surprised(shop, lead):
        return SurpriseRefusedError("sales.surprise_no_ground")
    last = await _last_surprise(lead)
    apart = timedelta(days=rules.surprise_apart_days)
    if last and now() - last.at < apart:
        day = day_and_date(shop.language, last.at.astimezone(shop.zone))
        return SurpriseRefusedError(
            "sales.surprise_apart", day=day, count=rules.surprise_apart_days
        )
    if not await left_this_week(shop):
        return SurpriseRefusedError("sales.surprise_budget", count=rules.surprises_a_week)
    return None


async def may_be_surprised(shop: Shop, lead: Lead) -> bool:
    """Mail unasked needs a yes before, or a customer who was offered a way out; and an address
    that somebody showed to be theirs."""
    return bool(lead.verified_at) and await has_ground(shop, lead)


async def has_ground(shop: Shop, lead: Lead) -> bool:
    """There is a yes before, or they are a customer who was offered a way out."""
    if lead.blocked_at or await outbox.is_suppressed(shop.giver.site, lead.email):
        return False
    if lead.customer_since and lead.optout_offered_at:
        return True
    on_list = await Subscription.filter(lead_id=lead.id, list=TIPS).first()
    return bool(on_list and on_list.confirmed_at and not on_list.ended_at)


async def _last_surprise(lead: Lead) -> LedgerLine | None:
    given = LedgerLine.filter(lead_id=lead.id, unexpected=True, gift_number__isnull=False, sign=1)
    return await given.order_by("-at").first()


async def choices_for(shop: Shop, lead: Lead) -> list[Choice]:
    """What fits this lead best of what they were not given, best first, a few at most."""
    taste = await _taste_of(shop, lead)
    liked = await _liked_by_others()
    held = await holding_out.held_keys(lead)
    found = []
    for asset in shop.library.assets(lead.language, shop.today):
        if asset.slug in taste.had or not asset.is_gift_by_mail:
            continue
        experiment = holding_out.experiment_of(asset)
        if experiment and experiment.key in held:
            continue
        if not await limits.reached(Taker(asset, lead, shop.giver.house.giving, shop.today)):
            found.append(_weighed(shop, asset, taste, liked))
    return sorted(found, key=lambda one: (-one.weight, one.asset.title))[:MOST_OFFERED]


def _weighed(
    shop: Shop, asset: Asset, taste: Taste, liked: Mapping[str, tuple[int, int]]
) -> Choice:
    reasons: list[tuple[str, dict[str, object]]] = []
    weight = 0.0
    for key, points in WEIGHTS.items():
        shared = [theme for theme in asset.themes if taste.by_theme.get(theme) == key]
        weight += points * len(shared)
        names = [shop.giver.house.theme(theme, shop.language).lower() for theme in shared]
        if names:
            reasons.append((key, {"theme": listed(names, shop.language)}))
    rated, good = liked.get(asset.slug, (0, 0))
    if rated:
        # A share of few says little: one more of each kind is added before it is taken.
        weight += 3 * (good + 1) / (rated + 2)
        reasons.append(("sales.best_others", {"liked": good, "rated": rated}))
    if not reasons:
        reasons.append(("sales.best_new", {}))
    words = tuple(say(shop.language, key, **values) for key, values in reasons)
    return Choice(asset, words, weight)


async def _taste_of(shop: Shop, lead: Lead) -> Taste:
    gifts = await Gift.filter(lead_id=lead.id)
    told = Event.filter(lead_id=lead.id, kind__startswith="read.", evidence__in=COUNTS)
    read = {str(slug) for slug in await told.values_list("subject", flat=True)}
    given = {line.asset_slug for line in await ledger.lines_of(lead, ledger.GIVEN)}
    themes = {asset.slug: asset.themes for asset in shop.library.all()}
    by_theme = dict.fromkeys((one for one in lead.themes.split(",") if one), "sales.best_said")
    signs = [
        ("sales.best_took", given),
        ("sales.best_read", read),
        ("sales.best_liked", {gift.asset_slug for gift in gifts if (gift.liked or 0) >= 3}),
    ]
    for key, slugs in signs:
        by_theme |= {theme: key for slug in slugs for theme in themes.get(slug, ())}
    return Taste(by_theme, frozenset(given | {gift.asset_slug for gift in gifts}))


async def _liked_by_others() -> dict[str, tuple[int, int]]:
    """Slug → how many said what they thought, and how many of them that it was good."""
    found = await rows(
        "SELECT asset_slug, COUNT(liked) AS rated, COUNT(CASE WHEN liked >= 3 THEN 1 END) AS good"
        " FROM gift WHERE liked IS NOT NULL GROUP BY asset_slug"
    )
    return {str(row["asset_slug"]): (int(row["rated"]), int(row["good"])) for row in found}


@dataclass(frozen=True)
class Surprise:
    """What is given to whom, with which sentence, by whom.

    `road`: a surprise, in thanks after a purchase, or for a full card; `why` it is given where
    the sentence does not say so. `card`: the address of their loyalty card, for who has one.
    """

    lead: Lead
    asset: Asset
    line: str
    staff: StaffUser | None = field(repr=False)
    road: str = SURPRISE
    why: str = ""
    card: str = ""

    def check(self) -> None:
        """Raise SurpriseRefusedError where the sentence is missing, too long, or asks."""
        if not self.line.strip():
            raise SurpriseRefusedError("sales.surprise_no_line")
        check_line(self.line, self.lead.language)


def check_line(line: str, language: str) -> None:
    """Raise SurpriseRefusedError where a sentence that goes with a gift is too long, or asks."""
    if len(line) > LONGEST_LINE:
        raise SurpriseRefusedError("sales.surprise_long", count=LONGEST_LINE)
    if words := asks.asked_in(line, language):
        raise SurpriseRefusedError("sales.surprise_asks", words=words)


async def send(shop: Shop, surprise: Surprise) -> Gift:
    """Give it and mail it, both or neither. Raises SurpriseRefusedError."""
    surprise.check()
    rules, lead = shop.giver.house.giving, surprise.lead
    taker = Taker(surprise.asset, lead, rules, shop.today)
    # Drawn outside the transaction, which takes back what it did where the surprise is refused;
    # and only where they would get it, or those who never could would thin out both arms.
    await _check(shop, taker)
    if not await holding_out.may_have_extra(holding_out.experiment_of(surprise.asset), lead):
        raise SurpriseRefusedError("sales.surprise_held")
    async with in_transaction():
        # One surprise at a time, so that two colleagues cannot spend the last one of the week.
        await lock_word("surprise")
        await limits.hold(taker)
        await _check(shop, taker)
        gift = await hand_out(shop.giver, surprise)
        if not gift:
            raise SurpriseRefusedError("sales.surprise_given")
        who = f"lead {lead.id}, {surprise.asset.slug}"
        await accounts.audit("surprise.sent", who, surprise.staff)
    return gift


async def _check(shop: Shop, taker: Taker) -> None:
    """Raise SurpriseRefusedError where the lead, the week or a limit stands in the way."""
    if refused := await refusal(shop, taker.lead):
        raise refused
    if full := await limits.reached(taker):
        hunts = full == limits.COSTLY
        raise SurpriseRefusedError("sales.surprise_hunter" if hunts else "sales.surprise_limit")


async def hand_out(giver: Postman, surprise: Surprise) -> Gift | None:
    """The gift, its line on the ledger and its mail, in the transaction of the caller; None where
    this lead has it already. Raises SurpriseRefusedError for who gets no mail."""
    lead, asset, moment = surprise.lead, surprise.asset, now()
    made = await rows(
        "INSERT INTO gift (lead_id, asset_slug, language, source, requested_at, expires_at,"
        " with_tips, liked_why, line, unasked_at, given_by_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?)"
        " ON CONFLICT (lead_id, asset_slug) DO NOTHING RETURNING id",
        lead.id,
        asset.slug,
        asset.language,
        surprise.road,
        db_time(moment),
        db_time(moment + timedelta(days=giver.house.gift_link_days)),
        False,
        surprise.line,
        db_time(moment),
        surprise.staff.id if surprise.staff else None,
    )
    if not made:
        return None
    gift = await Gift.get(id=made[0]["id"])
    if surprise.road != CARD and not await _mail(giver, gift, surprise):
        raise SurpriseRefusedError("sales.surprise_no_ground")
    posted = ledger.Posted(
        lead.id,
        f"{surprise.road}:{gift.id}",
        "gift.sent",
        asset.kind,
        asset_slug=asset.slug,
        gift_number=gift.id,
        cost=asset.terms.cost,
        value=asset.value,
        why=surprise.why or surprise.line,
        unexpected=surprise.road != CARD,
        personal=True,
        source="desk" if surprise.road == SURPRISE else surprise.road,
        staff=surprise.staff,
    )
    await ledger.give(posted, giver.house.giving.personal_days)
    return gift


async def _mail(giver: Postman, gift: Gift, surprise: Surprise) -> bool:
    asset, lead = surprise.asset, surprise.lead
    values = {
        **asset_values(giver, asset),
        "greeting": outbox.greeting(lead, asset.language),
        "line": surprise.line,
        "by": surprise.staff.shown_name if surprise.staff else giver.house.host_name,
        "link": giver.site.link("/gift", PURPOSE, gift.id),
    }
    if surprise.card:
        values["card"] = surprise.card
    unused = "card" if surprise.road == THANKS and not surprise.card else ""
    message = await giver.keep(surprise.road, asset.language, without=unused)
    return await outbox.post(
        giver.site, outbox.Posting(message, f"{surprise.road}:{gift.id}", values, lead)
    )


def first_with(choices: Sequence[Choice], slug: str) -> Asset | None:
    """The asset of this slug among what is offered; None where it is not."""
    return next((one.asset for one in choices if one.asset.slug == slug), None)
