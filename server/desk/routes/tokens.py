"""Keys of other programs: making one, seeing which are used, ending one."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.staff import tokens
from server.staff.tokens import SCOPES, TokenError
from server.web.errors import NotFoundError, row_number
from server.web.forms import read_form, read_values
from server.web.rendering import page
from server.web.routing import Route, methods_of_role

NAMES = {
    "leads:read": "desk.scope_leads_read",
    "leads:write": "desk.scope_leads_write",
    "gifts:read": "desk.scope_gifts_read",
    "gifts:write": "desk.scope_gifts_write",
    "purchases:write": "desk.scope_purchases_write",
    "outcomes:write": "desk.scope_outcomes_write",
    "events:read": "desk.scope_events_read",
}


async def show(request: Request) -> Response:
    """Every key, and a form for a new one."""
    return await _show(request)


async def _show(
    request: Request, status: int = 200, error: str = "", secret: str = "", name: str = ""
) -> Response:
    return page(
        request,
        "desk/tokens.html",
        status=status,
        tokens=await tokens.all_tokens(),
        scopes=[(one, NAMES[one]) for one in SCOPES],
        names=NAMES,
        error=error,
        secret=secret,
        name=name,
    )


async def make(request: Request) -> Response:
    """A new key; its secret stands on this one answer and nowhere else."""
    form, scopes = await read_form(request), await read_values(request, "scope")
    name = form.get("name", "")
    try:
        token, secret = await tokens.make(name, scopes, request.state.staff)
    except TokenError as error:
        return await _show(request, 422, error=error.key, name=name[:80])
    return await _show(request, secret=secret, name=token.name)


async def revoke(request: Request) -> Response:
    """End a key at once."""
    if not await tokens.revoke(row_number(request), request.state.staff):
        raise NotFoundError
    return RedirectResponse("/desk/tokens", 303)


_get, _post = methods_of_role("desk", "admin")
routes: list[Route] = [
    _get("/desk/tokens", show, "tokens"),
    _post("/desk/tokens", make, "make_token"),
    _post("/desk/tokens/{number:int}/revoke", revoke, "revoke_token"),
]
