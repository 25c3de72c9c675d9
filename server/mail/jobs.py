"""What the worker does for mail."""

from server.mail.leases import take_back_leases
from server.mail.models import BULK, TRANSACTIONAL
from server.mail.sending import Sender

__all__ = ["send_due", "send_lists", "take_back"]


async def send_due(sender: Sender) -> int:
    """Send what somebody waits for."""
    return await sender.drain(TRANSACTIONAL)


async def send_lists(sender: Sender) -> int:
    """Send what goes to many."""
    return await sender.drain(BULK)


async def take_back() -> int:
    """Free what a dead worker held."""
    return await take_back_leases()
