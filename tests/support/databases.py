"""A fresh, migrated database for each test: the migrations run once, then it is copied."""

import asyncio
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from server.kit.migrations import migrate
from server.kit.settings import load_settings
from tests.support.postgres import Postgres

SECRET = "5ec7e7" * 10 + "5ec7"  # 64 hexadecimal digits that guard nothing


class SqliteCopies:
    """A migrated file, copied into the data folder of each test."""

    def __init__(self, folder: Path) -> None:
        self.template = folder / "template.db"
        _migrate(folder, f"sqlite:///{self.template}")

    @contextmanager
    def fresh(self, data: Path) -> Iterator[str]:
        """The address of an empty database in the data folder of one test."""
        file = data / "givefirst.db"
        shutil.copyfile(self.template, file)
        yield f"sqlite:///{file}"


class PostgresCopies:
    """A migrated database, the template of each test's own."""

    template = "givefirst_template"

    def __init__(self, server: Postgres, folder: Path) -> None:
        self.server = server
        self.numbers = count(1)
        _migrate(folder, server.create(self.template))

    @contextmanager
    def fresh(self, data: Path) -> Iterator[str]:
        """The address of an empty database for one test, gone afterwards."""
        name = f"test_{next(self.numbers)}"
        try:
            yield self.server.create(name, self.template)
        finally:
            self.server.drop(name)

    def lasting(self) -> str:
        """The address of an empty database that lasts as long as the server."""
        return self.server.create(f"test_{next(self.numbers)}", self.template)


def _migrate(folder: Path, url: str) -> None:
    settings = load_settings(
        {"GIVEFIRST_DATA": str(folder), "GIVEFIRST_DATABASE_URL": url, "GIVEFIRST_SECRET": SECRET}
    )
    # A thread of its own, for a loop may be open in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, migrate(settings)).result()
