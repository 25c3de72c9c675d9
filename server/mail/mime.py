"""One delivery as the bytes of a mail."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from server.kit.settings import Settings
from server.kit.site import Site
from server.mail.letters import Letter
from server.mail.models import Delivery, Message

ME = "me"  # the purpose of the link to a lead's own page; its number is that of the delivery


def compose(
    delivery: Delivery, message: Message, to: Address, settings: Settings, site: Site, at: datetime
) -> bytes:
    """Headers, written text and HTML. Raises KeyError for a slot without a value."""
    way_out = site.link("/unsubscribe", "unsubscribe", delivery.id)
    values = {**delivery.values, "way_out": way_out, "home": site.url(f"/{message.language}/")}
    letter = Letter(message.subject, message.html, message.text)
    if delivery.lead_id:
        values["me"] = site.link("/me", ME, delivery.id)
    else:
        letter = letter.without("me")
    letter = letter.finished(values)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = settings.sender
    mail["To"] = to
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = delivery.mail_id
    if message.list:
        _list_headers(mail, message, way_out, settings, site)
    else:
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(letter.text, cte="quoted-printable")
    mail.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    # Setting the content drops every header that describes it.
    mail["Content-Language"] = message.language
    # The library folds a long address onto a line of its own; some mail programs then miss it.
    return mail.as_bytes().replace(b"List-Unsubscribe:\r\n ", b"List-Unsubscribe: ", 1)


def _list_headers(
    mail: EmailMessage, message: Message, way_out: str, settings: Settings, site: Site
) -> None:
    # RFC 2369 and RFC 8058: leave by one click of the mail program, or by a mail to a person.
    mailbox = settings.sender.addr_spec
    mail["List-Unsubscribe"] = f"<{way_out}>, <mailto:{mailbox}?subject=unsubscribe>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    host = site.base_url.partition("://")[2].partition(":")[0]
    mail["List-ID"] = f"<{message.list}.{host}>"
    mail["Feedback-ID"] = f"{message.id}:{message.list}:givefirst"
    mail["Precedence"] = "bulk"


def envelope_sender(delivery: Delivery, settings: Settings, site: Site) -> str:
    """Where a bounce goes: the pattern with a token of this delivery, else the sender."""
    pattern = settings.bounce_address or settings.sender.addr_spec
    return pattern.replace("{token}", site.token("bounce", delivery.id))
