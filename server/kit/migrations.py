"""Migrations: numbered SQL files per room, one text for both engines.

`server/<room>/migrations/0001_what.sql` holds statements that each end with `;` at the end of a
line. `$id`, `$time`, `$json` and `$real` stand for what the engines call differently; a file that
only one engine needs is named `0002_what.sqlite.sql` or `0002_what.postgres.sql`. All that is
missing is applied in one transaction under a lock, so two machines may migrate at once and a
fault leaves nothing half done. On SQLite foreign keys are off meanwhile (a rebuilt table would
else take its children along) and checked before the commit.
"""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from string import Template

import asyncpg

from server.kit.clock import now
from server.kit.database import ROOMS
from server.kit.settings import PACKAGE, Settings
from server.kit.text import say

LOCK = 5_249_001  # any number of our own: the advisory lock of the migrations
WORDS = {
    "sqlite": {
        "id": "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL",
        "time": "TIMESTAMP",
        "json": "JSON",
        "real": "REAL",
    },
    "postgres": {
        "id": "BIGSERIAL PRIMARY KEY",
        "time": "TIMESTAMPTZ",
        "json": "JSONB",
        "real": "DOUBLE PRECISION",
    },
}
LEDGER = (
    "CREATE TABLE IF NOT EXISTS schema_version (room VARCHAR(40) NOT NULL, number INT NOT NULL,"
    " name VARCHAR(120) NOT NULL, applied_at VARCHAR(40) NOT NULL, PRIMARY KEY (room, number))"
)
KNOWN = "SELECT room, number FROM schema_version"


class MigrationError(Exception):
    """The database could not be brought to the current schema; it is as it was."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(say("en", key, **values))
        self.key, self.values = key, values

    def text(self, language: str) -> str:
        """What is wrong and what to do, in one line."""
        return say(language, self.key, **self.values)


@dataclass(frozen=True)
class Migration:
    """One numbered file of a room."""

    room: str
    number: int
    name: str
    file: Path

    def statements(self, engine: str) -> list[str]:
        """Its statements in the words of an engine."""
        text = Template(self.file.read_text("utf-8")).substitute(WORDS[engine])
        kept = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--"))
        return [part.strip() for part in kept.split(";\n") if part.strip(" ;\n")]


def all_migrations(engine: str) -> Iterator[Migration]:
    """Every migration for an engine: rooms bottom first, numbers upward."""
    for room in ROOMS:
        for file in sorted((PACKAGE / room / "migrations").glob("*.sql")):
            name, *only = file.name.removesuffix(".sql").split(".")
            if not only or only == [engine]:
                yield Migration(room, int(name[:4]), name, file)


async def migrate(settings: Settings, *, upto: int = 9999) -> list[str]:
    """Bring the database to the current schema; the names of what was applied.

    Safe to run twice and from two machines at once. `upto` stops at a number per room: rehearsals
    of an older release use it. Raises MigrationError with the file that failed.
    """
    if settings.is_sqlite:
        return await asyncio.to_thread(_migrate_sqlite, settings.sqlite_file, upto)
    return await _migrate_postgres(settings.database_url, upto)


async def ready_schema(settings: Settings) -> None:
    """SQLite is migrated here and now; PostgreSQL must have been. Raises MigrationError."""
    if settings.is_sqlite:
        await migrate(settings)
    elif await missing(settings):
        raise MigrationError("kit.migrate_first")


async def missing(settings: Settings) -> list[str]:
    """The names of migrations that a PostgreSQL database still lacks."""
    db = await _open_postgres(settings.database_url)
    try:
        made = await db.fetchval("SELECT to_regclass('schema_version') IS NOT NULL")
        done = {(row["room"], row["number"]) for row in await db.fetch(KNOWN)} if made else set()
    finally:
        await db.close()
    return [f"{one.room}/{one.name}" for one in _wanted("postgres", done, 9999)]


def _wanted(engine: str, done: set[tuple[str, int]], upto: int) -> list[Migration]:
    return [
        one
        for one in all_migrations(engine)
        if (one.room, one.number) not in done and one.number <= upto
    ]


def _migrate_sqlite(file: Path, upto: int) -> list[str]:
    applied = []
    with closing(_open_sqlite(file)) as db:
        one = None
        try:
            db.execute(LEDGER)
            for one in _wanted("sqlite", set(db.execute(KNOWN)), upto):
                for statement in one.statements("sqlite"):
                    db.execute(statement)
                db.execute("INSERT INTO schema_version VALUES (?, ?, ?, ?)", _entry(one))
                applied.append(f"{one.room}/{one.name}")
            orphans = db.execute("PRAGMA foreign_key_check").fetchmany(5)
            if orphans:
                raise sqlite3.IntegrityError(f"rows without their parent: {orphans}")
            db.execute("COMMIT")
        except sqlite3.Error as error:
            db.execute("ROLLBACK")
            raise _failed(one, error) from error
    return applied


def _open_sqlite(file: Path) -> sqlite3.Connection:
    """A connection in a transaction of its own. Raises MigrationError for what is no database."""
    db = None
    try:
        db = sqlite3.connect(file, timeout=60, isolation_level=None)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA foreign_keys=OFF")
        db.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as error:
        if db:
            db.close()
        raise MigrationError("kit.database_broken", file=file, why=error) from error
    return db


async def _open_postgres(url: str) -> asyncpg.Connection:
    """A connection to the server that may write. Raises MigrationError."""
    try:
        return await asyncpg.connect(url, target_session_attrs="read-write", timeout=20)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        # Never the address: it holds a password.
        why = getattr(error, "strerror", None) or type(error).__name__
        raise MigrationError("kit.database_away", why=why) from None


async def _migrate_postgres(url: str, upto: int) -> list[str]:
    applied = []
    db = await _open_postgres(url)
    one = None
    try:
        async with db.transaction():
            await db.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
            await db.execute(LEDGER)
            done = {(row["room"], row["number"]) for row in await db.fetch(KNOWN)}
            for one in _wanted("postgres", done, upto):
                for statement in one.statements("postgres"):
                    await db.execute(statement)
                await db.execute("INSERT INTO schema_version VALUES ($1, $2, $3, $4)", *_entry(one))
                applied.append(f"{one.room}/{one.name}")
    except asyncpg.PostgresError as error:
        raise _failed(one, error) from error
    finally:
        await db.close()
    return applied


def _failed(one: Migration | None, error: Exception) -> MigrationError:
    name = f"{one.room}/{one.name}" if one else "-"
    return MigrationError("kit.migration_failed", name=name, why=" ".join(str(error).split()))


def _entry(one: Migration) -> tuple[str, int, str, str]:
    return one.room, one.number, one.name, now().isoformat()
