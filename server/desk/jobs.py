"""What the worker does for the report."""

from server.desk.report import effect

__all__ = ["settle_effects"]


async def settle_effects() -> int:
    """Keep what is seen of an extra on the day that there are enough people."""
    return await effect.settle()
