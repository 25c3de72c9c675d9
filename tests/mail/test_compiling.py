"""An issue is compiled once; what a reader gets is what the slow way would have written."""

import email
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kit.settings import Settings, load_settings
from server.kit.site import Site
from server.mail.compiling import compile_sheet
from server.mail.mime import Sheet
from server.mail.models import Message
from tests.mail.furnishing import HTML, TEXT

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SITE = Site("https://books.example.org", (b"k" * 32,))
TARGET = "https://www.example.org/verder?a=1&b=2"


@dataclass(frozen=True)
class Somebody:
    """One delivery."""

    number: int
    mail_id: str
    name: str
    address: str
    is_lead: bool
    values: Mapping[str, str]


WHO = Somebody(7, "<7@books.example.org>", "Joost", "joost@example.org", True, {"since": "1 mei"})


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings({"GIVEFIRST_DATA": str(tmp_path_factory.mktemp("data"))})


def sheet(*, followed: bool = False, **texts: str) -> Sheet:
    own: dict[str, Any] = {"subject": "Één tip", "html": HTML, "text": TEXT} | texts
    return Sheet(Message(id=3, kind="tip", language="nl", list="tips", **own), (TARGET,), followed)


def read(octets: bytes) -> EmailMessage:
    return email.message_from_bytes(octets, EmailMessage, policy=default)


def parts(mail: EmailMessage) -> tuple[str, str]:
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain
    assert html
    return plain.get_content().replace("\r\n", "\n"), html.get_content().replace("\r\n", "\n")


def made(who: Somebody, settings: Settings, **options: Any) -> bytes:
    return compile_sheet(sheet(**options), settings, SITE).fill(who, NOON)


def check_lines(octets: bytes) -> None:
    assert octets.endswith(b"\r\n")
    for line in octets.split(b"\r\n"):
        assert b"\r" not in line
        assert b"\n" not in line
        assert not line.startswith(b"."), "nothing to stuff"
        assert len(line) <= 998
    body = octets.partition(b"\r\n\r\n")[2]
    assert max(len(line) for line in body.split(b"\r\n")) <= 78


def test_it_reads_as_it_was_written(settings: Settings) -> None:
    octets = made(WHO, settings)
    check_lines(octets)
    mail = read(octets)
    assert mail["Subject"] == "Één tip"
    assert str(mail["To"]) == "Joost <joost@example.org>"
    assert mail["Message-ID"] == "<7@books.example.org>"
    text, html = parts(mail)
    assert text.startswith("Beste Joost,\n")
    assert f"({TARGET})" in text
    assert "Sinds 1 mei." in html
    assert 'href="https://www.example.org/verder?a=1&amp;b=2"' in html
    way_out = SITE.link("/unsubscribe", "unsubscribe", 7)
    assert way_out in text
    assert f'href="{way_out}"' in html
    by_mail = f"mailto:hello@localhost?subject=unsubscribe%20{SITE.token('unsubscribe', 7)}"
    assert mail["List-Unsubscribe"] == f"<{way_out}>, <{by_mail}>"
    assert SITE.link("/me", "me", 7) in html
    assert "/t/" not in html


def test_who_said_yes_gets_links_of_their_own_under_one_signature(settings: Settings) -> None:
    text, html = parts(read(made(WHO, settings, followed=True)))
    base = SITE.link("/t", "track", 7)
    assert f"{base}/1" in text
    assert f'href="{base}/1"' in html
    assert f'src="{base}/o.gif"' in html
    assert TARGET not in text


def test_who_has_no_name_is_greeted_with_the_words_behind_the_bar(settings: Settings) -> None:
    text, html = parts(read(made(replace(WHO, name=""), settings)))
    assert text.startswith("Beste lezer,\n")
    assert "<p>Beste lezer,</p>" in html


def test_a_value_that_is_missing_and_has_no_other_words_is_an_error(settings: Settings) -> None:
    with pytest.raises(KeyError, match="since"):
        made(replace(WHO, values={}), settings)


LETTERS = st.text(st.characters(codec="utf-8"), max_size=120)


@given(name=LETTERS, since=LETTERS)
def test_whatever_somebody_is_called_stays_a_name(
    settings: Settings, name: str, since: str
) -> None:
    who = replace(WHO, name=name, values={"since": f"1 {since}"})
    octets = compile_sheet(sheet(), settings, SITE).fill(who, NOON)
    check_lines(octets)
    mail = read(octets)
    assert mail.keys().count("To") == 1
    assert mail["To"].addresses[0].addr_spec == "joost@example.org"
    assert len(mail["To"].addresses) == 1
    text, html = parts(mail)
    shown = name if name.isprintable() else " ".join(name.split())
    assert f"Beste {shown or 'lezer'},\n" in text
    assert "<script" not in html
    assert mail.defects == []


@pytest.mark.parametrize(
    "name",
    ["{{7*7}}", "{{ way_out }}", "a\r\nBcc: x@example.org", "<b>", "مرحبا", "🙂" * 60, ".", '"'],
)
def test_a_name_is_no_instruction(settings: Settings, name: str) -> None:
    mail = read(made(replace(WHO, name=name), settings))
    assert "Bcc" not in mail
    text, html = parts(mail)
    assert f"Beste {' '.join(name.split())}," in text
    assert "49" not in text
    assert "<b>" not in html


def test_a_subject_is_the_same_for_all(settings: Settings) -> None:
    mail = read(made(WHO, settings, subject="{{ name | Lezer }}, vraag eerst"))
    assert mail["Subject"] == "Lezer, vraag eerst"
