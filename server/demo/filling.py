"""Filling an empty database with a believable year up to today."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from server.demo import giving, history, kinds, lots, opening, posting, shelving
from server.demo.figures import FAIR, Figure, make_figures, words
from server.demo.history import History, Team
from server.demo.lines import Subjects, lines_of
from server.demo.models import Demo
from server.demo.people import Life
from server.demo.staging import Stage, make_stage, placed
from server.demo.worlds import YEAR, World
from server.kit.clock import now
from server.kit.database import count_anew, in_transaction, lock_word, rows
from server.kit.settings import Settings
from server.leads.models import Lead
from server.staff.models import AuditEntry, StaffUser
from server.tracking.models import Event

SIZE = 400
EMPTY = ("lead", "issue", "demo")


class NothingToGiveError(Exception):
    """The library has nothing that somebody could ask for."""


@dataclass(frozen=True)
class Filled:
    """How much was made."""

    leads: int
    gifts: int
    events: int
    issues: int
    outcomes: int


async def is_empty() -> bool:
    """Nobody was ever here, and no demo was taken away either."""
    for table in EMPTY:
        if await rows(f"SELECT id FROM {table} LIMIT 1"):  # noqa: S608
            return False
    return not await AuditEntry.exists(action="demo.emptied")


async def fill(settings: Settings, size: int = SIZE) -> Filled | None:
    """Fill an empty database, all or nothing; None, and no change, where it is not empty.

    The same for the same day, content and secret; no mail is sent and none is left to be sent.
    Raises NothingToGiveError.
    """
    stage = make_stage(settings)
    if not stage.pieces():
        raise NothingToGiveError
    async with in_transaction():
        await lock_word("demo")
        if not await is_empty():
            return None
        filled = await _fill(stage, size)
    await count_anew("lead", "event", "delivery", "gift", "score")
    return filled


async def _fill(stage: Stage, size: int) -> Filled:
    moment = now()
    await Demo.create(filled_at=moment)
    staff = await shelving.hire(moment)
    figures, world = make_figures(size, stage.pieces(), stage.mailings(), YEAR)
    lives = [_life(stage, figure, world) for figure in figures]
    lives = sorted([life for life in lives if life.done], key=lambda life: life.came)
    leads = await shelving.write_leads(stage, lives, moment)
    gifts = await shelving.write_gifts(stage, lives)
    await opening.open_pages(stage, lives)
    posted = await posting.post_year(stage, lives, world.mailings)
    tips = await shelving.write_posted(stage, posted)
    logs = {
        life.lead_id: lines_of(
            stage, life, world, Subjects(gifts.get(life.lead_id, {}), tips.get(life.lead_id, {}))
        )
        for life in lives
    }
    extras = [
        giving.by_hand(stage, lives, staff),
        giving.wrapped(stage, await shelving.write_surprises(stage, lives, staff, gifts), staff),
    ]
    took = await shelving.write_kinds(stage, lives, staff)
    asked = await kinds.ask_and_quote(
        [one for mine in gifts.values() for one in mine.values()], staff
    )
    await lots.lay_out(stage, str(words()["fair"]), gifts, staff)
    await lots.draw(stage, lives)
    more = [extra.events for extra in extras] + [took.events, asked.events]
    for lead_id, events in (item for found in more for item in found.items()):
        logs[lead_id] = sorted([*logs[lead_id], *events], key=lambda line: line.at)
    told = _remember(stage, lives, leads, logs, staff)
    admin = await StaffUser.filter(role="admin", disabled_at=None, invented_at=None).first()
    if admin:
        history.give_to(stage, lives, admin, told)
    await shelving.write_history(
        stage, told, logs, [line for extra in extras for line in extra.lines]
    )
    await shelving.write_audit(stage, lives, posted, staff)
    return Filled(
        len(lives),
        sum(len(mine) for mine in gifts.values()),
        sum(len(log) for log in logs.values()),
        len(posted.issues),
        len(told.outcomes),
    )


def _life(stage: Stage, figure: Figure, world: World) -> Life:
    life = Life(figure, placed(stage, figure.person, world))
    life.fair = stage.moment(FAIR) if figure.from_fair else None
    return life


def _remember(
    stage: Stage,
    lives: Sequence[Life],
    leads: Mapping[int, Lead],
    logs: Mapping[int, list[Event]],
    staff: Sequence[StaffUser],
) -> History:
    """What sales recorded and what was thought; the lines of sales are added to the logs."""
    sellers = [one for one in staff if one.role != "editor"]
    team = Team(stage, lives, leads, sellers, stage.library.kinds())
    # Sales takes up who became ready, within weeks; a first look tells who that would be.
    history.take_up(team, history.unfold(team, {key: [*log] for key, log in logs.items()}))
    return history.unfold(team, logs)
