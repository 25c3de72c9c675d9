"""The mailbox of what was written to files."""

import re

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from server.desk import mailbox
from server.web.errors import NotFoundError
from server.web.rendering import page
from server.web.routing import Route

PREVIEW_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'self'; sandbox"
)


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
    headers = {"content-security-policy": PREVIEW_CSP}
    return HTMLResponse(_file_mail(request).html, headers=headers)


routes = [
    Route("/desk/mail", mail, name="desk:mail", methods=["GET"], role="admin"),
    Route("/desk/mail/{name}", one_mail, name="desk:one_mail", methods=["GET"], role="admin"),
    Route(
        "/desk/mail/{name}/html", mail_html, name="desk:mail_html", methods=["GET"], role="admin"
    ),
]
