"""Rows of invented people: themselves, their lists, their receipts, and what they were given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.demo.figures import Figure, words
from server.demo.staging import Done, Stage, number_of
from server.gifts.models import Gift
from server.kit.addresses import domain_of
from server.kit.text import say
from server.leads import tracking_consent
from server.leads.consents import digest
from server.leads.models import Consent, Lead, Subscription, company_key
from server.leads.subscribing import TIPS

MINUTES = timedelta(minutes=1)
DAY = timedelta(days=1)
FAIR_SAID_YES = "Vinkje op het deelnameformulier van de vakdag"
PAUSED_EVERY, REVOKED_EVERY, WISH_EVERY = 31, 97, 23


@dataclass
class Life:
    """A figure with what they did at its moment, and their row once it is written."""

    figure: Figure
    done: list[Done]
    lead_id: int = 0
    fair: datetime | None = None  # when they were taken in from a table

    def first(self, kind: str, subject: str = "") -> Done | None:
        """The first time they did something."""
        mine = (one for one in self.done if one.act.kind == kind)
        return next((one for one in mine if not subject or one.act.subject == subject), None)

    @property
    def came(self) -> datetime:
        """When we first knew them."""
        first = self.done[0].at - 9 * MINUTES
        return min(first, self.fair) if self.fair else first


def lead_of(stage: Stage, life: Life, filled_at: datetime) -> Lead:
    """The row of a person; what is counted is filled in when their log is written."""
    figure, done = life.figure, life.done
    taken = [one.at for one in done if one.act.kind == "gift.taken"]
    pressed = next((one.at for one in done if one.act.method == "POST"), None)
    follows = life.first("newsletter.confirmed") if figure.person.followed else None
    objected = life.first("profiling.objected")
    bought = life.came - 200 * DAY if figure.person.persona.name == "customer" else None
    house = stage.house
    return Lead(
        email=figure.email,
        name=figure.name if number_of("name", figure.email) % 9 or figure.story else "",
        company=figure.company,
        company_key=company_key(figure.company),
        role=figure.role,
        language=figure.language,
        source=_source(life),
        created_at=life.came,
        asked_at=max([life.came, *(at - 9 * MINUTES for at in taken)]),
        verified_at=pressed,
        no_ask_until=taken[-1] + timedelta(days=house.no_ask_days) if taken else None,
        profiling_off_at=objected.at if objected else None,
        mail_tracking_at=follows.at + MINUTES if follows and not objected else None,
        last_event_at=life.came,
        domain=domain_of(figure.email),
        customer_since=bought,
        imported_at=life.came if figure.from_fair else None,
        facts={"stand": "B12"} if figure.from_fair else {},
        invented_at=filled_at,
    )


def _source(life: Life) -> str:
    if life.figure.from_fair:
        return str(words()["fair"])
    return "site" if life.first("gift.taken") else "newsletter"


def subscription_of(stage: Stage, life: Life) -> Subscription | None:
    """Their place on the list of the tip: active, paused, or ended."""
    joined, left = life.first("newsletter.confirmed"), life.first("unsubscribe")
    if not joined:
        return None
    figure = life.figure
    paused = figure.story.paused if figure.story else not number_of(figure.email) % PAUSED_EVERY
    wording, page = _asked(stage, life)
    return Subscription(
        lead_id=life.lead_id,
        list=TIPS,
        wording=wording,
        page=page,
        asked_at=joined.at - 6 * MINUTES,
        confirmed_at=joined.at,
        paused_until=stage.midnight + 17 * DAY if paused and not left else None,
        ended_at=left.at if left else None,
    )


def _asked(stage: Stage, life: Life) -> tuple[str, str]:
    """In which words and where somebody was asked to join the list."""
    language, house = life.figure.language, stage.house.name
    if life.figure.from_fair:
        return FAIR_SAID_YES, f"import: {words()['fair']}"
    taken = life.first("gift.taken")
    if taken:
        asset = stage.asset(taken.act.subject, language)
        return say(language, "library.tips_box", house=house), asset.path
    return say(language, "newsletter.consent", house=house), f"/{language}/newsletter"


def receipts_of(stage: Stage, life: Life) -> list[Consent]:
    """Their receipts, each chained to the one before it."""
    language = life.figure.language
    joined, left = life.first("newsletter.confirmed"), life.first("unsubscribe")
    found = []
    if joined:
        wording, page = _asked(stage, life)
        proof = "import" if life.figure.from_fair else "button in the mail"
        found.append(_receipt(life, TIPS, joined.at, wording, page, proof))
    if joined and life.figure.person.followed and not life.first("profiling.objected"):
        wording = tracking_consent.wording(language, stage.house.name)
        at = joined.at + MINUTES
        found.append(_receipt(life, "mail-tracking", at, wording, "/confirm", "button"))
    if left:
        wording = say(language, "newsletter.leave_lead")
        found.append(_receipt(life, TIPS, left.at, wording, "/unsubscribe", "button", given=False))
    before = ""
    for receipt in found:
        receipt.hash = before = digest(receipt, before)
    return found


def _receipt(
    life: Life,
    purpose: str,
    at: datetime,
    wording: str,
    page: str,
    proof: str,
    *,
    given: bool = True,
) -> Consent:
    return Consent(
        lead_id=life.lead_id,
        purpose=purpose,
        given=given,
        wording=wording,
        page=page,
        network="",
        asked_at=at,
        at=at,
        proof=proof,
    )


def gifts_of(stage: Stage, life: Life) -> list[Gift]:
    """What they were given: taken, liked or not, over, taken back; and what was never confirmed."""
    taken = {one.act.subject: one for one in reversed(life.done) if one.act.kind == "gift.taken"}
    found = [_gift(stage, life, one) for one in reversed(taken.values())]
    asked = [one for one in life.done if one.act.kind == "gift.requested"]
    found += [_row(stage, life, one.act.subject, one.at, None) for one in asked]
    figure, had = life.figure, {gift.asset_slug for gift in found}
    left = [piece.slug for piece in stage.pieces() if piece.slug not in had]
    if found and left and not figure.story and not number_of("wish", figure.email) % WISH_EVERY:
        at = found[0].requested_at + 3 * DAY
        if at < stage.midnight:
            found.append(_row(stage, life, left[0], at, None))
    return found


def _gift(stage: Stage, life: Life, taken: Done) -> Gift:
    slug = taken.act.subject
    gift = _row(stage, life, slug, taken.at - 7 * MINUTES, taken.at)
    joined = life.first("newsletter.confirmed")
    gift.with_tips = bool(joined and abs(joined.at - taken.at) < DAY)
    rating = life.first("rating", slug)
    if rating:
        gift.liked, gift.liked_at = int(rating.act.value), rating.at
        gift.liked_why = opinion(life, rating)
    if not life.figure.story and not number_of("revoked", life.figure.email, slug) % REVOKED_EVERY:
        gift.revoked_at = taken.at + 20 * DAY
    return gift


def _row(
    stage: Stage, life: Life, slug: str, requested: datetime, confirmed: datetime | None
) -> Gift:
    return Gift(
        lead_id=life.lead_id,
        asset_slug=slug,
        language=stage.asset(slug, life.figure.language).language,
        source=words()["fair"] if life.figure.from_fair else "site",
        requested_at=requested,
        confirmed_at=confirmed,
        expires_at=requested + timedelta(days=stage.house.gift_link_days),
    )


def opinion(life: Life, rating: Done) -> str:
    """What somebody wrote with how they liked it."""
    said: Sequence[str] = life.figure.words["liked"][int(rating.act.value)]
    return said[number_of(life.figure.email, rating.act.subject) % len(said)]
