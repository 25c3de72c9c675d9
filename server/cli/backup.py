"""`backup` and `restore`."""

import argparse
import asyncio
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import asyncpg
from tortoise.exceptions import BaseORMException

from server.cli import archive, copy_postgres, copy_sqlite
from server.cli.archive import About, ArchiveError
from server.cli.copy_postgres import ProgramError
from server.cli.copy_sqlite import BrokenError
from server.cli.shared import RefusedError, report, speak
from server.kit.database import close_database, open_database
from server.kit.migrations import migrate
from server.kit.running import AlreadyRunningError, held_still
from server.kit.settings import Settings, keys_in
from server.mail import gate
from server.staff import accounts

PG_FAULTS = (asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)


async def do_backup(args: argparse.Namespace, settings: Settings) -> None:
    """Copy the database and the keys into one file, while everything goes on."""
    file = Path(args.file).expanduser().absolute()
    if file.exists() and not args.force:
        raise RefusedError(speak(settings, "desk.cli_backup_there", file=file))
    if settings.is_sqlite and not settings.sqlite_file.is_file():
        raise RefusedError(speak(settings, "desk.cli_backup_none", file=settings.sqlite_file))
    _needs_programs(settings)
    beside = file.with_name(f"{file.name}.database.part")
    try:
        with _told(settings, "desk.cli_backup_failed", file):
            if settings.is_sqlite:
                about = await asyncio.to_thread(copy_sqlite.copy, settings, beside)
            else:
                about = await copy_postgres.copy(settings, beside)
            await _audit(settings, "database.copied", file.name)
            await asyncio.to_thread(archive.write, file, about, settings.secrets, beside)
    finally:
        beside.unlink(missing_ok=True)
    size = file.stat().st_size
    data = {"file": str(file), "size": size, **asdict(about)}
    told = {"file": file, "leads": about.leads, "mails": about.mails}
    lines = [
        speak(settings, "desk.cli_backup_done", size=f"{size / 1e6:.1f}", **told),
        speak(settings, "desk.cli_backup_secret"),
    ]
    report(args, data, lines)


async def do_restore(args: argparse.Namespace, settings: Settings) -> None:
    """Put a backup in place of the database; nothing is sent of it until the gate is opened."""
    file = Path(args.file).expanduser().absolute()
    about, keys = await asyncio.to_thread(_read, file, settings)
    new_keys = _agreed_keys(settings, keys, force=args.force)
    _needs_programs(settings)
    try:
        with (
            held_still(settings.data),
            _told(settings, "desk.cli_restore_failed", file),
            tempfile.TemporaryDirectory(prefix="restore-", dir=_beside(settings)) as folder,
        ):
            unpacked = Path(folder) / "database"
            await asyncio.to_thread(archive.unpack, file, unpacked)
            put = _put_sqlite if settings.is_sqlite else _put_postgres
            kept = await put(settings, unpacked, force=args.force)
            if new_keys:
                _keep_keys(settings.data / "secret", keys)
        with _told(settings, "desk.cli_restore_unaudited", file):
            await _audit(settings, "database.restored", about.made_at)
            waits = await _tally(settings)
    except AlreadyRunningError:
        running = speak(settings, "desk.cli_restore_running", data=settings.data)
        raise RefusedError(running) from None
    data = {**asdict(about), "kept": str(kept) if kept else "", "sends": waits.goes}
    told = {"at": about.made_at[:16].replace("T", " "), "leads": about.leads, "mails": about.mails}
    lines = [speak(settings, "desk.cli_restored", **told)]
    if kept:
        lines.append(speak(settings, "desk.cli_restore_kept", file=kept))
    lines.append(speak(settings, "desk.cli_restore_shut", count=waits.goes))
    report(args, data, lines)


@contextmanager
def _told(settings: Settings, key: str, file: Path) -> Iterator[None]:
    """What goes wrong with a disk, a database or a program, in one line."""
    try:
        yield
    except ProgramError as error:
        why = speak(settings, "desk.cli_program_failed", name=error.name, why=error.why)
    except BrokenError as error:
        why = speak(settings, "desk.cli_database_damaged", why=error)
    except OSError as error:
        why = error.strerror or type(error).__name__
    except (sqlite3.Error, BaseORMException) as error:
        why = " ".join(str(error).split())
    except PG_FAULTS as error:
        # Never the address: it holds a password.
        why = type(error).__name__
    else:
        return
    raise RefusedError(speak(settings, key, file=file, why=why))


