"""The API: who may, what is refused and in which words, nothing twice, and no line missed."""

import asyncio
import json
from typing import Any

import asyncpg
import pytest
from httpx2 import Response

from server.api.checking import faults
from server.api.models import ApiCall
from server.api.operations import OPERATIONS, PREFIX, document
from server.api.routes import routes
from server.api.schemas import PROBLEM
from server.gifts.models import LedgerLine
from server.kit.clock import now
from server.kit.database import in_transaction, is_postgres
from server.leads.models import Consent, Lead, Subscription
from server.mail import outbox
from server.mail.models import Delivery
from server.privacy import erasing
from server.sales.models import Outcome, WaitingPurchase
from server.staff import accounts, tokens
from server.staff.models import ApiToken, AuditEntry
from server.staff.tokens import SCOPES
from server.tracking.models import Event
from server.web.limits import Buckets
from tests.desk.test_outcomes import word
from tests.product import Product
from tests.sales.test_giving import Clock, balances_are_those_of_the_log

READER = "joost@example.org"
AT = "2026-11-02T10:00:00+01:00"
SHAPES = {f"{one.method} {one.name}": one for one in OPERATIONS}


class Caller:
    """A program with a key; what it is answered is held against the schemas."""

    def __init__(self, product: Product, secret: str, language: str = "nl") -> None:
        self.product = product
        self.headers = {"authorization": f"Bearer {secret}", "accept-language": language}

    async def get(self, path: str, name: str, status: int = 200) -> Any:
        answer = await self.product.get(f"{PREFIX}{path}", headers=self.headers)
        return held_against(answer, SHAPES[f"GET {name}"], status)

    async def post(self, path: str, name: str, body: Any, status: int = 201, key: str = "") -> Any:
        headers = self.headers | {"content-type": "application/json"}
        headers |= {"idempotency-key": key} if key else {}
        content = json.dumps(body)
        answer = await self.product.post(f"{PREFIX}{path}", content=content, headers=headers)
        return held_against(answer, SHAPES[f"POST {name}"], status)


def held_against(answer: Response, operation: Any, status: int) -> Any:
    """The body of an answer, which is what the document promised."""
    assert answer.status_code == status, answer.text
    told = answer.json()
    shape = operation.answers.get(status, PROBLEM)
    assert list(faults(shape, told)) == []
    kind = "application/json" if status < 400 else "application/problem+json"
    assert answer.headers["content-type"] == kind
    return told


async def caller(product: Product, *scopes: str, language: str = "nl") -> Caller:
    admin = await accounts.add_staff("admin@staff.example.org", "admin", "nl")
    _, secret = await tokens.make("webwinkel", scopes or SCOPES, admin)
    return Caller(product, secret, language)


@pytest.mark.pure
def test_the_document_tells_the_routes_and_no_others() -> None:
    told = {
        (method.upper(), f"{PREFIX}{path}", operation["operationId"])
        for path, methods in document("https://x.example")["paths"].items()
        for method, operation in methods.items()
    }
    there = {
        (sorted(set(route.methods or ()) - {"HEAD"})[0], route.path.replace(":int", ""), route.name)
        for route in routes
        if route.role == "bearer"
    }
    assert {(method, path, f"api:{name}") for method, path, name in told} == there
    assert {one.scope for one in OPERATIONS} == set(SCOPES)


async def test_a_key_is_shown_once_and_opens_what_it_is_for_until_it_is_revoked(
    product: Product, clock: Clock
) -> None:
    desk = await product.log_in("admin")
    csrf = word((await desk.get("/desk/tokens")).text)
    for form, told in (({}, "Geef de sleutel een naam"), ({"name": "Winkel"}, "minstens één")):
        refused = await desk.post("/desk/tokens", data={"csrf": csrf, **form})
        assert refused.status_code == 422
        assert told in refused.text
    form = {"csrf": csrf, "name": "Winkel", "scope": "leads:read"}
    made = await desk.post("/desk/tokens", data=form)
    secret = "gf_" + made.text.partition("gf_")[2].partition("<")[0]
    assert len(secret) >= 46
    assert "gf_" not in (await desk.get("/desk/tokens")).text
    token = await ApiToken.get()
    assert secret not in str(dict(token))
    shop = Caller(product, secret)
    assert (await shop.get("/leads", "list_leads"))["items"] == []
    used = (await ApiToken.get()).used_at
    await shop.get("/leads", "list_leads")
    assert (await ApiToken.get()).used_at == used  # at most once a minute
    told = await shop.post("/leads", "write_lead", {"email": READER}, 403)
    assert "leads:write" in told["detail"]
    await desk.post(f"/desk/tokens/{token.id}/revoke", data={"csrf": csrf})
    revoked = await shop.get("/leads", "list_leads", 401)
    assert revoked == await Caller(product, "gf_wrong").get("/leads", "list_leads", 401)
    # The cookie of a colleague is no key.
    assert (await desk.get(f"{PREFIX}/leads")).status_code == 401
    assert [one.action for one in await AuditEntry.filter(action__startswith="token.")] == [
        "token.made", "token.revoked",
    ]  # fmt: skip
    await desk.aclose()


