"""Links and the picture in a tip of a reader who said yes; what mail providers tell us."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.kit.text import whole_number
from server.mail import following, providers
from server.mail.inbound import Reader
from server.mail.links import TRAP
from server.mail.models import Delivery
from server.mail.postman import Postman
from server.mail.providers import Call, UnsignedError
from server.mail.providers_amazon import told_by_amazon
from server.tracking import evidence
from server.web.errors import NotFoundError, RefusedError
from server.web.forms import read_body
from server.web.routing import Route
from server.web.visitor import visitor

MOST_DIGITS = 6
PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


async def _delivery(request: Request) -> Delivery:
    token = request.path_params["token"]
    delivery = await following.delivery_of(request.app.state.site, token)
    if not delivery:
        raise NotFoundError
    return delivery


async def follow(request: Request) -> Response:
    """To where the link of this number leads, and nowhere else."""
    delivery, written = await _delivery(request), request.path_params["number"]
    number = whole_number(written, MOST_DIGITS)
    if number is None:
        raise NotFoundError
    target = await following.target_of(request.app.state.site, delivery, number)
    if not target or str(number) != written:
        raise NotFoundError
    kind = evidence.TRAP if number == TRAP else evidence.CLICK
    await following.note(delivery, kind, number, visitor(request))
    return RedirectResponse(target, 303)


async def opened(request: Request) -> Response:
    """One transparent pixel."""
    delivery = await _delivery(request)
    await following.note(delivery, evidence.OPEN, 0, visitor(request))
    # Shown in pages of others: a mailbox in the browser.
    headers = {"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "cross-origin"}
    return Response(PIXEL, media_type="image/gif", headers=headers)


async def hook(request: Request) -> Response:
    """What a mail provider tells of our mail; 403 for what does not bear its signature."""
    state, provider = request.app.state, request.path_params["provider"]
    key = dict(state.settings.mail_hooks).get(provider)
    if not key:
        raise NotFoundError
    body = await read_body(request, providers.LARGEST)
    call = Call({name.lower(): value for name, value in request.headers.items()}, body)
    try:
        if provider == "ses":
            told = await told_by_amazon(call, key)
        else:
            told = list(providers.READ[provider](call, key))
    except UnsignedError:
        raise RefusedError(403) from None
    reader = Reader(state.settings, Postman.of(state))
    await providers.take_in(reader, provider, told)
    return Response(status_code=200)


routes = [
    Route("/t/{token}/o.gif", opened, name="mail:opened", methods=["GET"], role="token"),
    Route("/t/{token}/{number}", follow, name="mail:follow", methods=["GET"], role="token"),
    Route("/hooks/mail/{provider}", hook, name="mail:hook", methods=["POST"], role="signed"),
]
