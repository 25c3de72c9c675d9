"""Our sender over a database of its own: `sender COUNT`; it fills that first, uncounted."""

import os
import resource
import sys
import time
from datetime import timedelta

import uvloop

from server.kit import markup
from server.kit.clock import now
from server.kit.database import close_database, db_time, is_postgres, open_database, rows
from server.kit.house import HouseFile
from server.kit.migrations import migrate
from server.kit.settings import Settings, load_settings
from server.kit.site import Site
from server.leads.models import Lead
from server.mail import links, outbox
from server.mail.letters import Letters
from server.mail.models import BULK, Delivery
from server.mail.sending import Sender
from tests.benchmarks.letters import PARAGRAPH
from tests.mail.furnishing import list_mail


async def fill(settings: Settings, count: int) -> None:
    """So many readers who said yes to being followed, each with a mail that is due."""
    if await Lead.all().count() != count:
        await Lead.all().delete()
        await list_mail(count, domains=50, followed=True)
        text = "\n\n".join(
            f"{PARAGRAPH}[Lees verder](https://www.example.org/artikel/{n}?bron=tip)"
            for n in range(10)
        )
        site = Site(settings.base_url, settings.secrets)
        body = links.body_of(markup.tree(f"Beste {{{{ name | lezer }}}},\n\n{text}"), site)
        house = HouseFile(settings.content).fresh()
        shared = {"subject": "Een tip", "preview": "", "number": "1", "date": "", "page": "x"}
        letter = Letters(settings.email_templates).get("tip", "nl", house, body).filled(shared)
        message = await outbox.keep_message("tip", "nl", letter, list_name="tips")
        await Delivery.all().update(message_id=message.id)
    ahead = db_time(now() + timedelta(hours=6))
    await rows("UPDATE delivery SET state = 'queued', sent_at = NULL, not_after = ?", ahead)
    await rows("VACUUM ANALYZE" if is_postgres() else "PRAGMA wal_checkpoint(TRUNCATE)")


async def main() -> None:
    """Fill, send, and tell what the sending took."""
    count = int(sys.argv[1])
    os.environ.setdefault("GIVEFIRST_SECRET", "5ec7e7" * 11)
    os.environ.setdefault("GIVEFIRST_BASE_URL", "https://books.example.org")
    settings = load_settings()
    await migrate(settings)
    await open_database(settings)
    try:
        await fill(settings, count)
        sender = Sender(settings, Site(settings.base_url, settings.secrets))
        used, begin = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
        while await sender.drain(BULK):
            pass
        seconds, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_SELF)
        assert await Delivery.filter(state="sent").count() == count
    finally:
        await close_database()
    cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    print(f"seconds={seconds:.4f} cpu={cpu:.4f}")


if __name__ == "__main__":
    uvloop.run(main())
