"""The newsletter by command: planned, refused with a sentence, paused and gone on."""

from pathlib import Path

import pytest

from tests.cli.commands import givefirst
from tests.newsletter.rhythms import write
from tests.support import machine

# A command is a thin layer over rooms that are tried on both databases.
pytestmark = [] if machine.SOAKS else [pytest.mark.thin]

FAR = "2031-12-02 09:00"


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The settings of a site with two tips of its own."""
    folder = tmp_path / "content"
    folder.mkdir()
    write(folder, "a")
    write(folder, "b")
    return environ | {"GIVEFIRST_CONTENT": str(folder)}


def test_a_tip_is_planned_once_and_never_in_the_past(environ: dict[str, str]) -> None:
    done = givefirst(environ, "newsletter", "schedule", "a", FAR, "--json")
    assert done.json() == {"issue": "a", "state": "planned", "at": "2031-12-02T09:00+01:00"}
    twice = givefirst(environ, "newsletter", "schedule", "a", "2031-12-09 09:00").refusal()
    assert "al gepland voor dinsdag 2 december 2031 9.00" in twice
    past = givefirst(environ, "newsletter", "schedule", "b", "2026-01-06 09:00").refusal()
    assert "is al geweest" in past
    assert "geen moment" in givefirst(environ, "newsletter", "schedule", "b", "straks").refusal()
    listed = givefirst(environ, "newsletter", "list", "--json").json()
    assert [(one["state"], one["at"]) for one in listed] == [
        ("planned", "2031-12-02T09:00+01:00"),
        ("draft", None),
    ]


def test_an_hour_that_does_not_exist_is_told(environ: dict[str, str]) -> None:
    done = givefirst(environ, "newsletter", "schedule", "a", "2031-03-30 02:30")
    assert done.lines == [
        "Tip a gaat zondag 30 maart 2031 3.00.",
        "Op 30 maart 2031 bestaat 2.30 niet: de klok gaat vooruit. De tip gaat om 3.00.",
    ]


def test_a_tip_is_paused_and_goes_on(environ: dict[str, str]) -> None:
    assert "niet onderweg" in givefirst(environ, "newsletter", "pause", "a").refusal()
    givefirst(environ, "newsletter", "send", "a")
    assert "staat stil" in givefirst(environ, "newsletter", "pause", "a").out
    status = givefirst(environ, "newsletter", "status", "a", "--json").json()
    assert (status["state"], status["audience"], status["gone"]) == ("paused", 0, 0)
    assert "minu" in givefirst(environ, "newsletter", "resume", "a").out
    assert "staat niet stil" in givefirst(environ, "newsletter", "resume", "a").refusal()
    assert "al verstuurd" in givefirst(environ, "newsletter", "schedule", "a", FAR).refusal()


def test_a_tip_with_a_fault_is_refused_with_its_line(environ: dict[str, str]) -> None:
    file = Path(environ["GIVEFIRST_CONTENT"]) / "newsletter/a.nl.md"
    file.write_text(file.read_text("utf-8") + "\n[Bestel nu](/nl/nothing)\n", "utf-8")
    for command in (("send", "a"), ("schedule", "a", FAR)):
        done = givefirst(environ, "newsletter", *command)
        assert (done.code, done.out) == (1, "")
        told = done.err
        assert f"{file}:9: de link ‘/nl/nothing’ leidt nergens heen" in told
        assert "‘bestel’ vraagt de lezer iets te kopen" in told
    found = givefirst(environ, "check", "--json")
    assert [one["line"] for one in found.json()["findings"] if one["error"]] == [9, 9]
