"""The commands beside `serve`: what they print, how they refuse, and that twice is once."""

import re
import shutil
from pathlib import Path

import httpx2
import pytest

from tests.cli.commands import bare_environ, givefirst
from tests.product import body_of
from tests.support import machine
from tests.support.live import LiveServer
from tests.support.processes import wait_until

# A command is a thin layer over rooms that are tried on both databases.
pytestmark = [] if machine.SOAKS else [pytest.mark.thin]

ISSUE = "2026-47"
LOGIN = re.compile(r"http://127\.0\.0\.1:8000/desk/login/[\w-]{32}")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the sample content and mail templates, to be spoiled."""
    for name in ("content", "email_templates"):
        shutil.copytree(machine.REPOSITORY / name, tmp_path / name)
    return tmp_path


def over(copy: Path, **settings: str) -> dict[str, str]:
    """The settings over such a copy."""
    return bare_environ(
        copy / "data",
        GIVEFIRST_CONTENT=str(copy / "content"),
        GIVEFIRST_EMAIL_TEMPLATES=str(copy / "email_templates"),
        **settings,
    )


def spoil(file: Path, old: str, new: str) -> int:
    """Replace a piece of a file; its line."""
    text = file.read_text("utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
    file.write_bytes(text.replace(old, new).encode("utf-8", "surrogateescape"))
    return text.count("\n", 0, text.index(old)) + 1


def spoil_all(copy: Path) -> list[tuple[Path, int, str]]:
    """One fault in a file of each kind: the file, the line and a word of the remedy, in order."""
    faults = [
        ("content/faq/kosten.nl.md", "question: ", "question: [", "inspringen"),
        ("content/library/geven-werkt/index.nl.md", "minutes: 18", "minutes: veel", "getal"),
        ("content/newsletter/2026-47.nl.md", "published: ", "published: ooit ", "2026-11-24"),
        ("content/pages/about.nl.md", "title: ", "title: \udcff", "UTF-8"),
        ("content/site.yaml", '"#1f5a45"', '"#ffff66"', "contrast"),
        ("email_templates/gift.nl.md", "{{ link }}", "{{ lnik }}", "link"),
    ]
    return [
        (copy / name, spoil(copy / name, old, new), remedy) for name, old, new, remedy in faults
    ]


def test_the_sample_has_no_faults(copy: Path) -> None:
    done = givefirst(over(copy), "check")
    assert (done.code, done.out, done.err) == (0, "Niets gevonden.\n", "")
    assert givefirst(over(copy), "check", "--json").json() == {"findings": []}


def test_each_fault_is_a_line_with_file_line_and_remedy(copy: Path) -> None:
    faults = spoil_all(copy)
    done = givefirst(over(copy), "check")
    assert (done.code, done.err) == (1, "")
    assert [line.split(": ", 1)[0] for line in done.lines] == [
        f"{file}:{line}" for file, line, _ in faults
    ]
    for said, (_, _, remedy) in zip(done.lines, faults, strict=True):
        assert remedy in said.split(": ", 1)[1]


def test_faults_as_json_and_in_english(copy: Path) -> None:
    faults = spoil_all(copy)
    done = givefirst(over(copy, GIVEFIRST_LANGUAGE="en"), "check", "--json")
    assert done.code == 1
    found = done.json()["findings"]
    assert [(one["file"], one["line"]) for one in found] == [
        (str(file), line) for file, line, _ in faults
    ]
    assert all(one["error"] for one in found)
    assert "write for example 25" in found[1]["text"]


def test_what_is_no_error_is_told_and_passes(copy: Path) -> None:
    (copy / "content" / "site.yaml").unlink()
    done = givefirst(over(copy), "check")
    assert done.code == 0
    assert len(done.lines) == 1
    assert "site.yaml:1: " in done.out


def test_everything_is_built_once(copy: Path) -> None:
    made = copy / "data" / "made"
    first = givefirst(over(copy), "build")
    assert first.code == 0
    assert first.lines == ["40 bestanden staan klaar."]
    before = {file.name: file.stat().st_mtime_ns for file in made.iterdir()}
    assert len(before) == 40
    assert {name.rpartition(".")[2] for name in before} == {"pdf", "epub", "png"}
    again = givefirst(over(copy), "build", "--json")
    assert again.json() == {"made": 40, "failed": []}
    assert {file.name: file.stat().st_mtime_ns for file in made.iterdir()} == before
    spoil(copy / "content/library/geven-werkt/index.nl.md", "title: Geven werkt", "title: Geven")
    assert givefirst(over(copy), "build").code == 0
    after = {file.name: file.stat().st_mtime_ns for file in made.iterdir()}
    assert len(after) == 40
    assert {name.split(".")[0] for name in after.keys() - before.keys()} == {"geven-werkt"}
    assert len(after.keys() - before.keys()) == 3


def test_a_colleague_gets_a_link_alone_on_a_line(environ: dict[str, str]) -> None:
    done = givefirst(environ, "staff", "add", "Marit@Example.org", "--role", "admin")
    assert (done.code, len(done.lines)) == (0, 1)
    assert LOGIN.fullmatch(done.lines[0])
    told = givefirst(environ, "staff", "add", "sales@example.org", "--json").json()
    assert (told["email"], told["role"]) == ("sales@example.org", "sales")
    assert LOGIN.fullmatch(told["link"])


def test_wrong_usage_is_two_and_a_wrong_address_is_one(environ: dict[str, str]) -> None:
    role = givefirst(environ, "staff", "add", "marit@example.org", "--role", "boss")
    assert role.code == 2
    assert "boss" in role.err
    for wrong in ([], ["nonsense"], ["serve", "--port", "x"]):
        assert givefirst(environ, *wrong).code == 2
    for address in ("marit@", ""):
        assert f"‘{address}’" in givefirst(environ, "staff", "add", address).refusal()


def test_the_list_of_issues(environ: dict[str, str]) -> None:
    issues = givefirst(environ, "newsletter", "list", "--json").json()
    assert [one["issue"] for one in issues] == [f"2026-{week}" for week in range(39, 49)]
    assert issues[-2] == {
        "issue": ISSUE,
        "subject": "Schrijf op wat je gaf",
        "state": "draft",
        "at": "2026-11-17",
    }
    assert issues[-1]["at"] is None
    assert len(givefirst(environ, "newsletter", "list").lines) == 10


def test_a_preview_is_the_mail_as_it_goes_out(environ: dict[str, str]) -> None:
    text = givefirst(environ, "newsletter", "preview", ISSUE)
    assert text.lines[0] == "Schrijf op wat je gaf"
    assert "Vraag een verkoper" in text.out
    html = givefirst(environ, "newsletter", "preview", ISSUE, "--html", "--language", "en").out
    assert html.lower().startswith("<!doctype html>")
    assert '<html lang="en">' in html
    assert "style=" in html


@pytest.mark.parametrize(
    ("what", "issue"),
    [("preview", ""), ("test", "1999-01"), ("send", "../pages/about"), ("status", "2026-47.nl")],
)
def test_an_unknown_issue_is_refused(environ: dict[str, str], what: str, issue: str) -> None:
    refusal = givefirst(environ, "newsletter", what, issue, "joost@example.org").refusal()
    assert f"‘{issue}’" in refusal
    assert "givefirst newsletter list" in refusal


def subscribe(site: LiveServer, *addresses: str) -> None:
    """Sign up and press the button of the mail."""
    for address in addresses:
        httpx2.post(f"{site.url}/nl/newsletter", data={"email": address})
    wait_until(lambda: len(site.mails()) >= len(addresses), site.process, site.output)
    for mail in site.mails():
        found = re.search(r"http\S+/confirm/\S+", body_of(mail))
        assert found
        assert httpx2.post(found[0]).status_code == 303


def test_an_issue_goes_out_once_beside_a_running_site(
    site: LiveServer, environ: dict[str, str]
) -> None:
    subscribe(site, "one@example.org", "two@example.org")
    trial = givefirst(environ, "newsletter", "test", ISSUE, "trial@example.org")
    assert (trial.code, trial.lines) == (0, ["Een proefexemplaar gaat naar trial@example.org."])
    assert givefirst(environ, "newsletter", "test", ISSUE).refusal()
    first = givefirst(environ, "newsletter", "send", ISSUE, "--wait", "--json").json()
    assert first == {"issue": ISSUE, "queued": True}
    status = givefirst(environ, "newsletter", "status", ISSUE, "--json").json()
    assert (status["state"], status["audience"], status["states"]) == ("sent", 2, {"sent": 2})
    again = givefirst(environ, "newsletter", "send", ISSUE, "--wait", "--json").json()
    assert again == {"issue": ISSUE, "queued": False}
    wait_until(lambda: len(readers_of(site)) == 3, site.process, site.output)
    assert readers_of(site) == ["one@example.org", "trial@example.org", "two@example.org"]
    listed = givefirst(environ, "newsletter", "list", "--json").json()
    assert [one["state"] for one in listed] == [*["draft"] * 8, "sent", "draft"]


def readers_of(site: LiveServer) -> list[str]:
    """To whom the issue was mailed."""
    found = [mail for mail in site.mails() if mail["Subject"] == "Schrijf op wat je gaf"]
    return sorted(str(mail["To"]) for mail in found)


def test_without_a_worker_an_issue_waits(environ: dict[str, str]) -> None:
    assert givefirst(environ, "newsletter", "status", ISSUE, "--json").json()["state"] == "draft"
    assert givefirst(environ, "newsletter", "send", ISSUE).code == 0
    status = givefirst(environ, "newsletter", "status", ISSUE, "--json").json()
    assert (status["state"], status["audience"]) == ("queuing", 0)


def test_nobody_known_is_nobody_explained(environ: dict[str, str]) -> None:
    refusal = givefirst(environ, "readiness", "explain", "nobody@example.org").refusal()
    assert "nobody@example.org" in refusal
    assert "givefirst readiness explain" in givefirst(environ, "readiness", "explain").refusal()
    assert givefirst(environ, "readiness", "explain", "nobody").refusal()


def test_replaying_nothing_is_nothing(environ: dict[str, str]) -> None:
    assert givefirst(environ, "readiness", "replay", "--json").json() == {
        "leads": 0,
        "different": [],
    }
    assert givefirst(environ, "readiness", "replay").lines[0].startswith("0 leads")


def test_a_lead_is_explained_to_the_point(site: LiveServer, environ: dict[str, str]) -> None:
    form = {"email": "Joost@Firma.example.org"}
    httpx2.post(f"{site.url}/nl/library/gulle-gever", data=form)
    told = givefirst(environ, "readiness", "explain", "joost@firma.example.org", "--json").json()
    assert told["email"] == "joost@firma.example.org"
    assert told["state"] == "new"
    assert sum(reason["points"] for reason in told["reasons"]) == told["points"]
    lines = givefirst(environ, "readiness", "explain", "joost@firma.example.org").lines
    assert lines[0] == told["why"]
    assert int(lines[-1]) == told["points"]
    replayed = givefirst(environ, "readiness", "replay", "--json").json()
    assert replayed == {"leads": 1, "different": []}
