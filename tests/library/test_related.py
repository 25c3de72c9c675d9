"""A gift names a theme that the house knows, or `check` says so."""

from pathlib import Path

import pytest

from server.kit.house import HouseFile
from server.library.assets import Library
from server.library.related import unrelated
from tests.support.content import change, copied


@pytest.mark.pure
def test_g2_an_asset_that_names_no_theme_of_the_house_is_warned_of(tmp_path: Path) -> None:
    content = copied(tmp_path)
    house = HouseFile(content).fresh()
    assert not unrelated(Library(content), house)
    name = "library/gulle-gever/index.nl.md"
    change(content, name, "themes: ", "themes: [vissen] #")
    (warning,) = unrelated(Library(content), house)
    assert (warning.file, warning.key, warning.is_error) == (
        content / name, "library.no_theme", False,
    )  # fmt: skip
    assert warning.line > 1
    assert "vissen" in warning.text("nl")
    # A theme among what it is related to is enough.
    change(content, name, "related_to: ", "related_to: [service] #")
    assert not unrelated(Library(content), house)
