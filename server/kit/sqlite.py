"""SQLite for Tortoise with transactions that take the write lock when they begin.

Tortoise begins deferred: a transaction that reads and then writes fails "locked" at once, whatever
the busy time-out, as soon as another process wrote in between (the mail worker is one). BEGIN
IMMEDIATE waits its turn instead. https://www.sqlite.org/lang_transaction.html
"""

from typing import cast

from tortoise.backends.base.client import TransactionContext
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
)

PRAGMAS = {
    "journal_mode": "WAL",
    "synchronous": "FULL",  # what was answered survives a power cut
    "busy_timeout": 10_000,
    "foreign_keys": "ON",
    "secure_delete": "ON",  # what was deleted is overwritten
    "journal_size_limit": 64 * 1024 * 1024,
}


class _Transaction(SqliteTransactionWrapper):
    async def begin(self) -> None:
        await self._connection.commit()
        await self._connection.execute("BEGIN IMMEDIATE")


class ImmediateClient(SqliteClient):
    """The SQLite client of Tortoise, but for how a transaction begins."""

    def _in_transaction(self) -> TransactionContext:
        return cast(TransactionContext, SqliteTransactionContext(_Transaction(self), self._lock))


client_class = ImmediateClient
