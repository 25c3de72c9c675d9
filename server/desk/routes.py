"""The desk: logging in, today, leads, the card, titles, the newsletter, mail in files."""

import re

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from server.desk import entering, mailbox, stock
from server.kit.addresses import AddressError, normalise
from server.kit.clock import now
from server.leads.models import Lead
from server.readiness.models import Score
from server.readiness.objecting import switch_profiling
from server.sales import lists, timeline
from server.sales.rows import View, make_view, row_of, sum_in_short, sum_parts
from server.staff import accounts
from server.web.errors import NotFoundError, RefusedError
from server.web.forms import EvenAnswer, is_foreign, read_form
from server.web.rendering import page, speaker
from server.web.routing import Route
from server.web.sessions import give_session, session_cookie, take_session

FIRST_PAGE = {"editor": "/desk/gifts"}
PREVIEW_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'self'; sandbox"
)


async def view_of(request: Request) -> View:
    """How the colleague who asks sees things."""
    state = request.app.state
    return await make_view(state.library, request.state.language, state.settings.timezone)


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


async def today(request: Request) -> Response:
    """Whom to talk to, and about what."""
    view = await view_of(request)
    found = await lists.today(view)
    return page(
        request,
        "desk/today.html",
        found=found,
        now=now(),
        sums={row.lead.id: sum_in_short(row, view) for row in found.ready},
    )


async def leads(request: Request) -> Response:
    """All leads, with search, states as links and pages."""
    query = request.query_params.get("q", "").strip()[:100]
    state = request.query_params.get("state", "")
    after = request.query_params.get("after", "")
    found = await lists.page_of(await view_of(request), query, state, after)
    return page(
        request,
        "desk/leads.html",
        found=found,
        query=query,
        state=state,
        after=after,
        states=lists.STATES,
    )


async def _lead(request: Request) -> Lead:
    number = request.path_params["number"]
    lead = await Lead.get_or_none(id=number) if number < 2**31 else None
    if not lead:
        raise NotFoundError
    return lead


async def card(request: Request) -> Response:
    """Everything about one lead: the sentence, the sum, the history, the receipts."""
    lead, view = await _lead(request), await view_of(request)
    row = row_of(lead, await Score.get_or_none(lead_id=lead.id), view)
    return page(
        request,
        "desk/lead.html",
        lead=lead,
        row=row,
        lines=sum_parts(row, view),
        events=await timeline.lines_of(lead, view),
        given=await timeline.given_to(lead, view),
        returned=await timeline.returned_by(lead, view),
        consents=await timeline.consents_of(lead),
        now=now(),
    )


async def profiling(request: Request) -> Response:
    """On request of the lead: keep no record of what is read, and no score; or again."""
    lead, form = await _lead(request), await read_form(request)
    off, view = form.get("do") == "off", await view_of(request)
    if await switch_profiling(lead.id, view.judge, off=off):
        kind = "profiling.objected" if off else "profiling.allowed"
        await accounts.audit(kind, f"lead {lead.id}", request.state.staff)
    return RedirectResponse(f"/desk/leads/{lead.id}", 303)


async def gifts(request: Request) -> Response:
    """Titles with their figures, and what is wrong with the files."""
    state, speak = request.app.state, speaker(request)
    findings = state.library.findings() + state.tips.findings() + state.answers.findings()
    findings += state.letters.findings()
    if state.house.finding:
        findings.append(state.house.finding)
    return page(
        request,
        "desk/gifts.html",
        faults=stock.faults(findings, speak),
        stocked=await stock.stock(state.library.all(), speak.language),
    )


async def newsletter(request: Request) -> Response:
    """Issues and where they stand."""
    shown = await stock.issues(request.app.state.tips, request.state.language)
    return page(request, "desk/newsletter.html", issues=shown)


async def mail(request: Request) -> Response:
    """The mailbox of what was written to files."""
    settings = request.app.state.settings
    found = [] if settings.smtp_url else mailbox.mails(settings.data)
    return page(request, "desk/mail.html", mails=found, by_smtp=bool(settings.smtp_url))


def _file_mail(request: Request) -> mailbox.FileMail:
    found = mailbox.mail_named(request.app.state.settings.data, request.path_params["name"])
    if not found:
        raise NotFoundError
    return found


async def one_mail(request: Request) -> Response:
    """One mail: as text with its links, as it looks, and its headers."""
    found = _file_mail(request)
    links = list(dict.fromkeys(re.findall(r"https?://\S+", found.text)))
    return page(request, "desk/mail_one.html", mail=found, links=links)


async def mail_html(request: Request) -> Response:
    """The HTML of a mail, in a sandbox of its own."""
    headers = {"content-security-policy": PREVIEW_CSP, "x-frame-options": "SAMEORIGIN"}
    return HTMLResponse(_file_mail(request).html, headers=headers)


routes = [
    Route("/desk/login", show_login, name="desk:show_login", methods=["GET"], role="public"),
    Route("/desk/login", mail_link, name="desk:mail_link", methods=["POST"], role="public"),
    Route("/desk/login/{secret}", show_link, name="desk:show_link", methods=["GET"], role="token"),
    Route("/desk/login/{secret}", log_in, name="desk:log_in", methods=["POST"], role="token"),
    Route("/desk/logout", log_out, name="desk:log_out", methods=["POST"], role="staff"),
    Route("/desk/", today, name="desk:today", methods=["GET"], role="sales"),
    Route("/desk/leads", leads, name="desk:leads", methods=["GET"], role="sales"),
    Route("/desk/leads/{number:int}", card, name="desk:card", methods=["GET"], role="sales"),
    Route(
        "/desk/leads/{number:int}/profiling",
        profiling,
        name="desk:profiling",
        methods=["POST"],
        role="sales",
    ),
    Route("/desk/gifts", gifts, name="desk:gifts", methods=["GET"], role="editor"),
    Route("/desk/newsletter", newsletter, name="desk:newsletter", methods=["GET"], role="editor"),
    Route("/desk/mail", mail, name="desk:mail", methods=["GET"], role="admin"),
    Route("/desk/mail/{name}", one_mail, name="desk:one_mail", methods=["GET"], role="admin"),
    Route(
        "/desk/mail/{name}/html", mail_html, name="desk:mail_html", methods=["GET"], role="admin"
    ),
]
