"""What the worker does for the API."""

from server.api import calls

__all__ = ["forget_calls"]


async def forget_calls() -> int:
    """Forget answers that nobody asks for again."""
    return await calls.forget_old()
