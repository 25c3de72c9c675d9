"""The way to the relay: what it must prove, what it is told, and how it is spared."""

import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from server.kit.clock import now
from server.kit.settings import Settings
from server.kit.site import Site
from server.leads.models import Lead
from server.mail import transport
from server.mail.models import BULK, Delivery
from server.mail.sending import Sender
from server.mail.session import Patience
from tests.mail.furnishing import list_mail
from tests.mail.test_crashes import wait_for
from tests.mail.test_faults import IMPATIENT
from tests.product import MINUTE, Product
from tests.support import machine
from tests.support.certificates import make_certificate, server_side
from tests.support.lives import Lives
from tests.support.relay import FaultyRelay


@pytest.fixture(autouse=True)
def fresh_trust(monkeypatch: pytest.MonkeyPatch) -> None:
    """The certificates that are trusted are read once a process; a test changes them."""
    monkeypatch.setattr(transport, "_tls", ssl.create_default_context)


async def send(settings: Settings, url: str, patience: Patience = IMPATIENT) -> list[str]:
    own = replace(settings, smtp_url=url)
    sender = Sender(own, Site(own.base_url, own.secrets), patience)
    # A second time for what was behind a mail that broke its line.
    for _ in range(2):
        await sender.drain(BULK)
    return [f"{one.state} {one.error}" for one in await Delivery.all().order_by("id")]


# How an outcome is written is tried on both databases elsewhere; what a relay does, on one.
pytestmark = [] if machine.SOAKS else [pytest.mark.thin]


def with_password(relay: FaultyRelay, more: str = "", host: str = "127.0.0.1") -> str:
    return f"smtp://joost:geheim@{host}:{relay.port}{more}"


