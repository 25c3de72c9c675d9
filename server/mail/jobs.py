"""What the worker does for mail."""

from server.mail.inbound import Reader, forget_marks, read_new
from server.mail.inbound_imap import Mailbox
from server.mail.leases import take_back_leases
from server.mail.models import BULK, TRANSACTIONAL
from server.mail.sending import Sender

__all__ = [
    "fetch_mail",
    "forget_arrivals",
    "read_arrivals",
    "send_due",
    "send_lists",
    "take_back",
]


async def send_due(sender: Sender) -> int:
    """Send what somebody waits for."""
    return await sender.drain(TRANSACTIONAL)


async def send_lists(sender: Sender) -> int:
    """Send what goes to many."""
    return await sender.drain(BULK)


async def take_back() -> int:
    """Free what a dead worker held."""
    return await take_back_leases()


async def fetch_mail(box: Mailbox) -> int:
    """Fetch what came into our mailbox."""
    return await box.fetch()


async def read_arrivals(reader: Reader) -> int:
    """Read mail that came in."""
    return await read_new(reader)


async def forget_arrivals() -> int:
    """Forget the marks of mail that was read a month ago."""
    return await forget_marks()
