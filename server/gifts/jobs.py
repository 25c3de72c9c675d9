"""What the worker does for gifts."""

from server.gifts import asking
from server.library.assets import Library
from server.mail.postman import Postman

__all__ = ["ask_liked"]


async def ask_liked(postman: Postman, library: Library) -> int:
    """Ask how a gift was liked, of those whose day it is."""
    return await asking.ask_due(postman, library)
