"""Telling colleagues what needs a person: a queue that runs empty, an issue that was stopped."""

from collections.abc import Callable

from server.mail import outbox
from server.mail.postman import Postman
from server.staff.models import StaffUser

Words = Callable[[str], tuple[str, str]]  # language → title and text


async def tell_staff(host: Postman, key: str, words: Words, path: str, *, role: str) -> int:
    """Mail every colleague who may do this work, each in their own language; how many that were.

    Once for each `key`, however often it is told. `path` is the page of the desk to go to.
    """
    told = 0
    for user in await StaffUser.filter(disabled_at=None).order_by("id"):
        if not user.may(role):
            continue
        message = await host.keep("notice", user.language)
        title, text = words(user.language)
        values = {"title": title, "text": text, "link": host.site.url(path)}
        own = f"notice:{key}:{user.id}"
        told += await outbox.post(
            host.site, outbox.Posting(message, own, values, address=user.email)
        )
    return told
