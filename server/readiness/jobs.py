"""What the worker does for readiness."""

from server.readiness import keeping
from server.readiness.keeping import MakeJudge

__all__ = ["check_due", "score_new"]


async def score_new(make_judge: MakeJudge) -> int:
    """Bring scores up to date with the log."""
    return await keeping.score_next(make_judge)


async def check_due(make_judge: MakeJudge) -> int:
    """Look again at leads whose day has come."""
    return await keeping.check_due(make_judge)
