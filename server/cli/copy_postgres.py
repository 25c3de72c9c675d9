"""A PostgreSQL database copied by `pg_dump` from one snapshot, and put back in one transaction."""

import asyncio
import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg

from server.cli.archive import About
from server.cli.copy_sqlite import COUNTS, OWN
from server.kit.clock import now
from server.kit.settings import Settings
from server.mail.gate import RESTORED

PROGRAMS = ("pg_dump", "pg_restore", "psql")
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
OTHERS = (
    "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
BEFORE = """
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP
    EXECUTE format('DROP TABLE %I CASCADE', one.tablename);
  END LOOP;
END $$;
"""
AFTER = (
    "INSERT INTO public.gate (id, mark, shut_at, reason)"  # noqa: S608
    f" VALUES (1, '', now(), '{RESTORED}');\n"
)


class ProgramError(Exception):
    """A program of PostgreSQL is lacking, or it failed: `name`, and what it said."""

    def __init__(self, name: str, why: str = "") -> None:
        super().__init__(name, why)
        self.name, self.why = name, why


async def copy(settings: Settings, into: Path) -> About:
    """The database as it is at one moment, without its gate, so that nothing leaves of a copy.

    Raises ProgramError, and what asyncpg raises.
    """
    into.unlink(missing_ok=True)
    os.close(os.open(into, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    db = await asyncpg.connect(settings.database_url, target_session_attrs="read-write")
    try:
        async with db.transaction(isolation="repeatable_read", readonly=True):
            snapshot = await db.fetchval("SELECT pg_export_snapshot()")
            about = await _about(db)
            await run(
                settings, "pg_dump", "--format=custom", f"--snapshot={snapshot}",
                "--exclude-table-data=*.gate", "--no-owner", "--no-privileges", f"--file={into}",
            )  # fmt: skip
    finally:
        await db.close()
    return about


async def look(settings: Settings) -> tuple[bool, int]:
    """Whether nobody has put anything in the database, and how many others are connected."""
    db = await asyncpg.connect(settings.database_url, target_session_attrs="read-write")
    try:
        names = [str(row[0]) for row in await db.fetch(TABLES)]
        filled = [
            name
            for name in names
            if name not in OWN and await db.fetchval(f'SELECT 1 FROM "{name}" LIMIT 1')  # noqa: S608
        ]
        return not filled, int(await db.fetchval(OTHERS))
    finally:
        await db.close()


async def put_back(settings: Settings, dump: Path) -> None:
    """Everything of the dump instead of what is there, with a gate that is shut, or no change.

    Raises ProgramError.
    """
    before, script, after = (dump.with_name(f"{dump.name}.{n}.sql") for n in (1, 2, 3))
    try:
        before.write_text(BEFORE, "utf-8")
        after.write_text(AFTER, "utf-8")
        options = ("--no-owner", "--no-privileges", f"--file={script}", str(dump))
        await run(settings, "pg_restore", *options, connects=False)
        await run(
            settings, "psql", "--no-psqlrc", "--quiet", "--single-transaction",
            "--set=ON_ERROR_STOP=1", "--output=/dev/null",
            *(f"--file={one}" for one in (before, script, after)),
        )  # fmt: skip
    finally:
        for one in (before, script, after):
            one.unlink(missing_ok=True)


def lacking() -> str:
    """A program that we need and that is not on this machine; empty when all are."""
    return next((name for name in PROGRAMS if not shutil.which(name)), "")


async def run(settings: Settings, name: str, *options: str, connects: bool = True) -> None:
    """Run a program of PostgreSQL on the database. Raises ProgramError."""
    program = shutil.which(name)
    if not program:
        raise ProgramError(name)
    parts = urlsplit(settings.database_url)
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    place = parts.netloc.rpartition("@")[2]
    # The password is in no list of processes.
    address = urlunsplit(parts._replace(netloc=f"{user}@{place}" if user else place))
    own = {"PGPASSWORD": unquote(password)} if password else {}
    done = await asyncio.to_thread(
        subprocess.run,
        [program, *options, *([f"--dbname={address}"] if connects else [])],
        env={**os.environ, "PGTARGETSESSIONATTRS": "read-write", "PGCONNECT_TIMEOUT": "20", **own},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ProgramError(name, said[0] if said else f"exit {done.returncode}")


async def _about(db: asyncpg.Connection) -> About:
    schema = await db.fetch("SELECT room, number FROM schema_version ORDER BY room, number")
    leads, mails, waiting = await db.fetchrow(COUNTS)
    names = [f"{row['room']}/{row['number']:04d}" for row in schema]
    return About("postgres", now().isoformat(), names, leads, mails, waiting)
