"""Settings: what is wrong is named in one line, and a secret is never repeated."""

from pathlib import Path

import pytest

from server.kit.settings import SETTINGS, SettingError, load_settings
from server.kit.site import Site

WRONG = {
    "GIVEFIRST_DATABASE_URL": [
        "mysql://x:hunter2@h/d",
        "sqlite:///",
        "postgres:///",
        "x",
        "postgres://u:hunter2@h:abc/d",
    ],
    "GIVEFIRST_BASE_URL": [
        "books.example.org",
        "ftp://x",
        "https://",
        "https://x/sub",
        "http://h:abc",
        "http://u:hunter2@h",
        "http://h?x",
    ],
    "GIVEFIRST_SMTP_URL": ["mail.example.org", "http://u:hunter2@x", "smtp://", "smtp://h:99999"],
    "GIVEFIRST_SENDER": ["", "nobody", "a@b@c", "<>"][1:],
    "GIVEFIRST_BOUNCE_ADDRESS": ["bounce", "a b@c.org"],
    "GIVEFIRST_SECRET": ["short", "hunter2hunter2"],
    "GIVEFIRST_CONTENT": ["/does/not/exist"],
    "GIVEFIRST_EMAIL_TEMPLATES": ["/does/not/exist"],
    "GIVEFIRST_LANGUAGE": ["de", "NL"],
    "GIVEFIRST_TIMEZONE": ["Amsterdam", "../etc", "+01:00"],
    "GIVEFIRST_TRUSTED_PROXIES": ["proxy", "10.0.0.1/33"],
    "GIVEFIRST_MAIL_RATE": ["fast", "0", "-1"],
    "GIVEFIRST_MAIL_CONNECTIONS": ["0", "ten", "1.5"],
    "GIVEFIRST_FORM_RATE": ["0", "many"],
    "GIVEFIRST_DKIM_KEY": ["hunter2", "-----BEGIN PRIVATE KEY-----"],
    "GIVEFIRST_DKIM_SELECTOR": ["my key", "-", "a/b"],
    "GIVEFIRST_IMAP_URL": ["mail.example.org", "imaps://host", "pop://u:hunter2@h", "imap://u@h:x"],
    "GIVEFIRST_MAIL_HOOKS": ["mailgun", "mailgun:hunter2", "mandrill:hunter2hunter2"],
}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in WRONG.items() for v in values])
def test_a_wrong_setting_is_named_with_an_example(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingError) as caught:
        load_settings({"GIVEFIRST_DATA": str(tmp_path), name: value})
    line = str(caught.value)
    assert name in line
    assert "\n" not in line
    assert "hunter2" not in line
    if name not in ("GIVEFIRST_CONTENT", "GIVEFIRST_EMAIL_TEMPLATES"):
        assert SETTINGS[name][1] in line


def test_every_setting_has_a_wrong_value_that_is_caught() -> None:
    assert set(WRONG) == set(SETTINGS) - {"GIVEFIRST_DATA"}


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingError, match="GIVEFIRST_DATA"):
        load_settings({"GIVEFIRST_DATA": str(tmp_path / "file" / "data")})


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "smtp"
    file.write_text("smtp://user:hunter2@mail.example.org:587\n")
    own = {"GIVEFIRST_DATA": str(tmp_path), "GIVEFIRST_SMTP_URL_FILE": str(file)}
    assert load_settings(own).smtp_url == "smtp://user:hunter2@mail.example.org:587"
    file.unlink()
    with pytest.raises(SettingError, match="GIVEFIRST_SMTP_URL_FILE"):
        load_settings(own)


def test_the_secret_is_made_once_and_kept_to_its_owner(tmp_path: Path) -> None:
    own = {"GIVEFIRST_DATA": str(tmp_path)}
    first, second = load_settings(own), load_settings(own)
    assert first.secrets == second.secrets
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


def test_the_language_of_the_site_is_the_language_of_its_errors(tmp_path: Path) -> None:
    own = {"GIVEFIRST_DATA": str(tmp_path), "GIVEFIRST_FORM_RATE": "x"}
    with pytest.raises(SettingError, match="klopt niet"):
        load_settings(own)
    with pytest.raises(SettingError, match="is not right"):
        load_settings({**own, "GIVEFIRST_LANGUAGE": "en"})


def test_an_old_key_still_opens_its_links(tmp_path: Path) -> None:
    old, new = b"o" * 40, b"n" * 40
    token = Site("https://x", (old,)).token("gift", 7)
    assert Site("https://x", (new, old)).open("gift", token) == 7
    assert Site("https://x", (new,)).open("gift", token) is None
