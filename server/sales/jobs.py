"""What the worker does for sales."""

from server.kit.house import House
from server.kit.site import Site
from server.sales import purchases, runs, thanks
from server.sales.loyalty_file import Loyalty
from server.sales.runs import Intake
from server.sales.surprises import Shop

__all__ = ["forget_tables", "give_thanks", "join_purchases", "work_on_tables"]


async def work_on_tables(intake: Intake) -> int:
    """Look through or take in the next table that was handed in."""
    return await runs.work_on_next(intake)


async def forget_tables() -> int:
    """Forget tables that nobody took in."""
    return await runs.forget_old()


async def give_thanks(shop: Shop, loyalty: Loyalty | None) -> int:
    """Give in thanks what is due."""
    return await thanks.send_due(shop, loyalty)


async def join_purchases(site: Site, house: House) -> int:
    """Give purchases that wait to who appeared, and forget those that waited too long."""
    return await purchases.join_verified(site, house)
