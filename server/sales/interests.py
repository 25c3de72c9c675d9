"""What a lead is interested in, because of which gifts; and why somebody counts as a hunter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from server.kit.clock import now
from server.kit.database import in_transaction
from server.leads.firms import is_disposable
from server.leads.models import Lead
from server.readiness.keeping import Judge, rescore
from server.sales.balance import Sheet
from server.staff import accounts
from server.staff.models import StaffUser

MOST_THEMES = 3


@dataclass(frozen=True)
class Interest:
    """A theme, and the titles that show it."""

    theme: str
    titles: tuple[str, ...]


def interests_of(sheet: Sheet, themes: Mapping[str, Sequence[str]]) -> list[Interest]:
    """The themes of what this lead was given, the most shown first; `themes` by title."""
    found: dict[str, list[str]] = {}
    for given in sheet.given:
        for theme in themes.get(given.title, ()):
            if given.title not in found.setdefault(theme, []):
                found[theme].append(given.title)
    ranked = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return [Interest(theme, tuple(titles[:3])) for theme, titles in ranked[:MOST_THEMES]]


@dataclass(frozen=True)
class Hunting:
    """Why a lead counts as a bargain hunter, and whether a person overruled it."""

    taken: int
    disposable: bool
    overruled: bool


def hunting_of(lead: Lead, sheet: Sheet) -> Hunting | None:
    """The reasons; None for who is no hunter."""
    if lead.taker_since is None:
        return None
    return Hunting(len(sheet.given), is_disposable(lead.domain), lead.trusted_at is not None)


async def trust(lead: Lead, judge: Judge, staff: StaffUser, why: str) -> bool:
    """Overrule it, with a reason that stands in the log; False where it stood so already."""
    return await _set(lead, judge, staff, why, trusted=True)


async def doubt(lead: Lead, judge: Judge, staff: StaffUser) -> bool:
    """Take that back; False where it stood so already."""
    return await _set(lead, judge, staff, "", trusted=False)


async def _set(lead: Lead, judge: Judge, staff: StaffUser, why: str, *, trusted: bool) -> bool:
    async with in_transaction():
        those = Lead.filter(id=lead.id, trusted_at__isnull=trusted)
        changed = bool(await those.update(trusted_at=now() if trusted else None))
        if changed:
            action = "hunter.trusted" if trusted else "hunter.doubted"
            told = f"lead {lead.id}" + (f": {why[:200]}" if why else "")
            await accounts.audit(action, told, staff)
    if changed:
        await rescore(lead.id, judge)
    return changed
