"""`serve` and `worker`: what they print, how they refuse, and how they end and begin again."""

import os
import re
import signal
import smtplib
import socket
from pathlib import Path

import httpx2
import pytest

from tests.cli.commands import bare_environ, command, full_environ, givefirst
from tests.cli.processes import has_ended, within, worker_of
from tests.support import machine
from tests.support.live import LiveServer, LiveServers
from tests.support.processes import free_port, start, stop
from tests.support.smtp import SmtpServer

pytestmark = [] if machine.SOAKS else [pytest.mark.thin]

BOOK = "/nl/library/gulle-gever"


def ask(site: LiveServer, address: str) -> None:
    """Ask for a book by its form."""
    assert httpx2.post(site.url + BOOK, data={"email": address}).status_code == 303


def is_mailed(site: LiveServer, address: str) -> bool:
    """A mail to this address stands in the folder."""
    return any(address in str(mail["To"]) for mail in site.mails())


def running_worker(site: LiveServer) -> int:
    """The process of the worker of a site, once it is there."""
    assert within(5, lambda: worker_of(site.process.pid)), site.printed()
    found = worker_of(site.process.pid)
    assert found
    return found


def test_what_it_prints_before_anybody_asks(start_server: LiveServers) -> None:
    site = start_server(PYTHONUNBUFFERED="")  # it has to flush by itself
    lines = [re.sub(r"\s+", " ", line) for line in site.printed().splitlines()]
    assert lines[0] == f"De site: {site.url}/"
    assert lines[1] == f"Het bureau: {site.url}/desk/"
    login = re.fullmatch(r"Inloggen: (http\S+) \(één keer, een kwartier lang\)", lines[2])
    assert login
    assert login[1].startswith(f"{site.url}/desk/login/")
    assert lines[3] == f"De mail: {site.data}/mail"
    assert len(lines) == 4
    assert httpx2.post(login[1]).status_code == 303
    assert httpx2.post(login[1]).status_code == 404


def test_it_speaks_the_language_of_the_site_and_tells_no_password(
    start_server: LiveServers, smtp_server: SmtpServer
) -> None:
    url = f"smtp://me:hunter2@127.0.0.1:{smtp_server.port}"
    printed = start_server(GIVEFIRST_LANGUAGE="en", GIVEFIRST_SMTP_URL=url).printed()
    assert "The site: " in printed
    assert "by the mail server that is set" in printed
    assert "hunter2" not in printed


def test_a_public_site_prints_no_login_link(start_server: LiveServers) -> None:
    site = start_server(GIVEFIRST_BASE_URL="https://books.example.org")
    assert "https://books.example.org/desk/\n" in site.printed()
    assert "/desk/login/" not in site.printed()


@pytest.mark.sqlite
def test_a_second_site_on_the_same_folder_is_refused(start_server: LiveServers) -> None:
    site = start_server()
    settings = bare_environ(site.data)
    refusal = givefirst(settings, "serve", "--port", "0").refusal()
    assert str(site.data) in refusal
    assert "GIVEFIRST_DATA" in refusal
    assert httpx2.get(f"{site.url}/ready").status_code == 200


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refusal = givefirst(bare_environ(tmp_path), "serve", "--port", port).refusal()
    assert port in refusal
    assert "--port" in refusal


@pytest.mark.proc
def test_asked_to_end_site_and_worker_end(site: LiveServer) -> None:
    worker = running_worker(site)
    site.process.terminate()
    site.process.wait(8)
    assert has_ended(worker)
    assert "Traceback" not in site.printed()
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(site.url)


@pytest.mark.proc
def test_killed_it_takes_its_worker_along_and_frees_the_folder(site: LiveServer) -> None:
    worker = running_worker(site)
    site.process.kill()
    site.process.wait(5)
    assert within(2, lambda: has_ended(worker))


