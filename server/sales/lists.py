"""The lists: who is ready today, and all leads with search and pages by place, not by number."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime

from server.kit.database import db_time, rows
from server.leads.models import Lead
from server.readiness.models import Score
from server.sales.rows import Row, View, row_of

PAGE = 50
MOST_TODAY = 12
HOLDS = "({})".format(
    " OR ".join(f"LOWER(l.{column}) LIKE ? ESCAPE '!'" for column in ("email", "name", "company"))
)
STATES = ("ready", "reading", "resting", "new", "customer", "objected")


@dataclass(frozen=True)
class Today:
    """Whom to talk to today; `counts` tells how many are in each state."""

    ready: list[Row]
    ask: list[Row]
    counts: dict[str, int]


async def today(view: View) -> Today:
    """Who is ready, and who can be asked how they liked something; by what came back last."""
    ready = await _rows(view, state="ready")
    # A sentence is made now: who is past their state or step since the score was kept is left out.
    shown = [row for row in ready if row.state == "ready"]
    # Who asked to be called comes first; a sort keeps the order of the others.
    shown.sort(key=lambda row: row.step != "call_back")
    ask = [row for row in await _rows(view, step="ask_liked") if row.step == "ask_liked"]
    asked = [row for row in ask if row.state != "ready"]
    counted = await rows("SELECT state, COUNT(*) AS n FROM score GROUP BY state")
    counts = {str(row["state"]): int(row["n"]) for row in counted}
    return Today(shown, asked, counts)


async def _rows(view: View, **which: str) -> list[Row]:
    scores = (
        await Score.filter(**which)
        .order_by("-returned_at", "-points", "lead_id")
        .limit(MOST_TODAY)
        .prefetch_related("lead")
    )
    return [row_of(score.lead, score, view) for score in scores]


@dataclass(frozen=True)
class Page:
    """One page of the list; `after` is the place where the next begins, empty at the end."""

    rows: list[Row]
    after: str


async def page_of(view: View, query: str = "", state: str = "", after: str = "") -> Page:
    """Leads by their last event, newest first; with a query those whose name, firm or address
    holds it, with a state those who are in it."""
    where: list[str] = ["1 = 1"]
    values: list[object] = []
    if query:
        where.append(HOLDS)
        values += [f"%{_like(query)}%"] * 3
    if state in STATES:
        where.append("s.state = ?")
        values.append(state)
    place = _open_place(after)
    if place:
        where.append("(l.last_event_at, l.id) < (?, ?)")
        values += [db_time(place[0]), place[1]]
    found = await rows(
        "SELECT l.id FROM lead l LEFT JOIN score s ON s.lead_id = l.id WHERE "  # noqa: S608 (fixed parts)
        + " AND ".join(where)
        + f" ORDER BY l.last_event_at DESC, l.id DESC LIMIT {PAGE + 1}",
        *values,
    )
    ids = [row["id"] for row in found[:PAGE]]
    leads = {lead.id: lead for lead in await Lead.filter(id__in=ids)} if ids else {}
    scores = {score.lead_id: score for score in await Score.filter(lead_id__in=ids)} if ids else {}
    shown = [row_of(leads[one], scores.get(one), view) for one in ids]
    more = len(found) > PAGE
    return Page(shown, _place(leads[ids[-1]]) if more else "")


def _like(query: str) -> str:
    folded = query.casefold()
    return folded.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _place(lead: Lead) -> str:
    text = f"{lead.last_event_at.astimezone(UTC).isoformat()}|{lead.id}"
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _open_place(after: str) -> tuple[datetime, int] | None:
    """A place from an address; anything that is none counts as the beginning."""
    try:
        text = urlsafe_b64decode(after[:200] + "==").decode()
        moment, _, number = text.partition("|")
        return datetime.fromisoformat(moment), int(number)
    except (ValueError, UnicodeError):
        return None
