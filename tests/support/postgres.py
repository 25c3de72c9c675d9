"""A PostgreSQL server of the tests' own: in a temporary folder, on the loopback, gone after."""

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from threading import Thread
from typing import Any

import asyncpg

from tests.support import machine
from tests.support.processes import account_of, free_port, start, stop, wait_until

# Nothing in it need survive a power cut.
OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "listen_addresses": "127.0.0.1",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "max_wal_size": "128MB",
}


class Postgres:
    """A running server; `stop` ends it and removes its folder. `lasting`: on disk, and what is
    committed survives a power cut, as figures need it."""

    def __init__(self, *, lasting: bool = False) -> None:
        programs = machine.postgres_folder()
        assert programs, "no PostgreSQL here: mark the test `postgres`"
        self.port = free_port()
        self.folder = Path(
            tempfile.mkdtemp(prefix="givefirst-pg-", dir=None if lasting else _memory())
        )
        self.log = self.folder / "server.log"
        user = _account()
        if user is not None:
            os.chown(self.folder, user, -1)
        self._initialise(programs, user)
        wanted = OPTIONS | ({"fsync": "on", "synchronous_commit": "on"} if lasting else {})
        options = [part for name in wanted for part in ("-c", f"{name}={wanted[name]}")]
        self.process = start(
            [programs / "postgres", "-D", self.folder / "data", "-k", self.folder,
             "-p", str(self.port), *options],
            self.log,
            user=user,
            cwd=self.folder,
            last_word="INT",
        )  # fmt: skip
        self.loop = asyncio.new_event_loop()
        self.thread = Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.admin: asyncpg.Connection | None = None
        try:
            wait_until(self._accepts, self.process, self.log)
            self.admin = self.run(asyncpg.connect(self.url("postgres")))
        except BaseException:
            self.stop()
            raise

    def _initialise(self, programs: Path, user: int | None) -> None:
        subprocess.run(
            [programs / "initdb", "-D", self.folder / "data", "-U", "postgres", "-A", "trust",
             "-E", "UTF8", "--no-locale", "--no-sync"],
            cwd=self.folder, check=True, capture_output=True, **account_of(user),
        )  # fmt: skip

    def _accepts(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(self.folder / f".s.PGSQL.{self.port}")):
                return False
        try:
            self.run(self._greet())
        except (asyncpg.CannotConnectNowError, OSError):
            return False
        return True

    async def _greet(self) -> None:
        connection = await asyncpg.connect(self.url("postgres"))
        await connection.close()

    def url(self, database: str) -> str:
        """The address of a database, as GIVEFIRST_DATABASE_URL takes it."""
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}"

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do asynchronous work in the server's own thread: no test's loop is touched."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def execute(self, sql: str) -> None:
        """Run a statement as the superuser, outside any transaction."""
        assert self.admin
        self.run(self.admin.execute(sql))

    def create(self, name: str, template: str = "template1") -> str:
        """Make a database and return its address."""
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def stop(self) -> None:
        """End the server by its own number and remove all of it."""
        if self.admin:
            self.run(self.admin.close())
        stop(self.process, signal.SIGINT)  # "fast": does not wait for those still connected
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _memory() -> Path | None:
    """A place in memory with room to spare: copying a database takes 16 ms there, 84 on a disk."""
    place = Path("/dev/shm")  # noqa: S108
    is_there = place.is_dir() and os.access(place, os.W_OK)
    return place if is_there and shutil.disk_usage(place).free > 2**30 else None


def _account() -> int | None:
    """The account for the server where we are root, for it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry.pw_uid for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]
