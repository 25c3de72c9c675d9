"""One style sheet a page: tokens, the rules of the side it belongs to, and the colour of the house.

It is named after its content, so browsers keep it for a year, and a page waits for one file only.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from server.kit.colour import accent_css
from server.web.static import static_files, static_url

SHEETS = {"public": ("tokens.css", "public.css"), "desk": ("tokens.css", "desk.css")}
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
FILE = re.compile(r'url\("/static/([^"]+)"\)')


@dataclass(frozen=True)
class Sheet:
    """A style sheet and the version that its address names."""

    content: str
    version: str


@lru_cache(maxsize=8)
def sheet(name: str, accent: str) -> Sheet:
    """The sheet of a side (`public`, `desk`) in the colour of the house; KeyError for another."""
    parts = [static_files()[part].content.decode() for part in SHEETS[name]]
    css = _lean("\n".join([*parts, accent_css(accent)]))
    css = FILE.sub(lambda found: f'url("{static_url(found[1])}")', css)
    return Sheet(css, sha256(css.encode()).hexdigest()[:10])


def style_url(name: str, accent: str) -> str:
    """`/style/public.css?v=…`."""
    return f"/style/{name}.css?v={sheet(name, accent).version}"


def _lean(css: str) -> str:
    """Without comments, and with white space only where it says something."""
    bare = re.sub(r"\s+", " ", COMMENT.sub("", css))
    return re.sub(r" ?([{};,]) ?", r"\1", bare).strip() + "\n"
