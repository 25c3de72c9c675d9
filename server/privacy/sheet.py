"""What a person's own page shows: mail, gifts, returns, what we hold and why, what we think."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from server.contact.models import ConversationLine
from server.contact.overview import said_with
from server.gifts import passing_on
from server.gifts.giving import PURPOSE
from server.gifts.liking import Quote, quotes_of
from server.gifts.models import Gift
from server.kit.site import Site
from server.kit.text import say
from server.leads.consents import proof_text, purpose_text
from server.leads.models import Consent, Lead, Subscription
from server.leads.subscribing import TIPS
from server.library.assets import Library
from server.library.making import cover_svg
from server.privacy.choices import tips_of
from server.privacy.holdings import Holdings, holdings_of
from server.privacy.register import register
from server.privacy.retention import waits_for_answer
from server.sales import timeline
from server.sales.rows import Row, View, row_for, sum_parts
from server.tracking.models import Event

RETURNED = {
    "rating": "privacy.back_rating",
    "reply": "privacy.back_reply",
    "question": "privacy.back_question",
    "review": "privacy.back_review",
    "forward": "privacy.back_forward",
    "comment": "privacy.back_comment",
    "survey": "privacy.back_survey",
    "purchase": "privacy.back_purchase",
    "referral.joined": "privacy.back_referral",
    "contact.requested": "privacy.back_contact",
}
LANGUAGE_NAMES = {"nl": "library.dutch", "en": "library.english"}


@dataclass(frozen=True)
class Shown:
    """One gift: its cover and the link that opens it; none where it must be renewed first."""

    number: int
    title: str
    cover: str
    at: datetime
    is_taken: bool
    can_open: bool
    link: str


@dataclass(frozen=True)
class Return:
    """Something that came back from them, said to themselves, with their own words."""

    words: str
    quote: str
    at: datetime


@dataclass(frozen=True)
class Held:
    """One line of the table of what we hold; `fields` says of each field what it is for."""

    what: str
    why: str
    origin: str
    goes: str
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Sheet:
    """Everything on the page."""

    lead: Lead
    tips: Subscription | None
    gifts: list[Shown]
    returned: list[Return]
    quotes: list[tuple[Quote, str]]
    said: list[ConversationLine]
    held: list[Held]
    row: Row
    lines: list[tuple[str, int]]
    receipts: dict[str, list[tuple[Consent, str]]]
    keep_until: datetime | None


async def sheet_of(lead: Lead, site: Site, library: Library, view: View) -> Sheet:
    """The page of a lead, as things stand."""
    row = await row_for(lead, view)
    return Sheet(
        lead=lead,
        tips=await tips_of(lead),
        gifts=await _gifts(lead, site, library, view),
        returned=await _returned(lead, view),
        quotes=[(one, view.titles.get(one.slug, one.slug)) for one in await quotes_of(lead)],
        said=await said_with(lead),
        held=_held(await holdings_of(lead), view.language),
        row=row,
        lines=sum_parts(row, view),
        receipts=await _receipts(lead, view.language),
        keep_until=await waits_for_answer(lead),
    )


async def _gifts(lead: Lead, site: Site, library: Library, view: View) -> list[Shown]:
    found = []
    for gift in await Gift.filter(lead_id=lead.id).order_by("-requested_at", "-id"):
        asset = library.find(gift.asset_slug, gift.language)
        found.append(
            Shown(
                number=gift.id,
                title=asset.title if asset else view.titles.get(gift.asset_slug, gift.asset_slug),
                cover=cover_svg(asset, uid=f"gift-{gift.id}") if asset else "",
                at=gift.confirmed_at or gift.requested_at,
                is_taken=gift.confirmed_at is not None,
                can_open=asset is not None and gift.revoked_at is None,
                link=f"/gift/{site.token(PURPOSE, gift.id)}" if gift.is_usable else "",
            )
        )
    return found


async def _returned(lead: Lead, view: View) -> list[Return]:
    found = []
    for event in await Event.filter(lead_id=lead.id, kind__in=list(RETURNED)).order_by("-at"):
        title = view.titles.get(event.subject, event.subject)
        liked = timeline.RATINGS.get(int(event.value)) if event.kind == "rating" else None
        told = say(view.language, liked) if liked else ""
        words = say(view.language, RETURNED[event.kind], title=title, liked=told)
        found.append(Return(words, event.detail, event.at))
    return found


def _held(holdings: Holdings, language: str) -> list[Held]:
    tables = {name: table for name, table in register().items() if table.is_personal}
    found = _held_of_lead(holdings["lead"][0], language)
    for name, rows in holdings.items():
        if name == "lead" or name not in tables:
            continue
        table = tables[name]
        found.append(
            Held(
                what=f"{table.label[language]}: {say(language, 'privacy.lines', count=len(rows))}",
                why=table.purpose[language],
                origin=table.origin[language],
                goes=table.goes[language],
                fields=tuple((field.name, field.purpose[language]) for field in table.fields),
            )
        )
    return found


def _held_of_lead(row: Mapping[str, object], language: str) -> list[Held]:
    table = register()["lead"]
    found = []
    for field in table.fields:
        value = str(row[field.name] or "")
        if field.label and value:
            if field.name == "language":
                value = say(language, LANGUAGE_NAMES[value])
            elif field.name == "source" and value == passing_on.SOURCE:
                value = say(language, "privacy.source_passed_on")
            what, goes = f"{field.label[language]}: {value}", field.goes[language]
            found.append(Held(what, field.purpose[language], table.origin[language], goes))
    return found


async def _receipts(lead: Lead, language: str) -> dict[str, list[tuple[Consent, str]]]:
    """Purpose in words → its receipts, newest first, each with how it was proven."""
    found: dict[str, list[tuple[Consent, str]]] = {purpose_text(TIPS, language): []}
    for one in await timeline.consents_of(lead):
        name = purpose_text(one.purpose, language)
        found.setdefault(name, []).append((one, proof_text(one.proof, language)))
    return found
