"""What the kinds of gift set going at the button, and what their pages and mails say."""

from typing import Any
from zoneinfo import ZoneInfo

from server.gifts import kinds_sample, kinds_service, kinds_trial
from server.gifts.models import Gift
from server.kit.clock import now
from server.kit.text import clock_time, day_and_date, say
from server.library.assets import Asset
from server.library.kinds import Sample, Trial, Webinar


async def begin(gift: Gift, asset: Asset, zone: ZoneInfo) -> None:
    """Start the term of a trial, or make the code of a service. Belongs in the transaction of the
    button."""
    if isinstance(asset.particulars, Trial):
        await kinds_trial.start(gift, asset.particulars, zone)
    elif asset.kind == "service":
        await kinds_service.make_code(gift)


def term_of(asset: Asset) -> float:
    """The days of a trial; 0 for every other kind."""
    return asset.particulars.term if isinstance(asset.particulars, Trial) else 0.0


async def facts_of(gift: Gift, asset: Asset, zone: ZoneInfo) -> dict[str, Any]:
    """What the page of a gift shows of its kind; `is_used`: there is something to like by now."""
    return {"is_used": True, **await _facts_of(gift, asset, zone)}


async def _facts_of(gift: Gift, asset: Asset, zone: ZoneInfo) -> dict[str, Any]:
    own = asset.particulars
    if isinstance(own, Webinar):
        moment, begins, ends = now(), own.begins(zone), own.ends(zone)
        is_held = moment >= ends
        return {"begins": begins, "ends": ends, "is_held": is_held, "is_used": is_held}
    if isinstance(own, Trial):
        term = await kinds_trial.term_of(gift)
        return {"term": term, "is_over": bool(term and term.ends_at <= now())}
    if isinstance(own, Sample):
        parcel = await kinds_sample.parcel_of(gift)
        form = {"countries": own.countries, "address": {}, "errors": {}}
        return {"parcel": parcel, "is_used": bool(parcel and parcel.sent_at), **form}
    if asset.kind != "service":
        return {}
    voucher = await kinds_service.voucher_of(gift)
    return {"voucher": voucher, "is_used": bool(voucher and voucher.redeemed_at)}


def mail_words(asset: Asset) -> dict[str, str]:
    """What the mail of a kind says beside what all gift mails say."""
    own, language = asset.particulars, asset.language
    if isinstance(own, Webinar):
        when = day_and_date(language, own.starts)
        time = clock_time(language, own.starts)
        return {"when": say(language, "gifts.day_at", day=when, time=time)}
    return {"term": term_words(language, own)} if isinstance(own, Trial) else {}


def term_words(language: str, trial: Trial) -> str:
    """`72 uur`, `14 dagen`."""
    if trial.hours:
        return say(language, "library.hours", count=trial.hours)
    return say(language, "library.days", count=trial.days)
