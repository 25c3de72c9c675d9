"""Holding a running issue and letting it go on; reaching those who were missed, once."""

from datetime import timedelta

from server.kit.clock import now
from server.kit.database import db_time, in_transaction, moment_of, rows
from server.newsletter.models import Issue, IssueZone
from server.newsletter.standing import status_of

PAUSED = "paused"  # what stands with a held delivery, so that only these come back


async def pause(name: str) -> bool:
    """Stop a running issue: nothing more is queued, and nothing that waits is sent; False when
    it does not run."""
    async with in_transaction():
        # Whoever writes a chunk holds this row: its deliveries are there when ours are held.
        won = await Issue.filter(name=name, state__in=("queuing", "queued")).update(
            state="paused", paused_at=now()
        )
        if not won:
            return False
        issue = await Issue.get(name=name)
        await rows(
            "UPDATE delivery SET state = 'held', error = ?, lease_token = '', leased_until = NULL"
            " WHERE key >= ? AND key < ? AND state IN ('queued', 'retry', 'leased')",
            PAUSED,
            *issue.span,
        )
    return True


async def resume(name: str) -> timedelta | None:
    """Let a paused issue go on, with as much more time as it stood still; None when it is not."""
    async with in_transaction():
        issue = await Issue.select_for_update().get_or_none(name=name, state="paused")
        if not issue or not issue.paused_at:
            return None
        stood = max(now() - issue.paused_at, timedelta())
        await Issue.filter(id=issue.id).update(
            state="queuing", paused_at=None, not_after=issue.not_after + stood
        )
        for zone in await IssueZone.filter(issue_id=issue.id):
            await IssueZone.filter(id=zone.id).update(not_after=zone.not_after + stood)
        await _release(issue, stood)
    return stood


async def _release(issue: Issue, stood: timedelta) -> None:
    """One statement for each end of time that there is: as many as there are zones."""
    found = await rows(
        "SELECT DISTINCT not_after FROM delivery"
        " WHERE key >= ? AND key < ? AND state = 'held' AND error = ?",
        *issue.span,
        PAUSED,
    )
    for row in found:
        end = row["not_after"]
        # Told apart from those that were moved a moment ago: these are held no more.
        await rows(
            "UPDATE delivery SET state = 'queued', error = '', not_after = ?"
            " WHERE key >= ? AND key < ? AND state = 'held' AND error = ? AND not_after = ?",
            db_time(moment_of(end) + stood),
            *issue.span,
            PAUSED,
            end,
        )


async def send_to_missed(name: str, lives: timedelta) -> int:
    """Queue the issue again for who was in its audience and got nothing, once each; how many.

    Who got it, or may have, never gets it again.
    """
    async with in_transaction():
        issue = await Issue.select_for_update().get_or_none(name=name)
        status = await status_of(name)
        if not issue or not status or not status.can_go_again:
            return 0
        moment = now()
        found = await rows(
            "UPDATE delivery SET state = 'queued', error = '', lease_token = '', attempts = 0,"
            " next_try_at = ?, not_after = ?"
            " WHERE key >= ? AND key < ? AND state IN ('held', 'expired') RETURNING id",
            db_time(moment),
            db_time(moment + lives),
            *issue.span,
        )
        await Issue.filter(id=issue.id).update(again_at=moment)
    return len(found)


async def close(name: str) -> int:
    """Leave what is held at that: it came too late; how many."""
    async with in_transaction():
        issue = await Issue.select_for_update().get_or_none(name=name, state="queued")
        if not issue:
            return 0
        found = await rows(
            "UPDATE delivery SET state = 'expired' WHERE key >= ? AND key < ? AND state = 'held'"
            " RETURNING id",
            *issue.span,
        )
    return len(found)
