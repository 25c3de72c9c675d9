"""Every operation of the API: what the routes answer and what the OpenAPI document says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from server.api import schemas
from server.api.schemas import ID, MOST_ROWS, Shape

PREFIX = "/api/v1"
CURSOR: Shape = {"type": "string", "maxLength": 12}
LIMIT: Shape = {"type": "integer", "minimum": 1, "maximum": MOST_ROWS}
PAGED: Mapping[str, Shape] = {"after": CURSOR, "limit": LIMIT}
WRONG = (400, 401, 403, 404, 409, 413, 415, 422, 429)


@dataclass(frozen=True)
class Operation:
    """One operation: `answers` is status → schema; `queries` are the fields of its address."""

    name: str
    method: str
    path: str
    scope: str
    summary: str
    answers: Mapping[int, Shape]
    body: Shape | None = None
    queries: Mapping[str, Shape] = field(default_factory=dict)


OPERATIONS = (
    Operation(
        "list_leads",
        "GET",
        "/leads",
        "leads:read",
        "Leads by number; with `email` the one at that address, if any",
        {200: schemas.page_of(schemas.LEAD)},
        queries={**PAGED, "email": schemas.EMAIL},
    ),
    Operation(
        "read_lead",
        "GET",
        "/leads/{number:int}",
        "leads:read",
        "One lead",
        {200: schemas.LEAD},
    ),
    Operation(
        "write_lead",
        "POST",
        "/leads",
        "leads:write",
        "A new lead, or one we know with what was empty filled in; what they told us stays."
        " `newsletter` needs `consent_at` and `consent_how`. Sends no mail",
        {201: schemas.LEAD, 200: schemas.LEAD},
        schemas.LEAD_IN,
    ),
    Operation(
        "list_gifts",
        "GET",
        "/gifts",
        "gifts:read",
        "What was given, by number; a counter-entry has sign -1",
        {200: schemas.page_of(schemas.GIFT)},
        queries={**PAGED, "lead_id": ID},
    ),
    Operation(
        "write_gift",
        "POST",
        "/gifts",
        "gifts:write",
        "Write down what was given elsewhere, to the lead of `lead_id` or `email`."
        " The same gift of the same day stands once",
        {201: schemas.GIFT, 200: schemas.GIFT},
        schemas.GIFT_IN,
    ),
    Operation(
        "write_purchase",
        "POST",
        "/purchases",
        "purchases:write",
        "Tell of a purchase, once by its `id`. Of who is not known here yet it waits for 90 days"
        " under a hash of the address. The answer does not tell whether somebody is known",
        {202: schemas.ACCEPTED},
        schemas.PURCHASE_IN,
    ),
    Operation(
        "write_outcome",
        "POST",
        "/outcomes",
        "outcomes:write",
        "Write down what came of the lead of `lead_id` or `email`, once by its `id`, if it has one",
        {201: schemas.OUTCOME, 200: schemas.OUTCOME},
        schemas.OUTCOME_IN,
    ),
    Operation(
        "list_events",
        "GET",
        "/events",
        "events:read",
        "The log after a cursor, in an order that no later line slips into; follow `next`",
        {200: schemas.page_of(schemas.EVENT)},
        queries=PAGED,
    ),
)


def document(base_url: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of all operations."""
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        place = re.sub(r"\{(\w+)(?::\w+)?\}", r"{\1}", one.path)
        paths.setdefault(place, {})[one.method.lower()] = _told(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Givefirst", "version": "1"},
        "servers": [{"url": f"{base_url}{PREFIX}"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Problem": dict(schemas.PROBLEM)},
        },
    }


def _told(one: Operation) -> dict[str, Any]:
    answers = {
        str(status): {"description": "Done", "content": {"application/json": {"schema": shape}}}
        for status, shape in one.answers.items()
    }
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    wrong = {"description": "Refused", "content": {"application/problem+json": problem}}
    told: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "description": f"Scope: `{one.scope}`",
        "parameters": _parameters(one),
        "responses": answers | {str(status): wrong for status in WRONG},
    }
    if one.body:
        told["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": one.body}},
        }
    return told


def _parameters(one: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": ID}
        for name in re.findall(r"\{(\w+)", one.path)
    ]
    found += [{"name": name, "in": "query", "schema": shape} for name, shape in one.queries.items()]
    if one.method == "POST":
        key = {"type": "string", "maxLength": 200}
        found.append({"name": "Idempotency-Key", "in": "header", "schema": key})
    return found
