"""Runs commands of the product without starting Python each time: imports once, forks for each.

`python -m tests.support.commands` reads one JSON object a line: `arguments`, `environ`, and the
files `out` and `err` for what the command prints. It answers with the exit code. A command has a
process of its own, with its own words, environment and ends of its pipes, as a person's has.
"""

import json
import os
import select
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from server.cli.main import main as product
from tests.support import machine

PATIENCE = 60.0  # seconds that a command may take


def run(arguments: list[str], environ: dict[str, str], out: str, err: str) -> int:
    """Be that command; its exit code."""
    for number, file in ((0, os.devnull), (1, out), (2, err)):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        os.dup2(os.open(file, flags), number)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = ["givefirst", *arguments]
    try:
        product()
        code: object = 0
    except SystemExit as ended:
        code = ended.code
    except BaseException:  # as Python itself does
        traceback.print_exc()
        code = 1
    if isinstance(code, str):
        print(code, file=sys.stderr)
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else 0


def main() -> None:
    """The fork server."""
    for line in sys.stdin:
        wanted = json.loads(line)
        number = os.fork()
        if number == 0:
            os._exit(run(**wanted))
        _, status = os.waitpid(number, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


class Commands:
    """Gives one command after another to a fork server."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.support.commands"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=machine.REPOSITORY,
        )  # fmt: skip
        self._lock = Lock()

    def give(self, environ: Mapping[str, str], arguments: Sequence[str]) -> tuple[int, str, str]:
        """Exit code and what was printed. AssertionError when it takes longer than a minute."""
        assert self._server.stdin
        assert self._server.stdout
        with self._lock, TemporaryDirectory() as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            wanted = {"arguments": list(arguments), "environ": dict(environ)}
            wanted |= {"out": str(out), "err": str(err)}
            self._server.stdin.write(json.dumps(wanted) + "\n")
            self._server.stdin.flush()
            told, _, _ = select.select([self._server.stdout], [], [], PATIENCE)
            assert told, f"{arguments} takes longer than {PATIENCE} s"
            code = int(self._server.stdout.readline())
            return code, out.read_text("utf-8"), err.read_text("utf-8")

    def close(self) -> None:
        """End the fork server."""
        assert self._server.stdin
        assert self._server.stdout
        self._server.stdin.close()
        self._server.wait(10)
        self._server.stdout.close()


if __name__ == "__main__":
    main()
