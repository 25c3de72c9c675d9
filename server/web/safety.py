"""What guards every answer: the Host list, the safety headers, no surprises on errors."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; media-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
PERSONAL = ("/gift/", "/confirm/", "/unsubscribe/", "/me/", "/t/", "/card/", "/desk", "/api/")
LOCAL = ("127.0.0.1", "localhost", "::1")


class Safety:
    """An ASGI layer around the whole site."""

    def __init__(self, app: ASGIApp, base_url: str) -> None:
        self.app = app
        parts = urlsplit(base_url)
        self.hosts = {(parts.hostname or "").lower(), *LOCAL}
        self.extra = {}
        if parts.scheme == "https":
            self.extra["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a strange Host, add the headers to every answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add_headers(MutableHeaders(scope=message), scope["path"])
            await send(message)

        if self._host(Headers(scope=scope)) not in self.hosts:
            await PlainTextResponse("421 Misdirected Request", 421)(scope, receive, guarded)
            return
        await self.app(_without_nul(scope), receive, guarded)

    def _host(self, headers: Headers) -> str:
        host = headers.get("host", "").lower()
        if host.startswith("["):
            return host[1:].partition("]")[0]
        return host.partition(":")[0]

    def _add_headers(self, headers: MutableHeaders, path: str) -> None:
        for name, value in {**HEADERS, **self.extra}.items():
            headers.setdefault(name, value)
        if path.startswith(PERSONAL):
            headers.setdefault("cache-control", "no-store")
            headers.setdefault("x-robots-tag", "noindex, nofollow")


def _without_nul(scope: Scope) -> Scope:
    """The request without the one character that PostgreSQL takes in no text; forms lose it too."""
    query: bytes = scope["query_string"]
    while b"%00" in query:
        query = query.replace(b"%00", b"")
    return {**scope, "query_string": query}
