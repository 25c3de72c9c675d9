"""What the browser tests of this folder can ask for besides the fixtures of all tests."""

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser

from tests.browser.furnishing import Furnished, furnished_site
from tests.support.browser import open_chromium
from tests.support.databases import SqliteCopies


@pytest.fixture(scope="session")
def furnished(
    sqlite_copies: SqliteCopies, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Furnished]:
    """One site with readers, gifts and opinions in it, for all tests that only look."""
    with furnished_site(tmp_path_factory.mktemp("furnished"), sqlite_copies) as site:
        yield site


@pytest.fixture(scope="module")
async def chromium(anyio_backend: str) -> AsyncIterator[Browser]:
    """One browser, and so one loop, for all tests of a file; each visit has its own context."""
    async with open_chromium() as browser:
        yield browser
