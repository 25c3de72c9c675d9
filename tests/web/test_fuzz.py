"""Odd paths, queries, forms and headers: never an answer of 500, never a traceback.

What a page asks and takes is found in the code itself, so that a new page is tried too.
"""

import random
import re
from base64 import urlsafe_b64encode
from urllib.parse import quote_plus

import pytest
from httpx2 import AsyncClient

from server.app import all_routes
from server.leads.models import Lead
from server.sales.models import ImportRun, SavedView
from server.web.routing import Route
from tests.desk.test_outcomes import word
from tests.privacy.worked import worked_on
from tests.product import Product
from tests.support.machine import REPOSITORY, SOAKS

ODD = [
    "", ".", "..", "%00", "%2e%2e", "%ff%fe", "é", "\u202e", "'", '"', "<x>", "{{7*7}}", "-1", "0",
    "99999999999999999999", "1e9", "nan", "1.", ".1", "a" * 300, "%0d%0aX: y", "null", "nl", "en",
    "gulle-gever", "geven-werkt", "2026-47", "1.AAAAAAAAAAAAAAAAAAAAAAAA", "pdf", " ", "\\", "|",
    "pause", "leave", "language", "correct", "profiling-off", "keep", "renew", "erase",
]  # fmt: skip


def place(text: str) -> str:
    """A place in a list, as an address tells it."""
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


WORSE = [
    *ODD, "\0", "a\0b", "\ud800", "🙂", "\u0660", "²", "2147483647", "2147483648", "-2147483649",
    "9223372036854775808", "9" * 400, "0000-00-00", "0001-01-01", "9999-12-31", "2027-02-29",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1,000,000,000,000", "-5", "1e400",
    "yes", "on", "csv", "jsonl", "owner", "snooze", "wake", "7", "done", "remove", "take", "drop",
    "leads", "accepted", "contacted", "meeting", "offer", "won", "lost", "not_now", "not_now:90",
    "not_now:9999", "lost:price", "lost:junk", "not_a_fit:", ":", "week", "open", "none", "ready",
    "returned", "recent", "owing", "liked", "silent", "//evil.example", "/desk/leads?a=b",
    "/desk/\r\nX: y", "javascript:1", "on_list=%00&q=%00", "q=%00&owner=99999999999999",
    place("|1"), place("|99999999999999999999"), place("1|-1"), place("9" * 30 + "|1"),
    place("0001-01-01T00:00:00+14:00|1"), place("9999-12-31T23:59:59-14:00|1"),
    place("0001-01-01|1"), place("\0|\0"), place("1|2|3"), place("1e5|1"), "x" * 60_000,
]  # fmt: skip


def names_in(pattern: str, suffix: str) -> list[str]:
    files = sorted((REPOSITORY / "server").rglob(f"*{suffix}"))
    return sorted({name for file in files for name in re.findall(pattern, file.read_text("utf-8"))})


QUERIES = [
    *names_in(r'query(?:_params)?\.get\("(\w+)"', ".py"),
    *("done", "undone", "newer", "outcome", "value", "until", "told", "erased", "zzz"),
]
FIELDS = sorted(
    {"List-Unsubscribe"}
    | set(names_in(r'name="([a-z_]+)"', ".html"))
    | set(names_in(r'(?:form|values)(?:\.get)?(?:\[|\()"(\w+)"', ".py"))
)
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
    def place_of(found: re.Match[str]) -> str:
        fixed = {"lang": rnd.choice(["nl", "en"]), "kind": "pdf", "int": "7"}
        return fixed.get(found[2] or "", quoted(rnd.choice(ODD)))

    path = re.sub(r"\{(\w+)(?::(\w+))?\}", place_of, route.path)
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


@pytest.mark.parametrize("seed", range(4 if SOAKS else 1))
async def test_nothing_a_stranger_sends_breaks_a_page(product: Product, seed: int) -> None:
    rnd = random.Random(seed)
    desk = await product.log_in()
    gift = await product.gift("gulle-gever", "joost@example.org")
    own = await product.link("joost@example.org", "/me/")
    product.state.buckets.rate = 10**6
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
    assert {"q", "after", "before", "owner", "firm", "unsure"} <= set(QUERIES)
    for route in all_routes():
        if "GET" not in (route.methods or ()):
            continue
        for text in WORSE if SOAKS else WORSE[::3]:
            path = re.sub(r"\{lang:lang\}", "nl", route.path)
            path = re.sub(r"\{kind:kind\}", "pdf", re.sub(r"\{number:int\}", "1", path))
            path = re.sub(r"\{\w+(:path)?\}", "gulle-gever", path)
            word_ = quote_plus(text[:1000], errors="surrogatepass")
            for sort in ("", "&sort=ready", "&sort=returned")[: 3 if path == "/desk/leads" else 1]:
                asked = [name for name in QUERIES if name not in ("sent", "sort")]
                query = "&".join(f"{name}={word_}" for name in asked)
                answer = await desk.get(f"{path}?{query}{sort}")
                assert answer.status_code < 500, (path, text, sort)
    await desk.aclose()


