"""A POST that is sent twice has its effect once: its answer is kept for a day under its key."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from server.api.models import ApiCall
from server.kit.clock import now
from server.kit.database import in_transaction, lock_word
from server.kit.site import Site
from server.staff.models import ApiToken
from server.web.problems import ProblemError

KEPT = timedelta(days=1)
LONGEST_KEY = 200


@dataclass(frozen=True)
class Answer:
    """What a call is answered: `lead_id` is whom it is about, so that it goes with them."""

    status: int
    body: dict[str, Any]
    lead_id: int | None = None


@dataclass(frozen=True)
class Call:
    """A POST as it came in: `told` is what it asks for, in octets, with its method and path."""

    token: ApiToken
    key: str
    told: bytes


async def once(site: Site, call: Call, act: Callable[[], Awaitable[Answer]]) -> Answer:
    """The answer to a call; of the same call twice, also at once, the second gets the first's.

    One transaction around the deed and its answer: a refusal leaves no trace and may be tried
    again. Raises ProblemError for a key that was used for something else.
    """
    if len(call.key) > LONGEST_KEY or not call.key.isprintable():
        raise ProblemError(400, "api.bad_key")
    async with in_transaction():
        if not call.key:
            return await act()
        # The second of two waits here until the first has written its answer.
        await lock_word(f"api:{call.token.id}:{call.key}")
        print_ = site.fingerprint("api", call.told.decode("utf-8", "replace"))
        since = now() - KEPT
        await ApiCall.filter(token_id=call.token.id, key=call.key, at__lt=since).delete()
        known = await ApiCall.get_or_none(token_id=call.token.id, key=call.key)
        if known and known.fingerprint != print_:
            raise ProblemError(422, "api.key_used")
        if known:
            return Answer(known.status, json.loads(known.body), known.lead_id)
        answer = await act()
        await ApiCall.create(
            token_id=call.token.id,
            lead_id=answer.lead_id,
            key=call.key,
            fingerprint=print_,
            status=answer.status,
            body=json.dumps(answer.body, ensure_ascii=False),
            at=now(),
        )
    return answer


async def forget_old() -> int:
    """Forget answers of more than a day ago."""
    return await ApiCall.filter(at__lt=now() - KEPT).delete()
