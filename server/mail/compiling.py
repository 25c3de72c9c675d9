"""An issue compiled once: its octets with holes, of which only the holes differ per reader.

Each hole stands alone between soft line breaks of quoted-printable (RFC 2045 §6.7), so any value
fits the limit of 76 columns and none begins a line of its own. No line begins with a dot, so
nothing has to be stuffed on the way (RFC 5321 §4.5.2).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.quoprimime import body_encode
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256
from html import escape

from server.kit.settings import Settings
from server.kit.site import Site
from server.mail import links
from server.mail.letters import Letter, link_slot, slots_replaced
from server.mail.mime import ME, WAY_OUT, Addressee, Sheet, home_of, list_headers, mailbox

WIDTH = 73  # columns of our own lines: room for the soft break and an encoded first letter
PLAIN = re.compile(r"[A-Za-z0-9/:_@-][A-Za-z0-9/:_@.,?;+~%() -]{0,70}[A-Za-z0-9/:_@.,?;+~%()-]")
MARK = re.compile(r"zq(\d+)qz")
TRACK, TO, DATE, MAIL_ID, TOKEN = "track", "to", "date", "mail_id", "token"
HEADER, TEXT, HTML = 0, 1, 2


@dataclass(frozen=True)
class Hole:
    """What a reader's value goes into; `fallback` where they have none (None: they must)."""

    name: str
    fallback: str | None = None


@dataclass(frozen=True)
class Mould:
    """Static octets and holes in turn; each place says of a part which filling goes there.

    `is_followed`: there are links of this reader's own in it.
    """

    parts: tuple[bytes, ...]
    places: tuple[tuple[int, int], ...]
    fillings: tuple[tuple[Hole, int], ...]
    site: Site
    is_followed: bool = False

    def fill(self, who: Addressee, at: datetime) -> bytes:
        """The mail of one reader, ready for the line. Raises KeyError for a missing value."""
        signed, base = self.site.token, self.site.base_url
        token = signed(WAY_OUT, who.number).encode()
        ready = {
            (TO, HEADER): mailbox(who.name, who.address),
            (DATE, HEADER): _date(at.replace(microsecond=0)),
            (MAIL_ID, HEADER): who.mail_id.encode(),
            (TOKEN, HEADER): token,
        }
        # Letters of an address of ours stand for themselves in every part of a mail.
        own = {"way_out": f"{base}/unsubscribe/".encode() + token}
        own |= {"me": f"{base}/me/{signed(ME, who.number)}".encode()}
        if self.is_followed:
            own[TRACK] = f"{base}/t/{signed(links.PURPOSE, who.number)}".encode()
        values = {**who.values, "name": who.name}
        found = [
            ready.get((hole.name, form))
            or own.get(hole.name)
            or _encoded(_value(hole, values), form)
            for hole, form in self.fillings
        ]
        parts = list(self.parts)
        for place, number in self.places:
            parts[place] = found[number]
        return b"".join(parts)


def compile_sheet(sheet: Sheet, settings: Settings, site: Site) -> Mould:
    """The mould of a text that goes to a list."""
    holes: list[Hole] = []

    def mark(name: str, fallback: str | None = None) -> str:
        hole = Hole(name, fallback)
        if hole not in holes:
            holes.append(hole)
        return f"zq{holes.index(hole)}qz"

    letter = _marked(sheet, site, mark)
    head = _head(sheet, letter.subject, mark, settings, site)
    edge = f"=_{sha256(head + letter.text.encode()).hexdigest()[:24]}"
    pieces: list[tuple[str | bytes, int]] = [(head.rstrip(b"\r\n"), HEADER)]
    pieces.append((f'\r\nContent-Type: multipart/alternative; boundary="{edge}"\r\n', HEADER))
    for text, form, kind in ((letter.text, TEXT, "plain"), (letter.html, HTML, "html")):
        pieces.append((f"\r\n--{edge}\r\nContent-Type: text/{kind}; charset=utf-8\r\n", HEADER))
        pieces.append(("Content-Transfer-Encoding: quoted-printable\r\n\r\n", HEADER))
        pieces.append((text, form))
    pieces.append((f"\r\n--{edge}--\r\n", HEADER))
    return replace(_cast(pieces, holes, site), is_followed=sheet.followed)


