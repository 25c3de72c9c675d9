"""Processes of a running site, as the system tells of them; only where there is /proc."""

import time
from collections.abc import Callable
from pathlib import Path

PROC = Path("/proc")


def worker_of(parent: int) -> int | None:
    """The process of the worker that a site started, if it runs."""
    for child in _children(parent):
        try:
            words = (PROC / str(child) / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"server.worker" in words:
            return child
    return None


def _children(parent: int) -> list[int]:
    try:
        lists = [file.read_text() for file in (PROC / str(parent) / "task").glob("*/children")]
    except OSError:
        return []
    return [int(number) for text in lists for number in text.split()]


def has_ended(number: int) -> bool:
    """A process is gone, or only its exit code is still kept for somebody."""
    try:
        state = (PROC / str(number) / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state in "ZX"


def holds_open(number: int, file: Path) -> bool:
    """A process has this file open."""
    try:
        found = [entry.readlink() for entry in (PROC / str(number) / "fd").iterdir()]
    except OSError:
        return False
    return file in found


def within(seconds: float, is_so: Callable[[], object]) -> bool:
    """Whether something comes to be so within a time."""
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True
