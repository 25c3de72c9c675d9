"""DKIM, judged by a library that is not ours."""

from base64 import b64encode
from dataclasses import replace

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from server.kit.settings import SettingError, load_settings
from server.kit.site import Site
from server.mail.sending import Sender
from tests.mail.furnishing import list_mail
from tests.mail.test_faults import IMPATIENT
from tests.product import Product
from tests.support import machine
from tests.support.relay import FaultyRelay

pytestmark = [] if machine.SOAKS else [pytest.mark.thin]


def key_of(kind: str) -> tuple[str, bytes]:
    """A private key in PEM, and the record that DNS would show."""
    pem = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    made: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
    if kind == "rsa":
        made = rsa.generate_private_key(65537, 2048)
        shown = made.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    else:
        made = ed25519.Ed25519PrivateKey.generate()
        shown = made.public_key().public_bytes_raw()
    record = f"v=DKIM1; k={kind}; p=".encode() + b64encode(shown)
    return made.private_bytes(*pem, serialization.NoEncryption()).decode(), record


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
async def test_every_mail_is_signed_and_a_changed_one_shows(product: Product, kind: str) -> None:
    pem, record = key_of(kind)
    asked: list[bytes] = []

    def in_dns(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name)
        return record

    await product.ask("gulle-gever", "joost@example.org", name="Zoë . Dot")
    await list_mail(1)
    with FaultyRelay() as relay:
        own = replace(product.settings, smtp_url=relay.url, dkim_key=pem)
        sender = Sender(own, Site(own.base_url, own.secrets), IMPATIENT)
        assert await sender.send_batch() == 3
    for text in relay.texts:
        mail = text.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
        assert dkim.verify(mail, dnsfunc=in_dns)
        assert not dkim.verify(mail.replace(b"Subject: ", b"Subject: x", 1), dnsfunc=in_dns)
        assert not dkim.verify(mail.replace(b"example", b"examp1e", 1), dnsfunc=in_dns)
    assert set(asked) == {b"givefirst._domainkey.localhost."}


def test_a_key_that_is_none_stops_the_start_and_is_not_shown() -> None:
    with pytest.raises(SettingError, match="GIVEFIRST_DKIM_KEY") as told:
        load_settings({"GIVEFIRST_DATA": "/tmp", "GIVEFIRST_DKIM_KEY": "verborgen"})  # noqa: S108
    assert "verborgen" not in str(told.value)
