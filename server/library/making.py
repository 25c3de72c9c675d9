"""PDF, EPUB and covers of an asset: made on first use, kept by content hash."""

import asyncio
import os
from base64 import b64encode
from collections import defaultdict
from hashlib import sha256
from html import escape
from io import BytesIO
from mimetypes import guess_type
from pathlib import Path
from zipfile import ZipFile

from server.kit.house import House
from server.kit.text import say, short_date
from server.library.assets import Asset
from server.library.covers import cover
from server.library.epub import make_epub
from server.library.kinds import Webinar
from server.library.press import FONTS, HERE, make_leaves, make_pdf, make_png

CARD_WIDTH = 1200  # pixels
LEAVES = 8  # pages of a book that an editor sees before it is given
MEDIA_TYPES = {"pdf": "application/pdf", "epub": "application/epub+zip", "png": "image/png"}
# The ways of making are part of what is made: other code or other fonts, another file.
RECIPE = sha256(
    b"".join(
        (HERE / name).read_bytes() for name in ("book.typ", "press.py", "epub.py", "covers.py")
    )
    + "".join(sorted(file.name for file in FONTS.glob("*.ttf"))).encode()
).hexdigest()


def cover_svg(asset: Asset, *, label: str = "", uid: str = "") -> str:
    """The cover, drawn where none is given; hidden from screen readers unless it has a label."""
    if asset.cover:
        return _framed(asset.cover, label)
    own = asset.particulars
    line = say(asset.language, asset.kind_text)
    if isinstance(own, Webinar):
        line = short_date(asset.language, own.starts)
    more = {"line": line}
    if label:
        more["label"] = label
    if uid:
        more["uid"] = uid
    return cover(asset.title, asset.author, asset.kind, asset.cloth, **more)


def _framed(picture: Path, label: str) -> str:
    """A given picture in the shape of a cover; as data, so that it needs no address."""
    data = b64encode(picture.read_bytes()).decode()
    role = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" class="cover-art" viewBox="0 0 300 450" '
        f'{role} focusable="false"><image width="300" height="450" '
        'preserveAspectRatio="xMidYMid slice" '
        f'href="data:{guess_type(picture.name)[0]};base64,{data}"/></svg>'
    )


def with_covers(assets: list[Asset]) -> list[tuple[Asset, str]]:
    """Assets with their covers, each with ids of its own: several stand on one page."""
    return [(asset, cover_svg(asset, uid=asset.slug)) for asset in assets]


class Workshop:
    """Makes files one at a time and keeps them."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "made"
        self._locks: defaultdict[Path, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def get(self, asset: Asset, house: House, kind: str) -> bytes:
        """The file of a kind (`pdf`, `epub`, `png`, `leaves`), made now if it is not there.

        Raises PressError where the text cannot be set.
        """
        file = self.file(asset, house, kind)
        async with self._locks[file]:
            if not file.is_file():
                made = await asyncio.to_thread(_make, asset, house, kind)
                await asyncio.to_thread(_keep, file, made)
            return await asyncio.to_thread(file.read_bytes)

    async def leaf(self, asset: Asset, house: House, number: int) -> bytes | None:
        """One of the first pages of the book as a picture; None past the end.

        Raises PressError where the text cannot be set.
        """
        packed = await self.get(asset, house, "leaves")
        with ZipFile(BytesIO(packed)) as archive:
            name = f"{number}.png"
            return archive.read(name) if name in archive.namelist() else None

    async def card(self, name: str, language: str, drawn: str) -> bytes:
        """The picture of a card as `cards.card` draws it, made now if it is not there.

        `name` tells the cards of a language apart; of each the newest is kept.
        """
        key = sha256(f"{drawn}{RECIPE}".encode()).hexdigest()[:16]
        file = self._folder / f"{name}.{language}.{key}.card"
        async with self._locks[file]:
            if not file.is_file():
                made = await asyncio.to_thread(make_png, drawn, CARD_WIDTH)
                await asyncio.to_thread(_keep, file, made)
            return await asyncio.to_thread(file.read_bytes)

    def file(self, asset: Asset, house: House, kind: str) -> Path:
        """Where the file stands once it is made; another text or house, another name."""
        pictures = "".join(
            f"{picture.name}{picture.stat().st_mtime_ns}"
            for picture in sorted(asset.folder.glob("*"))
            if picture.suffix != ".md"
        )
        facts = f"{asset.version}{house}{pictures}{RECIPE}"
        name = sha256(facts.encode()).hexdigest()[:16]
        return self._folder / f"{asset.slug}.{asset.language}.{name}.{kind}"


def _make(asset: Asset, house: House, kind: str) -> bytes:
    drawn = cover_svg(asset)
    if kind == "pdf":
        return make_pdf(asset, house, drawn)
    if kind == "leaves":
        return make_leaves(asset, house, drawn, LEAVES)
    picture = make_png(drawn)
    return picture if kind == "png" else make_epub(asset, house, picture)


def _keep(file: Path, made: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    # Named after the whole file: kinds of one asset are made at the same time.
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    part.write_bytes(made)
    part.replace(file)
    slug, language, _, kind = file.name.split(".")
    for old in file.parent.glob(f"{slug}.{language}.*.{kind}"):
        if old != file:
            old.unlink(missing_ok=True)
