"""What the worker does for mail."""

from server.mail.sending import Sender, take_back_leases

__all__ = ["send_due", "take_back"]


async def send_due(sender: Sender) -> int:
    """Send what is due."""
    return await sender.send_batch()


async def take_back() -> int:
    """Free what a dead worker held."""
    return await take_back_leases()