async def test_a_trusted_relay_gets_password_and_mail_over_tls(
    database: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, secret = make_certificate(tmp_path / "tls")
    monkeypatch.setenv("SSL_CERT_FILE", str(shown))
    await list_mail(3)
    with FaultyRelay(tls=server_side(shown, secret)) as relay:
        assert await send(database, with_password(relay, "?tls=required")) == ["sent "] * 3
        assert relay.secrets
        assert relay.lines.index("STARTTLS") < relay.lines.index(relay.secrets[0])


@pytest.mark.parametrize(("days", "is_known"), [(-1, True), (30, False)])
async def test_an_expired_or_unknown_certificate_gets_nothing(
    database: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, is_known: bool
) -> None:
    shown, secret = make_certificate(tmp_path / "tls", days=days)
    if is_known:
        monkeypatch.setenv("SSL_CERT_FILE", str(shown))
    await list_mail(2)
    with FaultyRelay(tls=server_side(shown, secret)) as relay:
        states = await send(database, with_password(relay))
        assert all(one.startswith("retry connect:") for one in states)
        assert relay.secrets == relay.accepted == []


async def test_who_strips_starttls_gets_no_password_and_where_it_must_be_no_mail(
    database: Settings,
) -> None:
    await list_mail(1)
    with FaultyRelay() as relay:
        stripped = await send(database, with_password(relay, host="localhost.localdomain"))
        strict = await send(database, f"smtp://127.0.0.1:{relay.port}?tls=required")
        assert relay.secrets == relay.accepted == []
    assert stripped[0].startswith("retry")
    assert strict[0].startswith("retry")


async def test_a_relay_without_pipelining_is_asked_step_by_step(database: Settings) -> None:
    await list_mail(12)
    with FaultyRelay(pipelining=False) as relay:
        assert await send(database, relay.url) == ["sent "] * 12
        assert len(set(relay.accepted)) == 12


async def test_an_address_outside_ascii_is_told_or_refused_by_what_the_relay_offers(
    database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await list_mail(2)
    await Lead.filter(email="r1@d0.example.org").update(email="josé@d0.example.org")
    with FaultyRelay() as relay:
        assert await send(database, relay.url) == ["sent "] * 2
        assert sum("SMTPUTF8" in line for line in relay.lines) == 1
        assert all(f"SIZE={len(text) - 3}" in "\n".join(relay.lines) for text in relay.texts)
    assert ("josé@d0.example.org" in dict(relay.accepted)) is True


async def test_a_connection_is_used_for_many_mails_and_few_are_opened(database: Settings) -> None:
    await list_mail(200)
    with FaultyRelay() as relay:
        assert await send(database, relay.url) == ["sent "] * 200
    assert relay.connections <= database.mail_connections


async def test_a_domain_that_keeps_us_waiting_holds_up_no_other(
    database: Settings, clock: Callable[[float], None]
) -> None:
    await list_mail(200, domains=10)
    patience = replace(IMPATIENT, stall=0.3)
    with FaultyRelay("stall", lambda address: address.endswith("@d3.example.org")) as relay:
        early = await send(database, relay.url, patience)
        # On a busy machine a healthy domain may have seemed to wait as well; not for long.
        clock(2 * MINUTE)
        states = await send(database, relay.url, patience)
    assert sum(one == "sent " for one in early) >= 0.8 * 180
    assert sum(one == "sent " for one in states) == 180
    assert {address for address, _ in relay.accepted} == {
        f"r{n}@d{n % 10}.example.org" for n in range(200) if n % 10 != 3
    }
    held = await Delivery.filter(domain="d3.example.org").values_list("state", flat=True)
    assert set(held) <= {"retry", "queued"}


async def test_a_domain_with_a_rate_of_its_own_waits_for_its_turn_and_others_do_not(
    database: Settings, tmp_path: Path, clock: Callable[[float], None]
) -> None:
    content = tmp_path / "content"
    content.mkdir()
    site = (machine.REPOSITORY / "content/site.yaml").read_text()
    (content / "site.yaml").write_text(f"{site}\nmail:\n  domains: {{d1.example.org: 2}}\n")
    await list_mail(40, domains=2)
    with FaultyRelay() as relay:
        own = replace(database, smtp_url=relay.url, content=content)
        for half in range(12):
            clock(half / 2 / 86400)
            await Sender(own, Site(own.base_url, own.secrets), IMPATIENT).drain(BULK)
        limited = [one for one, _ in relay.accepted if one.endswith("@d1.example.org")]
        assert 10 <= len(limited) <= 13
        assert len(relay.accepted) - len(limited) == 20


async def test_a_new_sender_warms_up_day_by_day(
    database: Settings, tmp_path: Path, clock: Callable[[float], None]
) -> None:
    content, first = tmp_path / "content", now().astimezone(database.timezone).date()
    content.mkdir()
    site = (machine.REPOSITORY / "content/site.yaml").read_text()
    plan = f"{{from: {first}, first: 10, growth: 1.5}}"
    (content / "site.yaml").write_text(f"{site}\nmail:\n  warm_up: {plan}\n")
    await list_mail(60)
    with FaultyRelay() as relay:
        own = replace(database, smtp_url=relay.url, content=content)
        await Delivery.all().update(not_after=now() + timedelta(days=9))
        for day, sent in enumerate((10, 25, 47, 60)):
            clock(day)
            for _ in range(2):
                await Sender(own, Site(own.base_url, own.secrets), IMPATIENT).drain(BULK)
            assert len(relay.accepted) == sent


async def test_who_waits_for_a_mail_has_it_before_a_newsletter_is_through(
    product: Product, environ: dict[str, str]
) -> None:
    await list_mail(600)
    with FaultyRelay(pause=0.01) as relay, Lives() as fork:
        fork.begin(environ | {"GIVEFIRST_SMTP_URL": relay.url})
        wait_for(relay, 30)
        await product.post("/nl/newsletter", data={"email": "nora@example.org"})
        assert fork.ended() == 0
    order = [address for address, _ in relay.accepted]
    assert len(order) == 601
    assert order.index("nora@example.org") < 500
