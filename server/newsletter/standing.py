"""Where an issue stands: how many got it, wait for it, or did not get it and why."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from server.kit.database import rows
from server.mail.models import DONE
from server.newsletter.models import Issue

WAITING = ("queued", "retry", "leased", "sending")
MISSED = ("held", "expired")


@dataclass(frozen=True)
class Status:
    """Where an issue stands; `sent` when every delivery has its last state.

    `gone`: readers who were erased since; nothing is told of them but that.
    """

    issue: str
    state: str
    audience: int
    in_window: int
    states: dict[str, int]
    gone: int = 0
    at: datetime | None = None
    not_after: datetime | None = None
    again_at: datetime | None = None

    @property
    def sent(self) -> int:
        return self.states.get("sent", 0)

    @property
    def waiting(self) -> int:
        """How many may still get it."""
        return sum(self.states.get(state, 0) for state in WAITING)

    @property
    def missed(self) -> int:
        """How many got nothing although they should have: too late, or held."""
        return sum(self.states.get(state, 0) for state in MISSED)

    @property
    def can_go_again(self) -> bool:
        """Those who were missed can be reached once more."""
        resting = self.state in ("sending", "sent") and not self.waiting
        return resting and self.missed > 0 and self.again_at is None

    @property
    def can_close(self) -> bool:
        """What is held stays held until a person lets it be."""
        return self.state == "sending" and not self.waiting and self.states.get("held", 0) > 0


async def status_of(name: str) -> Status | None:
    """Where an issue stands; None when it was never started."""
    issue = await Issue.get_or_none(name=name)
    if not issue:
        return None
    counted = await rows(
        "SELECT state, COUNT(*) AS n FROM delivery WHERE key >= ? AND key < ? GROUP BY state",
        *issue.span,
    )
    states = Counter({str(row["state"]): int(row["n"]) for row in counted})
    gone = max(0, issue.audience - states.total())
    done = gone + sum(states[state] for state in DONE)
    return Status(
        name,
        _state(issue, finished=done == issue.audience),
        issue.audience,
        issue.in_window,
        dict(states),
        gone,
        issue.queued_at,
        issue.not_after,
        issue.again_at,
    )


def _state(issue: Issue, *, finished: bool) -> str:
    if issue.state != "queued":
        return issue.state
    return "sent" if finished else "sending"
