"""Taking what is due, with a lease, and looking once more at who it is for."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any
from zoneinfo import ZoneInfo

from server.kit.clock import now
from server.kit.database import among, db_time, lock_rows, many, moment_of, rows
from server.kit.site import Site
from server.kit.text import long_date
from server.leads.models import Lead
from server.mail.models import BULK, Message
from server.mail.pacing import Pacing, Scope, Take
from server.mail.recording import Other
from server.staff.models import StaffUser

LEASE = timedelta(seconds=30)
TRIED = timedelta(hours=72)  # how long a newsletter is tried again
BATCH = 500
TAKE = (
    "UPDATE delivery SET state = 'leased', lease_token = ?, leased_until = ? WHERE id IN"
    " (SELECT d.id FROM delivery d WHERE d.state IN ('queued', 'retry') AND d.lane = ?"
    " AND d.next_try_at <= ? AND NOT EXISTS (SELECT 1 FROM domain_pace p"
    " WHERE p.domain = d.domain AND p.hold_until > ?){scope}"
    " ORDER BY d.lane, d.next_try_at LIMIT ?{lock})"
    " AND EXISTS (SELECT 1 FROM gate WHERE id = 1 AND shut_at IS NULL) RETURNING id"
)
LOOK = (
    'SELECT d.id, d.message_id, d.lead_id, d.address, d.domain, d.lane, d."values" AS filling,'
    " d.mail_id, d.attempts, d.doubts, d.not_after, d.created_at, m.list, m.is_ask, m.language,"
    " l.email, l.name, l.company, l.no_ask_until, l.mail_tracking_at, l.profiling_off_at,"
    " l.invented_at, l.blocked_at, s.confirmed_at, s.ended_at, s.paused_until"
    " FROM delivery d JOIN message m ON m.id = d.message_id"
    " LEFT JOIN lead l ON l.id = d.lead_id"
    " LEFT JOIN subscription s ON s.lead_id = d.lead_id AND s.list = m.list AND m.list <> ''"
    " WHERE {among} AND d.lease_token = ? ORDER BY d.next_try_at, d.id"
)


@dataclass(slots=True)
class Claimed:
    """A delivery that is ours to send until its lease ends."""

    number: int
    token: str
    message_id: int
    lane: int
    mail_id: str
    name: str
    address: str
    domain: str
    is_lead: bool
    is_listed: bool
    is_invented: bool
    is_followed: bool
    attempts: int
    doubts: int
    created_at: datetime
    not_after: datetime
    values: dict[str, str] = field(default_factory=dict)
    message: Message | None = None  # its text and where its links lead, once they are read
    links: tuple[str, ...] = ()

    def is_late(self, at: datetime) -> bool:
        """Its time is over. What was tried in time may be tried for three days (trust: 4xx)."""
        tried = self.attempts or self.doubts
        if self.lane == BULK and tried:
            return at > max(self.not_after, self.created_at + TRIED)
        return at > self.not_after

    def other(self, state: str, error: str, **more: int | datetime) -> Other:
        """What to write down when it does not go."""
        known = {"attempts": self.attempts, "doubts": self.doubts, "next_try_at": now()}
        return Other(self.number, self.token, state, error, **{**known, **more})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Haul:
    """One claim: what may go, what may not and what is written of that."""

    ready: list[Claimed]
    refused: list[Other]
    token: str

    @property
    def count(self) -> int:
        return len(self.ready) + len(self.refused)


async def claim(lane: int, most: int, pacing: Pacing, site: Site) -> Haul:
    """Take at most so many that are due, and no more than the rate of all workers lets go now.

    Each claim has a token of its own: a worker that slept past its lease cannot settle what
    another took meanwhile.
    """
    token = token_hex(8)
    numbers = await pacing.take(lane, most, _take(lane, token))
    if not numbers:
        return Haul([], [], token)
    sql = LOOK.format(among=among("d.id"))
    found = await rows(sql, many(numbers), token)
    blocked = await _blocked(site, [row["email"] or row["address"] for row in found])
    invented = await _invented([row["address"] for row in found if row["address"]])
    ready, refused, moment = [], [], now()
    for row in found:
        one = _claimed(row, token, pacing.zone, invented)
        state, why = _may_go(one, row, moment, blocked)
        if state:
            refused.append(one.other(state, why))
        else:
            ready.append(one)
    return Haul(ready, refused, token)


async def renew(tokens: list[str]) -> None:
    """We are alive: what we hold stays ours."""
    # A row that is being settled at this moment is passed over: waiting for it while its commit
    # waits for another of ours would be a deadlock.
    await rows(
        "UPDATE delivery SET leased_until = ? WHERE id IN (SELECT id FROM delivery"  # noqa: S608
        f" WHERE state IN ('leased', 'sending') AND {among('lease_token')}{lock_rows()})",
        db_time(now() + LEASE),
        many(tokens),
    )


async def give_back(tokens: list[str]) -> None:
    """What was taken and not begun is free for others."""
    await rows(
        f"UPDATE delivery SET state = CASE WHEN attempts > 0 THEN 'retry' ELSE 'queued' END,"  # noqa: S608
        f" lease_token = '', leased_until = NULL WHERE state = 'leased' AND {among('lease_token')}",
        many(tokens),
    )


def _take(lane: int, token: str) -> Take:
    async def take(most: int, scope: Scope) -> list[int]:
        moment = now()
        at = db_time(moment)
        words = {"lock": lock_rows(), "scope": ""}
        chosen: list[object] = []
        if scope.only:
            words["scope"], chosen = " AND d.domain = ?", [scope.only]
        elif scope.without:
            words["scope"] = f" AND NOT ({among('d.domain')})"
            chosen = [many(scope.without)]
        found = await rows(
            TAKE.format(**words), token, db_time(moment + LEASE), lane, at, at, *chosen, most
        )
        return [int(row["id"]) for row in found]

    return take


async def _blocked(site: Site, addresses: list[str]) -> set[str]:
    """Those of these addresses that get nothing more."""
    prints = {site.fingerprint("suppression", address): address for address in addresses}
    found = await rows(
        f"SELECT fingerprint FROM suppression WHERE {among('fingerprint')}",  # noqa: S608
        many(list(prints)),
    )
    return {prints[str(row["fingerprint"])] for row in found}


def _claimed(row: dict[str, Any], token: str, zone: ZoneInfo, invented: set[str]) -> Claimed:
    filling = row["filling"]
    values: dict[str, str] = json.loads(filling) if isinstance(filling, str) else filling
    since = moment_of(row["confirmed_at"])
    if row["list"] and since:
        values.setdefault("since", long_date(row["language"], since.astimezone(zone)))
    if row["company"]:
        values.setdefault("company", row["company"])
    followed = row["mail_tracking_at"] is not None and row["profiling_off_at"] is None
    return Claimed(
        number=row["id"],
        token=token,
        message_id=row["message_id"],
        lane=row["lane"],
        mail_id=row["mail_id"],
        name=row["name"] or "",
        address=row["email"] or row["address"],
        domain=row["domain"],
        is_lead=row["lead_id"] is not None,
        is_listed=bool(row["list"]),
        is_invented=row["invented_at"] is not None or row["address"] in invented,
        is_followed=followed and bool(row["list"]),
        attempts=row["attempts"],
        doubts=row["doubts"],
        created_at=moment_of(row["created_at"]),
        not_after=moment_of(row["not_after"]),
        values=values,
    )


def _may_go(one: Claimed, row: dict[str, Any], at: datetime, blocked: set[str]) -> tuple[str, str]:
    """The state it gets instead of being sent, and why; two empty texts when it may go."""
    if one.is_late(at):
        fresh = one.is_listed and not (one.attempts or one.doubts)
        return ("held", "too late") if fresh else ("expired", "too late")
    if not one.address or one.address in blocked or row["blocked_at"] is not None:
        return "suppressed", "blocked address"
    if not (one.is_listed and one.is_lead):
        return "", ""
    paused = moment_of(row["paused_until"])
    if row["confirmed_at"] is None or row["ended_at"] is not None or (paused and paused > at):
        return "suppressed", "not on the list"
    quiet = moment_of(row["no_ask_until"])
    if row["is_ask"] and quiet and quiet > at:
        return "suppressed", "no-ask window"
    return "", ""


async def _invented(addresses: list[str]) -> set[str]:
    """Those of these addresses that belong to somebody of a demo."""
    if not addresses:
        return set()
    known = Lead.filter(email__in=addresses, invented_at__isnull=False)
    staff = StaffUser.filter(email__in=addresses, invented_at__isnull=False)
    found = [*await known.values_list("email", flat=True)]
    return {str(one) for one in [*found, *await staff.values_list("email", flat=True)]}
