"""A backup is whole, made while everything goes on, and sends nothing where it is restored."""

import resource
import sqlite3
import stat
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from server.kit.database import close_database, open_database, rows
from server.kit.settings import Settings, load_settings
from server.mail import gate
from server.worker import all_jobs, run_turn
from tests.cli.commands import command, full_environ, givefirst
from tests.cli.processes import holds_open, within
from tests.support import machine
from tests.support.databases import PostgresCopies
from tests.support.processes import start, stop
from tests.support.smtp import SmtpServer

WRITERS, EACH = 2, 0.01  # together 200 writes a second
BEFORE = 200  # rows that are there when the backup begins
ORPHANS = (
    "SELECT (SELECT COUNT(*) FROM delivery WHERE lead_id NOT IN (SELECT id FROM lead))"
    " + (SELECT COUNT(*) FROM lead WHERE id NOT IN"
    " (SELECT lead_id FROM delivery WHERE lead_id IS NOT NULL)) AS n"
)
NewPlace = Callable[[], dict[str, str]]


@pytest.fixture
def elsewhere(
    request: pytest.FixtureRequest, engine: str, tmp_path: Path, environ: dict[str, str]
) -> Iterator[NewPlace]:
    """The settings over another machine: a data folder and a database that hold nothing."""
    made: list[str] = []

    def place() -> dict[str, str]:
        own = {name: environ[name] for name in environ if name != "GIVEFIRST_SECRET"}
        own["GIVEFIRST_DATA"] = str(tmp_path / f"elsewhere-{len(made)}")
        made.append(f"elsewhere_{len(made)}")
        if engine == "sqlite":
            return own | {"GIVEFIRST_DATABASE_URL": ""}
        copies: PostgresCopies = request.getfixturevalue("postgres_copies")
        return own | {"GIVEFIRST_DATABASE_URL": copies.server.create(made[-1])}

    yield place
    if engine == "postgres":
        for name in made:
            request.getfixturevalue("postgres_copies").server.drop(name)


def lines_of(file: Path) -> list[str]:
    """The whole lines that a writer has printed."""
    return file.read_text().split("\n")[:-1] if file.exists() else []


async def test_under_load_it_holds_all_that_was_acknowledged_and_sends_nothing(
    environ: dict[str, str], elsewhere: NewPlace, tmp_path: Path, smtp_server: SmtpServer
) -> None:
    outputs = [tmp_path / f"writer-{n}" for n in range(WRITERS)]
    with ExitStack() as stack:
        for n, output in enumerate(outputs):
            words = [sys.executable, "-m", "tests.support.writing", f"w{n}-", str(EACH)]
            place = {"environ": full_environ(environ), "cwd": machine.REPOSITORY}
            stack.callback(stop, start(words, output, **place))  # type: ignore[arg-type]
        assert within(30, lambda: sum(len(lines_of(one)) for one in outputs) >= BEFORE)
        before = {line for output in outputs for line in lines_of(output)}
        made = givefirst(environ, "backup", str(tmp_path / "b.tar.gz"), "--json")
        assert made.code == 0, made
        during = sum(len(lines_of(one)) for one in outputs) - len(before)
    assert during > BEFORE / 4  # nobody had to wait for it
    assert stat.S_IMODE((tmp_path / "b.tar.gz").stat().st_mode) == 0o600
    own = elsewhere() | {"GIVEFIRST_SMTP_URL": smtp_server.url}
    restored = givefirst(own, "restore", str(tmp_path / "b.tar.gz"), "--json")
    assert restored.code == 0, restored
    count = restored.json()["mails"]
    assert count == made.json()["mails"] >= len(before)
    assert list(tmp_path.glob("*part*")) == []
    settings = load_settings(own)
    # Every link that was mailed still works.
    assert [key.decode() for key in settings.secrets] == [environ["GIVEFIRST_SECRET"]]
    await open_database(settings)
    try:
        there = {row["email"] for row in await rows("SELECT email FROM lead")}
        assert before - there == set()
        assert (await rows(ORPHANS))[0]["n"] == 0
        await stays_until_released(settings, smtp_server, count)
    finally:
        await close_database()


async def stays_until_released(settings: Settings, smtp_server: SmtpServer, count: int) -> None:
    """A worker sends nothing of it, and all of it when it is told to."""
    jobs = all_jobs(settings)
    await run_turn(jobs)
    assert smtp_server.messages == []
    told = await gate.release(settings)
    assert told == gate.Tally(goes=count)
    await run_turn(jobs)
    assert len(smtp_server.messages) == count