async def test_what_is_wrong_is_told_by_field_in_the_language_of_the_caller(
    product: Product,
) -> None:
    shop = await caller(product)
    path, name = "/purchases", "write_purchase"
    good = {"email": READER, "amount": 1, "at": AT}
    for body, field in (
        ([], ""),
        ({}, "email"),
        (good | {"email": "niemand"}, "email"),
        (good | {"amount": "12"}, "amount"),
        (good | {"amount": True}, "amount"),
        (good | {"amount": -1}, "amount"),
        (good | {"amount": 10**400}, "amount"),
        (good | {"at": "2026-11-02"}, "at"),
        (good | {"at": "2999-01-01T00:00:00Z"}, "at"),
        (good | {"at": "9999-12-31T23:59:59-23:59"}, "at"),
        (good | {"what": "a\0b"}, "what"),
        (good | {"what": "\ud800"}, "what"),
        (good | {"what": "x" * 201}, "what"),
        (good | {"prijs": 1}, "prijs"),
    ):
        told = await shop.post(path, name, body, 422)
        assert told["errors"][0]["field"] == field, body
    english = await caller(product, language="en-GB, nl;q=0.5")
    told = await english.post(path, name, {"email": READER, "amount": 1}, 422)
    assert told["title"] == "This does not add up"
    assert told["errors"] == [{"field": "at", "message": "This field is missing."}]
    for content, kind, status in (
        (b"{", "application/json", 400),
        (b'{"amount": NaN}', "application/json; charset=utf-8", 400),
        (b"[" * 60_000, "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b" " * 66_000, "application/json", 413),
    ):
        headers = shop.headers | {"content-type": kind}
        answer = await product.post(f"{PREFIX}{path}", content=content, headers=headers)
        held_against(answer, SHAPES["POST write_purchase"], status)
    assert await WaitingPurchase.all().count() == 0
    for where, status in (("/nothing", 404), ("/leads/99999999999", 404), ("/leads/5", 404)):
        answer = await product.get(f"{PREFIX}{where}", headers=shop.headers)
        assert (answer.status_code, answer.json()["status"]) == (status, status)
    wrong = await product.client.delete(f"{PREFIX}/leads", headers=shop.headers)
    assert wrong.json()["title"] == "Dit kan hier niet"
    for query in ("limit=0", "limit=x", "limit=201", "after=x", "email=x", "other=1"):
        await shop.get(f"/leads?{query}", "list_leads", 422)


async def test_a_lead_is_made_or_filled_in_and_never_overwritten(product: Product) -> None:
    shop = await caller(product)
    path, name = "/leads", "write_lead"
    lead = await shop.post(path, name, {"email": "An@Example.org", "name": "An", "themes": ["a"]})
    assert (lead["email"], lead["themes"], lead["source"]) == (
        "an@example.org", ["a"], "api: webwinkel",
    )  # fmt: skip
    more = {"email": "an@example.org", "name": "Anna", "company": "Brug"}
    again = await shop.post(path, name, more, 200)
    assert (again["name"], again["company"], again["newsletter"]) == ("An", "Brug", False)
    told = await shop.post(path, name, more | {"newsletter": True}, 422)
    assert told["errors"][0]["field"] == "consent_how"
    proof = {"newsletter": True, "consent_at": AT, "consent_how": "Vinkje bij de kassa"}
    assert (await shop.post(path, name, more | proof, 200))["newsletter"]
    assert (await Consent.get()).wording == "Vinkje bij de kassa"
    assert await Subscription.all().count() == 1
    assert (await shop.get(f"/leads/{lead['id']}", "read_lead"))["company"] == "Brug"
    async with in_transaction():
        await outbox.suppress(product.site, READER, "erased")
    refused = await shop.post(path, name, {"email": READER}, 409)
    assert "wil" in refused["detail"] or "niet" in refused["detail"]
    for letter in "bcd":
        await shop.post(path, name, {"email": f"{letter}@example.org"})
    first = await shop.get("/leads?limit=3", "list_leads")
    rest = await shop.get(f"/leads?limit=3&after={first['next']}", "list_leads")
    assert [one["email"][0] for one in first["items"] + rest["items"]] == list("abcd")
    assert rest["next"] is None
    assert (await shop.get("/leads?email=AN@example.org", "list_leads"))["items"][0]["name"] == "An"
    assert await Delivery.all().count() == 0


async def test_a_call_that_comes_twice_has_its_effect_once(product: Product, clock: Clock) -> None:
    shop = await caller(product)
    lead = await shop.post("/leads", "write_lead", {"email": READER})
    body = {"lead_id": lead["id"], "kind": "meeting"}
    answers = await asyncio.gather(
        *(shop.post("/outcomes", "write_outcome", body, key="k1") for _ in range(5))
    )
    assert all(answer == answers[0] for answer in answers)
    assert await Outcome.all().count() == 1
    told = await shop.post("/outcomes", "write_outcome", body | {"kind": "offer"}, 422, key="k1")
    assert "Idempotency-Key" in told["detail"]
    # The keys of one program are none of another's; what was refused may be tried again.
    other = await caller(product)
    await other.post("/outcomes", "write_outcome", body | {"kind": "lost"}, 422, key="k1")
    await other.post(
        "/outcomes", "write_outcome", body | {"kind": "lost", "reason": "price"}, key="k1"
    )
    clock(1.1)
    await product.work()
    assert await ApiCall.all().count() == 0
    await shop.post("/outcomes", "write_outcome", body, key="k1")
    assert await Outcome.all().count() == 3
    # By its own number an outcome stands once without any key.
    named = body | {"id": "crm-7", "kind": "offer"}
    first = await shop.post("/outcomes", "write_outcome", named)
    assert await shop.post("/outcomes", "write_outcome", named, 200) == first
    # What was kept of an answer goes with whom it is about.
    await erasing.erase(product.site, product.settings.data, lead["id"])
    assert await ApiCall.all().count() == 0


async def test_g6_a_gift_and_a_purchase_of_the_api_stand_on_the_ledger(product: Product) -> None:
    shop = await caller(product)
    lead = await shop.post("/leads", "write_lead", {"email": READER})
    given = {
        "email": READER, "kind": "personal", "what": "Kaartenset", "cost": 6.4, "value": 18,
        "why": "Beurs", "by": "Marit", "at": AT, "unexpected": True,
    }  # fmt: skip
    made = await shop.post("/gifts", "write_gift", given)
    assert await shop.post("/gifts", "write_gift", given, 200) == made
    assert (made["by"], made["source"], made["lead_id"]) == ("Marit", "api", lead["id"])
    for wrong, status in (
        ({"email": "niemand@example.org"}, 404),
        ({"lead_id": lead["id"]}, 422),
        ({"asset": "bestaat-niet"}, 422),
        ({"what": ""}, 422),
    ):
        await shop.post("/gifts", "write_gift", given | wrong, status)
    bought = {"email": READER, "amount": 120, "at": AT, "id": "F1"}
    unknown = bought | {"email": "niemand@example.org"}
    async with in_transaction():
        await outbox.suppress(product.site, "gewist@example.org", "erased")
    # Known, unknown and erased are answered the same; a second time changes nothing.
    for body in (bought, bought, unknown, unknown, bought | {"email": "gewist@example.org"}):
        told = await shop.post("/purchases", "write_purchase", body, 202)
        assert told == {"status": "accepted"}
    assert await WaitingPurchase.all().count() == 1
    assert await LedgerLine.filter(kind="purchase").count() == 1
    listed = await shop.get(f"/gifts?lead_id={lead['id']}", "list_gifts")
    assert listed["items"] == [made]
    assert (await shop.get(f"/leads/{lead['id']}", "read_lead"))["customer_since"]
    await balances_are_those_of_the_log()


async def test_who_follows_the_log_misses_no_line_and_sees_no_traces(product: Product) -> None:
    shop = await caller(product)
    await product.gift("gulle-gever", READER)
    told = await shop.get("/events?limit=1", "list_events")
    assert not {"network", "agent", "reader"} & set(told["items"][0])
    rest = await shop.get(f"/events?after={told['next']}", "list_events")
    numbers = [one["id"] for one in told["items"] + rest["items"]]
    assert numbers == [one.id for one in await Event.all().order_by("id")]
    end = await shop.get(f"/events?after={rest['next']}", "list_events")
    assert (end["items"], end["next"]) == ([], rest["next"])
    if is_postgres():
        await _late_line(product, shop, rest["next"])


async def _late_line(product: Product, shop: Caller, cursor: str) -> None:
    """A line that got its number first and is there last is not passed over."""
    lead = await Lead.get()
    line = (
        "INSERT INTO event (lead_id, kind, at, subject, value, detail, method, agent, purpose,"
        " network, reader, evidence, rule, sign, dedup_key) VALUES"
        " ($1, 'reply', $2, '', 0, '', '', '', '', '', '', 'human', '', 1, $3)"
    )
    slow = await asyncpg.connect(product.settings.database_url)
    try:
        holds = slow.transaction()
        await holds.start()
        await slow.execute(line, lead.id, now(), "slow")
        await Event.create(lead=lead, kind="reply", at=now(), subject="", dedup_key="fast")
        early = await shop.get(f"/events?after={cursor}", "list_events")
        assert (early["items"], early["next"]) == ([], cursor)
        await holds.commit()
    finally:
        await slow.close()
    late = await shop.get(f"/events?after={cursor}", "list_events")
    assert len(late["items"]) == 2


async def test_a_key_calls_so_often_a_minute(product: Product) -> None:
    shop = await caller(product)
    product.state.calls = Buckets(2)
    for status in (200, 200, 429):
        answer = await product.get(f"{PREFIX}/leads", headers=shop.headers)
        assert answer.status_code == status
    assert answer.headers["retry-after"] == "60"
    other = await caller(product)
    await other.get("/leads", "list_leads")


async def test_the_document_is_there_for_everybody(product: Product) -> None:
    told = (await product.get(f"{PREFIX}/openapi.json")).json()
    assert told["openapi"] == "3.1.0"
    assert told["servers"] == [{"url": f"{product.settings.base_url}{PREFIX}"}]
