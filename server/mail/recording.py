"""What became of mails, written down in groups: one commit in the air, the next gathers.

A line waits for its own commit before it goes on, so a crash leaves at most one mail a line of
which nobody knows whether it arrived. SQLite has a connection and a thread of its own here:
nobody else's transaction holds this up, and this holds up no page.
"""

import asyncio
import sqlite3
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from json import dumps
from typing import NamedTuple, Protocol
from urllib.parse import quote

import asyncpg

from server.kit.database import db_time
from server.kit.settings import Settings
from server.kit.sqlite import PRAGMAS

MOST = 64  # outcomes that one commit takes
AGAIN = 0.25  # seconds between two tries of a commit
TRIES = 100
FAULTS = (
    sqlite3.Error,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a server that hangs up in the middle of an answer
    OSError,
)
MARK = (
    "UPDATE delivery SET state = 'sending', leased_until = {at} WHERE {ids}"
    " AND lease_token = {token} AND state IN ('leased', 'sending') RETURNING id"
)
SENT = (
    "UPDATE delivery SET state = 'sent', sent_at = {at}, error = '', lease_token = '',"
    " leased_until = NULL WHERE {ids} AND lease_token = {token} RETURNING id"
)
OTHER = (
    "UPDATE delivery SET state = {}, error = {}, attempts = {}, doubts = {}, next_try_at = {},"
    " lease_token = '', leased_until = NULL WHERE id = {} AND lease_token = {} RETURNING id"
)
_NUMBERED = tuple(f"${n}" for n in range(1, 8))
BOTH = (
    "WITH marks AS (UPDATE delivery d SET state = 'sending', leased_until = $3 FROM"
    " unnest($1::bigint[], $2::text[]) AS x (id, token) WHERE d.id = x.id AND d.lease_token ="
    " x.token AND d.state IN ('leased', 'sending') RETURNING d.id), sent AS (UPDATE delivery d"
    " SET state = 'sent', sent_at = $6, error = '', lease_token = '', leased_until = NULL FROM"
    " unnest($4::bigint[], $5::text[]) AS x (id, token) WHERE d.id = x.id AND d.lease_token ="
    " x.token RETURNING d.id)"
    " SELECT TRUE AS is_mark, id FROM marks UNION ALL SELECT FALSE, id FROM sent"
)


class Mark(NamedTuple):
    """The text of this mail is about to go: committed before its first octet does."""

    number: int
    token: str
    until: datetime


class Sent(NamedTuple):
    """The relay has it."""

    number: int
    token: str
    at: datetime


@dataclass(frozen=True)
class Other:
    """Anything else that became of it."""

    number: int
    token: str
    state: str
    error: str
    attempts: int
    doubts: int
    next_try_at: datetime


Entry = Mark | Sent | Other
Group = tuple[type[Entry], str, list[Entry]]
Won = set[tuple[type[Entry], int]]
Waiting = tuple[tuple[Entry, ...], asyncio.Future[Won]]


class Store(Protocol):
    """Writes entries in one transaction."""

    async def write(self, entries: Sequence[Entry]) -> Won:
        """The kinds and numbers of those whose lease was still ours."""

    async def close(self) -> None:
        """Let go of the database."""


def _groups(entries: Iterable[Entry]) -> list[Group]:
    def key(entry: Entry) -> tuple[str, str]:
        return type(entry).__name__, entry.token

    sorted_ = sorted(entries, key=key)
    return [(type(own[0]), own[0].token, own) for _, g in groupby(sorted_, key) if (own := list(g))]


class SqliteStore:
    """A connection of our own in a thread of its own."""

    def __init__(self, settings: Settings) -> None:
        self._file = settings.sqlite_file
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="outcomes")
        self._db: sqlite3.Connection | None = None

    async def write(self, entries: Sequence[Entry]) -> Won:
        """One transaction; whatever went wrong, nothing of it stands."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._write, entries)

    async def close(self) -> None:
        """Close the connection in the thread that opened it."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = sqlite3.connect(
                f"file:{quote(str(self._file))}?mode=rw", uri=True, isolation_level=None
            )
            for name, value in PRAGMAS.items():
                self._db.execute(f"PRAGMA {name} = {value}")
        return self._db

    def _close(self) -> None:
        if self._db:
            self._db.close()
            self._db = None

    def _write(self, entries: Sequence[Entry]) -> Won:
        db = self._open()
        db.execute("BEGIN IMMEDIATE")
        try:
            won = {
                (kind, number)
                for kind, token, own in _groups(entries)
                for number in self._apply(db, kind, token, own)
            }
            db.execute("COMMIT")
        except sqlite3.Error:
            self._close()
            raise
        return won

    def _apply(
        self, db: sqlite3.Connection, kind: type[Entry], token: str, own: list[Entry]
    ) -> list[int]:
        if kind is Other:
            sql = OTHER.format(*"???????")
            done = (db.execute(sql, _values(one)).fetchall() for one in own)
            return [row[0] for found in done for row in found]
        words = {"at": "?", "token": "?", "ids": "id IN (SELECT value FROM json_each(?))"}
        numbers = dumps([one.number for one in own])
        found = db.execute(_shared(kind).format(**words), (_at(own[0]), numbers, token))
        return [row[0] for row in found.fetchall()]


