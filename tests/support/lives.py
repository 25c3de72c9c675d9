"""Lives of a sender that may end at any moment: imports once, then forks one process a life.

`python -m tests.support.lives` reads one JSON object a line: the environment of a life. It answers
with the number of its process; the life sends until nothing is due, and ends with 0. With
GIVEFIRST_LIFE=beside it knows that others live at the same time.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from server.kit.database import close_database, open_database
from server.kit.settings import load_settings
from server.kit.site import Site
from server.mail.leases import take_back_leases
from server.mail.models import BULK, TRANSACTIONAL
from server.mail.sending import Sender

REST = 0.02  # seconds between two looks at a lane in which nothing is due
REPOSITORY = Path(__file__).parent.parent.parent


async def live() -> None:
    """What a worker does for mail, from its start until nothing is due."""
    settings = load_settings()
    await open_database(settings)
    try:
        alone = settings.is_sqlite and "GIVEFIRST_LIFE" not in os.environ
        await take_back_leases(alone=alone)
        sender = Sender(settings, Site(settings.base_url, settings.secrets))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, sender.stop)
        is_busy = {TRANSACTIONAL: True, BULK: True}

        async def keep(lane: int) -> None:
            while any(is_busy.values()):
                is_busy[lane] = await sender.drain(lane) > 0
                await asyncio.sleep(0 if is_busy[lane] else REST)

        await asyncio.gather(*map(keep, is_busy))
    finally:
        await close_database()


def main() -> None:
    """The fork server."""
    for line in sys.stdin:
        own = json.loads(line)
        number = os.fork()
        if number == 0:
            os.environ.clear()
            os.environ.update(own)
            # The parent speaks over our standard output.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            code = 1
            try:
                asyncio.run(live())
                code = 0
            finally:
                os._exit(code)
        print(number, flush=True)
        _, status = os.waitpid(number, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


class Lives:
    """Starts lives one after another; used as a context."""

    def __enter__(self) -> Self:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.support.lives"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY,
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server.stdin
        assert self._server.stdout
        self._server.stdin.close()
        self._server.wait(30)
        self._server.stdout.close()

    def begin(self, environ: Mapping[str, str]) -> int:
        """A new life; its process number, to end it by."""
        assert self._server.stdin
        self._server.stdin.write(json.dumps(dict(os.environ) | dict(environ)) + "\n")
        self._server.stdin.flush()
        return int(self._heard())

    def ended(self) -> int:
        """Wait for the end of the life; its exit code, negative for a signal."""
        return int(self._heard())

    def _heard(self) -> str:
        assert self._server.stdout
        return self._server.stdout.readline()


if __name__ == "__main__":
    main()
