"""The weekly rhythm: slots that fill themselves from the queue, and tips that start at their time.

Nothing happens before a person switches it on; no moment that lay before that, or before its tip
was there, is caught up. A moment that was missed for too long is held for a person.
"""

from datetime import datetime, timedelta

from server.kit.clock import now
from server.kit.database import db_time, in_transaction, lock_word, rows
from server.kit.slots import coming, week_of
from server.kit.text import day_and_date, say
from server.mail.notices import tell_staff
from server.newsletter import issuing, linting
from server.newsletter.audience import Rules
from server.newsletter.issuing import Editor
from server.newsletter.lineup import lineup, own_moment
from server.newsletter.models import Issue, IssuePlan, TipRhythm, TipTurn

WEEKS = 6  # how far ahead slots are filled: who was away for that long decides anew
NOTICE = timedelta(hours=48)
EARLIEST = timedelta(hours=27)  # no clock is further ahead of another


async def on_since() -> datetime | None:
    """Since when the slots are filled by themselves; None: they are not."""
    return (await TipRhythm.get(id=1)).on_at


async def switch(editor: Editor, *, on: bool) -> bool:
    """Start or stop the rhythm; False when it was so already. Stopping forgets what is to come."""
    async with in_transaction():
        if on:
            changed = await TipRhythm.filter(id=1, on_at=None).update(on_at=now())
        else:
            changed = await TipRhythm.filter(id=1, on_at__isnull=False).update(on_at=None)
            await TipTurn.filter(state__in=("open", "skipped")).delete()
            await IssuePlan.filter(state="planned", origin="file").delete()
    if on:
        await fill(editor)
    return changed == 1


async def skip(key: str, *, skipped: bool) -> bool:
    """Leave a slot to come empty, or take it up again; False when it is past."""
    before, after = ("open", "skipped") if skipped else ("skipped", "open")
    turns = TipTurn.filter(key=key, state=before, at__gt=now())
    return await turns.update(state=after, name="") == 1


async def fill(editor: Editor) -> None:
    """Bring what is to come up to date: the slots of the next weeks, each with its tip."""
    since = await on_since()
    if since is None:
        return
    async with in_transaction():
        await lock_word("the rhythm of tips")
        await _lay_out(editor, max(now(), since))
        await _plan_files(editor)
        await _assign(editor)


async def _lay_out(editor: Editor, after: datetime) -> None:
    wanted = {turn.key: turn for turn in coming(editor.house.tip_slots, editor.zone, after, WEEKS)}
    there = {turn.key: turn for turn in await TipTurn.filter(at__gt=after - timedelta(days=8))}
    for key, turn in wanted.items():
        if key not in there:
            await rows(
                "INSERT INTO tip_turn (key, at, state, name) VALUES (?, ?, 'open', '')"
                " ON CONFLICT (key) DO NOTHING",
                key,
                db_time(turn.at),
            )
        elif there[key].at != turn.at and there[key].at > after:
            await TipTurn.filter(key=key, at__gt=after).update(at=turn.at)
    idle = [key for key, turn in there.items() if key not in wanted and turn.at > after]
    if idle:
        await TipTurn.filter(key__in=idle, state="open").delete()


async def _plan_files(editor: Editor) -> None:
    """What a file says about its own time; a time that is past is nothing we act upon."""
    known = {plan.name: plan for plan in await IssuePlan.all()}
    started, moment = await issuing.sent_names(), now()
    for name, editions in editor.tips.issues().items():
        at, plan = own_moment(editions[0], editor.house, editor.zone), known.get(name)
        if name in started or not at or at <= moment:
            continue
        if plan is None:
            await IssuePlan.create(name=name, state="planned", send_at=at, origin="file")
        elif plan.origin == "file" and plan.state == "planned" and plan.send_at != at:
            await IssuePlan.filter(id=plan.id, state="planned").update(send_at=at)


async def _assign(editor: Editor) -> None:
    """Each open slot its tip: one that is planned in that week, else the next of the queue."""
    planned = {plan.name: plan for plan in await IssuePlan.filter(state="planned")}
    own: dict[str, list[str]] = {}
    for name, plan in sorted(planned.items(), key=lambda item: item[1].send_at or now()):
        if plan.send_at:
            own.setdefault(week_of(plan.send_at, editor.zone), []).append(name)
    queue = list(await lineup(editor.tips, editor.house, editor.zone))
    for turn in await TipTurn.filter(state="open", at__gt=now()).order_by("at", "id"):
        mine = own.get(turn.key[: turn.key.rindex("-") + 1], [])
        name = mine.pop(0) if mine else (queue.pop(0) if queue else "")
        if turn.name != name:
            await TipTurn.filter(id=turn.id, state="open", at__gt=now()).update(name=name)


