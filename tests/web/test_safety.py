"""What guards every page: headers, hosts, forms, roles, tokens; looking changes nothing."""

import random
import re
from html.parser import HTMLParser
from itertools import product as product_of

import pytest
from tortoise import Tortoise

from server.app import all_routes
from server.kit.database import rows
from server.leads.models import Lead
from server.staff.models import ROLES
from server.web.limits import Buckets
from tests import weekly
from tests.product import Product, body_of

READER = "joost@example.org"
EXAMPLES = {
    "lang": "nl", "slug": "gulle-gever", "file": "geven-werkt", "kind": "pdf", "path": "public.css",
    "issue": "2026-47", "token": "1.nonsense", "secret": "nonsense", "number": "1", "name": "x",
    "provider": "mailgun", "code": "zzzzzz",
}  # fmt: skip
# Evidence and the moment a colleague was last seen may be written by looking.
MAY_GROW = {"event"}
PERSONAL = ("/gift", "/confirm", "/unsubscribe", "/me", "/t/", "/card/", "/desk", "/api/")
NOT_COMPARED = {"schema_version"}


def example(path: str) -> str:
    """A path of the route table with something in each place."""
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda place: EXAMPLES[place[1]], path)


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.found.add(value)


async def snapshot() -> dict[str, list[str]]:
    """Every row of every table, but for when a session or a lead was last seen, and
    when the worker looks at a gift."""
    tables = sorted(
        str(model._meta.db_table) for app in Tortoise.apps.values() for model in app.values()
    )
    found = {}
    for table in tables:
        dropped = {"seen_at", "event_count", "events_scored", "last_event_at", "ask_at"}
        found[table] = [
            str({name: value for name, value in row.items() if name not in dropped})
            for row in await rows(f'SELECT * FROM "{table}" ORDER BY id')
        ]
    return found


def mailed_paths(product: Product) -> set[str]:
    """Every address of ours in every mail, as text and as HTML."""
    texts = [body_of(mail, kind) for mail in product.mails() for kind in ("plain", "html")]
    return set(re.findall(r"http://127\.0\.0\.1:8000(/[^\s\"<>]*)", "\n".join(texts)))


async def test_looking_changes_nothing_a_person_would_miss(product: Product) -> None:
    desk = await product.log_in()
    await product.ask("gulle-gever", READER, tips=True)
    await product.post("/en/newsletter", data={"email": "other@example.org"})
    kept = await product.gift("service-als-cadeau", "kept@example.org")
    await desk.post("/desk/login", data={"email": "admin@staff.example.org"})
    followed = "followed@example.org"
    await weekly.subscribe(product, followed)
    await weekly.send(product, "2026-47")
    assert weekly.tracked(product, followed)
    before = await snapshot()
    paths = {example(route.path) for route in all_routes()} | mailed_paths(product)
    paths |= {kept, f"{kept}/read?c=1", f"{kept}/liked", f"{kept}/service-als-cadeau.pdf"}
    own = {path for path in paths if path.startswith("/me/") and "nonsense" not in path}
    paths |= {f"{path}/export.{kind}" for path in own for kind in ("json", "csv")}
    assert len(own) >= 3
    assert sum("/confirm/" in path for path in paths) >= 2
    assert sum("/unsubscribe/" in path for path in paths) >= 3
    everything = product_of(range(3), sorted(paths), (product.client, desk), ("GET", "HEAD"))
    for _, path, client, method in everything:
        answer = await client.request(method, path)
        assert answer.status_code < 500, (method, path)
    after = await snapshot()
    for table, rows_before in before.items():
        grown = len(rows_before) if table in MAY_GROW else None
        assert after[table][:grown] == rows_before, table
    await desk.aclose()


def test_every_route_declares_its_role_and_its_methods() -> None:
    for route in all_routes():
        assert route.role in ("public", "token", "signed", "bearer", "staff", *ROLES)
        assert route.methods
        assert ("{token}" in route.path or "{secret}" in route.path) == (route.role == "token")
        assert route.path.startswith("/desk") or route.role in (
            "public",
            "token",
            "signed",
            "bearer",
        )


