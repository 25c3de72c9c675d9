"""The README says what is: settings, commands and rooms are compared with the code."""

import re
import subprocess
import sys

import pytest

from server.cli.main import make_parser
from server.kit.settings import SETTINGS
from tests.support.machine import REPOSITORY

README = (REPOSITORY / "README.md").read_text("utf-8")


def test_every_setting_is_in_the_table_and_no_other() -> None:
    assert re.findall(r"(?m)^\| `(GIVEFIRST_\w+)` \|", README) == list(SETTINGS)


def test_every_command_is_in_the_table() -> None:
    told = set(re.findall(r"(?m)^\| `givefirst (\w+)", README))
    (commands,) = [action for action in make_parser()._actions if action.dest == "command"]
    assert told == set(commands.choices or ())


def test_every_room_is_on_the_map() -> None:
    rooms = {folder.parent.name for folder in (REPOSITORY / "server").glob("*/__init__.py")}
    told = set(re.findall(r"`(?:server/)?(\w+)/`", README))
    assert rooms - told == set()


def test_every_file_it_names_is_there() -> None:
    for path in re.findall(r"\]\((tests/[^)]+)\)", README):
        assert (REPOSITORY / path).is_file(), path
    for path in re.findall(r"`(\w+/\w+\.py)`", README):
        place = REPOSITORY / path if path.startswith("server/") else REPOSITORY / "server" / path
        assert place.is_file(), path


def test_nothing_but_what_belongs_stands_at_the_top() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], capture_output=True, text=True, cwd=REPOSITORY, check=False
    ).stdout.split()
    allowed = {
        "pyproject.toml", "README.md", "server", "content", "email_templates", "tests", "Makefile",
        "LICENSE", "CHANGELOG.md", "requirements.lock", ".ci", ".gitignore",
    }  # fmt: skip
    assert {path.partition("/")[0] for path in listed} <= allowed


@pytest.mark.parametrize(
    "arguments", [[], ["nonsense"], ["staff", "add"], ["serve", "--port", "x"]]
)
def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "server", *arguments],
        capture_output=True,
        cwd=REPOSITORY,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == b""
