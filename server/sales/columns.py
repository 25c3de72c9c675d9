"""Which column of a table is which: our own names, and those of exports of other systems.

Known by the exports of listmonk (`email, name, attributes, status, created_at`), Mailchimp
(`Email Address, First Name, Last Name, CONFIRM_TIME, OPTIN_TIME, TAGS`) and HubSpot (`Email, First
Name, Last Name, Company Name, Job Title, Preferred language, Close Date, Deal Stage, Amount`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

KINDS = ("leads", "outcomes", "purchases", "gifts")

_EMAIL = ("email", "email address", "e mail", "e mailadres", "emailadres", "mailadres", "mail")
_AT = ("at", "date", "datum", "op", "close date", "closedate", "order date", "purchased at")
_AMOUNT = (
    "value",
    "amount",
    "bedrag",
    "waarde",
    "order total",
    "total",
    "amount in company currency",
)

FIELDS: Mapping[str, Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "leads": {
            "email": _EMAIL,
            "name": ("name", "naam", "full name", "volledige naam", "contact name"),
            "first_name": ("first name", "firstname", "fname", "voornaam"),
            "last_name": ("last name", "lastname", "lname", "achternaam"),
            "company": (
                "company", "company name", "associated company", "primary associated company",
                "bedrijf", "bedrijfsnaam", "firma", "organisatie", "organization", "organisation",
            ),
            "role": ("role", "job title", "jobtitle", "function", "functie", "rol"),
            "language": ("language", "taal", "lang", "preferred language", "mc language"),
            "timezone": ("timezone", "time zone", "tijdzone"),
            "themes": ("themes", "thema s", "topics", "onderwerpen", "tags"),
            "newsletter": ("newsletter", "nieuwsbrief", "subscribed"),
            "consent_at": ("consent at", "confirm time", "optin time", "toestemming op"),
            "consent_how": ("consent how", "toestemming hoe"),
            "customer_since": ("customer since", "klant sinds", "became a customer date"),
            "optout_offered_at": ("optout offered at", "afmelden aangeboden op"),
            "status": ("status", "email status", "marketing email status"),
            "facts": ("facts", "attributes"),
        },
        "outcomes": {
            "email": _EMAIL,
            "at": _AT,
            "outcome": ("outcome", "uitkomst", "deal stage", "dealstage", "stage", "result"),
            "reason": ("reason", "reden", "closed lost reason", "lost reason"),
            "value": _AMOUNT,
            "until": ("until", "tot"),
        },
        "purchases": {
            "email": _EMAIL,
            "at": _AT,
            "amount": _AMOUNT,
            "what": ("what", "wat", "product", "item", "omschrijving", "description"),
            "id": ("id", "order id", "order", "order number", "invoice", "factuur", "ordernummer"),
        },
        "gifts": {
            "email": _EMAIL,
            "given_at": ("given at", "gegeven op", *_AT),
            "kind": ("kind", "soort", "type"),
            "asset": ("asset", "weggever", "slug"),
            "what": ("what", "wat", "omschrijving", "description", "item"),
            "cost": ("cost", "kosten", "kostte"),
            "value": ("value", "waarde", "waard"),
            "by": ("by", "door", "gegeven door", "given by"),
            "why": ("why", "waarom", "reden", "reason"),
        },
    }
)  # fmt: skip
REQUIRED: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "leads": ("email",),
        "outcomes": ("email", "at", "outcome"),
        "purchases": ("email", "at", "amount"),
        "gifts": ("email", "given_at", "kind"),
    }
)


@dataclass(frozen=True)
class Columns:
    """What each column of a header is: `fields` by our own name its place, `extra` kept as facts.

    `missing` names what the table cannot do without; `source` the system it looks like, if any.
    """

    fields: Mapping[str, int]
    extra: Mapping[str, int]
    missing: tuple[str, ...]
    source: str

    def cell(self, name: str, cells: Sequence[str]) -> str:
        """The cell of a field; empty where the column or the cell is not there."""
        place = self.fields.get(name)
        return cells[place] if place is not None and place < len(cells) else ""

    def others(self, cells: Sequence[str]) -> dict[str, str]:
        """What else stands in a row, by the name of its column."""
        return {
            name: cells[place]
            for name, place in self.extra.items()
            if place < len(cells) and cells[place]
        }


def recognise(kind: str, header: Sequence[str]) -> Columns:
    """Read a header as a table of this kind; of two columns that fit one field the first counts."""
    known = {alias: name for name, aliases in FIELDS[kind].items() for alias in aliases}
    fields: dict[str, int] = {}
    extra: dict[str, int] = {}
    for place, title in enumerate(header):
        name = known.get(_folded(title))
        if name and name not in fields:
            fields[name] = place
        elif title:
            extra.setdefault(title[:60], place)
    missing = tuple(name for name in REQUIRED[kind] if name not in fields)
    return Columns(fields, extra, missing, _system({_folded(title) for title in header}))


def _folded(title: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9]+", " ", title.casefold()).split())


def _system(titles: set[str]) -> str:
    """The system that writes such headers."""
    if {"uuid", "email", "attributes"} <= titles:
        return "listmonk"
    if "leid" in titles or {"email address", "optin time"} <= titles:
        return "Mailchimp"
    if "record id" in titles:
        return "HubSpot"
    return ""
