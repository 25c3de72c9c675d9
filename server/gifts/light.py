"""Turning the traffic light of a gift: answers with reasons, amber by two persons, red is the end.

Every change stays, with name and reason. What was given stays theirs; what is open to all is a
matter of the file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from server.gifts.models import LightChange
from server.kit.clock import now
from server.kit.database import among, in_transaction, lock_word, many, rows
from server.library.assets import Asset
from server.library.light import AMBER, LIGHTS, QUESTIONS, RED, Answer, Light
from server.staff import accounts
from server.staff.models import StaffUser

LONGEST_WHY = 1000


class LightError(ValueError):
    """The light cannot be turned like this; `key` is the text that says why."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True)
class Standing:
    """The light in force, what waits for a second person, and what was decided before.

    `since`: the change in force; None where the file is.
    """

    light: Light
    since: LightChange | None
    waiting: LightChange | None
    history: tuple[LightChange, ...]


async def standing_of(asset: Asset) -> Standing:
    """How the light of an asset stands."""
    return (await standings_of({asset.slug: asset}))[asset.slug]


async def standings_of(assets: Mapping[str, Asset]) -> dict[str, Standing]:
    """Slug → how its light stands, for many at once."""
    found: dict[str, list[LightChange]] = {}
    for change in await LightChange.filter(asset_slug__in=list(assets)).order_by("-id"):
        found.setdefault(change.asset_slug, []).append(change)
    standings = {}
    for slug, asset in assets.items():
        changes = found.get(slug, [])
        since = next((one for one in changes if one.is_in_force), None)
        waiting = changes[0] if changes and changes[0].waits else None
        light = _light_of(since) if since else asset.light
        standings[slug] = Standing(light, since, waiting, tuple(changes))
    return standings


def _light_of(change: LightChange) -> Light:
    answers = tuple(
        Answer(change.answers[one]["answer"], change.answers[one]["why"]) for one in QUESTIONS
    )
    return Light(answers, change.approved_name)


async def ended(slugs: list[str], today: date) -> frozenset[str]:
    """Which of these are given no more: their light is red and the last day is past."""
    if not slugs:
        return frozenset()
    found = await rows(
        "SELECT asset_slug, colour, ends_on FROM light_change WHERE withdrawn_at IS NULL"  # noqa: S608
        f" AND (colour <> 'amber' OR approved_at IS NOT NULL) AND {among('asset_slug')}"
        " ORDER BY id",
        many(slugs),
    )
    latest = {str(row["asset_slug"]): row for row in found}
    return frozenset(
        slug
        for slug, row in latest.items()
        if row["colour"] == RED and _is_past(row["ends_on"], today)
    )


def _is_past(ends_on: object, today: date) -> bool:
    return ends_on is None or date.fromisoformat(str(ends_on)[:10]) < today


@dataclass(frozen=True)
class Turn:
    """What somebody answers: by question; `why` for the whole; `ends_on` where it is to end."""

    answers: Mapping[str, Answer]
    why: str = ""
    ends_on: date | None = None

    def check(self, today: date) -> None:
        """Raise LightError where an answer or a reason is missing, or the end lies behind us."""
        for question in QUESTIONS:
            given = self.answers.get(question)
            if not given or given.answer not in LIGHTS:
                raise LightError("gifts.light_answer")
            if not given.why.strip() or len(given.why) > LONGEST_WHY:
                raise LightError("gifts.light_why")
        if self.ends_on and self.ends_on < today:
            raise LightError("gifts.light_past")


async def turn(asset: Asset, turned: Turn, staff: StaffUser, today: date) -> LightChange:
    """Write the answers down; an earlier set that still waits is withdrawn. Raises LightError."""
    turned.check(today)
    colour = Light(tuple(turned.answers[one] for one in QUESTIONS)).colour
    plain = {one: {"answer": a.answer, "why": a.why} for one, a in turned.answers.items()}
    async with in_transaction():
        await lock_word(f"asset:{asset.slug}")
        waiting = LightChange.filter(asset_slug=asset.slug, colour=AMBER, approved_at=None)
        await waiting.filter(withdrawn_at=None).update(withdrawn_at=now())
        change = await LightChange.create(
            asset_slug=asset.slug,
            answers=plain,
            colour=colour,
            why=turned.why[:LONGEST_WHY],
            at=now(),
            by_name=staff.shown_name[:120],
            staff=staff,
            ends_on=turned.ends_on if colour == RED else None,
        )
        await accounts.audit("light.turned", f"{asset.slug}: {colour}", staff)
    return change


async def approve(number: int, staff: StaffUser) -> bool:
    """The second pair of eyes; False for the one who answered, and for what no longer waits."""
    waits = LightChange.filter(id=number, approved_at=None, withdrawn_at=None, colour=AMBER)
    async with in_transaction():
        # The condition sits in the UPDATE: who answered cannot approve, whoever is first wins.
        won = await waits.exclude(staff_id=staff.id).update(
            approved_at=now(), approved_by_id=staff.id, approved_name=staff.shown_name[:120]
        )
        if won:
            await accounts.audit("light.approved", f"change {number}", staff)
    return bool(won)


async def withdraw(number: int, staff: StaffUser) -> bool:
    """Take a set of answers back: what stood before is in force again; False where it was."""
    async with in_transaction():
        won = await LightChange.filter(id=number, withdrawn_at=None).update(withdrawn_at=now())
        if won:
            await accounts.audit("light.withdrawn", f"change {number}", staff)
    return bool(won)
