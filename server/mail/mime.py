"""A mail as octets: headers, written text and HTML; one delivery at a time.

What goes to many is compiled once instead (see `compiling`); both write the same headers here.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Protocol

from server.kit.settings import Settings
from server.kit.site import Site
from server.mail import links
from server.mail.letters import Letter
from server.mail.models import BY_HAND, Message

ANSWERS = "in_reply_to"  # beside the slots of a delivery: the Message-ID of what it answers
ME = "me"  # the purpose of the link to a lead's own page; its number is that of the delivery
WAY_OUT = "unsubscribe"
BOUNCE = "bounce"
ENCODED_WORD = 45  # octets that fit one encoded word of RFC 2047


@dataclass(frozen=True)
class Sheet:
    """A shared text and where its links lead; `followed` for a reader who said yes to that."""

    message: Message
    links: tuple[str, ...] = ()
    followed: bool = False


class Addressee(Protocol):
    """One delivery as its mail needs it: number, Message-ID, reader and what fills the slots."""

    @property
    def number(self) -> int: ...

    @property
    def mail_id(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def address(self) -> str: ...

    @property
    def is_lead(self) -> bool: ...

    @property
    def values(self) -> Mapping[str, str]: ...


def compose(
    who: Addressee, sheet: Sheet, settings: Settings, site: Site, at: datetime
) -> EmailMessage:
    """One mail to one reader. Raises KeyError for a slot without a value."""
    message = sheet.message
    way_out = site.link("/unsubscribe", WAY_OUT, who.number)
    letter = _filled(who, sheet, site, way_out)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = settings.sender
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = who.mail_id
    if message.list:
        list_headers(mail, message, way_out.rpartition("/")[2], settings, site)
    elif message.kind == BY_HAND:
        _thread_headers(mail, who)
    else:
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(letter.text, cte="quoted-printable")
    mail.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    # Setting the content drops every header that describes it.
    mail["Content-Language"] = message.language
    return mail


def octets(mail: EmailMessage, who: Addressee) -> bytes:
    """The mail as it goes over the line, but for the stuffed dots of RFC 5321."""
    # The library folds a long address onto a line of its own; some mail programs then miss it.
    whole = mail.as_bytes().replace(b"List-Unsubscribe:\r\n ", b"List-Unsubscribe: ", 1)
    return b"To: " + mailbox(who.name, who.address) + b"\r\n" + whole


def _filled(who: Addressee, sheet: Sheet, site: Site, way_out: str) -> Letter:
    message = sheet.message
    values = {**who.values, "way_out": way_out, "home": home_of(message, site)}
    letter = Letter(message.subject, message.html, message.text, sheet.links)
    if who.is_lead:
        values["me"] = site.link("/me", ME, who.number)
    else:
        letter = letter.without("me")
    if not sheet.followed:
        return letter.finished(values)
    base = site.link("/t", links.PURPOSE, who.number)
    values |= links.followed_slots(base, sheet.links)
    return links.with_pixel_and_trap(letter.finished(values), base)


def home_of(message: Message, site: Site) -> str:
    """The home page in the language of a message."""
    return site.url(f"/{message.language}/")


def list_headers(
    mail: EmailMessage, message: Message, token: str, settings: Settings, site: Site
) -> None:
    """What a mail to a list has to say (RFC 2369, RFC 2919, RFC 8058); `token` is what stands
    behind the address of the way out."""
    # Leave by one click of the mail program, or by a mail that names the same delivery.
    by_mail = f"mailto:{settings.sender.addr_spec}?subject=unsubscribe%20{token}"
    mail["List-Unsubscribe"] = f"<{site.url('/unsubscribe/')}{token}>, <{by_mail}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail["List-ID"] = f"<{message.list}.{site.host}>"
    mail["Feedback-ID"] = f"{message.id}:{message.list}:givefirst"
    mail["Precedence"] = "bulk"


def _thread_headers(mail: EmailMessage, who: Addressee) -> None:
    # RFC 5322 §3.6.4: what it answers, so that a mailbox shows both as one conversation.
    before = who.values.get(ANSWERS)
    if before:
        mail["In-Reply-To"] = before
        mail["References"] = before


def mailbox(name: str, address: str) -> bytes:
    """`"Joost" <joost@example.org>` for a header; a name takes no line breaks, and what is not
    ASCII is an encoded word of RFC 2047: the name alone, never the address."""
    shown = name
    if not name.isprintable():
        shown = " ".join("".join(one for one in name if one.isprintable()).split())
    if not shown:
        return address.encode()
    if not shown.isascii():
        return b"\r\n ".join(_encoded_words(shown)) + b" <" + address.encode() + b">"
    quoted = shown.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>'.encode()


def _encoded_words(text: str) -> list[bytes]:
    words, part = [], b""
    for letter in text:
        octets_ = letter.encode("utf-8", "replace")
        if len(part) + len(octets_) > ENCODED_WORD:
            words.append(part)
            part = b""
        part += octets_
    return [b"=?utf-8?b?" + b64encode(word) + b"?=" for word in (*words, part)]


def envelope_sender(number: int, settings: Settings, site: Site) -> str:
    """Where a bounce goes: the pattern with a token of this delivery, else the sender."""
    pattern = settings.bounce_address or settings.sender.addr_spec
    return pattern.replace("{token}", site.token(BOUNCE, number))
