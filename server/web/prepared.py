"""Public pages that are made when what they show changes, and not each time they are asked for.

An answer that may be kept is given again, as prepared octets with a strong ETag per coding, until
its time is over (the house opens or closes, a day begins) or the facts behind it change (a file of
the content, an issue that was sent). It stands before all else: a page that is kept costs no
routing, no template and no database.
"""

import asyncio
import gzip
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from time import monotonic

import brotli
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.kit.clock import now

AGAIN = 0.5  # seconds between two looks at the clock and the facts
MOST = 1_000  # answers kept at once, and hosts; the oldest goes first
MOST_OCTETS = 32_000_000  # of their contents, before packing
COMPRESSED = ("text/", "application/xml", "application/atom+xml", "image/svg", "application/json")
CODINGS = {
    "br": lambda body: brotli.compress(body, quality=9),
    "gzip": lambda body: gzip.compress(body, 9, mtime=0),
}
NEVER = re.compile(r"q\s*=\s*0(\.0*)?")
EMPTY: Message = {"type": "http.response.body", "body": b""}

Facts = Callable[[], Awaitable[object]]
Seen = Callable[[str, bytes, bytes], None]
Header = tuple[bytes, bytes]
Headers = dict[bytes, bytes]


@dataclass(slots=True)
class Keeping:
    """What the page itself says of how long its answer holds; None: it is not to be kept."""

    until: datetime | None = None


@dataclass(slots=True)
class _Form:
    """One coding of an answer, as it goes over the wire."""

    tag: bytes
    start: Message
    unchanged: Message
    body: Message


@dataclass(slots=True)
class _Kept:
    """An answer in the codings that were asked for so far; it holds from `since` to `until`, both
    in seconds since the epoch.
    """

    headers: list[Header]
    content: bytes
    since: float
    until: float
    is_page: bool
    may_shrink: bool
    forms: dict[str, _Form] = field(default_factory=dict)


class Prepared:
    """An ASGI layer around the whole site that answers what it kept.

    `facts` gives what the pages show, compared by `==`; `seen` is told the path and, as they
    came, the user agent and the declared purpose of every page that was given.
    """

    def __init__(self, app: ASGIApp, facts: Facts, seen: Seen) -> None:
        self.app, self._read_facts, self._seen = app, facts, seen
        self._kept: dict[tuple[str, bytes], _Kept] = {}
        self._octets = 0
        self._hosts: set[bytes | None] = set()
        self._facts: object = None
        self._look_at = self._moment = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give what is kept, else ask the site and keep what may be kept."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        if monotonic() >= self._look_at:
            await self._look()
        kept = self._kept.get((scope["path"], scope["query_string"]))
        headers = dict(scope["headers"])
        # A host that no answer was given to before is judged by the site.
        if kept and kept.since <= self._moment < kept.until and headers.get(b"host") in self._hosts:
            await self._give(kept, scope, headers, send)
        else:
            await self._ask(scope, receive, send, headers)

    async def _look(self) -> None:
        """See what time it is, and let go of everything when the facts are others."""
        self._look_at, self._moment = monotonic() + AGAIN, now().timestamp()
        facts = await self._read_facts()
        if facts != self._facts:
            self._kept.clear()
            self._octets = 0
            self._facts = facts

    async def _give(self, kept: _Kept, scope: Scope, headers: Headers, send: Send) -> None:
        is_head = scope["method"] == "HEAD"
        coding = _coding(headers.get(b"accept-encoding", b"")) if kept.may_shrink else ""
        form = kept.forms.get(coding) or await _form(kept, coding)
        if kept.is_page and not is_head:
            purpose = headers.get(b"sec-purpose") or headers.get(b"purpose", b"")
            self._seen(scope["path"], headers.get(b"user-agent", b""), purpose)
        is_known = form.tag in headers.get(b"if-none-match", b"")
        await send(form.unchanged if is_known else form.start)
        await send(EMPTY if is_known or is_head else form.body)

    async def _ask(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        keeping, facts, since = Keeping(), self._facts, self._moment
        start: Message = {}
        parts: list[bytes] = []

        async def listen(message: Message) -> None:
            if _may_keep(message) and keeping.until and scope["method"] == "GET":
                start.update(message)
            elif start:
                parts.append(message.get("body", b""))
            else:
                await send(message)

        await self.app({**scope, "prepared": keeping}, receive, listen)
        if not start or not keeping.until:
            return
        kept = _keep(start["headers"], b"".join(parts), since, keeping.until)
        # What changed meanwhile makes the page old already.
        if facts is self._facts:
            self._remember((scope["path"], scope["query_string"]), kept)
            if len(self._hosts) >= MOST:
                self._hosts.clear()
            self._hosts.add(headers.get(b"host"))
        await self._give(kept, scope, headers, send)

    def _remember(self, key: tuple[str, bytes], kept: _Kept) -> None:
        """Keep one more; whoever asks for ever new addresses pushes out the oldest."""
        old = self._kept.pop(key, None)
        self._octets += len(kept.content) - (len(old.content) if old else 0)
        self._kept[key] = kept
        while len(self._kept) > MOST or self._octets > MOST_OCTETS:
            gone = self._kept.pop(next(iter(self._kept)))
            self._octets -= len(gone.content)


def keeping_of(scope: Scope) -> Keeping:
    """Where the page that a request asks for says how long its answer holds."""
    found: Keeping = scope["prepared"]
    return found


def _may_keep(message: Message) -> bool:
    return message["type"] == "http.response.start" and bool(message["status"] == 200)


def _keep(headers: list[Header], content: bytes, since: float, until: datetime) -> _Kept:
    kind = next((value.decode() for name, value in headers if name == b"content-type"), "")
    bare = [header for header in headers if header[0] not in (b"content-length", b"etag")]
    # Else a browser asks each time whether its copy still holds.
    if not any(name == b"cache-control" for name, _ in bare):
        bare.append((b"cache-control", b"no-cache"))
    return _Kept(
        headers=bare,
        content=content,
        since=since,
        until=until.timestamp(),
        is_page=kind.startswith("text/html"),
        may_shrink=kind.startswith(COMPRESSED),
    )


@lru_cache(maxsize=500)
def _coding(accepted: bytes) -> str:
    """The best of our codings that a browser takes (RFC 9110 §12.5.3); `q=0` is a refusal."""
    parts = [part.partition(";") for part in accepted.decode("latin-1").lower().split(",")]
    taken = {name.strip() for name, _, weight in parts if not NEVER.fullmatch(weight.strip())}
    return next((coding for coding in CODINGS if coding in taken), "")


async def _form(kept: _Kept, coding: str) -> _Form:
    """The answer in a coding, made at the first wish for it."""
    body = await asyncio.to_thread(CODINGS[coding], kept.content) if coding else kept.content
    tag = f'"{sha256(kept.content).hexdigest()[:20]}{coding and "-" + coding}"'.encode()
    headers = [*kept.headers, (b"etag", tag)]
    if kept.may_shrink:
        headers.append((b"vary", b"Accept-Encoding"))
    about = [*headers, (b"content-length", str(len(body)).encode())]
    if coding:
        about.append((b"content-encoding", coding.encode()))
    form = _Form(
        tag=tag,
        start={"type": "http.response.start", "status": 200, "headers": about},
        unchanged={"type": "http.response.start", "status": 304, "headers": headers},
        body={"type": "http.response.body", "body": body},
    )
    kept.forms[coding] = form
    return form
