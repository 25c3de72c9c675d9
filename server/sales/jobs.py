"""What the worker does for sales."""

from server.sales import runs
from server.sales.runs import Intake

__all__ = ["forget_tables", "work_on_tables"]


async def work_on_tables(intake: Intake) -> int:
    """Look through or take in the next table that was handed in."""
    return await runs.work_on_next(intake)


async def forget_tables() -> int:
    """Forget tables that nobody took in."""
    return await runs.forget_old()
