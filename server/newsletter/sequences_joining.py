"""Who goes into a sequence, and who is taken out: by an editor, or because they took an asset.

Only readers with a confirmed subscription get in, each once in a lifetime.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from server.gifts import holding_out
from server.gifts.holding_out import SEQUENCE, Experiment
from server.kit.clock import now
from server.kit.database import db_time, in_transaction, rows
from server.leads.models import Lead
from server.leads.subscribing import TIPS
from server.newsletter.audience import Where
from server.newsletter.issuing import Editor
from server.newsletter.models import Enrolment, SequenceStop
from server.newsletter.sequences import Sequence, Sequences
from server.newsletter.sequences_running import BY_HAND, STOPPED, end
from server.staff import accounts
from server.staff.models import StaffUser

RECENT = timedelta(days=1)  # who took an asset so long ago still joins the sequence it starts
MAY = "s.list = ? AND s.confirmed_at IS NOT NULL AND s.ended_at IS NULL AND l.blocked_at IS NULL"
WAITING = "('queued', 'retry', 'held', 'leased')"


class ClosedError(Exception):
    """This sequence was stopped for everybody; open it first."""


async def join(sequence: Sequence, lead: Lead, by: StaffUser) -> bool:
    """One reader joins; False where they may not, or were in it before. Raises ClosedError."""
    async with in_transaction():
        joined = await _join(sequence, Where("l.id = ?", (lead.id,)))
        if joined:
            detail = f"{sequence.name}: lead {lead.id}"
            await accounts.audit("sequence.joined", detail, by)
    return joined == 1


async def join_theme(sequence: Sequence, theme: str, by: StaffUser) -> int:
    """All readers who want tips about a theme join, all readers without one; how many.

    Who is held back to see what it brings does not. Raises ClosedError.
    """
    where = Where("1 = 1")
    if theme:
        where = Where("(s.topics LIKE ? OR l.themes LIKE ?)", (f"%,{theme},%", f"%,{theme},%"))
    async with in_transaction():
        joined = await _join_unasked(sequence, where)
        if joined:
            detail = f"{sequence.name}: {joined}, {theme or '*'}"
            await accounts.audit("sequence.joined", detail, by)
    return joined


async def start_by_rule(editor: Editor) -> int:
    """Who took an asset that starts a sequence a moment ago joins it; how many."""
    joined = 0
    for sequence in Sequences(editor.tips.folder).all().values():
        if not sequence.starts or await SequenceStop.exists(sequence=sequence.name):
            continue
        holes, since = ", ".join("?" * len(sequence.starts)), db_time(now() - RECENT)
        sql = (
            "l.last_event_at > ? AND l.customer_since IS NULL AND EXISTS (SELECT 1 FROM gift g"  # noqa: S608
            f" WHERE g.lead_id = l.id AND g.asset_slug IN ({holes}) AND g.confirmed_at > ?)"
        )
        async with in_transaction():
            found = await _join_unasked(sequence, Where(sql, (since, *sequence.starts, since)))
            if found:
                await accounts.audit("sequence.joined", f"{sequence.name}: {found}, starts")
        joined += found
    return joined


async def _join_unasked(sequence: Sequence, where: Where) -> int:
    """All of these join but those who are held back; who never joined before is drawn first."""
    if not sequence.hold_out or await SequenceStop.exists(sequence=sequence.name):
        return await _join(sequence, where)
    experiment = Experiment(SEQUENCE, sequence.name, sequence.hold_out)
    found = await rows(
        "SELECT l.id AS id FROM lead l JOIN subscription s ON s.lead_id = l.id"  # noqa: S608
        f" WHERE {MAY} AND {where.sql} AND NOT EXISTS (SELECT 1 FROM enrolment e"
        " WHERE e.lead_id = l.id AND e.sequence = ?) AND NOT EXISTS (SELECT 1 FROM extra_arm a"
        " WHERE a.lead_id = l.id AND a.experiment = ?)",
        TIPS,
        *where.values,
        sequence.name,
        experiment.key,
    )
    await holding_out.assign(experiment, [int(row["id"]) for row in found])
    gets_it = Where(
        "EXISTS (SELECT 1 FROM extra_arm a WHERE a.lead_id = l.id AND a.experiment = ?"
        " AND a.arm = 'given')",
        (experiment.key,),
    )
    return await _join(sequence, where & gets_it)


async def _join(sequence: Sequence, where: Where) -> int:
    if await SequenceStop.exists(sequence=sequence.name):
        raise ClosedError
    moment = db_time(now())
    found = await rows(
        "INSERT INTO enrolment (sequence, lead_id, step, joined_at, entered_at, due_at, why)"  # noqa: S608
        " SELECT ?, l.id, 0, ?, ?, ?, '' FROM lead l JOIN subscription s ON s.lead_id = l.id"
        f" WHERE {MAY} AND {where.sql} ON CONFLICT (sequence, lead_id) DO NOTHING RETURNING id",
        sequence.name,
        moment,
        moment,
        moment,
        TIPS,
        *where.values,
    )
    return len(found)


async def take_out(number: int, by: StaffUser) -> bool:
    """One reader goes no further, and gets nothing that is queued of it; False when it ended."""
    async with in_transaction():
        row = await Enrolment.get_or_none(id=number)
        if not row or not await end(row, BY_HAND):
            return False
        await rows(
            "UPDATE delivery SET state = 'suppressed', error = 'sequence ended', lease_token = ''"  # noqa: S608
            f" WHERE lead_id = ? AND state IN {WAITING} AND key >= ? AND key < ?",
            row.lead_id,
            *_span(row.sequence),
        )
        await accounts.audit("sequence.ended", f"{row.sequence}: lead {row.lead_id}", by)
    return True


async def stop(name: str, by: StaffUser) -> int:
    """Nobody goes any further, nothing that is queued leaves, nobody joins; how many that were."""
    async with in_transaction():
        await rows(
            "INSERT INTO sequence_stop (sequence, at) VALUES (?, ?)"
            " ON CONFLICT (sequence) DO NOTHING",
            name,
            db_time(now()),
        )
        ended = Enrolment.filter(sequence=name, ended_at=None)
        count = await ended.update(ended_at=now(), why=STOPPED)
        await rows(
            "UPDATE delivery SET state = 'suppressed', error = 'sequence ended', lease_token = ''"  # noqa: S608
            f" WHERE state IN {WAITING} AND key >= ? AND key < ?",
            *_span(name),
        )
        await accounts.audit("sequence.stopped", f"{name}: {count}", by)
    return count


async def reopen(name: str, by: StaffUser) -> None:
    """Readers may join again; who was taken out stays out."""
    async with in_transaction():
        if await SequenceStop.filter(sequence=name).delete():
            await accounts.audit("sequence.opened", name, by)


def _span(name: str) -> tuple[str, str]:
    """Between which keys the deliveries of a sequence lie, side by side in the unique index."""
    return f"sequence:{name}:", f"sequence:{name};"


@dataclass(frozen=True)
class Standing:
    """How many are at which step now, and how many ended and why."""

    at_step: dict[int, int] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=dict)
    is_stopped: bool = False

    @property
    def under_way(self) -> int:
        return sum(self.at_step.values())


async def standings() -> dict[str, Standing]:
    """Of every sequence that anybody is or was in, by name."""
    counted = await rows(
        "SELECT sequence, CASE WHEN ended_at IS NULL THEN '' ELSE why END AS reason,"
        " CASE WHEN ended_at IS NULL THEN step ELSE -1 END AS place, COUNT(*) AS n"
        " FROM enrolment GROUP BY 1, 2, 3"
    )
    stopped = await stopped_names()
    found: dict[str, Standing] = {name: Standing(is_stopped=True) for name in stopped}
    for row in counted:
        name = str(row["sequence"])
        one = found.setdefault(name, Standing(is_stopped=name in stopped))
        if row["reason"]:
            one.ended[str(row["reason"])] = int(row["n"])
        else:
            one.at_step[int(row["place"])] = int(row["n"])
    return found


async def stopped_names() -> set[str]:
    """The sequences that were stopped for everybody."""
    return {stop.sequence for stop in await SequenceStop.all()}


async def of_lead(lead_id: int) -> list[Enrolment]:
    """The sequences that a reader is or was in, the newest first."""
    return await Enrolment.filter(lead_id=lead_id).order_by("-joined_at", "-id")
