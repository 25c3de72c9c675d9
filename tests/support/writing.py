"""Someone who writes to a database without a pause, and tells of each row that is committed.

`python -m tests.support.writing PREFIX EACH` reads the settings around it and commits a lead with
a mail to them every EACH seconds; a line on standard output is an address whose rows are there.
"""

import asyncio
import sys
from datetime import timedelta
from time import monotonic

from server.kit.clock import now
from server.kit.database import close_database, db_time, in_transaction, open_database, rows
from server.kit.settings import load_settings
from server.mail.models import Message


async def write(prefix: str, each: float) -> None:
    """Until it is ended."""
    await open_database(load_settings())
    try:
        # Others may begin at the same moment.
        await rows(
            "INSERT INTO message (key, kind, language, subject, html, text, list, is_ask,"
            " created_at) VALUES ('writing', 'test', 'nl', 'Hallo', '<p>Hallo</p>', 'Hallo', '', ?,"
            " ?) ON CONFLICT (key) DO NOTHING",
            False, db_time(now()),
        )  # fmt: skip
        message = await Message.get(key="writing")
        number, due = 0, monotonic()
        while True:
            number, due = number + 1, due + each
            await add(message.id, f"{prefix}{number}@example.org")
            sys.stdout.write(f"{prefix}{number}@example.org\n")
            sys.stdout.flush()
            await asyncio.sleep(max(0.0, due - monotonic()))
    finally:
        await close_database()


async def add(message: int, address: str) -> None:
    """A lead and a mail that waits for them."""
    at, late = db_time(now()), db_time(now() + timedelta(days=9))
    async with in_transaction():
        (lead,) = await rows(
            "INSERT INTO lead (email, name, company, role, language, source, created_at, asked_at,"
            " last_event_at, domain) VALUES (?, '', '', '', 'nl', 'test', ?, ?, ?, 'example.org')"
            " RETURNING id",
            address, at, at, at,
        )  # fmt: skip
        await rows(
            "INSERT INTO delivery (message_id, lead_id, address, domain, key, lane, state,"
            ' "values", mail_id, lease_token, attempts, next_try_at, not_after, created_at, error)'
            " VALUES (?, ?, '', 'example.org', ?, 0, 'queued', '{}', ?, '', 0, ?, ?, ?, '')",
            message, lead["id"], f"w:{address}", f"<{address}>", at, late, at,
        )  # fmt: skip


if __name__ == "__main__":
    asyncio.run(write(sys.argv[1], float(sys.argv[2])))