async def start_due(editor: Editor) -> int:
    """Start what has come to its time, and hold what is past it; how many.

    However many look at once, each slot and each plan is taken by one of them.
    """
    done, moment = 0, now()
    for plan in await IssuePlan.filter(state="planned", send_at__lte=moment + EARLIEST):
        if plan.send_at and await _is_due(editor, plan.name, plan.send_at, moment):
            done += await _start_plan(editor, plan)
    if await on_since() is None:
        return done
    for turn in await TipTurn.filter(state="open", at__lte=moment + EARLIEST).order_by("at"):
        if await _is_due(editor, turn.name, turn.at, moment):
            done += await _start_turn(editor, turn)
    return done


async def _is_due(editor: Editor, name: str, at: datetime, moment: datetime) -> bool:
    if at <= moment:
        return True
    local = Rules.of(editor.tips.issues().get(name, []), local=editor.house.tips_local).local
    return local and bool(name) and await issuing.starts_at(editor.zone, at, local=True) <= moment


async def _start_plan(editor: Editor, plan: IssuePlan) -> int:
    async with in_transaction():
        # Taken by a change that only one can make; what is too late stays, held.
        mine = IssuePlan.filter(id=plan.id, state="planned", send_at__lte=_just_after(plan))
        won = await mine.update(state="held")
        in_time = won and plan.send_at and not _is_late(editor, plan.name, plan.send_at)
        if in_time and await _is_fit(editor, plan.name):
            await issuing.send(editor, plan.name, planned=plan.send_at)
            # It was the tip of its week: the slot of that week sends no other.
            await TipTurn.filter(name=plan.name, state="open").update(state="done")
    return won


def _just_after(plan: IssuePlan) -> datetime | None:
    """A plan that was moved to later meanwhile is another one."""
    return plan.send_at + timedelta(seconds=1) if plan.send_at else None


async def _start_turn(editor: Editor, turn: TipTurn) -> int:
    async with in_transaction():
        taken = await rows(
            "UPDATE tip_turn SET state = 'done' WHERE id = ? AND state = 'open' RETURNING name",
            turn.id,
        )
        name = str(taken[0]["name"]) if taken else ""
        if not name or await Issue.exists(name=name):
            return len(taken)
        if await IssuePlan.exists(name=name, state__in=("planned", "held")):
            return 1  # it has a time of its own in this week
        if _is_late(editor, name, turn.at) or not await _is_fit(editor, name):
            await _hold(name, turn.at)
        else:
            await issuing.send(editor, name, planned=turn.at)
    return 1


async def _hold(name: str, at: datetime) -> None:
    await rows(
        "INSERT INTO issue_plan (name, state, send_at, place, origin)"
        " VALUES (?, 'held', ?, 0, 'slot') ON CONFLICT (name) DO UPDATE SET state = 'held',"
        " send_at = excluded.send_at, origin = 'slot'",
        name,
        db_time(at),
    )


async def _is_fit(editor: Editor, name: str) -> bool:
    """Nothing in it must be mended first; otherwise the editors are told what, once."""
    try:
        linting.demand_fit(editor, name)
    except linting.UnfitError as error:
        fault = error.findings[0]

        def words(language: str) -> tuple[str, str]:
            title = say(language, "newsletter.held_title", issue=name)
            place = f"{fault.file.name}:{fault.line}"
            told = f"{place} {fault.sentence(language)}"
            return title, say(language, "newsletter.held_text", fault=told)

        key = f"unfit:{name}:{now():%Y%m%d}"
        await tell_staff(editor, key, words, f"/desk/newsletter/{name}", role="editor")
        return False
    return True


def _is_late(editor: Editor, name: str, at: datetime) -> bool:
    """Past the time that its file gives it, or its file is gone."""
    editions = editor.tips.issues().get(name)
    return not editions or now() > at + editions[0].lives


async def tell_empty(editor: Editor) -> int:
    """Tell the editors of a slot that has no tip two days before, once; how many mails."""
    if await on_since() is None:
        return 0
    told = 0
    soon = TipTurn.filter(state="open", name="", told_at=None, at__lte=now() + NOTICE)
    for turn in await soon.filter(at__gt=now()):
        at = turn.at.astimezone(editor.zone)

        def words(language: str, at: datetime = at) -> tuple[str, str]:
            day = day_and_date(language, at)
            title = say(language, "newsletter.empty_slot_title", day=day)
            return title, say(language, "newsletter.empty_slot_text", day=day, time=f"{at:%H:%M}")

        async with in_transaction():
            if await TipTurn.filter(id=turn.id, told_at=None).update(told_at=now()):
                key, page = f"empty:{turn.key}", "/desk/newsletter"
                told += await tell_staff(editor, key, words, page, role="editor")
    return told
