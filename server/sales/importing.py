"""Taking a checked table in: the good rows in one transaction, the others told with their reason.

An import sends no mail. It fills in what was empty of a lead who is known and changes nothing that
they told us themselves; who left the list, or gets nothing more, does not come back by a table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from server.gifts import by_hand
from server.gifts.by_hand import ByHandError, Handmade
from server.kit.addresses import domain_of
from server.kit.clock import now
from server.kit.database import (
    count_anew,
    db_json,
    db_time,
    hold_rows,
    in_transaction,
    lock_word,
    rows,
)
from server.kit.house import House
from server.kit.site import Site
from server.leads.consents import digest
from server.leads.models import Consent, Lead, Subscription, company_key
from server.leads.subscribing import TIPS
from server.mail.models import Suppression
from server.readiness.keeping import Judge
from server.sales import purchases
from server.sales.incoming import Checked
from server.sales.incoming_rows import GiftRow, LeadRow, OutcomeRow, PurchaseRow, Refused
from server.sales.outcomes import Result, write_outcome
from server.sales.purchases import Bought, PurchaseError
from server.tracking.log import Entry, record

CHUNK = 500
MANY = 2000  # rows after which the database looks anew how large its tables are
LONGEST_THEMES = 400
UNSCORED = -1  # events scored: a lead without a line is scored too


@dataclass
class Taken:
    """What became of the rows: made a lead or a line, changed one, or told nothing new."""

    made: int = 0
    changed: int = 0
    same: int = 0
    refused: list[Refused] = field(default_factory=list)

    @property
    def good(self) -> int:
        return self.made + self.changed + self.same


@dataclass(frozen=True)
class Importer:
    """What an import needs: `source` says where the table and its consents come from."""

    site: Site
    judge: Judge
    source: str
    house: House


async def take_in(importer: Importer, checked: Checked) -> Taken:
    """Write the good rows of a table, all or nothing."""
    taken = Taken(refused=list(checked.refused))
    async with in_transaction():
        # Two tables at once would wait for each other's leads.
        await lock_word("import")
        leads = [row for row in checked.good if isinstance(row, LeadRow)]
        for start in range(0, len(leads), CHUNK):
            await _take_leads(importer, leads[start : start + CHUNK], taken)
        for row in checked.good:
            if isinstance(row, OutcomeRow):
                await _take_outcome(importer, row, taken)
            elif isinstance(row, PurchaseRow):
                await _take_purchase(importer, row, taken)
            elif isinstance(row, GiftRow):
                await _take_gift(importer, row, taken)
        if taken.made > MANY:
            await count_anew("lead", "subscription", "consent", "event")
    taken.refused.sort(key=lambda one: one.line)
    return taken


async def take_in_lead(importer: Importer, row: LeadRow) -> Taken:
    """One lead by another road than a table, by the same rules. What is refused says why."""
    taken = Taken()
    async with in_transaction():
        await lock_word(row.email)
        await _take_leads(importer, [row], taken)
    return taken


async def _take_leads(importer: Importer, chunk: Sequence[LeadRow], taken: Taken) -> None:
    found = await _known(chunk)
    # Asked when those who are there can no more be erased: who was erased before is in here.
    closed = await _suppressed(importer.site, [row.email for row in chunk])
    left = await _left([lead.id for lead in found.values()])
    wanted = []
    for row in chunk:
        lead = found.get(row.email)
        if row.email in closed:
            taken.refused.append(Refused(row.line, "sales.row_suppressed"))
        elif lead and row.consent_at and lead.id in left and left[lead.id] >= row.consent_at:
            taken.refused.append(Refused(row.line, "sales.row_left"))
        else:
            wanted.append(row)
    fresh = [row for row in wanted if row.email not in found]
    made = await _make(fresh, importer.source)
    taken.made += len(made)
    # A form may have been first.
    found |= await _known([row for row in fresh if row.email not in made])
    gone = [row for row in fresh if row.email not in made and row.email not in found]
    taken.refused += [Refused(row.line, "sales.row_suppressed") for row in gone]
    for row in wanted:
        if row.email in found:
            changed = await _fill_in(found[row.email], row)
            taken.changed += changed
            taken.same += not changed
    numbers = made | {email: lead.id for email, lead in found.items()}
    await _subscribe(wanted, numbers, importer.source)
    await _welcome_customers(wanted, numbers)
    await purchases.join(importer.site, importer.house, [row.email for row in wanted])


async def _known(chunk: Sequence[LeadRow]) -> dict[str, Lead]:
    """Who of these is there, by address; they cannot be erased before we are done."""
    if not chunk:
        return {}
    # As VALUES: with a list PostgreSQL, which planned while the table was empty, reads all of it.
    holes = ", ".join(["(?)"] * len(chunk))
    found = await rows(
        f"SELECT id FROM lead WHERE email IN (VALUES {holes}) ORDER BY id{hold_rows()}",  # noqa: S608
        *[row.email for row in chunk],
    )
    leads = await Lead.filter(id__in=[one["id"] for one in found]) if found else []
    return {lead.email: lead for lead in leads}


async def _suppressed(site: Site, emails: Sequence[str]) -> set[str]:
    prints = {site.fingerprint("suppression", email): email for email in emails}
    found = await Suppression.filter(fingerprint__in=list(prints)).values_list(
        "fingerprint", flat=True
    )
    return {prints[str(one)] for one in found}


async def _left(lead_ids: Sequence[int]) -> dict[int, datetime]:
    """Who left the list themselves, and when."""
    if not lead_ids:
        return {}
    ended = Subscription.filter(lead_id__in=list(lead_ids), list=TIPS, ended_at__isnull=False)
    return {one.lead_id: one.ended_at for one in await ended if one.ended_at}


async def _make(fresh: Sequence[LeadRow], source: str) -> dict[str, int]:
    """New leads in one statement; address → number."""
    if not fresh:
        return {}
    moment = db_time(now())
    values = [
        [
            row.email,
            row.name,
            row.company,
            company_key(row.company),
            row.role,
            row.language,
            source[:120],
            moment,
            moment,
            _time(row.consent_at),
            moment,
            domain_of(row.email),
            row.themes,
            db_json(dict(row.facts)),
            _time(row.customer_since),
            _time(row.optout_offered_at),
            moment,
            row.timezone,
            UNSCORED,
        ]
        for row in fresh
    ]
    written = await _insert(
        "INSERT INTO lead (email, name, company, company_key, role, language, source, created_at,"
        " asked_at, verified_at, last_event_at, domain, themes, facts, customer_since,"
        " optout_offered_at, imported_at, timezone, events_scored)",
        values,
        "ON CONFLICT (email) DO NOTHING RETURNING id, email",
    )
    return {str(row["email"]): int(row["id"]) for row in written}


async def _fill_in(lead: Lead, row: LeadRow) -> bool:
    """Fill in what was empty of a lead we know; True when something was."""
    told = {
        "name": row.name,
        "company": row.company,
        "role": row.role,
        "themes": row.themes,
        "timezone": row.timezone,
        "customer_since": row.customer_since,
        "optout_offered_at": row.optout_offered_at,
    }
    fresh: dict[str, Any] = {
        name: value for name, value in told.items() if value and not getattr(lead, name)
    }
    more = {name: value for name, value in row.facts.items() if name not in lead.facts}
    if more:
        fresh["facts"] = {**lead.facts, **more}
    if "company" in fresh:
        fresh["company_key"] = company_key(row.company)
    if row.consent_at and not lead.verified_at:
        fresh["verified_at"] = row.consent_at
    if not fresh:
        return False
    await Lead.filter(id=lead.id).update(**fresh)
    return True


async def _subscribe(wanted: Sequence[LeadRow], numbers: Mapping[str, int], source: str) -> None:
    """Put those with proof on the list, with a receipt for each who was not on it yet."""
    with_proof = [row for row in wanted if row.consent_at and row.email in numbers]
    if not with_proof:
        return
    page = f"import: {source}"[:200]
    values = []
    for row in with_proof:
        at = _time(row.consent_at)
        values.append([numbers[row.email], TIPS, row.consent_how, page, "", at, at])
    written = await _insert(
        "INSERT INTO subscription (lead_id, list, wording, page, network, asked_at, confirmed_at)",
        values,
        "ON CONFLICT (lead_id, list) DO UPDATE SET wording = excluded.wording,"
        " page = excluded.page, asked_at = excluded.asked_at,"
        " confirmed_at = excluded.confirmed_at, ended_at = NULL"
        " WHERE subscription.confirmed_at IS NULL OR subscription.ended_at IS NOT NULL"
        " RETURNING lead_id",
    )
    joined = {int(row["lead_id"]) for row in written}
    await _write_receipts([r for r in with_proof if numbers[r.email] in joined], numbers, page)


async def _write_receipts(joined: Sequence[LeadRow], numbers: Mapping[str, int], page: str) -> None:
    """The receipts, each chained to the one before it of the same lead."""
    before = await _last_hashes([numbers[row.email] for row in joined])
    values = []
    for row in joined:
        number = numbers[row.email]
        receipt = Consent(
            lead_id=number,
            purpose=TIPS,
            given=True,
            wording=row.consent_how,
            page=page,
            network="",
            asked_at=row.consent_at,
            at=row.consent_at,
            proof="import",
        )
        hash_ = digest(receipt, before.get(number, ""))
        at = _time(row.consent_at)
        values.append([number, TIPS, True, row.consent_how, page, "", at, at, "import", hash_])
    await _insert(
        "INSERT INTO consent (lead_id, purpose, given, wording, page, network, asked_at, at,"
        " proof, hash)",
        values,
    )


async def _last_hashes(lead_ids: Sequence[int]) -> dict[int, str]:
    if not lead_ids:
        return {}
    holes = ", ".join(["(CAST(? AS INTEGER))"] * len(lead_ids))
    found = await rows(
        f"SELECT lead_id, hash FROM consent WHERE lead_id IN (VALUES {holes}) ORDER BY id",  # noqa: S608
        *lead_ids,
    )
    return {int(one["lead_id"]): str(one["hash"]) for one in found}


async def _welcome_customers(wanted: Sequence[LeadRow], numbers: Mapping[str, int]) -> None:
    for row in wanted:
        if row.customer_since and row.email in numbers:
            number = numbers[row.email]
            await record(
                Entry(
                    number,
                    "purchase",
                    f"customer:{number}",
                    detail="customer since",
                    evidence="human",
                    at=row.customer_since,
                )
            )


async def _take_outcome(importer: Importer, row: OutcomeRow, taken: Taken) -> None:
    lead = await Lead.select_for_update(no_key=True).get_or_none(email=row.email)
    if not lead:
        taken.refused.append(Refused(row.line, "sales.row_unknown"))
        return
    key = f"import:{lead.id}:{row.kind}:{row.at.isoformat()}"
    result = Result(row.kind, row.reason, row.value, row.until, row.at, "import", key)
    written = await write_outcome(lead, result, importer.judge, None)
    taken.made += written is not None
    taken.same += written is None


async def _take_purchase(importer: Importer, row: PurchaseRow, taken: Taken) -> None:
    lead = await Lead.select_for_update(no_key=True).get_or_none(email=row.email)
    if not lead:
        taken.refused.append(Refused(row.line, "sales.row_unknown"))
        return
    bought = Bought(row.amount, row.at, row.what, row.number, source="table")
    try:
        written = await purchases.take(importer.house, lead, bought)
    except PurchaseError as error:
        taken.refused.append(Refused(row.line, error.key))
        return
    taken.made += written
    taken.same += not written


async def _take_gift(importer: Importer, row: GiftRow, taken: Taken) -> None:
    lead = await Lead.select_for_update(no_key=True).get_or_none(email=row.email)
    if not lead:
        taken.refused.append(Refused(row.line, "sales.row_unknown"))
        return
    if row.asset and row.asset not in importer.judge.kinds:
        taken.refused.append(Refused(row.line, "sales.row_no_asset", {"asset": row.asset}))
        return
    made = Handmade(
        row.kind,
        row.what,
        row.at,
        cost=row.cost,
        value=row.value,
        why=row.why,
        asset_slug=row.asset,
        by_name=row.by,
        source="table",
    )
    try:
        written = await by_hand.give(importer.house, lead, made, None)
    except ByHandError as error:
        taken.refused.append(Refused(row.line, error.key))
        return
    taken.made += written is not None
    taken.same += written is None


def _time(moment: datetime | None) -> Any:
    return db_time(moment) if moment else None


async def _insert(into: str, values: Sequence[Sequence[Any]], then: str = "") -> list[Any]:
    """Many rows in one statement; what it returns."""
    if not values:
        return []
    one = f"({', '.join('?' * len(values[0]))})"
    flat = [value for row in values for value in row]
    return await rows(f"{into} VALUES {', '.join([one] * len(values))} {then}", *flat)