async def test_each_role_opens_its_own_rooms_only(product: Product) -> None:
    visitors = {role: await product.log_in(role) for role in ROLES}
    for route in all_routes():
        if route.role not in ("staff", *ROLES) or "GET" not in (route.methods or ()):
            continue
        path = example(route.path)
        assert (await product.get(path)).headers.get("location") == "/desk/login", path
        for role, client in visitors.items():
            answer = await client.get(path)
            allowed = role == "admin" or route.role in ("staff", role)
            assert (answer.status_code != 403) == allowed, (path, role, answer.status_code)
    for client in visitors.values():
        await client.aclose()


async def test_every_form_of_the_desk_refuses_a_missing_or_wrong_word(product: Product) -> None:
    desk = await product.log_in()
    posts = [route for route in all_routes() if "POST" in (route.methods or ())]
    guarded = [route for route in posts if route.role in ("staff", *ROLES)]
    assert guarded
    for route in guarded:
        for form in ({}, {"csrf": "wrong"}):
            assert (await desk.post(example(route.path), data=form)).status_code == 403
    await desk.aclose()


@pytest.mark.thin
async def test_the_safety_headers_are_on_every_answer(product: Product) -> None:
    desk = await product.log_in()
    for route in all_routes():
        for client in (product.client, desk):
            headers = (await client.get(example(route.path))).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "same-origin"
            assert headers["cross-origin-opener-policy"] == "same-origin"
            assert (
                "unsafe-inline" not in headers["content-security-policy"]
                or "sandbox" in (headers["content-security-policy"])
            )
            if example(route.path).startswith(PERSONAL):
                assert headers["cache-control"] == "no-store"
    await desk.aclose()


@pytest.mark.thin
async def test_public_pages_set_no_cookie_and_call_nobody(product: Product) -> None:
    gift = await product.gift("gulle-gever", READER)
    pages = [example(route.path) for route in all_routes() if route.role == "public"]
    own = await product.link(READER, "/me/")
    for path in [*pages, gift, f"{gift}/read", own]:
        answer = await product.get(path)
        assert "set-cookie" not in answer.headers
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        links = Links()
        links.feed(answer.text)
        # An author's page elsewhere is a link that a reader may follow; nothing is fetched from it.
        elsewhere = set(re.findall(r'<a href="([^"]+)" rel="me">', answer.text))
        strange = [link for link in links.found if link.startswith(("http", "//"))]
        strange = [link for link in strange if link not in elsewhere]
        assert all(link.startswith("http://127.0.0.1:8000") for link in strange), strange
        assert " style=" not in answer.text
        assert "<style" not in answer.text
        assert (
            re.findall(
                r"<script(?! src=\"/static/[\w.]+\?v=\w+\" defer></script>"
                r"| type=\"application/ld\+json\">)",
                answer.text,
            )
            == []
        )


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"sec-fetch-site": "none"}, 303),
        ({"origin": "null"}, 303),
        ({"origin": "http://127.0.0.1:8000"}, 303),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:8000"}, 403),
        ({"origin": "https://other.example"}, 403),
    ],
)
async def test_a_public_form_comes_from_our_own_page(
    product: Product, headers: dict[str, str], status: int
) -> None:
    for path in ("/nl/library/gulle-gever", "/nl/newsletter", "/nl/my-page"):
        answer = await product.post(path, data={"email": READER}, headers=headers)
        assert answer.status_code == status
    assert await Lead.all().count() == (1 if status == 303 else 0)


