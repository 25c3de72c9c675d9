"""Commands as a person gives them: each in a process of its own, see tests/support/commands."""

import atexit
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.commands import Commands
from tests.support.databases import SECRET


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """The lines on stdout."""
        return self.out.splitlines()

    def json(self) -> Any:
        """What `--json` printed."""
        return json.loads(self.out)

    def refusal(self) -> str:
        """The one line on stderr of a command that refused; AssertionError if it did not so."""
        assert self.code == 1, self
        assert len(self.err.splitlines()) == 1, self.err
        assert self.out == ""
        return self.err.strip()


def bare_environ(data: Path, **settings: str) -> dict[str, str]:
    """Settings over a data folder of its own, for commands that need no database."""
    return {"GIVEFIRST_DATA": str(data), "GIVEFIRST_SECRET": SECRET} | settings


def full_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """What a process gets: what is around without settings of ours, and the settings given."""
    around = {name: os.environ[name] for name in os.environ if "GIVEFIRST" not in name}
    return around | dict(environ)


@cache
def _commands() -> Commands:
    found = Commands()
    atexit.register(found.close)
    return found


def givefirst(environ: Mapping[str, str], *arguments: str) -> Done:
    """Run a command to its end, which must come within a minute."""
    return Done(*_commands().give(full_environ(environ), arguments))


def command(*arguments: str) -> list[str]:
    """The words of a command."""
    return [sys.executable, "-m", "server", *arguments]
