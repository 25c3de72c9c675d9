"""Logging in and out."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.desk import entering
from server.kit.addresses import AddressError, normalise
from server.staff import accounts
from server.web.errors import NotFoundError, RefusedError
from server.web.forms import EvenAnswer, is_foreign, read_form
from server.web.rendering import page
from server.web.routing import Route
from server.web.sessions import give_session, session_cookie, take_session

FIRST_PAGE = {"editor": "/desk/gifts"}


async def show_login(request: Request) -> Response:
    """One field; whoever is logged in already goes on."""
    if await accounts.find_session(request.cookies.get(session_cookie(request), "")):
        return RedirectResponse("/desk/", 303)
    sent = bool(request.query_params.get("sent"))
    return page(request, "desk/login.html", sent=sent, secret="")


async def mail_link(request: Request) -> Response:
    """Mail a link if the address is a colleague's; the page after it is the same for all."""
    if is_foreign(request):
        raise RefusedError(403)
    form, state = await read_form(request), request.app.state
    try:
        email = normalise(form.get("email", ""))
    except AddressError:
        return RedirectResponse("/desk/login?sent=1", 303)
    async with EvenAnswer():
        await entering.mail_link(state.site, state.house.fresh(), state.letters, email)
    return RedirectResponse("/desk/login?sent=1", 303)


async def show_link(request: Request) -> Response:
    """A button: mail scanners open links, only people press buttons."""
    secret = request.path_params["secret"]
    if not await accounts.link_is_open(secret):
        raise NotFoundError
    return page(request, "desk/login.html", sent=False, secret=secret)


async def log_in(request: Request) -> Response:
    """Use the link up and set the cookie."""
    session = await accounts.log_in(request.path_params["secret"])
    if not session:
        raise NotFoundError
    response = RedirectResponse(FIRST_PAGE.get(session.user.role, "/desk/"), 303)
    give_session(request, response, session.secret)
    return response


async def log_out(request: Request) -> Response:
    """End the session and take the cookie back."""
    await accounts.log_out(request.cookies.get(session_cookie(request), ""))
    response = RedirectResponse("/desk/login", 303)
    take_session(request, response)
    return response


routes = [
    Route("/desk/login", show_login, name="desk:show_login", methods=["GET"], role="public"),
    Route("/desk/login", mail_link, name="desk:mail_link", methods=["POST"], role="public"),
    Route("/desk/login/{secret}", show_link, name="desk:show_link", methods=["GET"], role="token"),
    Route("/desk/login/{secret}", log_in, name="desk:log_in", methods=["POST"], role="token"),
    Route("/desk/logout", log_out, name="desk:log_out", methods=["POST"], role="staff"),
]
