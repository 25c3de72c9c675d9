"""The audit log in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from server.kit.text import say
from server.staff.models import AuditEntry, StaffUser

PAGE = 50
ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "staff.login": "desk.audit_login",
        "staff.added": "desk.audit_staff",
        "issue.sent": "desk.audit_issue",
        "issue.planned": "desk.audit_issue_planned",
        "issue.taken_back": "desk.audit_issue_taken_back",
        "issue.paused": "desk.audit_issue_paused",
        "issue.resumed": "desk.audit_issue_resumed",
        "issue.again": "desk.audit_issue_again",
        "issue.closed": "desk.audit_issue_closed",
        "issue.halted": "desk.audit_issue_halted",
        "sequence.joined": "desk.audit_sequence_joined",
        "sequence.ended": "desk.audit_sequence_ended",
        "sequence.stopped": "desk.audit_sequence_stopped",
        "sequence.opened": "desk.audit_sequence_opened",
        "rhythm.on": "desk.audit_rhythm_on",
        "rhythm.off": "desk.audit_rhythm_off",
        "slot.skipped": "desk.audit_slot_skipped",
        "slot.opened": "desk.audit_slot_opened",
        "leads.exported": "desk.audit_exported",
        "table.imported": "desk.audit_imported",
        "conversation.answered": "desk.audit_answered",
        "outcome.undone": "desk.audit_undone",
        "list.resumed": "desk.audit_list_resumed",
        "lead.erased": "desk.audit_erased",
        "lead.forgotten": "desk.audit_forgotten",
        "lead.shown": "desk.audit_shown",
        "profiling.objected": "desk.audit_objected",
        "demo.emptied": "desk.audit_demo_emptied",
        "profiling.allowed": "desk.audit_allowed",
        "database.copied": "desk.audit_database_copied",
        "database.restored": "desk.audit_database_restored",
        "outbox.released": "desk.audit_outbox_released",
        "outbox.doubt_sent": "desk.audit_doubt_sent",
        "outbox.doubt_dropped": "desk.audit_doubt_dropped",
        "outbox.parked_sent": "desk.audit_parked_sent",
        "outbox.parked_dropped": "desk.audit_parked_dropped",
        "outbox.late_sent": "desk.audit_late_sent",
        "outbox.late_dropped": "desk.audit_late_dropped",
        "token.made": "desk.audit_token_made",
        "token.revoked": "desk.audit_token_revoked",
        "thanks.dropped": "desk.audit_thanks_dropped",
    }
)


@dataclass(frozen=True)
class Logged:
    """One line: when, who (empty for the command line or the person themselves), what, of what."""

    at: datetime
    who: str
    action: str
    what: str
    detail: str


async def lines(language: str, before: int = 0, action: str = "") -> tuple[list[Logged], int]:
    """A page of the log, newest first, and the number after which the next begins (0: none)."""
    found = AuditEntry.all().order_by("-id").limit(PAGE + 1)
    if before:
        found = found.filter(id__lt=before)
    if action in ACTIONS:
        found = found.filter(action=action)
    entries = await found
    users = await StaffUser.filter(id__in=[e.staff_id for e in entries if e.staff_id])
    names_of = {user.id: user.shown_name for user in users}
    shown = [
        Logged(
            entry.at,
            names_of.get(entry.staff_id or 0, ""),
            entry.action,
            say(language, ACTIONS[entry.action]) if entry.action in ACTIONS else entry.action,
            entry.detail,
        )
        for entry in entries[:PAGE]
    ]
    return shown, entries[PAGE - 1].id if len(entries) > PAGE else 0


def names(language: str) -> list[tuple[str, str]]:
    """Every kind of line with its name."""
    return [(action, say(language, key)) for action, key in ACTIONS.items()]
