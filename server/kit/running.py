"""Processes: one web server per SQLite file, and a worker that never outlives its parent."""

import errno
import fcntl
import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

log = logging.getLogger("givefirst.serve")

PAUSE = 1.0  # seconds between two lives of a worker
GRACE = 35.0  # seconds a worker may finish what is under way


class AlreadyRunningError(Exception):
    """Somebody else works on this data folder."""


class PortTakenError(Exception):
    """Somebody else listens at this address."""


class NoSuchAddressError(Exception):
    """Nothing can listen at this address; the message says why."""


def hold_alone(data: Path) -> IO[str]:
    """A kernel lock on the data folder, held while the file stays open; a crash frees it.

    Raises AlreadyRunningError.
    """
    return _locked(data / "serve.lock", fcntl.LOCK_EX)


def hold_as_worker(data: Path) -> IO[str]:
    """A kernel lock that workers share: while one has it, nobody takes their database away.

    Raises AlreadyRunningError.
    """
    return _locked(data / "worker.lock", fcntl.LOCK_SH)


@contextmanager
def held_still(data: Path) -> Iterator[None]:
    """Neither a site nor a worker runs on the data folder, nor starts meanwhile.

    Raises AlreadyRunningError.
    """
    with hold_alone(data), _locked(data / "worker.lock", fcntl.LOCK_EX):
        yield


def _locked(name: Path, how: int) -> IO[str]:
    file = name.open("w")
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise AlreadyRunningError from None
    return file


def listen(host: str, port: int) -> socket.socket:
    """A socket that is bound and listens. Raises PortTakenError and NoSuchAddressError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, OverflowError) as error:
        listener.close()
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            raise PortTakenError from None
        raise NoSuchAddressError(getattr(error, "strerror", None) or str(error)) from None
    return listener


class Keeper:
    """Keeps one child process alive; used as a context."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._stop = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, daemon=True, name="keeper")

    def __enter__(self) -> "Keeper":
        self._start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._child and self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(GRACE)
            except subprocess.TimeoutExpired:
                self._child.kill()
        self._thread.join(GRACE)

    def _start(self) -> None:
        # The child reads our end of this pipe: when we are gone, however we died, it ends too.
        self._child = subprocess.Popen(self._command, stdin=subprocess.PIPE)  # noqa: S603

    def _keep(self) -> None:
        while not self._stop.is_set() and self._child:
            code = self._child.wait()
            if self._child.stdin:
                self._child.stdin.close()
            if not self._stop.wait(PAUSE):
                log.warning("the worker ended with %s and is started again", code)
                self._start()


def end_with_parent() -> None:
    """End this process when the parent's end of our standard input closes, however it died."""

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        os._exit(0)

    threading.Thread(target=watch, daemon=True, name="parent-watch").start()
