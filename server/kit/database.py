"""The database: SQLite in one file or PostgreSQL, opened, migrated and closed here."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, overload
from urllib.parse import urlsplit

from asyncpg import (
    DeadlockDetectedError,
    ForeignKeyViolationError,
    InterfaceError,
    InternalClientError,
    PostgresError,
)
from tortoise import Tortoise, connections
from tortoise.exceptions import DBConnectionError, IntegrityError, OperationalError
from tortoise.transactions import in_transaction

from server.kit.settings import Settings
from server.kit.sqlite import PRAGMAS

__all__ = [
    "DATABASE_FAULTS",
    "ROOMS",
    "DeadlockDetectedError",
    "among",
    "close_database",
    "count_anew",
    "db_json",
    "db_time",
    "hold_rows",
    "in_transaction",
    "is_orphan",
    "is_postgres",
    "lock_rows",
    "lock_word",
    "many",
    "moment_of",
    "open_database",
    "rows",
    "sweep",
]

# The rooms that have tables, bottom first: the order in which Tortoise and migrations meet them.
ROOMS = (
    "staff",
    "leads",
    "tracking",
    "mail",
    "gifts",
    "newsletter",
    "contact",
    "readiness",
    "sales",
    "api",
    "privacy",
    "demo",
)
# What a database says that is away, locked or full; none of it is the fault of who asked.
DATABASE_FAULTS = (
    OperationalError,
    DBConnectionError,
    PostgresError,
    InterfaceError,
    InternalClientError,
    OSError,
)
SMALL = 256 * 1024 * 1024  # octets of a SQLite file that is written anew in a second or two


async def open_database(settings: Settings) -> None:
    """Open the database for this process; close it with `close_database`, whatever happens."""
    apps = {
        room: {"models": [f"server.{room}.models"], "default_connection": "default"}
        for room in ROOMS
    }
    await Tortoise.init(
        config={
            "connections": {"default": connection(settings)},
            "apps": apps,
            "use_tz": True,
            "timezone": "UTC",
        },
        _enable_global_fallback=True,
    )


async def close_database() -> None:
    """Close every connection; an open one would keep the process from ending."""
    await Tortoise.close_connections()


def connection(settings: Settings) -> dict[str, Any]:
    """How Tortoise reaches the database of these settings."""
    if settings.is_sqlite:
        credentials: dict[str, Any] = {"file_path": str(settings.sqlite_file), **PRAGMAS}
        return {"engine": "server.kit.sqlite", "credentials": credentials}
    database = urlsplit(settings.database_url).path.strip("/")
    credentials = {"dsn": settings.database_url, "database": database, "minsize": 1, "maxsize": 8}
    return {"engine": "server.kit.postgres", "credentials": credentials}


def is_postgres() -> bool:
    """The open database is PostgreSQL."""
    return str(connections.get("default").capabilities.dialect) == "postgres"


async def rows(sql: str, *values: Any) -> list[dict[str, Any]]:
    """The rows of one statement in our own SQL; `?` stands for a value on both engines.

    Runs in the transaction that is open in this task, if one is.
    """
    if is_postgres():
        parts = sql.split("?")
        sql = parts[0] + "".join(f"${n}{part}" for n, part in enumerate(parts[1:], 1))
    found: list[dict[str, Any]] = await connections.get("default").execute_query_dict(
        sql, list(values)
    )
    return found


def among(column: str) -> str:
    """`column` is one of many values: `rows(f"… WHERE {among('id')}", many(ids))`."""
    among_json = f"{column} IN (SELECT value FROM json_each(?))"  # noqa: S608
    return f"{column} = ANY(?)" if is_postgres() else among_json


def many(values: Sequence[int] | Sequence[str]) -> list[int] | list[str] | str:
    """Many values as one, for `among`."""
    return list(values) if is_postgres() else json.dumps(list(values))  # type: ignore[return-value]


@overload
def moment_of(value: datetime | str) -> datetime: ...


@overload
def moment_of(value: datetime | str | None) -> datetime | None: ...


def moment_of(value: datetime | str | None) -> datetime | None:
    """A moment that our own SQL read, as both engines give it."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def lock_rows() -> str:
    """What a claiming SELECT ends with: rows that another worker holds are passed over.

    SQLite needs nothing: BEGIN IMMEDIATE leaves one writer.
    """
    return " FOR UPDATE SKIP LOCKED" if is_postgres() else ""


def hold_rows() -> str:
    """What a SELECT ends with whose rows may not be deleted before the transaction has ended.

    They may still be changed by others. SQLite needs nothing: BEGIN IMMEDIATE leaves one writer.
    """
    return " FOR KEY SHARE" if is_postgres() else ""


def is_orphan(error: IntegrityError) -> bool:
    """A row could not be written because what it belongs to is gone."""
    return isinstance(error.__cause__, ForeignKeyViolationError) or "FOREIGN KEY" in str(error)


async def count_anew(*tables: str) -> None:
    """Have the database look how large these tables have become, after many rows came in at once.

    PostgreSQL would plan for small tables until it looks by itself, within some minutes, and read
    all of a large one for each page. SQLite plans by its indexes.
    """
    if is_postgres():
        await rows(f"ANALYZE {', '.join(tables)}")


async def lock_word(word: str) -> None:
    """Whoever asks for the same word in a transaction waits until the one before has ended.

    SQLite needs nothing: BEGIN IMMEDIATE leaves one writer.
    """
    if is_postgres():
        await rows("SELECT pg_advisory_xact_lock(hashtext(?))", word)


async def sweep(*, large: bool = False) -> None:
    """Leave nothing of what was deleted in the files of SQLite; never inside a transaction.

    Deleted rows are overwritten, but a page that was split may keep a copy beside its rows: only
    writing the file anew takes that away. A file over SMALL waits for a call with `large`.
    """
    if is_postgres():
        return
    size = await rows("SELECT page_count * page_size AS n FROM pragma_page_count, pragma_page_size")
    if large or int(size[0]["n"]) <= SMALL:
        await rows("VACUUM")
    await rows("PRAGMA wal_checkpoint(TRUNCATE)")


def db_time(moment: datetime) -> datetime | str:
    """A moment for our own SQL, written as Tortoise writes it on this engine."""
    return moment if is_postgres() else moment.isoformat(sep=" ", timespec="microseconds")


def db_day(day: date) -> date | str:
    """A day for our own SQL, written as Tortoise writes it on this engine."""
    return day if is_postgres() else day.isoformat()


def db_json(value: object) -> str:
    """A JSON value for our own SQL: text on SQLite, and what asyncpg takes for jsonb."""
    return json.dumps(value, separators=(",", ":"))
