"""Programs that a test starts: each in a process group of its own, ended by its own number."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any


def start(
    command: Sequence[str | Path],
    output: Path,
    *,
    environ: Mapping[str, str] | None = None,
    user: int | None = None,
    cwd: Path | None = None,
    last_word: str = "KILL",
) -> subprocess.Popen[bytes]:
    """Start a program with all it prints in the file `output`; end it with `stop`.

    `user` is the number of the account that it runs under, where it must not be root. On Linux the
    program gets the signal `last_word` when the tests are killed.
    """
    guard = ["setpriv", "--pdeathsig", last_word, "--"] if shutil.which("setpriv") else []
    with output.open("ab") as file:
        return subprocess.Popen(
            [*guard, *command],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environ,
            cwd=cwd,
            start_new_session=True,
            **account_of(user),
        )


def account_of(user: int | None) -> dict[str, Any]:
    """What makes a program run under another account and in its group alone."""
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwuid(user).pw_gid, "extra_groups": []}


def stop(process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM) -> None:
    """Ask a program to end; after ten seconds end it, and in any case what it left behind."""
    with suppress(subprocess.TimeoutExpired):
        if process.poll() is None:
            process.send_signal(how)
            process.wait(10)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(is_ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait at most 20 seconds for a program; AssertionError with what it printed if it fails."""
    until = time.monotonic() + 20
    while not is_ready():
        ended = process.poll()
        if ended is not None or time.monotonic() > until:
            why = "is not ready after 20 s" if ended is None else f"ended with {ended}"
            raise AssertionError(f"{process.args!r} {why}:\n{log.read_text('utf-8', 'replace')}")
        time.sleep(0.05)
