"""Giving from the card: a surprise, what was given or came back outside the site, and mistakes."""

from datetime import UTC, date, datetime, time

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.desk.routes.looking import lead_of, view_of
from server.gifts import by_hand, ledger
from server.gifts.by_hand import ByHandError, Handmade
from server.gifts.models import LedgerLine
from server.kit.clock import now
from server.kit.database import in_transaction
from server.kit.text import amount
from server.leads.models import Lead
from server.library.making import cover_svg
from server.mail.postman import Postman
from server.readiness.keeping import rescore
from server.sales import interests, planning, purchases, surprises
from server.sales.surprises import Shop, Surprise, SurpriseRefusedError
from server.staff import accounts
from server.web.errors import NotFoundError, row_number
from server.web.forms import read_form
from server.web.rendering import page
from server.web.routing import Route, methods_of_role

GIVEN = ("personal", "attention", "help")


def shop_of(request: Request) -> Shop:
    """What surprises are chosen from, as things stand."""
    state = request.app.state
    zone, language = state.settings.timezone, request.state.language
    return Shop(Postman.of(state), state.library, zone, state.today(), language)


async def surprise(request: Request) -> Response:
    """What fits this lead best, with room for one sentence."""
    return await _surprise(request, await lead_of(request))


async def _surprise(
    request: Request, lead: Lead, error: SurpriseRefusedError | None = None, line: str = ""
) -> Response:
    shop = shop_of(request)
    choices = await surprises.choices_for(shop, lead)
    refused = await surprises.refusal(shop, lead)
    if not refused and not choices:
        refused = SurpriseRefusedError("sales.surprise_nothing")
    return page(
        request,
        "desk/surprise.html",
        status=422 if error else 200,
        lead=lead,
        choices=[(one, cover_svg(one.asset)) for one in choices],
        refused=refused,
        error=error,
        line=line,
        left=await surprises.left_this_week(shop),
        longest=surprises.LONGEST_LINE,
    )


async def send_surprise(request: Request) -> Response:
    """Give it; what stands in the way is said beside the sentence, which is kept."""
    lead, form, shop = await lead_of(request), await read_form(request), shop_of(request)
    line = form.get("line", "").strip()
    choices = await surprises.choices_for(shop, lead)
    asset = surprises.first_with(choices, form.get("asset", ""))
    try:
        if not asset:
            raise SurpriseRefusedError("sales.surprise_given")
        await surprises.send(shop, Surprise(lead, asset, line, request.state.staff))
    except SurpriseRefusedError as error:
        return await _surprise(request, lead, error, line)
    await rescore(lead.id, (await view_of(request)).judge)
    return RedirectResponse(f"/desk/leads/{lead.id}?told=surprise#h-bal", 303)


async def planner(request: Request) -> Response:
    """Who could be surprised this week, and why."""
    shop = shop_of(request)
    return page(
        request,
        "desk/surprises.html",
        found=await planning.proposals(shop),
        left=await surprises.left_this_week(shop),
    )


async def give(request: Request) -> Response:
    """Write down what was given outside the site."""
    form = await read_form(request)
    if form.get("kind") not in GIVEN:
        raise NotFoundError
    return await _write(request, form, ledger.GIVEN)


async def receive(request: Request) -> Response:
    """Write down what came back outside the site."""
    return await _write(request, await read_form(request), ledger.RETURNED)


async def _write(request: Request, form: dict[str, str], side: str) -> Response:
    lead, staff = await lead_of(request), request.state.staff
    try:
        made = _made(request, form)
        if side == ledger.GIVEN:
            house = request.app.state.house.fresh()
            written = await by_hand.give(house, lead, made, staff)
        else:
            written = await by_hand.receive(lead, made, staff)
    except ByHandError as error:
        return _told(lead, error.key)
    await rescore(lead.id, (await view_of(request)).judge)
    return _told(lead, "desk.hand_told" if written else "desk.hand_twice")


def _told(lead: Lead, key: str) -> Response:
    return RedirectResponse(f"/desk/leads/{lead.id}?told={key}#h-bal", 303)


def _made(request: Request, form: dict[str, str]) -> Handmade:
    """What the form says; ByHandError where it makes no sense."""
    money = {name: amount(form.get(name, "").strip() or "0") for name in ("cost", "value")}
    if None in money.values():
        raise ByHandError("gifts.hand_euro")
    return Handmade(
        form.get("kind", ""),
        " ".join(form.get("what", "").split()),
        day_of(request, form.get("on", "")),
        cost=money["cost"] or 0.0,
        value=money["value"] or 0.0,
        why=form.get("why", "").strip()[:600],
        unexpected=form.get("unexpected") == "yes",
    )


def day_of(request: Request, written: str) -> datetime:
    """Noon of a day by the clock of the site, but never later than now; empty is now.

    Raises ByHandError.
    """
    if not written:
        return now()
    try:
        day = date.fromisoformat(written)
    except ValueError:
        raise ByHandError("gifts.hand_future") from None
    noon = datetime.combine(day, time(12), request.app.state.settings.timezone).astimezone(UTC)
    return min(noon, now()) if day == request.app.state.today() else noon


async def take_back(request: Request) -> Response:
    """A counter-entry for what was written down wrongly."""
    form, line = await read_form(request), await LedgerLine.get_or_none(id=row_number(request))
    if not line or line.source not in ("desk", "table", "api") or line.gift_number:
        raise NotFoundError
    lead = await Lead.get(id=line.lead_id)
    async with in_transaction():
        undone = await ledger.take_back(line, request.state.staff, form.get("why", "")[:600])
        if undone:
            if line.kind == "purchase":
                await purchases.undo(line)
            await accounts.audit("ledger.taken_back", f"line {line.id}", request.state.staff)
    await rescore(lead.id, (await view_of(request)).judge)
    return _told(lead, "desk.hand_undone")


async def hunter(request: Request) -> Response:
    """Overrule that somebody is a bargain hunter, or take that back."""
    lead, form = await lead_of(request), await read_form(request)
    judge, why = (await view_of(request)).judge, form.get("why", "").strip()
    if form.get("do") == "doubt":
        await interests.doubt(lead, judge, request.state.staff)
    elif not why:
        return RedirectResponse(f"/desk/leads/{lead.id}?told=desk.hunter_no_reason#h-hunt", 303)
    else:
        await interests.trust(lead, judge, request.state.staff, why)
    return RedirectResponse(f"/desk/leads/{lead.id}#h-hunt", 303)


_get, _post = methods_of_role("desk", "sales")

LEAD = "/desk/leads/{number:int}"
routes: list[Route] = [
    _get("/desk/surprises", planner, "surprises"),
    _get(f"{LEAD}/surprise", surprise, "surprise"),
    _post(f"{LEAD}/surprise", send_surprise, "send_surprise"),
    _post(f"{LEAD}/given", give, "give"),
    _post(f"{LEAD}/returned", receive, "receive"),
    _post(f"{LEAD}/hunter", hunter, "hunter"),
    _post("/desk/ledger/{number:int}/take-back", take_back, "take_back"),
]