async def test_a_form_is_small(product: Product) -> None:
    path = "/nl/newsletter"
    large = await product.post(path, data={"email": READER, "name": "x" * 70_000})
    many = await product.post(path, data={f"field{n}": "x" for n in range(101)})
    garbage = await product.post(
        path, content=b"\xff\xfe=%%%", headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert (large.status_code, many.status_code, garbage.status_code) == (413, 413, 400)
    for answer in (large, many):
        assert "te groot" in answer.text
    assert await Lead.all().count() == 0


async def test_one_network_posts_so_often_a_minute(product: Product) -> None:
    statuses = [
        (await product.post("/nl/newsletter", data={"email": "x"})).status_code for _ in range(62)
    ]
    assert statuses[:60] == [422] * 60
    assert statuses[60:] == [429, 429]
    refused = await product.post("/en/newsletter", data={"email": READER})
    assert "One moment please" in refused.text
    assert refused.headers["retry-after"] == "60"
    # A button behind a token is not counted: the token is the proof.
    assert (await product.post("/confirm/1.nonsense")).status_code == 404


def test_a_full_bucket_book_forgets_the_quietest() -> None:
    buckets = Buckets(2)
    assert [buckets.allow("a") for _ in range(3)] == [True, True, False]
    assert buckets.allow("b")


async def test_a_strange_host_is_refused(product: Product) -> None:
    for host, status in (("127.0.0.1:8000", 200), ("localhost", 200), ("evil.example", 421)):
        answer = await product.get("/nl/", headers={"host": host})
        assert answer.status_code == status
    assert (await product.get("/nl/", headers={"host": ""})).status_code == 421


@pytest.mark.parametrize(
    "path",
    [
        "/.env", "/.git/config", "/givefirst.db", "/static/../app.py", "/static/%2e%2e/app.py",
        "/static/app.py", "/nl/library/..%2f..%2fsite.yaml", "/nl/library/geven-werkt/../x.pdf",
        "/nl/library/geven-werkt/other.pdf", "/nl/newsletter/..%2fsite", "/desk/mail/..%2fsecret",
    ],
)  # fmt: skip
async def test_files_that_are_nobodys_business_are_not_found(product: Product, path: str) -> None:
    desk = await product.log_in()
    for client in (product.client, desk):
        assert (await client.get(path)).status_code in (404, 303)
    await desk.aclose()


async def test_guessing_links_hits_nothing(product: Product) -> None:
    gift = await product.gift("gulle-gever", READER)
    token = gift.rpartition("/")[2]
    assert product.site.open("gift", token) == 1
    rnd = random.Random(1)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for _ in range(20_000):
        guess = "1." + token[2:4] + "".join(rnd.choices(letters, k=22))
        assert product.site.open("gift", guess) is None
    for purpose in ("confirm", "unsubscribe", "bounce", "me"):
        assert product.site.open(purpose, token) is None
    for odd in ("", ".", "1", "1.", "01." + token[2:], "-1." + token[2:], "1.é", "9" * 40 + ".x"):
        assert product.site.open("gift", odd) is None


async def test_a_name_is_shown_as_it_was_typed(product: Product) -> None:
    name = '{{7*7}} <b>"x"</b> {% x %}'
    await product.ask("gulle-gever", READER, name=name)
    await product.work()
    mail = product.mails(READER)[0]
    assert f"Beste {name}," in body_of(mail).replace("\n", " ")
    html = body_of(mail, "html")
    assert "{{7*7}} &lt;b&gt;" in html
    assert "49" not in html.partition("{{7*7}}")[0][-40:]
    desk = await product.log_in()
    card = await desk.get("/desk/leads/1")
    assert "{{7*7}} &lt;b&gt;" in card.text
    assert "<b>" + '"x"' not in card.text
    await desk.aclose()


async def test_a_header_cannot_be_smuggled_in(product: Product) -> None:
    await product.ask("gulle-gever", READER, name="Joost\r\nBcc: all@example.org")
    await product.work()
    mail = product.mails(READER)[0]
    assert mail["Bcc"] is None
    odd = ("a@example.org\r\nBcc: b@example.org", "a@example.org, b@example.org", '"a b"@c.org')
    for address in odd:
        assert (await product.ask("gulle-gever", address)).status_code == 422
