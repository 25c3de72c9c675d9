"""What the worker does for conversations."""

from server.contact.asking import Reception
from server.contact.replies import take_letters

__all__ = ["take_replies"]


async def take_replies(reception: Reception) -> int:
    """Put mail that people wrote to us into their conversations."""
    return await take_letters(reception)
