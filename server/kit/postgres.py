"""PostgreSQL for Tortoise with several hosts: the one that accepts writes is taken."""

from typing import Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient


class ManyHostsClient(AsyncpgDBClient):
    """The asyncpg client of Tortoise, given a whole address with one or more hosts."""

    async def create_pool(self, **kwargs: Any) -> asyncpg.Pool:
        dsn = self.extra.get("dsn")
        for name in ("host", "port", "user", "database", "password"):
            kwargs.pop(name, None)
        return await asyncpg.create_pool(
            **{**kwargs, "dsn": dsn, "target_session_attrs": "read-write"}
        )


client_class = ManyHostsClient