async def furnish() -> Lead:
    """One row of everything that a form of the desk can be about, all with number 1."""
    lead = await Lead.get()
    await worked_on(lead)
    await SavedView.create(staff_id=1, name="x", query="q=x")
    await ImportRun.filter(id__gt=1).delete()
    return lead


def odd_form(rnd: random.Random, csrf: str) -> bytes:
    """Fields that are known with words that are odd, some of them twice, and the right word."""
    names = rnd.choices(FIELDS, k=rnd.randint(0, 12))
    pairs = [(name, rnd.choice(WORSE)) for name in names if name != "csrf"]
    pairs += [("pick", rnd.choice([*WORSE, "1"]))] * rnd.randint(0, 3)
    body = "&".join(f"{name}={quote_plus(text, errors='surrogatepass')}" for name, text in pairs)
    return f"{body[:64_000]}&csrf={csrf}".encode()


async def odd_upload(desk: AsyncClient, rnd: random.Random, csrf: str) -> int:
    odd = rnd.choice(WORSE)
    data = rnd.choice([odd, f"email\n{odd}", f"{odd},email\nx,a@b.nl", f"email,{odd}\na@b.nl,x"])
    name = rnd.choice(["a\0b.csv", "é" * 200, "", "../../x", "{{7*7}}.csv", '\\".csv'])
    parts = [("csrf", csrf), ("kind", rnd.choice(["leads", "outcomes", "purchases", "x"])),
             ("source", rnd.choice(WORSE)), ("on_list", rnd.choice(WORSE))]  # fmt: skip
    body = b"".join(
        f'--x\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n'.encode()
        + text.encode("utf-8", "surrogatepass")
        + b"\r\n"
        for field, text in parts
    )
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body += head.encode()
    body += data.encode("utf-8", "surrogatepass") + b"\r\n--x--\r\n"
    answer = await desk.post(
        "/desk/tables", content=body, headers={"content-type": "multipart/form-data; boundary=x"}
    )
    return answer.status_code


async def all_looked_through(product: Product) -> None:
    for _ in range(100):
        if not await ImportRun.filter(state__in=("waiting", "queued")).exists():
            return
        await product.work()
    raise AssertionError("a table is never done with")


@pytest.mark.parametrize("seed", range(3 if SOAKS else 1))
async def test_nothing_a_colleague_sends_breaks_the_desk(product: Product, seed: int) -> None:
    rnd = random.Random(seed)
    await product.gift("gulle-gever", "joost@example.org")
    desk = await product.log_in()
    lead = await furnish()
    csrf = word((await desk.get(f"/desk/leads/{lead.id}")).text)
    posts = [route for route in all_routes() if "POST" in (route.methods or ())]
    guarded = [route for route in posts if route.role not in ("public", "token", "signed")]
    kind = {"content-type": "application/x-www-form-urlencoded"}
    for route in guarded:
        if route.path in ("/desk/logout", "/desk/leads/{number:int}/erase"):
            continue
        for _ in range(25):
            number = rnd.choice(["1", "1", "1", "2", "0", "2147483647", "2147483648", "9" * 30])
            path = re.sub(r"\{number:int\}", number, route.path)
            path = re.sub(r"\{issue\}", rnd.choice(["2026-47", "x"]), path)
            content = odd_form(rnd, csrf)
            answer = await desk.post(path, content=content, headers=kind)
            assert answer.status_code < 500, (path, content[:3000])
            follow = answer.headers.get("location", "")
            if follow:
                assert follow.startswith("/desk"), (path, content[:3000], follow)
                assert (await desk.get(follow)).status_code < 500, (path, content[:3000], follow)
    for _ in range(60):
        assert await odd_upload(desk, rnd, csrf) < 500
    await all_looked_through(product)
    for path in ("/desk/", "/desk/leads", f"/desk/leads/{lead.id}", "/desk/tables", "/desk/audit"):
        page = await desk.get(path)
        assert page.status_code == 200, path
        assert ">49<" not in page.text
    await desk.aclose()
