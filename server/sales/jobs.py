"""What the worker does for sales."""

from zoneinfo import ZoneInfo

from server.kit.site import Site
from server.readiness.keeping import Judge
from server.sales import runs

__all__ = ["forget_tables", "work_on_tables"]


async def work_on_tables(site: Site, judge: Judge, zone: ZoneInfo, language: str) -> int:
    """Look through or take in the next table that was handed in."""
    return await runs.work_on_next(site, judge, zone, language)


async def forget_tables() -> int:
    """Forget tables that nobody took in."""
    return await runs.forget_old()
