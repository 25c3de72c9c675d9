"""After a purchase: writing one down, the gift in thanks, and customers who got nothing lately."""

from hashlib import sha256

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.desk.routes.giving import day_of, shop_of
from server.desk.routes.looking import lead_of, view_of
from server.gifts.by_hand import ByHandError
from server.kit.database import in_transaction
from server.kit.text import amount
from server.leads.models import Lead
from server.library.making import cover_svg
from server.readiness.keeping import rescore
from server.sales import customers, purchases, surprises, thanks
from server.sales.models import PlannedGift
from server.sales.purchases import Bought, PurchaseError
from server.sales.surprises import SurpriseRefusedError
from server.web.errors import NotFoundError, row_number
from server.web.forms import read_form
from server.web.rendering import page
from server.web.routing import Route, methods_of_role


async def buy(request: Request) -> Response:
    """Write down what a lead bought; the same on the same day stands once."""
    lead, form = await lead_of(request), await read_form(request)
    try:
        written = await _buy(request, lead, form)
    except (ByHandError, PurchaseError) as error:
        return _told(lead.id, error.key)
    await rescore(lead.id, (await view_of(request)).judge)
    return _told(lead.id, "desk.bought_told" if written else "desk.hand_twice")


async def _buy(request: Request, lead: Lead, form: dict[str, str]) -> bool:
    euro = amount(form.get("amount", "").strip())
    if euro is None:
        raise PurchaseError("gifts.hand_euro")
    what = " ".join(form.get("what", "").split())[: purchases.LONGEST_WHAT]
    at = day_of(request, form.get("on", ""))
    day = at.astimezone(request.app.state.settings.timezone).date()
    bought = Bought(
        euro,
        at,
        what,
        f"hand:{sha256(f'{day.isoformat()}:{euro}:{what}'.encode()).hexdigest()[:32]}",
        optout_offered=form.get("optout") == "yes",
        source="desk",
    )
    house = request.app.state.house.fresh()
    async with in_transaction():
        held = await Lead.select_for_update(no_key=True).get_or_none(id=lead.id)
        if not held:
            raise NotFoundError
        return await purchases.take(house, held, bought, request.state.staff)


def _told(lead_id: int, key: str) -> Response:
    return RedirectResponse(f"/desk/leads/{lead_id}?told={key}#h-bal", 303)


async def _plan(request: Request) -> PlannedGift:
    found = await PlannedGift.get_or_none(id=row_number(request), why=thanks.PURCHASE)
    if not found or found.state not in (thanks.PLANNED, thanks.HELD):
        raise NotFoundError
    return found


async def show_plan(request: Request) -> Response:
    """What is planned in thanks, with another gift and another sentence to choose."""
    return await _show(request, await _plan(request))


async def _show(
    request: Request, plan: PlannedGift, error: SurpriseRefusedError | None = None, line: str = ""
) -> Response:
    shop, lead = shop_of(request), await Lead.get(id=plan.lead_id)
    choices = await surprises.choices_for(shop, lead)
    return page(
        request,
        "desk/planned.html",
        status=422 if error else 200,
        plan=plan,
        lead=lead,
        choices=[(one, cover_svg(one.asset, uid=f"plan-{one.asset.slug}")) for one in choices],
        line=line or plan.line or thanks.usual_line(lead),
        error=error,
        longest=surprises.LONGEST_LINE,
    )


async def change_plan(request: Request) -> Response:
    """Another gift or sentence, or nothing after all."""
    plan, form = await _plan(request), await read_form(request)
    staff, line = request.state.staff, form.get("line", "").strip()
    if form.get("do") == "drop":
        await thanks.drop(plan.id, staff)
        return _told(plan.lead_id, "desk.plan_dropped")
    try:
        await thanks.change(plan, shop_of(request), form.get("asset", ""), line, staff)
    except SurpriseRefusedError as error:
        return await _show(request, plan, error, line)
    return _told(plan.lead_id, "desk.plan_changed")


async def quiet(request: Request) -> Response:
    """Customers who got nothing from us for long."""
    days = request.app.state.house.fresh().giving.quiet_customer_days
    found, total = await customers.quiet_customers(days)
    return page(request, "desk/customers.html", found=found, total=total, days=days)


_get, _post = methods_of_role("desk", "sales")
PLAN = "/desk/planned/{number:int}"
routes: list[Route] = [
    _get("/desk/customers", quiet, "customers"),
    _post("/desk/leads/{number:int}/purchase", buy, "buy"),
    _get(PLAN, show_plan, "planned"),
    _post(PLAN, change_plan, "change_planned"),
]