def test_it_goes_back_over_a_database_only_by_force_and_keeps_that(
    environ: dict[str, str], tmp_path: Path
) -> None:
    file = str(tmp_path / "b.tar.gz")
    givefirst(environ, "staff", "add", "first@example.org")
    assert givefirst(environ, "backup", file).code == 0
    assert "bestaat al" in givefirst(environ, "backup", file).refusal()
    assert givefirst(environ, "backup", file, "--force").code == 0
    givefirst(environ, "staff", "add", "second@example.org")
    assert "is niet leeg" in givefirst(environ, "restore", file).refusal()
    kept = givefirst(environ, "restore", file, "--force", "--json").json()["kept"]
    assert ".before-restore" in kept
    status = givefirst(environ, "outbox", "status", "--json").json()
    assert status["gate"]["reason"] == "restored"
    assert "er gaat geen mail weg" in givefirst(environ, "check").out
    assert givefirst(environ, "outbox", "release").code == 0
    assert not givefirst(environ, "outbox", "status", "--json").json()["gate"]["shut"]
    assert "er gaat geen mail weg" not in givefirst(environ, "check").out
    data = Path(environ["GIVEFIRST_DATA"])
    assert not list(data.glob("restore-*"))
    if kept.endswith(".db.before-restore"):
        with closing(sqlite3.connect(kept)) as db:
            assert db.execute("SELECT COUNT(*) FROM staff_user").fetchone() == (2,)
        with closing(sqlite3.connect(data / "givefirst.db")) as db:
            assert db.execute("SELECT COUNT(*) FROM staff_user").fetchone() == (1,)
    else:
        assert givefirst(environ, "restore", kept, "--force").code == 0


def test_a_file_with_one_flipped_byte_is_refused_and_nothing_is_made(
    environ: dict[str, str], elsewhere: NewPlace, tmp_path: Path
) -> None:
    file = tmp_path / "b.tar.gz"
    assert givefirst(environ, "backup", str(file)).code == 0
    octets, own = file.read_bytes(), elsewhere()
    for place in (len(octets) // 2, len(octets) - 6):
        flipped = bytearray(octets)
        flipped[place] ^= 1
        file.write_bytes(flipped)
        assert "beschadigd" in givefirst(own, "restore", str(file)).refusal()
    assert not (Path(own["GIVEFIRST_DATA"]) / "givefirst.db").exists()
    file.write_bytes(b"my holiday pictures")
    assert "geen backup" in givefirst(own, "restore", str(file)).refusal()


def test_a_key_that_is_set_and_is_another_is_not_passed_over(
    environ: dict[str, str], elsewhere: NewPlace, tmp_path: Path
) -> None:
    file = tmp_path / "b.tar.gz"
    assert givefirst(environ, "backup", str(file)).code == 0
    with tarfile.open(file) as tar:
        packed = tar.extractfile("secret")
        assert packed
        assert packed.read().decode().split() == [environ["GIVEFIRST_SECRET"]]
    own = elsewhere() | {"GIVEFIRST_SECRET": "0123456789abcdef" * 4}
    assert "andere sleutel" in givefirst(own, "restore", str(file)).refusal()


@pytest.mark.sqlite
def test_nothing_is_restored_under_a_worker_that_runs(
    environ: dict[str, str], tmp_path: Path
) -> None:
    file, data = tmp_path / "b.tar.gz", Path(environ["GIVEFIRST_DATA"])
    assert givefirst(environ, "backup", str(file)).code == 0
    worker = start(
        command("worker"), tmp_path / "out", environ=full_environ(environ), cwd=machine.REPOSITORY
    )
    try:
        assert within(20, lambda: holds_open(worker.pid, data / "worker.lock"))
        assert "draait nog" in givefirst(environ, "restore", str(file), "--force").refusal()
    finally:
        stop(worker)
    assert givefirst(environ, "restore", str(file), "--force").code == 0


@pytest.mark.sqlite
def test_a_full_disk_leaves_no_half_file(environ: dict[str, str], tmp_path: Path) -> None:
    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    file = tmp_path / "b.tar.gz"
    done = subprocess.run(
        command("backup", str(file)),
        env=full_environ(environ),
        cwd=machine.REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        preexec_fn=little_room,
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "is niet gemaakt" in done.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["data"]


@pytest.mark.sqlite
def test_one_flipped_byte_stops_the_start_and_is_never_made_a_new_file(
    environ: dict[str, str], tmp_path: Path
) -> None:
    db, file = Path(environ["GIVEFIRST_DATA"]) / "givefirst.db", tmp_path / "b.tar.gz"
    assert givefirst(environ, "backup", str(file)).code == 0
    octets = bytearray(db.read_bytes())
    octets[root_of(db, "suppression") * 4096 - 4096] ^= 0xFF  # the kind of a page
    db.write_bytes(octets)
    assert "beschadigd" in givefirst(environ, "serve", "--port", "0").refusal()
    refusal = givefirst(environ, "backup", str(tmp_path / "c")).refusal()
    assert "de database is beschadigd" in refusal
    assert not (tmp_path / "c").exists()
    assert db.read_bytes()[4096:] == octets[4096:]
    assert givefirst(environ, "restore", str(file), "--force").code == 0
    assert givefirst(environ, "outbox", "release").code == 0


def root_of(file: Path, table: str) -> int:
    """The page where a table begins."""
    with closing(sqlite3.connect(file)) as db:
        sql = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        return int(db.execute(sql, (table,)).fetchone()[0])


@pytest.mark.sqlite
def test_nothing_is_backed_up_where_nothing_is(tmp_path: Path) -> None:
    own = {"GIVEFIRST_DATA": str(tmp_path / "none")}
    assert "Er is geen database" in givefirst(own, "backup", str(tmp_path / "b")).refusal()
    assert not (tmp_path / "none" / "givefirst.db").exists()
