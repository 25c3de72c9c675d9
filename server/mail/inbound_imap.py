"""Fetching mail from a mailbox: the simple way, where no mail server hands it over."""

import asyncio
import imaplib
import logging
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from urllib.parse import unquote, urlsplit

from server.mail.inbound import LARGEST, keep

PATIENCE = 20.0  # seconds for each answer of the server
AT_ONCE = 50
FIRST_REST, LONGEST_REST = 30.0, 1800.0
KEYWORD = "givefirst"
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")

log = logging.getLogger("givefirst.inbound")


@dataclass
class Mailbox:
    """A mailbox of our own. A mail that was kept is marked there as seen, and not fetched again."""

    url: str
    _rest: float = 0.0
    _next_at: float = field(default=0.0)

    async def fetch(self) -> int:
        """Keep what is new; how many mails that were. A fault is tried again later and later."""
        if not self.url or monotonic() < self._next_at:
            return 0
        try:
            kept = await self._fetch()
        except (OSError, imaplib.IMAP4.error) as error:
            self._rest = min(self._rest * 2 or FIRST_REST, LONGEST_REST)
            self._next_at = monotonic() + self._rest
            # The name alone: what a server says may hold an address.
            log.warning("the mailbox: %s; again in %d s", type(error).__name__, self._rest)
            return 0
        self._rest = 0.0
        return kept

    async def _fetch(self) -> int:
        found = await asyncio.to_thread(self._new_mails)
        kept = 0
        for _, raw in found:
            kept += await keep("imap", "", [""], raw) if raw else 0
        # Marked once they are committed: a mail may be seen twice, never lost.
        if found:
            await asyncio.to_thread(self._mark, [number for number, _ in found])
        return kept

    def _new_mails(self) -> list[tuple[str, bytes]]:
        """Each new mail with its number; without its octets where it is too large."""
        with _open(self.url) as box:
            _, found = box.uid("SEARCH", "UNSEEN", "UNKEYWORD", KEYWORD)
            numbers = (found[0] or b"").split()[:AT_ONCE]
            return [(number.decode("ascii"), _octets(box, number.decode())) for number in numbers]

    def _mark(self, numbers: list[str]) -> None:
        with _open(self.url) as box:
            done, _ = box.uid("STORE", ",".join(numbers), "+FLAGS", rf"(\Seen {KEYWORD})")
            if done != "OK":  # a mailbox that knows no words of ours
                box.uid("STORE", ",".join(numbers), "+FLAGS", r"(\Seen)")


def _octets(box: imaplib.IMAP4, number: str) -> bytes:
    _, told = box.uid("FETCH", number, "(RFC822.SIZE)")
    line = told[0] if told and isinstance(told[0], bytes) else b""
    size = _SIZE.search(line)
    if not size or int(size[1]) > LARGEST:
        return b""
    _, parts = box.uid("FETCH", number, "(BODY.PEEK[])")
    return next((part[1] for part in parts if isinstance(part, tuple)), b"")


@contextmanager
def _open(url: str) -> Iterator[imaplib.IMAP4]:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    if parts.scheme == "imaps":
        context = ssl.create_default_context()
        box: imaplib.IMAP4 = imaplib.IMAP4_SSL(
            host, port or 993, ssl_context=context, timeout=PATIENCE
        )
    else:
        box = imaplib.IMAP4(host, port or 143, timeout=PATIENCE)
    with box:  # ends the connection, whatever happens
        box.login(unquote(parts.username or ""), unquote(parts.password or ""))
        folder = unquote(parts.path.strip("/")) or "INBOX"
        done, _ = box.select('"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"')
        if done != "OK":
            raise imaplib.IMAP4.error("folder")
        yield box
