"""A login link by mail: the same answer for a colleague and for a stranger."""

from server.kit.house import House
from server.kit.site import Site
from server.kit.text import say
from server.mail import outbox
from server.mail.letters import Letters
from server.staff import accounts
from server.staff.models import StaffUser


async def mail_link(site: Site, house: House, letters: Letters, email: str) -> None:
    """Mail a link that works once for a quarter of an hour, if this is a colleague's address."""
    user = await StaffUser.get_or_none(email=email, disabled_at=None)
    secret = await accounts.login_secret(user) if user else None
    if not user or not secret:
        return
    letter = letters.get("login", user.language, house)
    message = await outbox.keep_message("login", user.language, letter)
    values = {
        "greeting": say(user.language, "mail.greeting_name", name=user.shown_name),
        "link": login_address(site, secret),
    }
    posting = outbox.Posting(
        message, f"login:{secret[:12]}", values, address=user.email, lives=accounts.LINK_LIVES
    )
    await outbox.post(site, posting)


def login_address(site: Site, secret: str) -> str:
    """The address that logs in."""
    return site.url(f"/desk/login/{secret}")
