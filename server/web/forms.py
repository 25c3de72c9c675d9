"""Forms that come in: small, urlencoded or multipart as RFC 8058 allows, and from our own pages."""

import asyncio
import re
from time import monotonic
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import ClientDisconnect, Request

LARGEST = 64 * 1024
LARGEST_FILE = 44_000_000  # for the one page of staff that takes a table
MOST_FIELDS = 100
PATIENCE = 10.0  # seconds for the whole body
PATIENCE_FILE = 120.0


class FormError(Exception):
    """The form cannot be taken; `status` says how to answer."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


async def read_form(request: Request, largest: int = LARGEST) -> dict[str, str]:
    """The fields of a form, the last of equal names; FormError when it is no form of ours.

    413 for more than `largest` octets or 100 fields, 408 when it takes too long, 400 for anything
    unreadable.
    """
    kept: dict[str, str] | None = getattr(request.state, "form", None)
    if kept is not None:
        return kept
    body = await read_body(request, largest)
    kind = request.headers.get("content-type", "")
    try:
        if kind.startswith("multipart/form-data"):
            pairs, request.state.files = _multipart(body, kind)
        else:
            pairs = parse_qsl(
                body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS
            )
    except UnicodeDecodeError:
        raise FormError(400) from None
    except ValueError:
        raise FormError(413) from None
    request.state.fields = [(name, value.replace("\0", "")) for name, value in pairs]
    request.state.form = dict(request.state.fields)
    return dict(request.state.form)


async def read_values(request: Request, name: str) -> list[str]:
    """Every value of a field that may stand in a form more than once."""
    await read_form(request)
    return [value for field, value in request.state.fields if field == name]


async def read_file(request: Request, name: str) -> tuple[str, bytes]:
    """The name and the content of a file in a form; two empty ones when there is none."""
    files: dict[str, tuple[str, bytes]] = getattr(request.state, "files", {})
    return files.get(name, ("", b""))


async def read_body(request: Request, largest: int) -> bytes:
    """The octets of a request; FormError for more than `largest`, or when they take too long."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(PATIENCE if largest == LARGEST else PATIENCE_FILE):
            async for part in request.stream():
                size += len(part)
                if size > largest:
                    raise FormError(413)
                parts.append(part)
    except TimeoutError:
        raise FormError(408) from None
    except ClientDisconnect:
        raise FormError(400) from None
    return b"".join(parts)


Files = dict[str, tuple[str, bytes]]


def _multipart(body: bytes, kind: str) -> tuple[list[tuple[str, str]], Files]:
    """Fields and files of a multipart body (RFC 7578); mail programs may post one (RFC 8058)."""
    boundary = re.search(r'boundary="?([\w\'()+,./:=? -]{1,70})"?', kind)
    if not boundary:
        raise FormError(400)
    parts = body.split(b"--" + boundary[1].encode())
    if len(parts) > MOST_FIELDS + 2:
        raise FormError(413)
    pairs: list[tuple[str, str]] = []
    files: Files = {}
    for part in parts[1:-1]:
        head, _, value = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"\r\n]{1,100})"', head)
        if not name:
            continue
        value, file = value.removesuffix(b"\r\n"), re.search(rb'filename="([^"\r\n]{0,300})"', head)
        if file:
            title = file[1].decode("utf-8", "replace").replace("\0", "")
            files[name[1].decode("utf-8")] = (title, value)
        else:
            pairs.append((name[1].decode("utf-8"), value.decode("utf-8")))
    return pairs, files


def is_foreign(request: Request) -> bool:
    """The form was sent from another site: refused where no token stands in the path.

    Sec-Fetch-Site decides where it is there, else Origin (`null` is accepted: privacy settings
    send it); both absent is accepted.
    """
    fetch_site = request.headers.get("sec-fetch-site")
    if fetch_site:
        return fetch_site == "cross-site"
    origin = request.headers.get("origin")
    if not origin or origin == "null":
        return False
    own = urlsplit(request.app.state.settings.base_url).netloc
    return urlsplit(origin).netloc not in (own, request.headers.get("host", ""))


class EvenAnswer:
    """An answer that takes as long for a known address as for an unknown one.

    Used around what a form causes: it waits until a fixed time has passed since the beginning,
    longer than the work takes, so that the clock tells a stranger nothing.
    """

    seconds = 0.04

    async def __aenter__(self) -> None:
        self._ends_at = monotonic() + self.seconds

    async def __aexit__(self, *_: object) -> None:
        await asyncio.sleep(max(0.0, self._ends_at - monotonic()))
