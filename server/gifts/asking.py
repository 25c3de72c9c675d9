"""How did you like it: asked by mail, once, some days after the last reading. Silence is final."""

from datetime import datetime, timedelta

from server.gifts.models import Gift
from server.kit.clock import now
from server.kit.database import db_time, in_transaction, lock_word, rows
from server.kit.giving import GivingRules
from server.kit.site import Site
from server.leads.models import Lead
from server.library.assets import Asset, Library
from server.mail import outbox
from server.mail.postman import Postman
from server.tracking.evidence import COUNTS, GIFT_KINDS
from server.tracking.log import Entry, record
from server.tracking.models import Event

STOP = "questions"  # the purpose of the link that ends such questions; its number is of the gift
READ = ("e-book", "white paper", "podcast")
# Of what is not read: the line of the log that says when it was used.
USED = {
    "webinar": "webinar.attended",
    "sample": "sample.sent",
    "service": "voucher.redeemed",
}
AT_ONCE = 200
LATEST = timedelta(days=21)  # later than this it would come out of the blue
MAIL_LIVES = timedelta(days=3)
ANSWERS = (1, 2, 3, 4)


async def used_at(gift: Gift, asset: Asset) -> datetime | None:
    """From when the days count until it is asked: when a person last read in it or took it home,
    came, had it sent, or took their code in.

    None for what nobody used, and for a trial, whose last mail asks: then nothing is asked here.
    """
    kinds = GIFT_KINDS if asset.kind in READ else [USED.get(asset.kind, "")]
    hits = Event.filter(gift_number=gift.id, kind__in=kinds, evidence__in=COUNTS)
    last = await hits.order_by("-at").first()
    return last.at if last else None


async def look_again(gift_number: int) -> None:
    """Something was done with this gift: have the worker look whether to ask, and when."""
    moment = now()
    open_ones = Gift.filter(id=gift_number, liked_at=None, liked_asked_at=None)
    # What waits for a later day is worked out anew on that day.
    await open_ones.filter(ask_at=None).update(ask_at=moment)
    await open_ones.filter(ask_at__lte=moment).update(ask_at=moment)


async def ask_due(postman: Postman, library: Library) -> int:
    """Ask those whose day it is; how many gifts were looked at."""
    found = await rows(
        "SELECT id FROM gift WHERE ask_at <= ? ORDER BY ask_at, id LIMIT ?", db_time(now()), AT_ONCE
    )
    for row in found:
        async with in_transaction():
            await _look(postman, library, row["id"])
    return len(found)


async def _look(postman: Postman, library: Library, number: int) -> None:
    gift = await Gift.get_or_none(id=number)
    if not gift or gift.ask_at is None:
        return
    # One question at a time, also where two of their gifts are looked at together.
    await lock_word(f"liked:{gift.lead_id}")
    lead = await Lead.get_or_none(id=gift.lead_id)
    asset = library.find(gift.asset_slug, gift.language)
    due = None
    if lead and asset and _may_ask(gift, lead):
        due = await _due(gift, asset, postman.house.giving)
    # Where it was used meanwhile, the next look decides.
    same = Gift.filter(id=gift.id, ask_at=gift.ask_at, liked_at=None, liked_asked_at=None)
    if lead and asset and due and due <= now():
        if await same.update(ask_at=None, liked_asked_at=now()):
            await _ask(postman, gift, asset, lead)
        return
    await same.update(ask_at=due)


def _may_ask(gift: Gift, lead: Lead) -> bool:
    """They are ours to write to, want to be asked, and the link of the mail would open."""
    refused = lead.profiling_off_at or lead.questions_off_at or lead.blocked_at
    is_known = lead.verified_at is not None and gift.confirmed_at is not None
    return is_known and not refused and gift.is_usable


async def _due(gift: Gift, asset: Asset, rules: GivingRules) -> datetime | None:
    """When to ask: days after it was used, and long enough after the last question to this lead.

    None where that would be too late to make sense.
    """
    used = await used_at(gift, asset)
    if not used:
        return None
    first = used + timedelta(days=rules.ask_after.get(asset.kind, 0))
    due = first
    asked = Gift.filter(lead_id=gift.lead_id, liked_asked_at__isnull=False)
    last = await asked.order_by("-liked_asked_at").first()
    if last and last.liked_asked_at:
        due = max(first, last.liked_asked_at + timedelta(days=rules.ask_again_days))
    return due if max(due, now()) <= first + LATEST else None


async def _ask(postman: Postman, gift: Gift, asset: Asset, lead: Lead) -> None:
    key, language = f"liked:{gift.id}", asset.language
    message = await postman.keep("liked", language)
    page = f"{postman.site.link('/gift', 'gift', gift.id)}/liked"
    values = {
        "greeting": outbox.greeting(lead, language),
        "title": asset.title,
        "stop": postman.site.link("/questions", STOP, gift.id),
        **{f"answer_{number}": f"{page}?answer={number}" for number in ANSWERS},
    }
    if await outbox.post(
        postman.site, outbox.Posting(message, key, values, lead, lives=MAIL_LIVES)
    ):
        await record(Entry(lead.id, "liked.asked", key, asset.slug, gift.id))


async def ask_along(gift: Gift, asset: Asset, lead: Lead, rules: GivingRules) -> bool:
    """Whether a mail that goes anyhow may ask how it was liked; if so, it counts as asked.

    Belongs in the transaction that promises the mail.
    """
    await lock_word(f"liked:{gift.lead_id}")
    since = now() - timedelta(days=rules.ask_again_days)
    asked = Gift.filter(lead_id=gift.lead_id, liked_asked_at__gt=since)
    if not _may_ask(gift, lead) or await asked.exists():
        return False
    fresh = Gift.filter(id=gift.id, liked_at=None, liked_asked_at=None)
    if not await fresh.update(liked_asked_at=now(), ask_at=None):
        return False
    return await record(Entry(lead.id, "liked.asked", f"liked:{gift.id}", asset.slug, gift.id))


async def want_questions(lead_id: int, *, wanted: bool) -> bool:
    """Whether they want to be asked at all; True when that changes something.

    Belongs in a transaction.
    """
    moment = now()
    leads = Lead.filter(id=lead_id, questions_off_at__isnull=not wanted)
    if not await leads.update(questions_off_at=None if wanted else moment):
        return False
    kind = "questions.on" if wanted else "questions.off"
    return await record(Entry(lead_id, kind, f"{kind}:{lead_id}:{moment.isoformat()}"))


async def behind(site: Site, token: str) -> Gift | None:
    """The gift whose mail held this link to end such questions; None for a wrong one."""
    number = site.open(STOP, token)
    return await Gift.get_or_none(id=number) if number else None
