"""One delivery as the bytes of a mail."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from server.kit.settings import Settings
from server.kit.site import Site
from server.mail import links
from server.mail.letters import Letter
from server.mail.models import BY_HAND, Delivery, Message

ANSWERS = "in_reply_to"  # beside the slots of a delivery: the Message-ID of what it answers
ME = "me"  # the purpose of the link to a lead's own page; its number is that of the delivery


@dataclass(frozen=True)
class Sheet:
    """A shared text and where its links lead; `followed` for a reader who said yes to that."""

    message: Message
    links: tuple[str, ...] = ()
    followed: bool = False


def compose(
    delivery: Delivery, sheet: Sheet, to: Address, settings: Settings, site: Site, at: datetime
) -> bytes:
    """Headers, written text and HTML. Raises KeyError for a slot without a value."""
    message = sheet.message
    way_out = site.link("/unsubscribe", "unsubscribe", delivery.id)
    letter = _filled(delivery, sheet, site, way_out)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = settings.sender
    mail["To"] = to
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = delivery.mail_id
    if message.list:
        _list_headers(mail, message, way_out, settings, site)
    elif message.kind == BY_HAND:
        _thread_headers(mail, delivery)
    else:
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(letter.text, cte="quoted-printable")
    mail.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    # Setting the content drops every header that describes it.
    mail["Content-Language"] = message.language
    # The library folds a long address onto a line of its own; some mail programs then miss it.
    return mail.as_bytes().replace(b"List-Unsubscribe:\r\n ", b"List-Unsubscribe: ", 1)


def _filled(delivery: Delivery, sheet: Sheet, site: Site, way_out: str) -> Letter:
    message = sheet.message
    home = site.url(f"/{message.language}/")
    values = {**delivery.values, "way_out": way_out, "home": home}
    letter = Letter(message.subject, message.html, message.text, sheet.links)
    if delivery.lead_id:
        values["me"] = site.link("/me", ME, delivery.id)
    else:
        letter = letter.without("me")
    if not sheet.followed:
        return letter.finished(values)
    values |= links.followed_slots(site, delivery.id, sheet.links)
    return links.with_pixel_and_trap(letter.finished(values), site, delivery.id)


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


def _thread_headers(mail: EmailMessage, delivery: Delivery) -> None:
    # RFC 5322 §3.6.4: what it answers, so that a mailbox shows both as one conversation.
    before = delivery.values.get(ANSWERS)
    if before:
        mail["In-Reply-To"] = before
        mail["References"] = before


def envelope_sender(delivery: Delivery, settings: Settings, site: Site) -> str:
    """Where a bounce goes: the pattern with a token of this delivery, else the sender."""
    pattern = settings.bounce_address or settings.sender.addr_spec
    return pattern.replace("{token}", site.token("bounce", delivery.id))
