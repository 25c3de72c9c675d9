"""The register of personal data: of every field of every table what it is for and when it goes.

Each room declares its own tables in `register.yaml`; a test compares them with the models.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from server.kit.database import ROOMS
from server.kit.settings import PACKAGE

Words = Mapping[str, str]  # language → words


@dataclass(frozen=True)
class Field:
    """One field: what it is for, when it goes, and its name where people see it by name."""

    name: str
    purpose: Words
    goes: Words
    label: Words


@dataclass(frozen=True)
class Table:
    """One table of a room: what it holds, what for, from where, and its fields."""

    room: str
    name: str
    label: Words
    purpose: Words
    origin: Words
    goes: Words
    is_personal: bool
    fields: tuple[Field, ...]


@cache
def register() -> dict[str, Table]:
    """Every table by its name, rooms bottom first. KeyError for a term that nobody wrote down."""
    terms = yaml.safe_load((PACKAGE / "privacy" / "terms.yaml").read_text("utf-8"))
    found = {}
    for room in ROOMS:
        declared = yaml.safe_load((PACKAGE / room / "register.yaml").read_text("utf-8"))
        for name, entry in declared.items():
            found[name] = _table(room, name, entry, terms)
    return found


def _table(room: str, name: str, entry: Mapping[str, Any], terms: Mapping[str, Words]) -> Table:
    return Table(
        room=room,
        name=name,
        label=entry["is"],
        purpose=entry.get("for", {}),
        origin=entry.get("from", {}),
        goes=terms[entry["goes"]],
        is_personal=entry.get("personal", True),
        fields=tuple(
            Field(field, words, terms[words.get("goes", entry["goes"])], words.get("is", {}))
            for field, words in entry["fields"].items()
        ),
    )
