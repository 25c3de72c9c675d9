"""Writing what was made: many rows at once, each with the number of what it belongs to."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from server.demo import giving, kinds, people
from server.demo.figures import words
from server.demo.history import History
from server.demo.kinds import Taken
from server.demo.models import DemoRow
from server.demo.people import Life
from server.demo.posting import Posted
from server.demo.staging import Stage
from server.gifts.models import Gift, LedgerLine, Parcel, TrialTerm, Voucher
from server.kit.clock import now
from server.kit.database import rows
from server.leads.models import Lead
from server.mail import outbox
from server.mail.models import Delivery, Suppression
from server.newsletter.models import Issue
from server.staff.models import AuditEntry, StaffUser
from server.tracking.kinds import GIFTS
from server.tracking.models import Event

BATCH = 500
Tips = dict[int, dict[str, tuple[Delivery, str, int]]]

COUNT = (
    "UPDATE lead SET event_count = (SELECT COUNT(*) FROM event WHERE event.lead_id = lead.id),"
    " events_scored = (SELECT COUNT(*) FROM event WHERE event.lead_id = lead.id),"
    " last_event_at = COALESCE((SELECT MAX(at) FROM event WHERE event.lead_id = lead.id),"
    " last_event_at) WHERE invented_at IS NOT NULL"
)


LEDGER = (
    "INSERT INTO ledger (lead_id, key, side, kind, asset_slug, gift_number, what,"  # noqa: S608
    " cost, value, why, unexpected, personal, source, by_name, at, recorded_at, sign)"
    " SELECT e.lead_id, e.dedup_key, 'given', CASE e.kind WHEN 'help.given' THEN 'help' ELSE '' END"
    ", e.subject, e.gift_number, '', 0, e.value, '', FALSE, FALSE, 'site', '', e.at, e.at, e.sign"
    " FROM event e JOIN lead l ON l.id = e.lead_id WHERE l.invented_at IS NOT NULL"
    f" AND e.kind IN ({', '.join(map(repr, GIFTS))}) ORDER BY e.id"
    " ON CONFLICT (key) DO NOTHING"
)
SPENT = (
    "UPDATE lead SET given_cost = COALESCE((SELECT SUM(sign * cost) FROM ledger"
    " WHERE ledger.lead_id = lead.id), 0) WHERE invented_at IS NOT NULL"
)


async def add(found: Sequence[Any]) -> None:
    """Rows of one table, in this order."""
    if found:
        await type(found[0]).bulk_create(found, batch_size=BATCH)


async def mark(kind: str, numbers: Sequence[int]) -> None:
    """These rows go with the demo."""
    await add([DemoRow(kind=kind, number=number) for number in numbers])


async def hire(moment: datetime) -> list[StaffUser]:
    """The colleagues of the house; one who is there already stays who they are."""
    made = []
    for one in words()["staff"]:
        if not await StaffUser.exists(email=one["email"]):
            user = StaffUser(**one, language="nl", created_at=moment, invented_at=moment)
            await user.save()
            made.append(user)
    return made


async def write_leads(stage: Stage, lives: Sequence[Life], moment: datetime) -> dict[int, Lead]:
    """The people with their lists and receipts, by number."""
    await add([people.lead_of(stage, life, moment) for life in lives])
    leads = {lead.email: lead for lead in await Lead.filter(invented_at__isnull=False)}
    for life in lives:
        life.lead_id = leads[life.figure.email].id
    listed = [people.subscription_of(stage, life) for life in lives]
    await add([one for one in listed if one])
    await add([receipt for life in lives for receipt in people.receipts_of(stage, life)])
    return {lead.id: lead for lead in leads.values()}


async def write_gifts(stage: Stage, lives: Sequence[Life]) -> dict[int, dict[str, Gift]]:
    """The ledger: by lead and slug."""
    made = [gift for life in lives for gift in people.gifts_of(stage, life)]
    await add(sorted(made, key=lambda gift: gift.requested_at))
    found: dict[int, dict[str, Gift]] = {}
    for gift in await Gift.filter(lead__invented_at__isnull=False):
        found.setdefault(gift.lead_id, {})[gift.asset_slug] = gift
    return found


async def write_posted(stage: Stage, posted: Posted) -> Tips:
    """The tips that went out; by lead and name those that arrived."""
    await add(posted.issues)
    await add(posted.deliveries)
    prints = []
    for life in posted.bounced:
        await outbox.suppress(stage.site, life.figure.email, "no such mailbox")
        prints.append(stage.site.fingerprint("suppression", life.figure.email))
    names = [issue.name for issue in posted.issues]
    await mark("issue", await _numbers(Issue, name__in=names))
    await mark("suppression", await _numbers(Suppression, fingerprint__in=prints))
    await mark("message", [message.id for message in posted.messages.values()])
    texts = {
        message.id: (name, message.subject, len(await outbox.links_of(message)))
        for (name, _), message in posted.messages.items()
    }
    found: Tips = {}
    for delivery in await Delivery.filter(lead__invented_at__isnull=False, state="sent"):
        if delivery.lead_id is not None:
            name, subject, links = texts[delivery.message_id]
            found.setdefault(delivery.lead_id, {})[name] = (delivery, subject, links)
    return found


async def _numbers(model: Any, **which: Any) -> list[int]:
    if not all(which.values()):
        return []
    return [int(number) for number in await model.filter(**which).values_list("id", flat=True)]


async def write_surprises(
    stage: Stage,
    lives: Sequence[Life],
    staff: Sequence[StaffUser],
    gifts: Mapping[int, Mapping[str, Gift]],
) -> list[Gift]:
    """The gifts that nobody asked for, with their numbers."""
    await add(giving.surprises(stage, lives, staff, gifts))
    return await Gift.filter(lead__invented_at__isnull=False, unasked_at__isnull=False)


async def write_kinds(stage: Stage, lives: Sequence[Life], staff: Sequence[StaffUser]) -> Taken:
    """What was taken that is no book, with what hangs on it."""
    made = kinds.gifts_of_kinds(stage, lives)
    await add(made)
    slugs = {gift.asset_slug for gift in made}
    written = await Gift.filter(lead__invented_at__isnull=False, asset_slug__in=slugs)
    found = kinds.taken(stage, written, staff)
    for kind in (Parcel, Voucher, TrialTerm):
        await add([row for row in found.rows if isinstance(row, kind)])
    return found


async def _price(stage: Stage) -> None:
    """What each title is, costs and is worth, and by which road it went, on its lines."""
    for slug in {asset.slug for asset in stage.library.all()}:
        asset = stage.asset(slug, "nl")
        await rows(
            "UPDATE ledger SET source = (SELECT g.source FROM gift g WHERE g.id ="
            " ledger.gift_number) WHERE source = 'site' AND gift_number IS NOT NULL"
            " AND asset_slug = ?"
            " AND lead_id IN (SELECT id FROM lead WHERE invented_at IS NOT NULL)",
            slug,
        )
        await rows(
            "UPDATE ledger SET kind = ?, cost = ?, value = ? WHERE asset_slug = ? AND kind = ''"
            " AND lead_id IN (SELECT id FROM lead WHERE invented_at IS NOT NULL)",
            asset.kind,
            asset.terms.cost,
            asset.value,
            slug,
        )


async def write_history(
    stage: Stage, told: History, logs: Mapping[int, list[Event]], ledger: Sequence[LedgerLine]
) -> None:
    """The log, the ledger, what was thought, and what sales did; counted on each lead."""
    every = [line for log in logs.values() for line in log]
    await add(sorted(every, key=lambda line: (line.at, line.lead_id)))
    await add(sorted(ledger, key=lambda line: line.at))
    await rows(LEDGER)
    await _price(stage)
    await rows(SPENT)
    await rows(COUNT)
    await add(told.scores)
    await Lead.filter(id__in=told.takers).update(taker_since=now())
    await add(sorted(told.transitions, key=lambda one: (one.at, one.lead_id)))
    await add(sorted(told.outcomes, key=lambda one: (one.at, one.lead_id)))
    await add(told.notes)
    await add(told.owned)


async def write_audit(
    stage: Stage, lives: Sequence[Life], posted: Posted, staff: Sequence[StaffUser]
) -> None:
    """Who did what in the year, as the audit log tells it."""
    seller, editor = staff[0], staff[-1]
    imported = [life.came for life in lives if life.figure.from_fair]
    told = [(issue.queued_at, editor.id, "issue.sent", issue.name) for issue in posted.issues]
    if imported:
        detail = f"leads: {len(imported)} good"
        told.append((max(imported), seller.id, "table.imported", detail))
    told.append((stage.office(12), seller.id, "leads.exported", "csv"))
    made = [
        await AuditEntry.create(at=when, staff_id=who, action=action, detail=detail)
        for when, who, action, detail in sorted(told, key=lambda one: one[0])
    ]
    await mark("audit_entry", [entry.id for entry in made])
    await mark("staff_user", [one.id for one in staff])
