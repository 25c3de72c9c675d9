"""Our own static files: a fixed table made at the first use, named with a hash so they keep."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path

ROOT = Path(__file__).parent / "static"


@dataclass(frozen=True)
class StaticFile:
    """One file, whole in memory: they are few and small."""

    content: bytes
    media_type: str
    version: str


@cache
def static_files() -> dict[str, StaticFile]:
    """Path below `static/` → file."""
    found = {}
    for file in ROOT.rglob("*"):
        if file.is_file() and not file.is_symlink():
            content = file.read_bytes()
            kind = "font/woff2" if file.suffix == ".woff2" else guess_type(file.name)[0]
            found[file.relative_to(ROOT).as_posix()] = StaticFile(
                content, kind or "text/plain", sha256(content).hexdigest()[:10]
            )
    return found


def static_url(name: str) -> str:
    """`/static/public.css?v=…`; KeyError for a file that is not there."""
    return f"/static/{name}?v={static_files()[name].version}"
