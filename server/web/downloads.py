"""Files to take home: whole or in ranges, and word of it when a reader really got one."""

import re
from collections.abc import Awaitable, Callable
from hashlib import sha256

import anyio
import anyio.lowlevel
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

PIECE = 256 * 1024
RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class Download(Response):
    """Bytes with Range, HEAD and ETag (RFC 9110 §14).

    `on_delivered` is awaited once when the whole file, or a range from its first byte, went out
    to a reader who stayed until the end: a HEAD, an abort and a later range are no download.
    """

    def __init__(
        self,
        content: bytes,
        media_type: str,
        *,
        name: str,
        request: Request,
        on_delivered: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.content, self.on_delivered = content, on_delivered
        tag = f'"{sha256(content).hexdigest()[:20]}"'
        self.span, status = _span(request, tag, len(content))
        super().__init__(status_code=status, media_type=media_type)
        self.headers["etag"] = tag
        self.headers["accept-ranges"] = "bytes"
        self.headers["content-disposition"] = f'inline; filename="{name}"'
        if status == 416:
            self.headers["content-range"] = f"bytes */{len(content)}"
        if status == 206:
            self.headers["content-range"] = (
                f"bytes {self.span[0]}-{self.span[1] - 1}/{len(content)}"
            )
        self.headers["content-length"] = str(self.span[1] - self.span[0])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the bytes piece by piece, watching whether the reader stays."""
        start = {"type": "http.response.start", "status": self.status_code}
        await send({**start, "headers": self.raw_headers})
        if scope["method"] == "HEAD" or self.status_code in (304, 416):
            await send({"type": "http.response.body", "body": b""})
            return
        stayed = await self._send_body(receive, send)
        if stayed and self.span[0] == 0 and self.on_delivered:
            await self.on_delivered()

    async def _send_body(self, receive: Receive, send: Send) -> bool:
        gone = False

        async def watch() -> None:
            nonlocal gone
            while (await receive())["type"] != "http.disconnect":
                pass
            gone = True

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch)
            for at in range(self.span[0], self.span[1], PIECE):
                piece = self.content[at : min(at + PIECE, self.span[1])]
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                await anyio.lowlevel.checkpoint()
                if gone:
                    break
            # Judge before the last, empty piece: once an answer is complete the server itself
            # reports a disconnect.
            stayed = not gone
            await send({"type": "http.response.body", "body": b""})
            tasks.cancel_scope.cancel()
        return stayed


def _span(request: Request, tag: str, size: int) -> tuple[tuple[int, int], int]:
    headers = request.headers
    if tag in headers.get("if-none-match", ""):
        return (0, 0), 304
    match = RANGE.fullmatch(headers.get("range", "").strip())
    if not match or headers.get("if-range", tag) != tag or not any(match.groups()):
        return (0, size), 200
    first, last = match.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size
    if start >= size or start >= end:
        return (0, 0), 416
    return (start, end), 206
