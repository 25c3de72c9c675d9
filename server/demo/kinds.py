"""Seats, parcels, first times and trials of the year, and what was asked and quoted of books."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from server.demo.giving import is_known
from server.demo.people import Life
from server.demo.staging import Stage, number_of
from server.gifts.kinds import term_of
from server.gifts.models import Gift, Parcel, TrialTerm, Voucher
from server.library.assets import Asset
from server.library.kinds import Trial
from server.staff.models import StaffUser
from server.tracking.models import Event

EVERY = 9  # of so many people one took a gift of some kind
QUOTED_EVERY, SHOWN_EVERY = 4, 2
LETTERS = "ACDEFHJKMNPRTWXY34679"
DAY = timedelta(days=1)


@dataclass
class Taken:
    """Rows that hang on a gift of a kind, and the lines of the log, by lead."""

    rows: list[Any] = field(default_factory=list)
    events: dict[int, list[Event]] = field(default_factory=dict)

    def note(self, gift: Gift, kind: str, at: datetime, key: str, value: float = 0.0) -> None:
        """One line of the log about a gift."""
        line = Event(
            lead_id=gift.lead_id,
            kind=kind,
            at=at,
            subject=gift.asset_slug,
            gift_number=gift.id,
            value=value,
            evidence="human",
            rule="10-button",
            dedup_key=key,
        )
        self.events.setdefault(gift.lead_id, []).append(line)


def gifts_of_kinds(stage: Stage, lives: Sequence[Life]) -> list[Gift]:
    """Some took something that is no book, weeks after they came; none more than there are."""
    slugs = sorted({one.slug for one in stage.library.all() if not one.is_open and not one.is_book})
    left = {slug: _most(stage.asset(slug, "nl")) for slug in slugs}
    found = []
    for life in lives:
        chance = number_of("kind", life.figure.email)
        if not slugs or chance % EVERY or life.figure.story or not is_known(life):
            continue
        slug = slugs[chance // EVERY % len(slugs)]
        at = stage.office(3 + chance % 160)
        if left[slug] < 1 or at < life.came + 3 * DAY:
            continue
        left[slug] -= 1
        found.append(
            Gift(
                lead_id=life.lead_id,
                asset_slug=slug,
                language=life.figure.language,
                source="site",
                requested_at=at,
                confirmed_at=at + timedelta(minutes=7),
                expires_at=at + timedelta(days=stage.house.gift_link_days),
            )
        )
    return found


def _most(asset: Asset) -> int:
    return (asset.terms.limits.total or 1000) - 2


def taken(stage: Stage, gifts: Sequence[Gift], staff: Sequence[StaffUser]) -> Taken:
    """What hangs on these gifts, now that they have a number."""
    found, by = Taken(), next(one for one in staff if one.role == "sales")
    for gift in gifts:
        asset = stage.asset(gift.asset_slug, gift.language)
        at = gift.confirmed_at or gift.requested_at
        started = asset.kind == "trial"
        kind = "trial.started" if started else "gift.taken"
        found.note(gift, kind, at, f"taken:{gift.id}", term_of(asset) if started else 0.0)
        make = MAKERS.get(asset.kind)
        if make:
            make(stage, found, gift, asset, by)
    return found


def _parcel(stage: Stage, found: Taken, gift: Gift, asset: Asset, by: StaffUser) -> None:
    at = gift.confirmed_at or gift.requested_at
    sent = at + 2 * DAY if at + 4 * DAY < stage.midnight else None
    # As the product does: where a parcel went is forgotten some time after it left.
    is_over = sent is not None and sent + 90 * DAY < stage.midnight
    number = gift.id % 90 + 1
    found.rows.append(
        Parcel(
            lead_id=gift.lead_id,
            gift_id=gift.id,
            name="" if is_over else "Receptie",
            street="" if is_over else f"Voorbeeldlaan {number}",
            postcode="" if is_over else f"12{number:02d} AB",
            town="" if is_over else "Deventer",
            country="" if is_over else "NL",
            given_at=at,
            sent_at=sent,
            sent_by_id=by.id if sent else None,
            forgotten_at=sent + 90 * DAY if sent and is_over else None,
        )
    )
    if sent:
        found.note(gift, "sample.sent", sent, f"sent:{gift.id}")


def _voucher(stage: Stage, found: Taken, gift: Gift, asset: Asset, by: StaffUser) -> None:
    at = gift.confirmed_at or gift.requested_at
    used = at + 12 * DAY if gift.id % 2 and at + 14 * DAY < stage.midnight else None
    letters = [LETTERS[number_of(f"code{n}", str(gift.id)) % len(LETTERS)] for n in range(8)]
    found.rows.append(
        Voucher(
            lead_id=gift.lead_id,
            gift_id=gift.id,
            code=f"{''.join(letters[:4])}-{''.join(letters[4:])}",
            made_at=at,
            redeemed_at=used,
            redeemed_by_id=by.id if used else None,
            redeemed_name=by.shown_name if used else "",
        )
    )
    if used:
        found.note(gift, "voucher.redeemed", used, f"redeemed:{gift.id}")


def _trial(stage: Stage, found: Taken, gift: Gift, asset: Asset, by: StaffUser) -> None:
    begins = gift.confirmed_at or gift.requested_at
    trial = asset.particulars
    if not isinstance(trial, Trial):
        return
    ends = trial.ends(begins, stage.zone)
    remind = begins + 0.8 * (ends - begins)
    over, told = ends < stage.midnight, remind < stage.midnight
    found.rows.append(
        TrialTerm(
            lead_id=gift.lead_id,
            gift_id=gift.id,
            starts_at=begins,
            remind_at=remind,
            ends_at=ends,
            reminded_at=remind if told else None,
            ended_at=ends if over else None,
        )
    )


MAKERS: Mapping[str, Callable[[Stage, Taken, Gift, Asset, StaffUser], None]] = {
    "sample": _parcel,
    "service": _voucher,
    "trial": _trial,
}


async def ask_and_quote(gifts: Sequence[Gift], staff: Sequence[StaffUser]) -> Taken:
    """Who said how they liked a book was asked the day before; some may be quoted."""
    found, by = Taken(), next(one for one in staff if one.role == "editor")
    for gift in gifts:
        if not gift.liked_at:
            continue
        asked = gift.liked_at - DAY
        if gift.confirmed_at and asked > gift.confirmed_at:
            await Gift.filter(id=gift.id).update(liked_asked_at=asked)
            found.note(gift, "liked.asked", asked, f"liked:{gift.id}")
        chance = number_of("quote", str(gift.id))
        if (gift.liked or 0) >= 4 and gift.liked_why and not chance % QUOTED_EVERY:
            shown = gift.liked_at + 2 * DAY if not chance % (QUOTED_EVERY * SHOWN_EVERY) else None
            await Gift.filter(id=gift.id).update(
                quoted_at=gift.liked_at,
                quote_named=True,
                quote_shown_at=shown,
                quote_shown_by_id=by.id if shown else None,
            )
    return found
