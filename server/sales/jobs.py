"""What the worker does for sales."""

from zoneinfo import ZoneInfo

from server.kit.site import Site
from server.readiness.keeping import MakeJudge
from server.sales import runs

__all__ = ["forget_tables", "work_on_tables"]


async def work_on_tables(site: Site, make_judge: MakeJudge, zone: ZoneInfo, language: str) -> int:
    """Look through or take in the next table that was handed in."""
    return await runs.work_on_next(site, make_judge, zone, language)


async def forget_tables() -> int:
    """Forget tables that nobody took in."""
    return await runs.forget_old()
