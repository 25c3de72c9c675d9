"""The product as a person runs it: `givefirst serve` in a process of its own."""

import email
import os
import sys
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from subprocess import Popen

import httpx2

from tests.support import machine
from tests.support.databases import SECRET
from tests.support.processes import free_port, start, stop, wait_until


class LiveServer:
    """A running site with its worker."""

    def __init__(self, folder: Path, arguments: tuple[str, ...], environ: dict[str, str]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.data = folder / "data"
        self.output = folder / "output.log"
        own = {"GIVEFIRST_DATA": str(self.data), "GIVEFIRST_SECRET": SECRET}
        own |= {"GIVEFIRST_CONTENT": str(machine.REPOSITORY / "content")}
        own |= {"GIVEFIRST_EMAIL_TEMPLATES": str(machine.REPOSITORY / "email_templates")}
        # Every browser of a test comes from one address.
        own |= {"GIVEFIRST_FORM_RATE": "6000", "PYTHONUNBUFFERED": "1"}
        around = {name: os.environ[name] for name in os.environ if "GIVEFIRST" not in name}
        self.process: Popen[bytes] = start(
            [sys.executable, "-m", "server", "serve", "--port", str(self.port), *arguments],
            self.output,
            environ=around | own | environ,
            cwd=machine.REPOSITORY,
        )
        try:
            wait_until(self._is_ready, self.process, self.output)
        except BaseException:
            self.stop()
            raise

    def _is_ready(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/ready", trust_env=False, timeout=5).status_code == 200
        except httpx2.TransportError:
            return False

    def printed(self) -> str:
        """All that it has printed so far."""
        return self.output.read_text("utf-8", "replace")

    def mails(self) -> list[EmailMessage]:
        """What it mailed to files so far, oldest first."""
        files = sorted(self.data.glob("mail/*.eml"), key=lambda file: file.stat().st_mtime_ns)
        return [email.message_from_bytes(file.read_bytes(), policy=default) for file in files]

    def stop(self) -> None:
        """End it and its worker, by its own number."""
        stop(self.process)


class LiveServers:
    """Starts any number of sites, each with its own data folder and database, and ends them all.

    `new_database` gives the address of a migrated one; without it each has its SQLite file.
    """

    def __init__(self, folder: Path, new_database: Callable[[], str] | None = None) -> None:
        self.folder = folder
        self.new_database = new_database
        self.started: list[LiveServer] = []

    def __call__(self, *arguments: str, **environ: str) -> LiveServer:
        """A new site: arguments go to `serve`, keywords are settings."""
        folder = self.folder / f"site-{len(self.started) + 1}"
        folder.mkdir()
        if self.new_database:
            environ = {"GIVEFIRST_DATABASE_URL": self.new_database()} | environ
        server = LiveServer(folder, arguments, environ)
        self.started.append(server)
        return server

    def printed(self) -> str:
        """What all of them printed."""
        return "\n".join(f"{one.url}\n{one.printed()}" for one in self.started)

    def stop(self) -> None:
        for server in self.started:
            server.stop()