def _needs_programs(settings: Settings) -> None:
    lacking = "" if settings.is_sqlite else copy_postgres.lacking()
    if lacking:
        raise RefusedError(speak(settings, "desk.cli_program_lacking", name=lacking))


def _read(file: Path, settings: Settings) -> tuple[About, tuple[bytes, ...]]:
    """What a file holds, if it may be restored here; RefusedError for what may not."""
    try:
        about, keys = archive.read(file)
    except ArchiveError:
        raise RefusedError(speak(settings, "desk.cli_no_backup", file=file)) from None
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise RefusedError(speak(settings, "desk.cli_no_file", file=file, why=why)) from None
    if about.engine != ("sqlite" if settings.is_sqlite else "postgres"):
        raise RefusedError(speak(settings, "desk.cli_other_engine", engine=about.engine))
    newer = copy_sqlite.unknown(about)
    if newer:
        raise RefusedError(speak(settings, "desk.cli_newer", names=", ".join(newer[:3])))
    return about, keys


def _agreed_keys(settings: Settings, keys: tuple[bytes, ...], *, force: bool) -> bool:
    """Whether the keys of the backup replace those in the data folder.

    RefusedError where other ones are set: every link that was mailed would be dead.
    """
    if set(keys) <= set(settings.secrets):
        return False
    file = settings.data / "secret"
    if file.is_file() and keys_in(file.read_text("ascii")) == settings.secrets:
        return True
    if force:
        return False
    raise RefusedError(speak(settings, "desk.cli_other_secret"))


def _keep_keys(file: Path, keys: tuple[bytes, ...]) -> None:
    part = file.with_name("secret.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(b"\n".join(keys) + b"\n")
        out.flush()
        os.fsync(out.fileno())
    shutil.copy2(file, copy_sqlite.free_name(file))
    part.replace(file)
    archive.sync_folder(file.parent)


def _beside(settings: Settings) -> Path:
    """A folder on the disk of the database, so that a file can be put in its place in one step."""
    return settings.sqlite_file.parent if settings.is_sqlite else settings.data


async def _put_sqlite(settings: Settings, unpacked: Path, *, force: bool) -> Path | None:
    file = settings.sqlite_file
    if not force and not copy_sqlite.is_empty(file):
        raise RefusedError(speak(settings, "desk.cli_not_empty", where=file))
    await copy_sqlite.make_ready(settings, unpacked)
    return copy_sqlite.put_in_place(unpacked, file)


async def _put_postgres(settings: Settings, unpacked: Path, *, force: bool) -> Path | None:
    is_empty, others = await copy_postgres.look(settings)
    if others:
        raise RefusedError(speak(settings, "desk.cli_others_connected", count=others))
    kept = None
    if not is_empty:
        if not force:
            where = speak(settings, "desk.cli_that_database")
            raise RefusedError(speak(settings, "desk.cli_not_empty", where=where))
        kept = copy_sqlite.free_name(settings.data / "database.backup")
        old = unpacked.with_name("old")
        about = await copy_postgres.copy(settings, old)
        await asyncio.to_thread(archive.write, kept, about, settings.secrets, old)
    await copy_postgres.put_back(settings, unpacked)
    await migrate(settings)
    return kept


async def _audit(settings: Settings, action: str, detail: str) -> None:
    await open_database(settings)
    try:
        await accounts.audit(action, detail)
    finally:
        await close_database()


async def _tally(settings: Settings) -> gate.Tally:
    await open_database(settings)
    try:
        return await gate.tally()
    finally:
        await close_database()


def add_backup(commands: Any, reporting: argparse.ArgumentParser) -> None:
    """The commands of this file."""
    for name, does, help_text, force_text in (
        ("backup", do_backup, "copy the database and the keys into a file", "replace the file"),
        (
            "restore",
            do_restore,
            "put a backup in place; nothing is sent of it until `outbox release`",
            "replace a database that is not empty; the old one is kept",
        ),
    ):
        one = commands.add_parser(name, help=help_text, parents=[reporting])
        one.add_argument("file")
        one.add_argument("--force", action="store_true", help=force_text)
        one.set_defaults(run=does)
