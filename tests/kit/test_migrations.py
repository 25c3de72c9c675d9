"""Migrations keep every row, run once however many start them, and end at one schema."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tortoise import Tortoise

from server.kit import migrations
from server.kit.database import ROOMS, rows
from server.kit.migrations import MigrationError, migrate, missing
from server.kit.settings import Settings, load_settings
from tests.support.databases import SECRET
from tests.support.postgres import Postgres

MOMENT = "2026-11-01 09:00:00.000000+00:00"
Schema = dict[str, Any]


def settings_for(folder: Path, url: str = "") -> Settings:
    own = {"GIVEFIRST_DATA": str(folder), "GIVEFIRST_SECRET": SECRET}
    return load_settings(own | ({"GIVEFIRST_DATABASE_URL": url} if url else {}))


def value_for(column: str, kind: str) -> object:
    """Something that fits a column; every parent has number 1."""
    kind = kind.lower()
    if column.endswith("_id") or "int" in kind or "serial" in kind:
        return 1
    if "json" in kind:
        return '{"a": [1, "é"]}'
    if "bool" in kind:
        return True
    if "real" in kind or "double" in kind:
        return 0.25
    return MOMENT if "time" in kind else "x"


def sqlite_schema(file: Path) -> Schema:
    with closing(sqlite3.connect(file)) as db:
        found = db.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY 2"
        )
        return {name: (kind, " ".join(str(sql).split())) for kind, name, sql in found}


def fill_sqlite(file: Path) -> dict[str, list[Any]]:
    """One row in every table, parents first; what was written."""
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA foreign_keys=ON")
        for table in tables_in_order():
            columns = db.execute(f"PRAGMA table_info({table})").fetchall()
            names = ", ".join(f'"{column[1]}"' for column in columns)
            values = [value_for(column[1], column[2]) for column in columns]
            marks = ", ".join("?" * len(values))
            db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)
        db.commit()
        return read_sqlite(db)


def read_sqlite(db: sqlite3.Connection) -> dict[str, list[Any]]:
    db.row_factory = sqlite3.Row
    return {
        table: [dict(row) for row in db.execute(f"SELECT * FROM {table}")]
        for table in tables_in_order()
    }


def without_new_columns(after: dict[str, list[Any]], before: dict[str, list[Any]]) -> Schema:
    """What the tables hold in the columns they had before."""
    return {
        table: [{name: row[name] for name in before[table][0]} for row in found]
        for table, found in after.items()
    }


def tables_in_order() -> list[str]:
    """Every table of every room, parents first, as the first migration of each room makes them."""
    first = [one for one in migrations.all_migrations("sqlite") if one.number == 1]
    made = [statement for one in first for statement in one.statements("sqlite")]
    return [one.split()[2] for one in made if one.startswith("CREATE TABLE")]


async def test_a_filled_database_of_the_first_release_keeps_every_row(tmp_path: Path) -> None:
    old, fresh = settings_for(tmp_path / "old"), settings_for(tmp_path / "fresh")
    await migrate(old, upto=1)
    before = fill_sqlite(old.sqlite_file)
    assert all(len(found) == 1 for found in before.values())
    assert await migrate(old) != []
    with closing(sqlite3.connect(old.sqlite_file)) as db:
        assert without_new_columns(read_sqlite(db), before) == before
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    await migrate(fresh)
    assert sqlite_schema(old.sqlite_file) == sqlite_schema(fresh.sqlite_file)


async def postgres_schema(db: asyncpg.Connection) -> Schema:
    columns = await db.fetch(
        "SELECT table_name, column_name, data_type, is_nullable, column_default"
        " FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"
    )
    indexes = await db.fetch("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'")
    checks = await db.fetch(
        "SELECT conrelid::regclass::text AS t, pg_get_constraintdef(oid) AS d FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace"
    )
    return {
        "columns": [tuple(row) for row in columns],
        "indexes": sorted(row["indexdef"] for row in indexes),
        "constraints": sorted((row["t"], row["d"]) for row in checks),
    }


async def fill_postgres(db: asyncpg.Connection) -> None:
    for table in tables_in_order():
        columns = await db.fetch(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = $1",
            table,
        )
        names = ", ".join(f'"{column[0]}"' for column in columns)
        values = ", ".join(
            f"'{value_for(column[0], column[1])}'::{column[1]}" for column in columns
        )
        await db.execute(f"INSERT INTO {table} ({names}) VALUES ({values})")


async def read_postgres(db: asyncpg.Connection) -> dict[str, list[Any]]:
    return {
        table: [dict(row) for row in await db.fetch(f"SELECT * FROM {table}")]
        for table in tables_in_order()
    }


@pytest.mark.postgres
async def test_so_does_one_on_postgresql(postgres: Postgres, tmp_path: Path) -> None:
    urls = []
    for name in ("migrate_old", "migrate_fresh"):
        postgres.create(name)
        urls.append(postgres.url(name))
    old, fresh = (settings_for(tmp_path, url) for url in urls)
    await migrate(old, upto=1)
    assert await missing(old) != []
    one, two = [await asyncpg.connect(url) for url in urls]
    try:
        await fill_postgres(one)
        before = await read_postgres(one)
        await migrate(old)
        assert await missing(old) == []
        assert without_new_columns(await read_postgres(one), before) == before
        await migrate(fresh)
        assert await postgres_schema(one) == await postgres_schema(two)
    finally:
        await one.close()
        await two.close()


async def test_running_it_twice_changes_nothing(database: Settings) -> None:
    assert await migrate(database) == []


async def test_two_machines_at_once_apply_each_file_once(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    done = await asyncio.gather(*(migrate(settings) for _ in range(4)))
    applied = [name for names in done for name in names]
    assert len(applied) == len(set(applied)) == len(list(migrations.all_migrations("sqlite")))


async def test_a_fault_leaves_the_database_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_for(tmp_path)
    await migrate(settings, upto=1)
    before = sqlite_schema(settings.sqlite_file)
    broken = tmp_path / "0009_broken.sql"
    broken.write_text("CREATE TABLE half (id INT);\nCREATE TABEL nonsense;\n")
    wrong = migrations.Migration("leads", 9, "0009_broken", broken)
    monkeypatch.setattr(migrations, "all_migrations", lambda engine: iter([wrong]))
    with pytest.raises(MigrationError, match="0009_broken"):
        await migrate(settings)
    assert sqlite_schema(settings.sqlite_file) == before


async def test_the_models_and_the_tables_have_the_same_columns(database: Settings) -> None:
    for room in ROOMS:
        for model in Tortoise.apps[room].values():
            table = model._meta.db_table
            found = await rows(
                "SELECT column_name AS name FROM information_schema.columns WHERE table_name = ?"
                if "postgres" in database.database_url
                else "SELECT name FROM pragma_table_info(?)",
                table,
            )
            assert {row["name"] for row in found} == set(model._meta.fields_db_projection.values())
