"""A running issue that comes back, or draws complaints, is halted by itself: once, and told."""

from datetime import timedelta

from server.kit.clock import now
from server.kit.database import in_transaction, rows
from server.kit.text import say
from server.mail.bounces import Reason, breaker
from server.mail.notices import tell_staff
from server.newsletter.issuing import Editor
from server.newsletter.models import Issue
from server.newsletter.steering import pause
from server.staff import accounts

RECENT = timedelta(days=3)  # no issue waits longer


async def halt_bad(editor: Editor) -> int:
    """Pause the issues of which too many come back; how many.

    Who lets one go on has decided: it is not halted a second time.
    """
    halted = 0
    recent = Issue.filter(state__in=("queuing", "queued"), halted_at=None)
    for issue in await recent.filter(queued_at__gt=now() - RECENT):
        if issue.state == "queuing" or await _waits(issue):
            reason = await breaker(issue.span[0])
            halted += bool(reason and await _halt(editor, issue, reason))
    return halted


async def _waits(issue: Issue) -> bool:
    found = await rows(
        "SELECT 1 AS one FROM delivery WHERE key >= ? AND key < ?"
        " AND state IN ('queued', 'retry', 'leased') LIMIT 1",
        *issue.span,
    )
    return bool(found)


async def _halt(editor: Editor, issue: Issue, reason: Reason) -> bool:
    def words(language: str) -> tuple[str, str]:
        title = say(language, "newsletter.halted_title", issue=issue.name)
        values = {"count": reason.count, "of": reason.of}
        if reason.kind == "complaints":
            return title, say(language, "newsletter.halted_complaints", **values)
        return title, say(language, "newsletter.halted_hard", **values)

    async with in_transaction():
        fresh = Issue.filter(id=issue.id, halted_at=None)
        if not await fresh.update(halted_at=now(), halted_why=reason.kind):
            return False
        await pause(issue.name)
        await accounts.audit("issue.halted", issue.name)
        page = f"/desk/newsletter/{issue.name}"
        await tell_staff(editor, f"halted:{issue.name}", words, page, role="editor")
    return True
