"""What the worker does for privacy."""

from pathlib import Path
from zoneinfo import ZoneInfo

from server.mail.postman import Postman
from server.privacy import retention

__all__ = ["ask_quiet", "forget_quiet", "forget_traces", "sweep"]


async def ask_quiet(postman: Postman) -> int:
    """Ask the quiet ones whether we may keep them."""
    return await retention.ask_quiet(postman)


async def forget_quiet(postman: Postman, data: Path) -> int:
    """Erase who was asked and stayed quiet."""
    return await retention.forget_quiet(postman, data)


async def forget_traces() -> int:
    """Delete old traces of reading."""
    return await retention.forget_traces()


async def sweep(zone: ZoneInfo) -> int:
    """Sweep the file of a database from which somebody was erased."""
    return await retention.sweep_traces(zone)
