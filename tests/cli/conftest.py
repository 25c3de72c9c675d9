"""What the tests of the command line can ask for besides the fixtures of all tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.commands import bare_environ
from tests.support.databases import PostgresCopies
from tests.support.live import LiveServer, LiveServers


@pytest.fixture
def site(start_server: LiveServers, environ: dict[str, str]) -> LiveServer:
    """A running site over the database and the data folder of `environ`."""
    own = {name: value for name, value in environ.items() if name != "GIVEFIRST_BASE_URL"}
    server = start_server(**own)
    server.data = Path(environ["GIVEFIRST_DATA"])
    return server


@pytest.fixture(
    params=[
        pytest.param("sqlite", marks=pytest.mark.sqlite),
        pytest.param("postgres", marks=pytest.mark.postgres),
    ]
)
def unmigrated(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[str, dict[str, str]]]:
    """The engine of a database that holds nothing yet, and the settings over it."""
    data = tmp_path / "new"
    if request.param == "sqlite":
        yield "sqlite", bare_environ(data)
        return
    copies: PostgresCopies = request.getfixturevalue("postgres_copies")
    name = f"unmigrated_{next(copies.numbers)}"
    try:
        yield "postgres", bare_environ(data, GIVEFIRST_DATABASE_URL=copies.server.create(name))
    finally:
        copies.server.drop(name)
