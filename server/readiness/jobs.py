"""What the worker does for readiness."""

from server.readiness import keeping
from server.readiness.keeping import Judge

__all__ = ["check_due", "score_new"]


async def score_new(judge: Judge) -> int:
    """Bring scores up to date with the log."""
    return await keeping.score_next(judge)


async def check_due(judge: Judge) -> int:
    """Look again at leads whose day has come."""
    return await keeping.check_due(judge)
