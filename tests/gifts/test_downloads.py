"""Taking a book home: delivered bytes count, a look at it does not."""

from typing import Any

import pytest

from server.app import make_app
from server.tracking.models import Event
from tests.product import BROWSER, Product
from tests.support import machine

pytestmark = [] if machine.SOAKS else [pytest.mark.thin]

READER = "joost@example.org"


async def downloads() -> int:
    return await Event.filter(kind="gift.downloaded").count()


async def test_the_whole_file_counts_once_a_day_for_one_reader(product: Product) -> None:
    gift = await product.gift("gulle-gever", READER)
    for _ in range(2):
        answer = await product.get(f"{gift}/gulle-gever.pdf")
        assert answer.status_code == 200
        assert answer.content.startswith(b"%PDF")
        assert answer.headers["content-type"] == "application/pdf"
        assert int(answer.headers["content-length"]) == len(answer.content)
    assert await downloads() == 1
    await product.get(f"{gift}/gulle-gever.epub")
    assert await downloads() == 2


async def test_a_head_counts_for_nothing(product: Product) -> None:
    gift = await product.gift("gulle-gever", READER)
    answer = await product.client.head(f"{gift}/gulle-gever.pdf")
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) > 10_000
    assert answer.content == b""
    assert answer.headers["accept-ranges"] == "bytes"
    assert await downloads() == 0


async def test_a_range_from_the_first_byte_counts_and_a_later_one_does_not(
    product: Product,
) -> None:
    gift = await product.gift("gulle-gever", READER)
    path = f"{gift}/gulle-gever.pdf"
    whole = (await product.get(path)).content
    await Event.filter(kind="gift.downloaded").delete()
    later = await product.get(path, headers={"range": "bytes=1000-1999"})
    last = await product.get(path, headers={"range": "bytes=-500"})
    assert (later.status_code, later.content) == (206, whole[1000:2000])
    assert later.headers["content-range"] == f"bytes 1000-1999/{len(whole)}"
    assert last.content == whole[-500:]
    assert await downloads() == 0
    first = await product.get(path, headers={"range": "bytes=0-999"})
    assert first.content == whole[:1000]
    assert await downloads() == 1


async def test_ranges_that_make_no_sense(product: Product) -> None:
    gift = await product.gift("gulle-gever", READER)
    path = f"{gift}/gulle-gever.pdf"
    size = len((await product.get(path)).content)
    beyond = await product.get(path, headers={"range": f"bytes={size}-"})
    assert beyond.status_code == 416
    assert beyond.headers["content-range"] == f"bytes */{size}"
    for odd in ("bytes=-", "lines=1-2", "bytes=5-1x", "bytes=0-1,5-6"):
        assert (await product.get(path, headers={"range": odd})).status_code == 200
    old = {"range": "bytes=0-9", "if-range": '"other"'}
    assert (await product.get(path, headers=old)).status_code == 200


async def test_a_copy_that_is_still_good_is_not_sent_again(product: Product) -> None:
    gift = await product.gift("gulle-gever", READER)
    path = f"{gift}/gulle-gever.pdf"
    tag = (await product.get(path)).headers["etag"]
    again = await product.get(path, headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")


async def test_who_breaks_off_has_not_taken_it_home(product: Product) -> None:
    gift = await product.gift("gulle-gever", READER)
    path = f"{gift}/gulle-gever.pdf"
    app, sent = make_app(product.settings), []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"127.0.0.1"), (b"user-agent", BROWSER.encode())]
    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(),
        "query_string": b"", "headers": headers, "client": ("127.0.0.1", 1), "scheme": "http",
        "server": ("127.0.0.1", 8000), "root_path": "", "http_version": "1.1",
    }  # fmt: skip
    await app(scope, receive, send)
    assert sent[0]["status"] == 200
    assert await downloads() == 0


async def test_another_name_in_the_address_is_not_found(product: Product) -> None:
    gift = await product.gift("gulle-gever", READER)
    assert (await product.get(f"{gift}/geven-werkt.pdf")).status_code == 404
    assert (await product.get(f"{gift}/gulle-gever.exe")).status_code == 404
