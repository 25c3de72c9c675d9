"""A setting that is wrong stops the start with one line that names it, and tells no secret."""

from pathlib import Path

import pytest

from server.kit.settings import SETTINGS
from tests.cli.commands import bare_environ, givefirst

PASSWORD = "hunter2"
WRONG = {
    "GIVEFIRST_DATA": ["/dev/null/data"],
    "GIVEFIRST_DATABASE_URL": [f"mysql://me:{PASSWORD}@host/name", f"postgres://me:{PASSWORD}@"],
    "GIVEFIRST_BASE_URL": ["books.example.org", "https://books.example.org/shop"],
    "GIVEFIRST_SMTP_URL": [f"http://me:{PASSWORD}@host", f"smtp://me:{PASSWORD}@host:99999"],
    "GIVEFIRST_SENDER": ["Bureau Brugman"],
    "GIVEFIRST_BOUNCE_ADDRESS": ["bounce"],
    "GIVEFIRST_SECRET": [PASSWORD],
    "GIVEFIRST_CONTENT": ["/dev/null/content"],
    "GIVEFIRST_EMAIL_TEMPLATES": ["/dev/null/templates"],
    "GIVEFIRST_LANGUAGE": ["de", "nl-NL"],
    "GIVEFIRST_TIMEZONE": ["Europe/Deventer", "../../etc/passwd"],
    "GIVEFIRST_TRUSTED_PROXIES": ["10.0.0.0/99", "proxy.example.org"],
    "GIVEFIRST_MAIL_RATE": ["-1", "fast", "nan"],
    "GIVEFIRST_MAIL_CONNECTIONS": ["0", "2.5"],
    "GIVEFIRST_FORM_RATE": ["0", "many"],
    "GIVEFIRST_IMAP_URL": [f"pop://me:{PASSWORD}@host"],
    "GIVEFIRST_MAIL_HOOKS": [f"mandrill:{PASSWORD}"],
}


def test_every_setting_is_tried() -> None:
    assert WRONG.keys() == SETTINGS.keys()


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
def test_a_wrong_setting_is_named_in_one_line(tmp_path: Path, name: str, value: str) -> None:
    settings = bare_environ(tmp_path / "data") | {name: value}
    done = givefirst(settings, "serve", "--port", "0")
    refusal = done.refusal()
    assert name in refusal
    assert PASSWORD not in refusal


@pytest.mark.parametrize("command", [["worker"], ["migrate"], ["check"], ["newsletter", "list"]])
def test_every_command_refuses_a_wrong_setting(tmp_path: Path, command: list[str]) -> None:
    settings = bare_environ(tmp_path / "data", GIVEFIRST_SMTP_URL=f"http://me:{PASSWORD}@host")
    refusal = givefirst(settings, *command).refusal()
    assert "GIVEFIRST_SMTP_URL" in refusal
    assert PASSWORD not in refusal


def test_a_setting_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "language").write_text("en\n")
    (tmp_path / "database").write_text(f"sqlite:///{tmp_path}/elsewhere.db\n")
    settings = bare_environ(
        tmp_path / "data",
        GIVEFIRST_LANGUAGE_FILE=str(tmp_path / "language"),
        GIVEFIRST_DATABASE_URL_FILE=str(tmp_path / "database"),
    )
    assert givefirst(settings, "migrate").code == 0
    assert givefirst(settings, "migrate").lines == ["The database is up to date."]
    assert (tmp_path / "elsewhere.db").is_file()
    assert not (tmp_path / "data" / "givefirst.db").exists()


@pytest.mark.parametrize("name", ["GIVEFIRST_SECRET", "GIVEFIRST_DATABASE_URL", "GIVEFIRST_SENDER"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    octets = tmp_path / "octets"
    octets.write_bytes(b"\xff\xfe\xfd")
    for file in (tmp_path / "missing", tmp_path, octets):
        settings = bare_environ(tmp_path / "data", **{f"{name}_FILE": str(file)})
        refusal = givefirst(settings, "serve", "--port", "0").refusal()
        assert f"{name}_FILE" in refusal
        assert str(file) in refusal


def test_a_wrong_secret_in_a_file_is_not_told(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(PASSWORD)
    settings = bare_environ(tmp_path / "data", GIVEFIRST_SECRET_FILE=str(tmp_path / "secret"))
    refusal = givefirst(settings, "serve", "--port", "0").refusal()
    assert "GIVEFIRST_SECRET" in refusal
    assert PASSWORD not in refusal


def test_a_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    settings = {"GIVEFIRST_DATA": str(tmp_path)}
    assert givefirst(settings, "migrate").code == 0
    made = tmp_path / "secret"
    secret = made.read_text()
    assert made.stat().st_mode & 0o777 == 0o600
    assert len(bytes.fromhex(secret)) == 32
    assert givefirst(settings, "migrate").code == 0
    assert made.read_text() == secret
