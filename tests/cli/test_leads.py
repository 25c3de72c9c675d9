"""`leads show` and `leads erase` beside a running site: what they print, and that gone is gone."""

import asyncio
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import asyncpg
import httpx2
import pytest

from tests.cli.commands import givefirst
from tests.product import body_of
from tests.support import machine
from tests.support.live import LiveServer
from tests.support.processes import wait_until

# A command is a thin layer over rooms that are tried on both databases.
pytestmark = [] if machine.SOAKS else [pytest.mark.thin]

READER, NAME = "joost.naamloos@firma.example.org", "Joost Naamloos"


def ask(site: LiveServer, address: str, name: str) -> None:
    """Ask for a book, take it and rate it."""
    form = {"email": address, "name": name, "newsletter": "yes"}
    assert httpx2.post(f"{site.url}/nl/library/gulle-gever", data=form).status_code == 303
    wait_until(lambda: mailed(site, address), site.process, site.output)
    gift = mailed(site, address)[-1]
    assert httpx2.post(gift).status_code == 303
    assert httpx2.get(f"{gift}/read?c=1").status_code == 200
    rating = {"liked": "4", "why": f"Groeten, {name}"}
    assert httpx2.post(f"{gift}/liked", data=rating).status_code == 303


def mailed(site: LiveServer, address: str) -> list[str]:
    """The links to gifts in the mail to an address."""
    texts = [body_of(mail) for mail in site.mails() if address in str(mail["To"])]
    return re.findall(r"http\S+/gift/\S+", "\n".join(texts))


def dump(environ: dict[str, str]) -> dict[str, str]:
    """Every row of every table as text."""
    url = environ["GIVEFIRST_DATABASE_URL"]
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as db:
            names = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            return {name: str(db.execute(f"SELECT * FROM {name}").fetchall()) for (name,) in names}
    return asyncio.run(dump_postgres(url))


async def dump_postgres(url: str) -> dict[str, str]:
    db = await asyncpg.connect(url)
    try:
        names = await db.fetch("SELECT tablename AS n FROM pg_tables WHERE schemaname = 'public'")
        found = {row["n"]: await db.fetch(f"SELECT * FROM {row['n']}") for row in names}
        return {name: str([tuple(row) for row in lines]) for name, lines in found.items()}
    finally:
        await db.close()


def test_erased_is_gone_from_every_file_table_and_log(
    site: LiveServer, environ: dict[str, str]
) -> None:
    ask(site, READER, NAME)
    ask(site, "other@example.org", "Somebody Else")
    words = (READER, NAME, "Naamloos", "joost.naamloos")
    assert any(READER in rows for rows in dump(environ).values())
    done = givefirst(environ, "leads", "erase", READER)
    assert done.code == 0
    tables = dump(environ)
    assert len(tables) > 10
    assert not [name for name, rows in tables.items() if any(word in rows for word in words)]
    folder = Path(environ["GIVEFIRST_DATA"])
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert files
    for file in files:
        assert not any(word.encode() in file.read_bytes() for word in words), file
    for printed in (site.printed(), done.out, done.err):
        assert not any(word in printed for word in words)
    assert "erased" in tables["suppression"]
    assert "lead.erased" in tables["audit_entry"]
    assert "other@example.org" in tables["lead"]
    # The running site goes on, and its worker too.
    ask(site, "third@example.org", "")


def test_what_was_erased_is_told_and_a_second_time_refused(
    site: LiveServer, environ: dict[str, str]
) -> None:
    ask(site, READER, NAME)
    data = givefirst(environ, "leads", "erase", READER.upper(), "--json").json()
    assert data["lead"] == 1
    assert data["rows"]["gift"] == data["rows"]["lead"] == 1
    assert data["rows"]["event"] >= 4
    assert data["files"] >= (1 if (site.data / "mail").exists() else 0)
    for what in ("erase", "show"):
        assert READER in givefirst(environ, "leads", what, READER).refusal()
        assert "‘joost’" in givefirst(environ, "leads", what, "joost").refusal()


def test_everything_about_a_lead_is_shown(site: LiveServer, environ: dict[str, str]) -> None:
    ask(site, READER, NAME)
    shown = givefirst(environ, "leads", "show", READER)
    assert shown.code == 0
    for words in ("Wie je bent (lead)", f"  email: {READER}", f"  liked_why: Groeten, {NAME}"):
        assert words in shown.lines, words
    data = givefirst(environ, "leads", "show", READER, "--json").json()
    assert data["lead"][0]["email"] == READER
    assert {"gift", "event", "consent", "delivery", "message"} <= set(data)
    assert "lead.shown" in dump(environ)["audit_entry"]


@pytest.mark.parametrize("words", [[], ["show"], ["erase"], ["nonsense", READER]])
def test_wrong_usage_is_two(environ: dict[str, str], words: list[str]) -> None:
    assert givefirst(environ, "leads", *words).code == 2


def test_the_register_is_printed_in_the_language_of_the_site(environ: dict[str, str]) -> None:
    dutch = givefirst(environ, "check", "--privacy")
    assert dutch.code == 0
    assert "lead: Wie je bent; sturen waar je om vraagt" in dutch.lines
    assert "pace: Hoe snel mail de deur uit gaat; niets over personen" in dutch.lines
    english = givefirst(environ | {"GIVEFIRST_LANGUAGE": "en"}, "check", "--privacy").out
    assert "  liked_why       learning what is of use | after 24 quiet months" in english
    tables = givefirst(environ, "check", "--privacy", "--json").json()["tables"]
    assert {table["table"] for table in tables} >= {"lead", "event", "staff_user", "pace"}
    assert all(field["for"] for table in tables for field in table["fields"])
