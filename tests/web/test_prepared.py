"""Public pages are made once, and made anew as soon as they would say something else."""

import gzip
import re
from collections.abc import Callable

import brotli
import pytest
from httpx2 import Response

from server.kit import content
from server.kit.database import rows
from server.kit.settings import Settings
from server.web import prepared
from tests import weekly
from tests.product import BROWSER, Product, new_client
from tests.support.content import copied

PAGE = "/nl/library/geven-werkt"
KEPT = (
    "/nl/", "/nl/library?theme=geven", PAGE, f"{PAGE}/read?c=2", "/nl/newsletter", "/nl/faq",
    "/nl/contact", "/nl/privacy", "/sitemap.xml", "/nl/newsletter/feed.xml", "/style/public.css",
)  # fmt: skip
NOT_KEPT = (
    "/nl/faq?q=adres", f"{PAGE}?utm_source=x", "/nl/newsletter?sent=1", "/nl/zzz", "/",
    "/nl/my-page", "/health", "/desk/login",
)  # fmt: skip


async def coded(product: Product, path: str, coding: str) -> tuple[Response, bytes]:
    """The answer with its octets as they came over the wire."""
    wish = {"accept-encoding": coding}
    async with product.client.stream("GET", path, headers=wish) as answer:
        return answer, b"".join([part async for part in answer.aiter_raw()])


async def tag(product: Product, path: str) -> str | None:
    """The ETag of the second answer: what was kept has one."""
    await product.get(path)
    found: str | None = (await product.get(path)).headers.get("etag")
    return found


@pytest.mark.parametrize("path", KEPT)
async def test_a_kept_page_says_the_same_in_every_coding(product: Product, path: str) -> None:
    first = await product.get(path)
    tags = set()
    for coding, decode in (("", bytes), ("gzip", gzip.decompress), ("br", brotli.decompress)):
        answer, body = await coded(product, path, coding or "identity")
        assert answer.status_code == 200
        assert answer.headers.get("content-encoding", "") == coding
        assert answer.headers["content-length"] == str(len(body))
        assert answer.headers["vary"] == "Accept-Encoding"
        assert decode(body) == first.content
        tags.add(answer.headers["etag"])
        again = {"accept-encoding": coding or "identity", "if-none-match": answer.headers["etag"]}
        unchanged = await product.get(path, headers=again)
        assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert len(tags) == 3
    safe = {name: value for name, value in first.headers.items() if name.startswith("x-")}
    assert safe.items() <= answer.headers.items()
    assert answer.headers["content-security-policy"] == first.headers["content-security-policy"]


@pytest.mark.parametrize("path", NOT_KEPT)
async def test_what_depends_on_who_asks_is_never_kept(product: Product, path: str) -> None:
    assert await tag(product, path) is None


async def test_a_coding_that_is_refused_is_not_sent(product: Product) -> None:
    await product.get(PAGE)
    answer, _ = await coded(product, PAGE, "br;q=0, gzip")
    assert answer.headers["content-encoding"] == "gzip"
    answer, _ = await coded(product, PAGE, "br; q=0.0")
    assert "content-encoding" not in answer.headers


async def test_head_of_a_kept_page_is_its_head(product: Product) -> None:
    await product.get(PAGE)
    answer = await product.client.head(PAGE)
    whole = await product.get(PAGE)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["etag"] == whole.headers["etag"]
    assert answer.headers["content-length"] == whole.headers["content-length"]


async def test_a_strange_host_gets_no_kept_page(product: Product) -> None:
    await product.get(PAGE)
    assert (await product.get(PAGE)).status_code == 200
    answer = await product.get(PAGE, headers={"host": "evil.example.org"})
    assert answer.status_code == 421


async def test_a_changed_file_shows_at_once(
    database: Settings, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(content, "LOOK_AGAIN", 0.0)
    settings = Settings(**{**vars(database), "content": copied(tmp_path)})
    async with new_client(settings) as client:
        product = Product(settings, client)
        before = await tag(product, PAGE)
        assert await tag(product, PAGE) == before
        file = settings.content / "library" / "geven-werkt" / "index.nl.md"
        text = file.read_text("utf-8")
        file.write_text(text.replace("title: Geven werkt", "title: Geven loont"), "utf-8")
        assert "<h1>Geven loont</h1>" in (await product.get(PAGE)).text
        assert await tag(product, PAGE) != before
        site = settings.content / "site.yaml"
        house = site.read_text("utf-8").replace("name: Bureau Brugman", "name: Bureau Anders", 1)
        site.write_text(house, "utf-8")
        assert "Bureau Anders" in (await product.get(PAGE)).text


async def test_open_and_closed_are_told_in_time(
    product: Product, clock: Callable[[float], None]
) -> None:
    seen = set()
    for hours in range(0, 24, 2):
        clock(hours / 24)
        page = (await product.get("/nl/contact")).text
        assert (await product.get("/nl/contact")).headers["etag"]
        found = re.search(r'class="status[^"]*">.*?<span>(.*?)</span></p>', page, re.DOTALL)
        assert found
        seen.add(re.sub(r"[\d.]+", "", found[1]))
    assert any("nu open" in words.lower() for words in seen), seen
    assert len(seen) > 1


async def test_an_issue_that_was_sent_shows_in_the_archive(
    product: Product, clock: Callable[[float], None]
) -> None:
    path = "/nl/newsletter/2026-48"
    assert (await product.get(path)).status_code == 404
    assert path not in (await product.get("/nl/newsletter")).text
    await weekly.subscribe(product, "anna@example.org")
    await weekly.send(product, "2026-48")
    assert path in (await product.get("/nl/newsletter")).text
    assert (await product.get(path)).status_code == 200


async def test_more_addresses_than_are_kept_take_no_more_room(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared, "MOST", 5)
    for number in range(20):
        assert (await product.get(f"/nl/library?theme={number}")).status_code == 200
    layer = product.client._transport.app  # type: ignore[attr-defined]
    assert len(layer._kept) == 5
    monkeypatch.setattr(prepared, "MOST_OCTETS", 40_000)
    for number in range(20):
        assert (await product.get(f"/nl/library?theme={number}")).status_code == 200
    assert sum(len(kept.content) for kept in layer._kept.values()) <= 40_000
    assert layer._kept


async def test_openings_are_counted_without_a_trace_and_machines_apart(product: Product) -> None:
    visits = product.state.visits
    for _ in range(3):
        await product.get(PAGE)
    await product.get(PAGE, headers={"user-agent": "Googlebot/2.1"})
    await product.get(PAGE, headers={"sec-purpose": "prefetch"})
    await product.client.head(PAGE)
    await product.get("/style/desk.css")
    await product.get("/nl/zzz")
    for _ in range(2):
        await visits.write()
    await product.get(PAGE, headers={"user-agent": BROWSER})
    await visits.write()
    told = await rows("SELECT path, people, machines FROM page_view")
    assert told == [{"path": PAGE, "people": 4, "machines": 2}]
