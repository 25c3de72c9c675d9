"""No page for all weighs more than a phone should carry, on the first visit and without packing."""

import re

import pytest

from tests.product import Product

pytestmark = pytest.mark.pure
BARE, WHOLE = 100_000, 350_000  # octets without pictures and letters, and with them
PICTURE = re.compile(r"data:image/[\w+]+;base64,[A-Za-z0-9+/=]+")


async def weight(product: Product, path: str, seen: dict[str, bytes]) -> bytes:
    """The octets behind an address, fetched once."""
    if path not in seen:
        answer = await product.get(path)
        assert answer.status_code == 200, path
        seen[path] = answer.content
    return seen[path]


async def test_no_public_page_is_heavier_than_a_phone_should_carry(product: Product) -> None:
    seen: dict[str, bytes] = {}
    sitemap = (await weight(product, "/sitemap.xml", seen)).decode()
    pages = re.findall(r"<loc>http://127\.0\.0\.1:8000([^<]+)</loc>", sitemap)
    for path in [one for one in pages if one.endswith("/read")]:
        html = (await weight(product, path, seen)).decode()
        pages += re.findall(rf'href="({path}\?c=\d+)"', html)
    assert len(pages) > 80
    for path in pages:
        html = (await weight(product, path, seen)).decode()
        parts = re.findall(r'(?:href|src)="(/(?:static|style)/[^"]+)"', html)
        css = "".join(
            [(await weight(product, one, seen)).decode() for one in parts if ".css" in one]
        )
        parts += re.findall(r'url\("(/static/[^"]+)"\)', css)
        weights = {one: len(await weight(product, one, seen)) for one in set(parts)}
        letters = sum(octets for one, octets in weights.items() if ".woff2" in one)
        bare = len(PICTURE.sub("", html)) + sum(weights.values()) - letters
        assert bare <= BARE, (path, bare)
        whole = len(html) + sum(weights.values())
        assert whole <= WHOLE, (path, whole)
