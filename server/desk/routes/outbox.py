"""The outbox: what waits, and what asks a decision."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.kit.text import whole_number
from server.mail import gate, overseeing
from server.staff import accounts
from server.web.errors import RefusedError
from server.web.forms import read_form
from server.web.rendering import page
from server.web.routing import Route

TOLD = ("release", "unsure", "send", "drop")
DECISIONS = {
    ("doubt", "send"): "outbox.doubt_sent",
    ("doubt", "drop"): "outbox.doubt_dropped",
    ("parked", "send"): "outbox.parked_sent",
    ("parked", "drop"): "outbox.parked_dropped",
    ("late", "send"): "outbox.late_sent",
    ("late", "drop"): "outbox.late_dropped",
}


async def show(request: Request) -> Response:
    """How the outbox stands, and the mails that wait for a person."""
    query, settings = request.query_params, request.app.state.settings
    found = await overseeing.standing()
    told = query.get("told", "")
    return page(
        request,
        "desk/outbox.html",
        found=found,
        would=await gate.tally() if found.shut else None,
        relay=settings.smtp_url.rpartition("@")[2].rpartition("//")[2],
        piles={name: await overseeing.pile(name) for name in overseeing.PILES},
        heights={name: await overseeing.height(name) for name in overseeing.PILES},
        told=told if told in TOLD else "",
        count=whole_number(query.get("count", "")) or 0,
    )


async def release(request: Request) -> Response:
    """Open the gate, once it is ticked that this place is the one that mails."""
    form = await read_form(request)
    if form.get("sure") != "yes":
        return RedirectResponse("/desk/outbox?told=unsure", 303)
    await gate.release(request.app.state.settings, request.state.staff)
    return RedirectResponse("/desk/outbox?told=release", 303)


async def decide(request: Request) -> Response:
    """Send mails of a pile after all, or let them go: one, or the whole pile."""
    form = await read_form(request)
    pile, do, which = (form.get(name, "") for name in ("pile", "do", "which"))
    number = whole_number(which, 18)
    if (pile, do) not in DECISIONS or (number is None and which != "all"):
        raise RefusedError(400)
    chosen = None if number is None else [number]
    count = await (overseeing.send if do == "send" else overseeing.drop)(pile, chosen)
    if count:
        await accounts.audit(DECISIONS[pile, do], str(count), request.state.staff)
    return RedirectResponse(f"/desk/outbox?told={do}&count={count}", 303)


routes = [
    Route("/desk/outbox", show, name="desk:outbox", methods=["GET"], role="admin"),
    Route(
        "/desk/outbox/release", release, name="desk:outbox_release", methods=["POST"], role="admin"
    ),
    Route("/desk/outbox/decide", decide, name="desk:outbox_decide", methods=["POST"], role="admin"),
]
