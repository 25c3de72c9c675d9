"""What the worker does for gifts: how they were liked, terms that end, seats that are near,
addresses to forget."""

from zoneinfo import ZoneInfo

from server.gifts import asking, kinds_sample, kinds_trial, kinds_webinar
from server.library.assets import Library
from server.mail.postman import Postman

__all__ = ["ask_liked", "end_trials", "forget_parcels", "remind_of_trials", "remind_of_webinars"]


async def ask_liked(postman: Postman, library: Library) -> int:
    """Ask how a gift was liked, of those whose day it is."""
    return await asking.ask_due(postman, library)


async def remind_of_trials(postman: Postman, library: Library, zone: ZoneInfo) -> int:
    """Tell whose trial is nearly over that it is."""
    return await kinds_trial.remind(postman, library, zone)


async def end_trials(postman: Postman, library: Library, zone: ZoneInfo) -> int:
    """Tell whose trial is over that it ended, and ask how it went."""
    return await kinds_trial.end(postman, library, zone)


async def remind_of_webinars(postman: Postman, library: Library, zone: ZoneInfo) -> int:
    """Mail the way in to who has a seat at what begins tomorrow."""
    return await kinds_webinar.remind(postman, library, zone)


async def forget_parcels() -> int:
    """Throw away where parcels went that left some time ago."""
    return await kinds_sample.forget()
