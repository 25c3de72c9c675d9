"""`migrate`: twice is once, also from two machines at the same moment."""

import asyncio
import json
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path

import asyncpg
import pytest

from server.kit.migrations import LOCK, all_migrations
from tests.cli.commands import command, full_environ, givefirst
from tests.cli.processes import holds_open
from tests.support import machine

Running = subprocess.Popen[str]
WAITING = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


def everything(engine: str) -> list[str]:
    """The names of all migrations of an engine, in order."""
    return [f"{one.room}/{one.name}" for one in all_migrations(engine)]


def test_migrating_twice_is_migrating_once(unmigrated: tuple[str, dict[str, str]]) -> None:
    engine, environ = unmigrated
    if engine == "postgres":
        assert "givefirst migrate" in givefirst(environ, "newsletter", "list").refusal()
    assert givefirst(environ, "migrate", "--json").json() == {"applied": everything(engine)}
    assert givefirst(environ, "migrate", "--json").json() == {"applied": []}
    assert givefirst(environ, "migrate").lines == ["De database is al bij."]
    assert givefirst(environ, "newsletter", "list").code == 0


@pytest.mark.proc
async def test_two_who_migrate_at_once_do_it_once(
    unmigrated: tuple[str, dict[str, str]],
) -> None:
    engine, environ = unmigrated
    hold = hold_sqlite if engine == "sqlite" else hold_postgres
    both: list[Running] = []
    try:
        # Neither may begin before both have come as far as they can.
        async with hold(environ, both) as all_wait:
            both += [start_migrating(environ), start_migrating(environ)]
            for _ in range(1000):
                if await all_wait():
                    break
                await asyncio.sleep(0.02)
            assert await all_wait()
            assert [process.poll() for process in both] == [None, None]
        said = [await asyncio.to_thread(process.communicate, timeout=60) for process in both]
    finally:
        for process in both:
            process.kill()
            process.communicate()
    assert [process.returncode for process in both] == [0, 0], said
    applied = sorted(json.loads(out)["applied"] for out, _ in said)
    assert applied == [[], everything(engine)]


def start_migrating(environ: Mapping[str, str]) -> Running:
    """`givefirst migrate --json`, not waited for."""
    return subprocess.Popen(
        command("migrate", "--json"),
        env=full_environ(environ),
        cwd=machine.REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@asynccontextmanager
async def hold_sqlite(environ: Mapping[str, str], who: list[Running]) -> AsyncIterator[Callable]:
    """Keep everybody from writing to the file; gives a function that says who waits."""
    file = Path(environ["GIVEFIRST_DATA"]) / "givefirst.db"
    file.parent.mkdir()

    async def all_wait() -> bool:
        return all(holds_open(process.pid, file) for process in who)

    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("BEGIN IMMEDIATE")
        yield all_wait
        db.execute("ROLLBACK")


@asynccontextmanager
async def hold_postgres(environ: Mapping[str, str], who: list[Running]) -> AsyncIterator[Callable]:
    """Keep the lock of the migrations; gives a function that says who waits."""
    db = await asyncpg.connect(environ["GIVEFIRST_DATABASE_URL"])

    async def all_wait() -> bool:
        return bool(await db.fetchval(WAITING) == len(who))

    try:
        await db.execute("SELECT pg_advisory_lock($1)", LOCK)
        yield all_wait
    finally:
        await db.close()
