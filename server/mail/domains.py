"""Mail domains that cannot take our mail now: left alone, so that they hold up no others."""

from collections import Counter
from datetime import timedelta

from server.kit.clock import now
from server.kit.database import db_time, rows

IN_A_ROW = 3  # passing refusals of different mails, before the domain is left alone
FIRST, LONGEST = timedelta(minutes=5), timedelta(hours=4)
STALLED = timedelta(minutes=1)
POLICY, LONGEST_POLICY = timedelta(hours=1), timedelta(days=1)


async def have_row(domain: str) -> None:
    """There is a row for this domain from now on."""
    at = db_time(now())
    await rows(
        "INSERT INTO domain_pace (domain, hold_until, strikes, next_at, reason)"
        " VALUES (?, ?, 0, ?, '') ON CONFLICT (domain) DO NOTHING",
        domain,
        at,
        at,
    )


async def hold(domain: str, reason: str, first: timedelta = FIRST) -> bool:
    """Leave a domain alone for a while, each time in a row for twice as long.

    False, and no change, while it is left alone already: that tells nothing new.
    """
    moment = now()
    await have_row(domain)
    held = await rows(
        "UPDATE domain_pace SET strikes = strikes + 1, reason = ? WHERE domain = ?"
        " AND hold_until <= ? RETURNING strikes",
        reason[:300],
        domain,
        db_time(moment),
    )
    if not held:
        return False
    longest = LONGEST_POLICY if first == POLICY else LONGEST
    until = moment + min(first * 2 ** min(int(held[0]["strikes"]) - 1, 10), longest)
    await rows("UPDATE domain_pace SET hold_until = ? WHERE domain = ?", db_time(until), domain)
    # What is due moves along, so that a claim does not walk past all of it each time.
    await rows(
        "UPDATE delivery SET next_try_at = ? WHERE domain = ? AND state IN ('queued', 'retry')"
        " AND next_try_at < ?",
        db_time(until),
        domain,
        db_time(until),
    )
    return True


class Watch:
    """What the domains of one worker answer, counted."""

    def __init__(self) -> None:
        self._refusals: Counter[str] = Counter()
        self._held: set[str] = set()

    def cares_for(self, domain: str) -> bool:
        """A good answer of this domain is news."""
        return domain in self._refusals or domain in self._held

    async def heard(self, domain: str, code: int, text: str) -> None:
        """An answer to one mail; some passing refusals in a row and the domain is left alone."""
        if code < 400:
            if self._refusals.pop(domain, 0) or domain in self._held:
                await self._forgive(domain)
            return
        if code >= 500:
            return
        self._refusals[domain] += 1
        if self._refusals[domain] >= IN_A_ROW:
            del self._refusals[domain]
            self._held.add(domain)
            await hold(domain, f"{code} {text}")

    async def _forgive(self, domain: str) -> None:
        self._held.discard(domain)
        await rows("UPDATE domain_pace SET strikes = 0 WHERE domain = ?", domain)