class PostgresStore:
    """One statement for a group, on a connection of our own."""

    def __init__(self, settings: Settings) -> None:
        self._dsn = settings.database_url
        self._db: asyncpg.Connection | None = None

    async def write(self, entries: Sequence[Entry]) -> Won:
        """One transaction; whatever went wrong, nothing of it stands."""
        if self._db is None or self._db.is_closed():
            self._db = await asyncpg.connect(self._dsn, target_session_attrs="read-write")
        others = [one for one in entries if isinstance(one, Other)]
        if not others:
            return await self._both(self._db, entries)
        async with self._db.transaction():
            won = await self._both(self._db, entries)
            for one in others:
                if await self._db.fetch(OTHER.format(*_NUMBERED), *_values(one)):
                    won.add((Other, one.number))
        return won

    async def close(self) -> None:
        """Close the connection."""
        if self._db:
            await self._db.close(timeout=5)

    async def _both(self, db: asyncpg.Connection, entries: Sequence[Entry]) -> Won:
        """What is about to go and what is sent, in one round trip."""
        marks = [one for one in entries if isinstance(one, Mark)]
        sent = [one for one in entries if isinstance(one, Sent)]
        if not marks and not sent:
            return set()
        found = await db.fetch(
            BOTH,
            [one.number for one in marks],
            [one.token for one in marks],
            marks[0].until if marks else None,
            [one.number for one in sent],
            [one.token for one in sent],
            sent[0].at if sent else None,
        )
        return {(Mark if row["is_mark"] else Sent, row["id"]) for row in found}


def _shared(kind: type[Entry]) -> str:
    return MARK if kind is Mark else SENT


def _at(entry: Entry) -> datetime | str:
    assert not isinstance(entry, Other)  # noqa: S101
    return db_time(entry.until if isinstance(entry, Mark) else entry.at)


def _values(entry: Entry) -> tuple[object, ...]:
    assert isinstance(entry, Other)  # noqa: S101
    return (
        entry.state,
        entry.error[:300],
        entry.attempts,
        entry.doubts,
        db_time(entry.next_try_at),
        entry.number,
        entry.token,
    )


class Recorder:
    """Takes entries from all lines and writes them together; used as a context."""

    def __init__(self, settings: Settings) -> None:
        self._store: Store = (
            SqliteStore(settings) if settings.is_sqlite else PostgresStore(settings)
        )
        self._waiting: list[Waiting] = []
        self._taken: list[Waiting] = []
        self._flusher: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Recorder":
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._flusher:
            await asyncio.gather(self._flusher, return_exceptions=True)
        await self._store.close()

    async def write(self, *entries: Entry) -> Won:
        """Back when these are committed: the kinds and numbers whose lease was still ours.

        Raises what the database says when it stays away for half a minute.
        """
        done: asyncio.Future[Won]
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((entries, done))
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush())
            self._flusher.add_done_callback(self._flushed)
        return await done

    async def _flush(self) -> None:
        # The lines that were woken together come together: let them all speak first.
        await asyncio.sleep(0)
        while self._waiting:
            self._taken, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            won = await self._commit([one for entries, _ in self._taken for one in entries])
            for _, done in self._taken:
                if not done.done():
                    done.set_result(won)

    def _flushed(self, flusher: asyncio.Task[None]) -> None:
        """Whoever waits for a commit that failed is told, whatever it failed with."""
        error = None if flusher.cancelled() else flusher.exception()
        if error is None:
            return
        for _, done in [*self._taken, *self._waiting]:
            if not done.done():
                done.set_exception(error)
        self._waiting = []

    async def _commit(self, entries: list[Entry]) -> Won:
        for _ in range(TRIES - 1):
            try:
                return await self._store.write(entries)
            except FAULTS:
                # Locked, full, or away: a mail that left must not be forgotten for that.
                await asyncio.sleep(AGAIN)
        return await self._store.write(entries)
