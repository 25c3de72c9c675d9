"""How long it takes to promise an issue to a million readers, and how much memory."""

import asyncio
import resource
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import monotonic

from server.kit.clock import now
from server.kit.database import (
    close_database,
    count_anew,
    db_time,
    is_postgres,
    open_database,
    rows,
)
from server.kit.house import HouseFile
from server.kit.migrations import migrate
from server.kit.settings import Settings, load_settings
from server.kit.site import Site
from server.mail.letters import Letters
from server.newsletter import issuing, queueing
from server.newsletter.issuing import Editor
from server.newsletter.models import Issue
from server.newsletter.tips import Tips
from tests.support.databases import SECRET
from tests.support.machine import REPOSITORY
from tests.support.postgres import Postgres

READERS = 1_000_000
ISSUES = ("2026-47", "2026-46")  # the second looks who had one lately, and who wants its themes


def measure(folder: Path) -> list[str]:
    """A line for each engine and issue."""
    lines = ["| queueing | issue | readers | seconds | memory |", "|---|---|---|---|---|"]
    lines += _alone("sqlite", folder)
    server = Postgres()
    try:
        lines += _alone("postgres", folder, server.create("readers"))
    finally:
        server.stop()
    return lines


def _alone(engine: str, folder: Path, url: str = "") -> list[str]:
    """In a process of its own: one process knows one engine, and its memory is its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_run, engine, folder / engine, url).result()


def _run(engine: str, data: Path, url: str) -> list[str]:
    more = {"GIVEFIRST_DATABASE_URL": url} if url else {}
    return asyncio.run(_measure(engine, _settings(data, **more)))


def _settings(data: Path, **more: str) -> Settings:
    data.mkdir()
    return load_settings(
        {
            "GIVEFIRST_DATA": str(data),
            "GIVEFIRST_SECRET": SECRET,
            "GIVEFIRST_CONTENT": str(REPOSITORY / "content"),
            "GIVEFIRST_EMAIL_TEMPLATES": str(REPOSITORY / "email_templates"),
            "GIVEFIRST_BASE_URL": "http://127.0.0.1:8000",
        }
        | more
    )


async def _measure(engine: str, settings: Settings) -> list[str]:
    await migrate(settings)
    await open_database(settings)
    try:
        await _fill()
        host = Editor(
            Site(settings.base_url, settings.secrets),
            HouseFile(settings.content).fresh(),
            Letters(settings.email_templates),
            Tips(settings.content),
            settings.timezone,
        )
        return [await _queue(engine, host, name) for name in ISSUES]
    finally:
        await close_database()


async def _queue(engine: str, host: Editor, name: str) -> str:
    await issuing.send(host, name)
    start = monotonic()
    while await queueing.queue_next(host.site):
        pass
    seconds = monotonic() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    audience = (await Issue.get(name=name)).audience
    return f"| {engine} | {name} | {audience:,} | {seconds:.1f} | {memory} MB |"


async def _fill() -> None:
    """Readers of two languages, one in five of whom wants less, one in seven one topic only."""
    moment = "CAST(? AS TIMESTAMPTZ)" if is_postgres() else "?"
    numbers = "WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < ?)"
    await rows(
        "INSERT INTO lead (email, name, company, role, language, source, created_at, asked_at,"
        f" last_event_at, domain, verified_at) {numbers} SELECT 'r' || n || '@d' || (n % 997) ||"
        " '.example', '', '', '', CASE WHEN n % 3 = 0 THEN 'en' ELSE 'nl' END, 'import',"
        f" {moment}, {moment}, {moment}, 'd' || (n % 997) || '.example', {moment} FROM g",
        READERS,
        *[db_time(now())] * 4,
    )
    await rows(
        "INSERT INTO subscription (lead_id, list, wording, page, network, asked_at, confirmed_at,"
        " every_weeks, topics) SELECT id, 'tips', '', '', '', asked_at, asked_at,"
        " CASE WHEN id % 10 = 0 THEN 2 WHEN id % 10 = 1 THEN 4 ELSE 1 END,"
        " CASE WHEN id % 7 = 0 THEN ',meten,' ELSE '' END FROM lead"
    )
    await count_anew("lead", "subscription")