@pytest.mark.proc
def test_after_a_kill_it_starts_again_at_once(
    start_server: LiveServers, environ: dict[str, str]
) -> None:
    own = {name: value for name, value in environ.items() if name != "GIVEFIRST_BASE_URL"}
    first = start_server(**own)
    ask(first, "joost@example.org")
    first.process.kill()
    second = start_server(**own)
    second.data = Path(environ["GIVEFIRST_DATA"])
    # Killed while it held the mail, a worker leaves a lease of 30 s; on SQLite the next one takes
    # it back at its start, on PostgreSQL others may be alive, so it is waited out.
    assert within(60, lambda: is_mailed(second, "joost@example.org"))
    assert len(second.mails()) == 1


@pytest.mark.proc
def test_a_killed_worker_is_started_again(site: LiveServer) -> None:
    for address in ("joost@example.org", "anna@example.org"):
        worker = running_worker(site)
        os.kill(worker, signal.SIGKILL)
        assert httpx2.get(f"{site.url}/nl/").status_code == 200
        ask(site, address)
        assert within(15, lambda address=address: is_mailed(site, address)), site.printed()
        assert running_worker(site) != worker
    assert site.printed().count("the worker ended with -9 and is started again") == 2


@pytest.mark.proc
def test_without_its_worker_a_site_mails_nothing_until_there_is_one(
    start_server: LiveServers, environ: dict[str, str]
) -> None:
    own = {name: value for name, value in environ.items() if name != "GIVEFIRST_BASE_URL"}
    site = start_server("--no-worker", **own)
    site.data = Path(environ["GIVEFIRST_DATA"])
    ask(site, "joost@example.org")
    assert worker_of(site.process.pid) is None
    assert not site.mails()
    log = site.output.with_name("worker.log")
    worker = start(command("worker"), log, environ=full_environ(environ), cwd=machine.REPOSITORY)
    try:
        assert within(15, lambda: is_mailed(site, "joost@example.org")), log.read_text()
        worker.terminate()
        assert worker.wait(8) == 0
    finally:
        stop(worker)


def test_with_a_mail_server_the_mail_goes_there(
    start_server: LiveServers, smtp_server: SmtpServer
) -> None:
    site = start_server(GIVEFIRST_SMTP_URL=smtp_server.url)
    ask(site, "joost@example.org")
    assert within(10, lambda: smtp_server.sent_to("joost@example.org")), site.printed()
    mail = smtp_server.sent_to("joost@example.org")[0].message
    assert mail["Subject"] == "De gulle gever stelt grenzen: hier is je exemplaar"
    assert f"{site.url}/gift/" in str(mail.get_body(("plain",)))
    assert site.mails() == []
    login = re.search(r"http\S+/desk/login/\S+", site.printed())
    assert login
    with httpx2.Client() as colleague:
        colleague.post(login[0])
        mailbox = colleague.get(f"{site.url}/desk/mail").text
    assert "De mail gaat via de ingestelde mailserver de deur uit." in mailbox
    assert "Er is geen mailserver ingesteld" not in mailbox


def test_a_worker_takes_mail_in_where_it_is_told(environ: dict[str, str], tmp_path: Path) -> None:
    settings = environ | {"GIVEFIRST_SENDER": "Us <us@brugman.example.org>"}
    place = f"127.0.0.1:{free_port()}"
    log = tmp_path / "worker.log"
    worker = start(
        command("worker", "--inbound", place),
        log,
        environ=full_environ(settings),
        cwd=machine.REPOSITORY,
    )
    try:
        assert within(10, lambda: f"taking mail in on {place}" in log.read_text()), log.read_text()
        with smtplib.SMTP(*place.split(":"), timeout=5) as client:  # type: ignore[arg-type]
            client.sendmail("a@example.org", "us@brugman.example.org", "Subject: x\r\n\r\nhello")
        assert "example.org" not in log.read_text()
        taken = givefirst(settings, "worker", "--inbound", place).refusal()
        assert place in taken
    finally:
        stop(worker)
    assert worker.returncode == 0
    wrong = givefirst(settings, "worker", "--inbound", "nowhere")
    assert wrong.code == 2
    assert "lmtp:127.0.0.1:8024" in wrong.err
