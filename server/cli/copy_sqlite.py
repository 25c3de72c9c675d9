"""A SQLite file copied while others write to it, and put back."""

import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from server.cli.archive import About, sync_folder
from server.kit.clock import now
from server.kit.migrations import all_migrations, migrate
from server.kit.settings import Settings
from server.mail.gate import RESTORED

PAGES = 2000  # copied at a time
SHUT = "UPDATE gate SET mark = '', shut_at = ?, reason = ?"
OWN = ("schema_version", "gate", "pace", "sqlite_sequence")  # filled in an empty database too
COUNTS = (
    "SELECT (SELECT COUNT(*) FROM lead), (SELECT COUNT(*) FROM delivery),"
    " (SELECT COUNT(*) FROM delivery WHERE state IN ('queued', 'retry', 'leased', 'sending'))"
)


class BrokenError(Exception):
    """A database is damaged; the message says how."""


def copy(settings: Settings, into: Path) -> About:
    """The database as it is at one moment, with its gate shut; nobody waits for it meanwhile.

    Raises BrokenError, sqlite3.Error and OSError.
    """
    into.unlink(missing_ok=True)
    os.close(os.open(into, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    source_file = f"file:{settings.sqlite_file}?mode=rw"
    with (
        closing(sqlite3.connect(source_file, uri=True, isolation_level=None, timeout=60)) as source,
        closing(sqlite3.connect(into, isolation_level=None)) as db,
    ):
        # What others write after this moment is not in it: else each of their commits would have
        # the copy begin anew, and it would never end (https://www.sqlite.org/backup.html).
        source.execute("BEGIN")
        source.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        source.backup(db, pages=PAGES)
        source.execute("ROLLBACK")
        db.execute("PRAGMA journal_mode = DELETE")
        prove(db)
        shut(db)
        return _about(db)


def prove(db: sqlite3.Connection) -> None:
    """Raises BrokenError where the file is not whole, or a row lacks its parent."""
    try:
        found = [str(row[0]) for row in db.execute("PRAGMA integrity_check(3)")]
        orphans = db.execute("PRAGMA foreign_key_check").fetchmany(3)
    except sqlite3.Error as error:
        raise BrokenError(str(error)) from error
    if found != ["ok"]:
        raise BrokenError("; ".join(found).replace("\n", " "))
    if orphans:
        raise BrokenError(f"rows without their parent: {orphans}")


def shut(db: sqlite3.Connection) -> None:
    """Let nothing leave of this database, wherever it will stand."""
    if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'gate'").fetchone():
        at = now().isoformat(sep=" ", timespec="microseconds")
        db.execute(SHUT, (at, RESTORED))


def is_empty(file: Path) -> bool:
    """There is no file, or nobody has put anything in it; what cannot be read is not empty."""
    if not file.exists():
        return True
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=rw", uri=True)) as db:
            tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            return not any(
                db.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone()  # noqa: S608
                for (name,) in tables
                if name not in OWN
            )
    except sqlite3.Error:
        return False


async def make_ready(settings: Settings, file: Path) -> list[str]:
    """Prove a file that was unpacked, bring it to the current schema and shut its gate; the names
    of the migrations. Raises BrokenError, MigrationError, sqlite3.Error."""
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        prove(db)
    applied = await migrate(replace(settings, database_url=f"sqlite:///{file}"))
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        shut(db)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        # One file, so that it can be put in its place in one step.
        db.execute("PRAGMA journal_mode = DELETE")
    return applied


def put_in_place(fresh: Path, file: Path) -> Path | None:
    """The fresh file becomes the database; where the one before went, if there was one.

    At no moment is there none: a site that starts then would make a new one.
    """
    kept = None
    if file.exists():
        kept = free_name(file)
        _fold_in(file)
        for ending in ("-wal", "-shm"):
            beside = file.with_name(file.name + ending)
            if beside.exists():
                beside.replace(kept.with_name(kept.name + ending))
        os.link(file, kept)
    fresh.replace(file)
    sync_folder(file.parent)
    return kept


def free_name(file: Path) -> Path:
    """`<file>.before-restore`, or with a number where that is taken."""
    found = file.with_name(f"{file.name}.before-restore")
    number = 2
    while found.exists():
        found = file.with_name(f"{file.name}.before-restore-{number}")
        number += 1
    return found


def _fold_in(file: Path) -> None:
    """Bring what stands in the log beside a file into it; a broken file keeps its log."""
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=rw", uri=True)) as db:
            db.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error:
        return


def _about(db: sqlite3.Connection) -> About:
    schema = db.execute("SELECT room, number FROM schema_version ORDER BY room, number").fetchall()
    leads, mails, waiting = db.execute(COUNTS).fetchone()
    names = [f"{room}/{number:04d}" for room, number in schema]
    return About("sqlite", now().isoformat(), names, leads, mails, waiting)


def unknown(about: About) -> list[str]:
    """The migrations of a backup that this program does not know: it is of a newer release."""
    known = {f"{one.room}/{one.number:04d}" for one in all_migrations(about.engine)}
    return sorted(set(about.schema) - known)
