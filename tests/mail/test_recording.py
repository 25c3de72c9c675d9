"""A database that is locked or cut off while mail goes out: nothing lost, nothing twice."""

import asyncio
import sqlite3
from collections import Counter
from contextlib import closing, suppress
from dataclasses import replace

import asyncpg

from server.kit.database import DATABASE_FAULTS
from server.kit.settings import Settings
from server.kit.site import Site
from server.mail.models import BULK, Delivery
from server.mail.sending import Sender
from tests.mail.furnishing import list_mail
from tests.support.relay import FaultyRelay

MAILS, TURNS = 300, 100


async def until(relay: FaultyRelay, count: int) -> None:
    for _ in range(5000):
        if len(relay.accepted) >= count:
            return
        await asyncio.sleep(0.001)
    raise AssertionError(f"{len(relay.accepted)} of {count} mails were taken")


async def standstill(relay: FaultyRelay) -> None:
    """Until nothing more is taken: every line waits for its commit."""
    before = -1
    while before != len(relay.accepted):
        before = len(relay.accepted)
        await asyncio.sleep(0.1)


async def check(relay: FaultyRelay) -> None:
    states = Counter([str(one) for one in await Delivery.all().values_list("state", flat=True)])
    assert states == {"sent": MAILS}
    assert len(relay.accepted) == len(set(relay.accepted)) == MAILS


async def lock_meanwhile(settings: Settings, relay: FaultyRelay) -> None:
    """Somebody else writes, and takes long over it."""
    with closing(sqlite3.connect(settings.sqlite_file, isolation_level=None, timeout=10)) as other:
        other.execute("BEGIN IMMEDIATE")
        await standstill(relay)
        assert len(relay.accepted) < MAILS
        other.execute("ROLLBACK")


async def hang_up(settings: Settings, relay: FaultyRelay) -> None:
    """The server ends every connection."""
    other = await asyncpg.connect(settings.database_url)
    await other.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await other.close()


async def test_a_database_that_is_locked_or_hangs_up_holds_mail_up_and_no_more(
    database: Settings, engine: str
) -> None:
    await list_mail(MAILS)
    with FaultyRelay() as relay:
        own = replace(database, smtp_url=relay.url)
        sender = Sender(own, Site(own.base_url, own.secrets))
        sending = asyncio.create_task(sender.drain(BULK))
        await until(relay, 50)
        await (lock_meanwhile if engine == "sqlite" else hang_up)(own, relay)
        for _ in range(TURNS):
            with suppress(*DATABASE_FAULTS):
                if not await sending:
                    break
            sending = asyncio.create_task(sender.drain(BULK))
        await check(relay)
