"""What the house gave outside its site, and unasked: cards by post, a lunch, a surprise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from server.demo.figures import words
from server.demo.people import Life
from server.demo.staging import Stage, number_of
from server.gifts.models import Gift, LedgerLine
from server.staff.models import StaffUser
from server.tracking.models import Event

HAND_EVERY, SURPRISE_EVERY = 13, 17  # of so many people one
APART = timedelta(days=9)


@dataclass
class Extras:
    """Rows of the ledger with their lines of the log, by lead; and gifts that nobody asked for."""

    lines: list[LedgerLine] = field(default_factory=list)
    events: dict[int, list[Event]] = field(default_factory=dict)

    def add(self, line: LedgerLine, event: Event) -> None:
        """One gift, on the ledger and in the log."""
        self.lines.append(line)
        self.events.setdefault(line.lead_id, []).append(event)


def is_known(life: Life) -> bool:
    """They showed that their address is theirs."""
    return life.first("gift.taken") is not None or life.first("newsletter.confirmed") is not None


def _days_since(stage: Stage, life: Life) -> float:
    return (stage.midnight - life.came) / timedelta(days=1)


def by_hand(stage: Stage, lives: Sequence[Life], staff: Sequence[StaffUser]) -> Extras:
    """Some were given something in person, a while after they came."""
    found = Extras()
    for life in lives:
        chance = number_of("hand", life.figure.email)
        if chance % HAND_EVERY or life.figure.story or not is_known(life):
            continue
        day = stage.office(max(12.0, _days_since(stage, life) - 9.0 - chance % 23))
        if day <= life.came + APART:
            continue
        told = words()[life.figure.language]["hand"]
        given = told[chance // HAND_EVERY % len(told)]
        sellers = [one for one in staff if one.role == "sales"]
        _note(found, life, day, given, sellers[chance % len(sellers)])
    return found


def _note(found: Extras, life: Life, at: datetime, given: Mapping[str, Any], by: StaffUser) -> None:
    key = f"hand:demo:{life.lead_id}"
    kind, help_ = str(given["kind"]), given["kind"] == "help"
    line = LedgerLine(
        lead_id=life.lead_id,
        key=key,
        side="given",
        kind=kind,
        what=str(given["what"]),
        cost=float(given["cost"]),
        value=float(given["value"]),
        why=str(given["why"]),
        unexpected=not help_,
        personal=not help_,
        source="desk",
        by_name=by.shown_name,
        staff_id=by.id,
        at=at,
        recorded_at=at,
    )
    event = Event(
        lead_id=life.lead_id,
        kind="help.given" if help_ else "gift.sent",
        at=at,
        subject="",
        value=line.value,
        detail="" if help_ else "personal unexpected",
        evidence="human",
        dedup_key=key,
    )
    found.add(line, event)


def surprises(
    stage: Stage,
    lives: Sequence[Life],
    staff: Sequence[StaffUser],
    gifts: Mapping[int, Mapping[str, Gift]],
) -> list[Gift]:
    """Some on the list were given a title they had not asked for, with a sentence."""
    found = []
    seller = next(one for one in staff if one.role == "sales")
    for life in lives:
        chance = number_of("surprise", life.figure.email)
        had = gifts.get(life.lead_id, {})
        left = [piece.slug for piece in stage.pieces() if piece.slug not in had]
        if chance % SURPRISE_EVERY or life.figure.story or not (is_known(life) and had and left):
            continue
        at = stage.office(max(15.0, _days_since(stage, life) - 30.0))
        if at <= life.came + APART:
            continue
        told = words()[life.figure.language]["surprises"]
        found.append(
            Gift(
                lead_id=life.lead_id,
                asset_slug=left[0],
                language=life.figure.language,
                source="surprise",
                requested_at=at,
                confirmed_at=at + timedelta(hours=5) if chance % 3 else None,
                expires_at=at + timedelta(days=stage.house.gift_link_days),
                line=told[chance // SURPRISE_EVERY % len(told)],
                unasked_at=at,
                given_by_id=seller.id,
            )
        )
    return found


def wrapped(stage: Stage, surprised: Sequence[Gift], staff: Sequence[StaffUser]) -> Extras:
    """The lines of surprises that have a number by now."""
    found = Extras()
    names = {one.id: one.shown_name for one in staff}
    for gift in surprised:
        asset = stage.asset(gift.asset_slug, gift.language)
        key, by = f"surprise:{gift.id}", gift.given_by_id or 0
        line = LedgerLine(
            lead_id=gift.lead_id,
            key=key,
            side="given",
            kind=asset.kind,
            asset_slug=gift.asset_slug,
            gift_number=gift.id,
            cost=asset.terms.cost,
            value=asset.value,
            why=gift.line,
            unexpected=True,
            personal=True,
            source="desk",
            by_name=names.get(by, ""),
            staff_id=gift.given_by_id,
            at=gift.requested_at,
            recorded_at=gift.requested_at,
        )
        found.add(line, _line(gift, "gift.sent", key, gift.requested_at, asset.value))
        if gift.confirmed_at:
            unwrapped = _line(gift, "gift.unwrapped", f"taken:{gift.id}", gift.confirmed_at)
            found.events[gift.lead_id].append(unwrapped)
    return found


def _line(gift: Gift, kind: str, key: str, at: datetime, value: float = 0.0) -> Event:
    return Event(
        lead_id=gift.lead_id,
        kind=kind,
        at=at,
        subject=gift.asset_slug,
        gift_number=gift.id,
        value=value,
        detail="personal unexpected" if kind == "gift.sent" else "",
        evidence="human",
        dedup_key=key,
    )
