"""Trials: a term that starts at the button, one reminder, and an end that comes by itself."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from server.gifts import asking
from server.gifts.models import LINK, Gift, TrialTerm
from server.kit.clock import now
from server.kit.database import in_transaction
from server.kit.text import clock_time, day_and_date, say
from server.leads.models import Lead
from server.library.assets import Asset, Library
from server.library.kinds import Trial
from server.mail import outbox
from server.mail.postman import Postman

REMIND_AT = 0.8  # of the term
AT_ONCE = 200
END_LIVES = timedelta(days=7)


async def start(gift: Gift, trial: Trial, zone: ZoneInfo) -> None:
    """The term begins now. Belongs in the transaction of the button."""
    begins = now()
    ends = trial.ends(begins, zone)
    await TrialTerm.create(
        lead_id=gift.lead_id,
        gift_id=gift.id,
        starts_at=begins,
        remind_at=begins + REMIND_AT * (ends - begins),
        ends_at=ends,
    )


async def term_of(gift: Gift) -> TrialTerm | None:
    """When the trial of a gift runs; None before the button."""
    return await TrialTerm.get_or_none(gift_id=gift.id)


async def remind(postman: Postman, library: Library, zone: ZoneInfo) -> int:
    """Tell whose trial is nearly over that it is, once, and never after its end."""
    moment = now()
    due = TrialTerm.filter(
        remind_at__lte=moment, ends_at__gt=moment, reminded_at=None, ended_at=None
    )
    done = 0
    for term in await due.order_by("remind_at").limit(AT_ONCE):
        async with in_transaction():
            mine = TrialTerm.filter(id=term.id, reminded_at=None, ended_at=None)
            if await mine.update(reminded_at=moment):
                lives = term.ends_at - moment
                await _tell(postman, library, zone, term, ("trial_reminder", lives))
                done += 1
    return done


async def end(postman: Postman, library: Library, zone: ZoneInfo) -> int:
    """Tell whose trial is over that it ended by itself, and ask how it went; once."""
    moment = now()
    due = TrialTerm.filter(ends_at__lte=moment, ended_at=None)
    done = 0
    for term in await due.order_by("ends_at").limit(AT_ONCE):
        async with in_transaction():
            if await TrialTerm.filter(id=term.id, ended_at=None).update(ended_at=moment):
                await _tell(postman, library, zone, term, ("trial_end", END_LIVES))
                done += 1
    return done


async def _tell(
    postman: Postman,
    library: Library,
    zone: ZoneInfo,
    term: TrialTerm,
    letter: tuple[str, timedelta],
) -> None:
    gift = await Gift.get_or_none(id=term.gift_id).prefetch_related("lead")
    asset = library.find(gift.asset_slug, gift.language) if gift else None
    # What was withdrawn, or is no longer in the library, is not spoken of.
    if not gift or not asset or gift.revoked_at:
        return
    kind, lives = letter
    rules = postman.house.giving
    if kind == "trial_end" and not await asking.ask_along(gift, asset, gift.lead, rules):
        kind = "trial_over"
    message = await postman.keep(kind, asset.language)
    values = _values(postman, gift, asset, gift.lead, ends=term.ends_at.astimezone(zone))
    key = f"{kind}:{gift.id}"
    await outbox.post(postman.site, outbox.Posting(message, key, values, gift.lead, lives=lives))


def _values(
    postman: Postman, gift: Gift, asset: Asset, lead: Lead, *, ends: datetime
) -> dict[str, str]:
    language, link = asset.language, postman.site.link("/gift", LINK, gift.id)
    day, time = day_and_date(language, ends), clock_time(language, ends)
    return {
        "greeting": outbox.greeting(lead, language),
        "title": asset.title,
        "ends": say(language, "gifts.day_at", day=day, time=time),
        "link": link,
        "liked": f"{link}/liked",
    }
