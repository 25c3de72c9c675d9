"""Odd paths, queries, forms and headers: never an answer of 500, never a traceback."""

import random
import re

import pytest

from server.app import all_routes
from server.web.routing import Route
from tests.product import Product

ODD = [
    "", ".", "..", "%00", "%2e%2e", "%ff%fe", "é", "\u202e", "'", '"', "<x>", "{{7*7}}", "-1", "0",
    "99999999999999999999", "1e9", "nan", "1.", ".1", "a" * 300, "%0d%0aX: y", "null", "nl", "en",
    "gulle-gever", "geven-werkt", "2026-47", "1.AAAAAAAAAAAAAAAAAAAAAAAA", "pdf", " ", "\\", "|",
    "pause", "leave", "language", "correct", "profiling-off", "keep", "renew", "erase",
]  # fmt: skip
QUERIES = ["q", "c", "size", "theme", "sent", "after", "state", "done", "erased", "mailed", "zzz"]
FIELDS = [
    "email", "name", "newsletter", "website", "liked", "why", "do", "csrf", "List-Unsubscribe",
    "language", "company", "role", "gift",
]  # fmt: skip
TYPES = [
    "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x",
    "multipart/form-data; boundary=", "application/json", "text/plain", "",
]  # fmt: skip
HEADERS = ["accept-language", "range", "if-none-match", "if-range", "origin", "sec-fetch-site",
           "user-agent", "cookie", "x-forwarded-for", "dnt", "purpose"]  # fmt: skip
ROUNDS = 6


def quoted(text: str) -> str:
    return "".join(letter if " " < letter < "\x7f" else "%C3%A9" for letter in text) or "-"


def odd_path(route: Route, rnd: random.Random) -> str:
    def place(found: re.Match[str]) -> str:
        fixed = {"lang": rnd.choice(["nl", "en"]), "kind": "pdf", "int": "7"}
        return fixed.get(found[2] or "", quoted(rnd.choice(ODD)))

    path = re.sub(r"\{(\w+)(?::(\w+))?\}", place, route.path)
    names = rnd.sample(QUERIES, rnd.randint(0, 3))
    query = "&".join(f"{name}={quoted(rnd.choice(ODD))}" for name in names)
    return path + (f"?{query}" if query else "")


def odd_headers(rnd: random.Random) -> dict[str, str]:
    names = rnd.sample(HEADERS, rnd.randint(0, 4))
    plain = [text for text in ODD if text.isascii() and text.isprintable()]
    return {name: rnd.choice(plain).strip() for name in names}


def odd_body(rnd: random.Random) -> bytes:
    pairs = [f"{rnd.choice(FIELDS)}={rnd.choice(ODD)}" for _ in range(rnd.randint(0, 6))]
    body = "&".join(pairs).encode("utf-8", "surrogatepass")
    return rnd.choice([body, body + b"\xff\x00", b"--x\r\n\r\n" + body + b"\r\n--x--", b""])


@pytest.mark.parametrize("seed", range(4))
async def test_nothing_a_stranger_sends_breaks_a_page(product: Product, seed: int) -> None:
    rnd = random.Random(seed)
    desk = await product.log_in()
    gift = await product.gift("gulle-gever", "joost@example.org")
    own = await product.link("joost@example.org", "/me/")
    product.client._transport.app.app.state.buckets.rate = 10**6  # type: ignore[attr-defined]
    for route in all_routes():
        for _ in range(ROUNDS):
            path = odd_path(route, rnd)
            if "{token}" in route.path and route.path.startswith("/gift") and rnd.random() < 0.5:
                path = gift + path[path.find("/", 6) :] if path.count("/") > 2 else gift
            if route.path.startswith("/me/") and rnd.random() < 0.7:
                path = re.sub(r"/me/[^/?]*", lambda _: own, path)
            client = rnd.choice([product.client, desk])
            for method in route.methods or ():
                headers = odd_headers(rnd) | {"content-type": rnd.choice(TYPES)}
                content = odd_body(rnd) if method == "POST" else b""
                answer = await client.request(method, path, headers=headers, content=content)
                assert answer.status_code < 500, (method, path, headers, content)
    await desk.aclose()


async def test_every_odd_word_in_every_query_of_every_page(product: Product) -> None:
    desk = await product.log_in()
    await product.gift("gulle-gever", "joost@example.org")
    for route in all_routes():
        if "GET" not in (route.methods or ()):
            continue
        for word in ODD:
            path = re.sub(r"\{lang:lang\}", "nl", route.path)
            path = re.sub(r"\{kind:kind\}", "pdf", re.sub(r"\{number:int\}", "1", path))
            path = re.sub(r"\{\w+(:path)?\}", "gulle-gever", path)
            query = {name: word for name in QUERIES if name != "sent"}
            answer = await desk.get(path, params=query)
            assert answer.status_code < 500, (path, word)
    await desk.aclose()
