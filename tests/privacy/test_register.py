"""The register says of every field of every table what it is for and when it goes."""

from typing import Any

import yaml
from tortoise import Tortoise

from server.kit.database import ROOMS
from server.kit.settings import PACKAGE, Settings
from server.kit.text import LANGUAGES
from server.privacy.register import register


def declared(room: str) -> dict[str, Any]:
    """What the file of a room says."""
    found: dict[str, Any] = yaml.safe_load((PACKAGE / room / "register.yaml").read_text("utf-8"))
    return found


async def test_every_field_of_every_table_is_in_it_and_no_other(database: Settings) -> None:
    told = {
        name: (table.room, {field.name for field in table.fields})
        for name, table in register().items()
    }
    kept = {
        str(model._meta.db_table): (room, set(model._meta.fields_db_projection.values()))
        for room in ROOMS
        for model in Tortoise.apps[room].values()
    }
    assert told == kept


def test_every_word_is_there_in_every_language_and_none_besides() -> None:
    for room in ROOMS:
        for name, table in declared(room).items():
            parts = [table["is"], *(table[part] for part in ("for", "from") if part in table)]
            for words in (*parts, *table["fields"].values()):
                own = {name: value for name, value in words.items() if name not in ("is", "goes")}
                assert set(own) == set(LANGUAGES), (name, words)
                assert all(str(value).strip() for value in own.values()), (name, words)


def test_what_is_about_people_says_what_for() -> None:
    for name, table in register().items():
        if table.is_personal:
            assert set(table.purpose) == set(LANGUAGES), name


async def test_what_refers_to_a_lead_says_where_it_comes_from(database: Settings) -> None:
    for room in ROOMS:
        for model in Tortoise.apps[room].values():
            table = register()[model._meta.db_table]
            if "lead_id" in model._meta.fields_map or table.name == "lead":
                assert table.is_personal, table.name
                assert set(table.origin) == set(LANGUAGES), table.name