def _cast(pieces: list[tuple[str | bytes, int]], holes: list[Hole], site: Site) -> Mould:
    """Static runs joined, each hole a part of its own."""
    parts: list[bytes] = [b""]
    places: list[tuple[int, int]] = []
    fillings: list[tuple[Hole, int]] = []
    for piece, form in pieces:
        text = piece.decode() if isinstance(piece, bytes) else piece
        found = MARK.split(text)
        for n, part in enumerate(found):
            if n % 2:
                filling = (holes[int(part)], form)
                if filling not in fillings:
                    fillings.append(filling)
                places.append((len(parts), fillings.index(filling)))
                parts += [b"", b""]
            else:
                parts[-1] += _static(part, form, first=n == 0, last=n == len(found) - 1)
    return Mould(tuple(parts), tuple(places), tuple(fillings), site)


def _static(text: str, form: int, *, first: bool, last: bool) -> bytes:
    if form == HEADER:
        return text.encode()
    before = b"" if first else b"=\r\n"
    after = b"" if last else b"=\r\n"
    return before + _quoted(text) + after


def _quoted(text: str) -> bytes:
    """Quoted-printable with lines that begin with neither a dot nor "From "."""
    if not text:
        return b""
    encoded = body_encode(text.encode().decode("latin-1"), WIDTH, "\r\n")
    encoded = re.sub(r"(?m)^\.", "=2E", encoded)
    return re.sub(r"(?m)^From ", "=46rom ", encoded).encode("ascii")


def _encoded(value: str, form: int) -> bytes:
    """A value for its place, escaped for HTML."""
    line = escape(value) if form == HTML and not PLAIN.fullmatch(value) else value
    return line.encode() if PLAIN.fullmatch(line) else _quoted(line)


def _value(hole: Hole, values: Mapping[str, str]) -> str:
    """One line; what shows nothing is no value."""
    value = values.get(hole.name, "")
    value = value if value.isprintable() else " ".join(value.split())
    if value:
        return value
    if hole.fallback is None:
        raise KeyError(hole.name)
    return hole.fallback


@lru_cache(2)
def _date(moment: datetime) -> bytes:
    return format_datetime(moment).encode()


def _marked(sheet: Sheet, site: Site, mark: Callable[..., str]) -> Letter:
    """The letter with a mark for each slot that a reader fills, all else in its place."""
    message = sheet.message
    letter = Letter(message.subject, message.html, message.text, sheet.links)
    shared = {"home": home_of(message, site)}
    base = mark(TRACK) if sheet.followed else ""
    for number, target in enumerate(sheet.links, 1):
        shared[link_slot(number)] = f"{base}/{number}" if base else target

    def put(name: str, fallback: str | None) -> str | None:
        return None if name in shared else mark(name, fallback)

    open_ = replace(
        letter,
        # A header is the same for all: a name in it would have to be encoded for each reader.
        subject=letter.with_fallbacks({}).subject,
        html=slots_replaced(letter.html, put),
        text=slots_replaced(letter.text, put),
    )
    done = open_.finished(shared)
    return links.with_pixel_and_trap(done, base) if base else done


def _head(
    sheet: Sheet, subject: str, mark: Callable[..., str], settings: Settings, site: Site
) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = settings.sender
    mail["Subject"] = subject
    list_headers(mail, sheet.message, mark(TOKEN), settings, site)
    mail["Content-Language"] = sheet.message.language
    mail["MIME-Version"] = "1.0"
    own = {"To": mark(TO), "Date": mark(DATE), "Message-ID": mark(MAIL_ID)}
    first = "".join(f"{name}: {value}\r\n" for name, value in own.items()).encode()
    return first + mail.as_bytes()
