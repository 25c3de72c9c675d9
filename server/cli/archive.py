"""The file of a backup: what it is, the keys that sign links, and the database, in one `.tar.gz`.

`backup.json` says which engine, when, which migrations and how much; `secret` holds the keys;
`database` is a SQLite file, or what `pg_dump --format=custom` writes.
"""

import gzip
import io
import json
import os
import shutil
import tarfile
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

from server.kit.settings import keys_in

FORMAT = 1
FAULTS = (tarfile.TarError, zlib.error, EOFError, KeyError, ValueError, TypeError)
PIECE = 1 << 20


class ArchiveError(Exception):
    """The file is no backup of ours, or it is damaged."""


@dataclass(frozen=True)
class About:
    """What a backup says of itself."""

    engine: str
    made_at: str
    schema: list[str]
    leads: int
    mails: int
    waiting: int
    format: int = FORMAT


def write(file: Path, about: About, keys: tuple[bytes, ...], database: Path) -> None:
    """Write a backup whole or not at all, for its owner's eyes only. Raises OSError."""
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as tar:
                _add(tar, "backup.json", json.dumps(asdict(about)).encode())
                _add(tar, "secret", b"\n".join(keys) + b"\n")
                tar.add(database, "database", filter=_plain)
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
        sync_folder(file.parent)
    finally:
        part.unlink(missing_ok=True)


def read(file: Path) -> tuple[About, tuple[bytes, ...]]:
    """What a backup is, and its keys, once every octet of the file has proven whole.

    Raises ArchiveError, and OSError where the file cannot be read.
    """
    try:
        with gzip.open(file) as whole:
            while whole.read(PIECE):
                pass  # its checksum stands at the end
        with tarfile.open(file, "r:gz") as tar:
            about = About(**json.loads(_text(tar, "backup.json")))
            keys = keys_in(_text(tar, "secret"))
    except (*FAULTS, gzip.BadGzipFile) as error:
        raise ArchiveError from error
    if about.format != FORMAT:
        raise ArchiveError
    return about, keys


def unpack(file: Path, into: Path) -> None:
    """Write the database of a backup that was read before. Raises OSError."""
    with tarfile.open(file, "r:gz") as tar, open(into, "wb", opener=_private) as out:
        packed = tar.extractfile("database")
        if packed is None:
            raise ArchiveError
        shutil.copyfileobj(packed, out, PIECE)
        out.flush()
        os.fsync(out.fileno())


def sync_folder(folder: Path) -> None:
    """Have the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _add(tar: tarfile.TarFile, name: str, octets: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(octets), 0o600
    tar.addfile(member, io.BytesIO(octets))


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without who made it on which machine."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def _text(tar: tarfile.TarFile, name: str) -> str:
    packed = tar.extractfile(name)
    if packed is None:
        raise ArchiveError
    return packed.read().decode()


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)
