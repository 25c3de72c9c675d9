"""What every test can ask for; how each works stands in tests/support.

`TEST_DATABASE=sqlite` (the default) or `postgres` says what the suite runs on. Tests marked
`postgres` or `sqlite` run on that one always. A test whose program is not on this machine is left
out and counted at the end; under CI=true that is a failure.
"""

import os
from collections import Counter
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from playwright.async_api import Browser, Page

from server.kit.database import close_database, open_database
from server.kit.settings import Settings, load_settings
from tests.support import machine
from tests.support.browser import open_chromium
from tests.support.databases import SECRET, PostgresCopies, SqliteCopies
from tests.support.live import LiveServer, LiveServers
from tests.support.postgres import Postgres
from tests.support.smtp import SmtpController, SmtpServer

MARKERS = [
    "pure: touches no database; given by itself to every test that asks for none",
    "sqlite: about SQLite, whatever the rest runs on",
    "thin: about a layer over rooms that are tried on both databases, so tried on one",
    "poppler: needs pdftotext, pdftoppm and pdfinfo",
    "proc: looks at processes through /proc",
]
DATABASES = {"database_url", "start_server", "live_server"}  # fixtures that bring one
LEFT_OUT = pytest.StashKey[Counter[str]]()


def suite_engine() -> str:
    """What the suite runs on."""
    engine = os.environ.get("TEST_DATABASE", "sqlite")
    if engine not in ("sqlite", "postgres"):
        raise pytest.UsageError(f"TEST_DATABASE is sqlite or postgres, not {engine!r}")
    return engine


def pytest_configure(config: pytest.Config) -> None:
    suite_engine()
    config.option.anyio_mode = "auto"  # every coroutine test, without a mark on each
    config.stash[LEFT_OUT] = Counter()
    # A machine that is busy is no fault of the code; and CI says the same twice.
    hypothesis.settings.register_profile(
        "house", deadline=None, derandomize=machine.must_have_all()
    )
    hypothesis.settings.load_profile("house")
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)


def pytest_itemcollected(item: pytest.Item) -> None:
    if DATABASES.isdisjoint(getattr(item, "fixturenames", ())):
        item.add_marker(pytest.mark.pure)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    lacks = machine.missing()
    left_out: dict[pytest.Item, str] = {}
    for item in items:
        for need in _needs(item) & lacks.keys():
            left_out[item] = need
            config.stash[LEFT_OUT][f"{need} ({lacks[need]})"] += 1
    if left_out and machine.must_have_all():
        raise pytest.UsageError("Missing here: " + ", ".join(config.stash[LEFT_OUT]))
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]


def _needs(item: pytest.Item) -> set[str]:
    needs = {mark.name for mark in item.iter_markers()}
    if suite_engine() == "postgres" and not needs & {"pure", "sqlite"}:
        needs.add("postgres")
    return needs


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for need, number in config.stash[LEFT_OUT].items():
        terminalreporter.write_line(f"could not run here: {number} tests: {need}", yellow=True)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Of two processes that run the tests each knows the same of what could not run."""
    told: dict[str, int] = getattr(node, "workeroutput", {}).get("left_out", {})
    node.config.stash[LEFT_OUT] |= Counter(told)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = dict(session.config.stash[LEFT_OUT])
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and session.config.stash[LEFT_OUT]:
        session.exitstatus = pytest.ExitCode.OK


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        for value in getattr(item, "funcargs", {}).values():
            if isinstance(value, LiveServer | LiveServers):
                report.sections.append(("What the site printed", value.printed()[-20_000:]))
    return report


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Every coroutine test runs on asyncio, in a loop of its own."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of this run's own; mark the test `postgres`."""
    server = Postgres()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def sqlite_copies(tmp_path_factory: pytest.TempPathFactory) -> SqliteCopies:
    return SqliteCopies(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_copies(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> PostgresCopies:
    return PostgresCopies(postgres, tmp_path_factory.mktemp("postgres"))


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """`sqlite` or `postgres`: what this test runs on."""
    own = [name for name in ("sqlite", "postgres") if request.node.get_closest_marker(name)]
    return own[0] if own else suite_engine()


@pytest.fixture
def database_url(request: pytest.FixtureRequest, engine: str, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database for this test alone, as GIVEFIRST_DATABASE_URL takes it."""
    data = tmp_path / "data"
    data.mkdir()
    copies: SqliteCopies | PostgresCopies = request.getfixturevalue(f"{engine}_copies")
    with copies.fresh(data) as url:
        yield url


@pytest.fixture
def environ(tmp_path: Path, database_url: str) -> dict[str, str]:
    """The settings as text; a test or module overrides this fixture to change or add one."""
    return {
        "GIVEFIRST_DATA": str(tmp_path / "data"),
        "GIVEFIRST_DATABASE_URL": database_url,
        "GIVEFIRST_BASE_URL": "http://127.0.0.1:8000",
        "GIVEFIRST_SECRET": SECRET,
        "GIVEFIRST_CONTENT": str(machine.REPOSITORY / "content"),
        "GIVEFIRST_EMAIL_TEMPLATES": str(machine.REPOSITORY / "email_templates"),
    }


@pytest.fixture
def settings(environ: dict[str, str]) -> Settings:
    """The settings of this test, over a migrated, empty database."""
    return load_settings(environ)


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Settings]:
    """The database of the settings, open in this test's own loop."""
    try:
        await open_database(settings)
        yield settings
    finally:
        await close_database()


@pytest.fixture
def smtp_server() -> Iterator[SmtpServer]:
    """A mail server on a free port; see SmtpServer for what it keeps and how to make it fail."""
    controller = SmtpController()
    controller.start()
    yield controller.mails
    controller.stop()


def _live_servers(request: pytest.FixtureRequest, engine: str, folder: Path) -> LiveServers:
    if engine == "sqlite":
        return LiveServers(folder)
    copies: PostgresCopies = request.getfixturevalue("postgres_copies")
    return LiveServers(folder, copies.lasting)


@pytest.fixture
def start_server(
    request: pytest.FixtureRequest, engine: str, tmp_path: Path
) -> Iterator[LiveServers]:
    """Starts sites of this test's own: `start_server("--no-worker", GIVEFIRST_LANGUAGE="en")`."""
    servers = _live_servers(request, engine, tmp_path)
    yield servers
    servers.stop()


@pytest.fixture(scope="module")
def live_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    """One site for all tests of a file, on what the suite runs on."""
    servers = _live_servers(request, suite_engine(), tmp_path_factory.mktemp("live"))
    try:
        yield servers()
    finally:
        servers.stop()


@pytest.fixture
async def chromium(anyio_backend: str) -> AsyncIterator[Browser]:
    """A browser; mark the test `browser`."""
    async with open_chromium() as browser:
        yield browser


@pytest.fixture
async def page(chromium: Browser) -> AsyncIterator[Page]:
    """A page of a new visitor, who reads Dutch; anything that takes over 10 s is a failure."""
    context = await chromium.new_context(locale="nl-NL", timezone_id="Europe/Amsterdam")
    context.set_default_timeout(10_000)
    yield await context.new_page()
    await context.close()
