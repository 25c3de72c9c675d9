"""What an answer of the relay makes of a delivery."""

import random
from dataclasses import replace
from datetime import datetime, timedelta

from server.mail.claiming import Claimed
from server.mail.models import TRANSACTIONAL
from server.mail.recording import Other, Sent
from server.mail.session import Reply

FIRST_RETRY, LAST_RETRY = timedelta(minutes=5), timedelta(hours=4)
SOON = timedelta(minutes=1)
TRIES_TO_RENDER = 3
THROTTLED = 421


def after(one: Claimed, reply: Reply, at: datetime) -> Sent | Other:
    """2xx is sent; 4xx is tried again later, ever later; 5xx is final (RFC 5321 §4.2.1).

    Throttling (421) is no failure of the mail and is not counted.
    """
    text = f"{reply.code} {reply.text}".strip()
    if reply.code < 400:
        return Sent(one.number, one.token, at)
    if reply.code == THROTTLED:
        return unsent(one, text, at + SOON)
    if reply.code >= 500:
        return one.other("failed", text, attempts=one.attempts + 1)
    return again(one, text, at)


def again(one: Claimed, error: str, at: datetime, *, doubts: int = 0) -> Other:
    """Tried again after 5, 10, 20, 40 minutes ... 4 hours, give or take a fifth."""
    attempts = one.attempts + 1
    pause = min(FIRST_RETRY * 2 ** min(attempts - 1, 8), LAST_RETRY) * random.uniform(0.8, 1.2)  # noqa: S311
    tried = replace(one, attempts=attempts, doubts=doubts or one.doubts)
    if tried.is_late(at + pause):
        return tried.other("expired", error)
    return tried.other("retry", error, next_try_at=at + pause)


def unsent(one: Claimed, error: str, again_at: datetime) -> Other:
    """It certainly did not leave, by no fault of its own, so nothing is counted."""
    return one.other("retry", error, next_try_at=again_at)


def unsure(one: Claimed, error: str, at: datetime) -> Other:
    """The relay may have it: a mail that somebody waits for is tried again, a newsletter once,
    under the same Message-ID; then a person decides."""
    if one.lane != TRANSACTIONAL and one.doubts:
        return one.other("uncertain", error, attempts=one.attempts + 1)
    return again(one, error, at, doubts=one.doubts + 1)


def parked(one: Claimed, error: str) -> Other:
    """It cannot be made: after three tries it waits for a person."""
    attempts = one.attempts + 1
    state = "parked" if attempts >= TRIES_TO_RENDER else "retry"
    return one.other(state, error, attempts=attempts)
