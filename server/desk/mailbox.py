"""Mail that went to files: what would have been sent, as a mailbox."""

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

NAME = re.compile(r"\d{8}T\d{12}-[0-9a-f]{8}")
MOST = 100


@dataclass(frozen=True)
class FileMail:
    """One mail in a file."""

    name: str
    to: str
    subject: str
    at: datetime
    text: str
    html: str
    headers: str


def mails(data: Path) -> list[FileMail]:
    """The latest mails, newest first."""
    names = sorted((file.stem for file in (data / "mail").glob("*.eml")), reverse=True)
    return [found for name in names[:MOST] if (found := mail_named(data, name))]


def mail_named(data: Path, name: str) -> FileMail | None:
    """One mail; None for a name that is none of ours."""
    file = data / "mail" / f"{name}.eml"
    if not NAME.fullmatch(name) or not file.is_file():
        return None
    raw = file.read_bytes()
    mail = message_from_bytes(raw, EmailMessage, policy=policy.default)
    plain, rich = mail.get_body(("plain",)), mail.get_body(("html",))
    return FileMail(
        name=name,
        to=str(mail["To"]),
        subject=str(mail["Subject"]),
        at=parsedate_to_datetime(str(mail["Date"])),
        text=plain.get_content() if plain else "",
        html=rich.get_content() if rich else "",
        headers=raw.partition(b"\r\n\r\n")[0].decode("utf-8", "replace"),
    )
