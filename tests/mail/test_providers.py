"""Calls of mail providers: what bears their signature is believed, nothing else."""

import hmac
import json
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from server.kit.clock import now
from server.mail import outbox, providers_amazon
from server.mail.models import Bounce, Delivery
from tests.product import MINUTE, Product
from tests.support import machine

pytestmark = [] if machine.SOAKS else [pytest.mark.thin]

Clock = Callable[[float], None]
READER, TOPIC = "joost@example.org", "arn:aws:sns:eu-west-1:1234:mail"
BOUNCE = "bounce+{token}@brugman.example.org"
MAILGUN_KEY, PASSWORD = "key-of-mailgun-1", "hook:a-long-password"
SENDGRID = ec.generate_private_key(ec.SECP256R1())
AMAZON = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b.pem"


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    public = SENDGRID.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    keys = [
        f"mailgun:{MAILGUN_KEY}",
        f"sendgrid:{b64encode(public).decode()}",
        f"postmark:{PASSWORD}",
        f"brevo:{PASSWORD}",
        f"ses:{TOPIC}",
    ]
    own = {"GIVEFIRST_MAIL_HOOKS": ", ".join(keys), "GIVEFIRST_BOUNCE_ADDRESS": BOUNCE}
    return environ | own


async def sent(product: Product) -> Delivery:
    await product.ask("gulle-gever", READER)
    await product.work()
    return await Delivery.get(lead__email=READER)


async def call(product: Product, provider: str, body: Any, **headers: str) -> int:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await product.post(f"/hooks/mail/{provider}", content=content, headers=named)
    return answer.status_code


def mailgun(event: dict[str, Any], key: str = MAILGUN_KEY) -> dict[str, Any]:
    at = str(int(now().timestamp()))
    good = hmac.digest(key.encode(), f"{at}word".encode(), "sha256").hex()
    return {"signature": {"timestamp": at, "token": "word", "signature": good}, "event-data": event}


def basic(words: str) -> str:
    return f"Basic {b64encode(words.encode()).decode()}"


async def test_mailgun_is_believed_by_its_signature_while_it_is_fresh(
    product: Product, clock: Clock
) -> None:
    delivery = await sent(product)
    event = {
        "id": "e1",
        "event": "failed",
        "severity": "permanent",
        "delivery-status": {"code": 550, "message": "5.1.1 no such user"},
        "message": {"headers": {"message-id": delivery.mail_id.strip("<>")}},
    }
    good = mailgun(event)
    assert await call(product, "mailgun", mailgun(event, "another key!")) == 403
    assert await call(product, "mailgun", good | {"signature": {}}) == 403
    clock(6 * MINUTE)
    assert await call(product, "mailgun", good) == 403
    clock(0)
    assert not await Bounce.exists()
    assert await call(product, "mailgun", mailgun(event | {"severity": "temporary"})) == 200
    assert not await Bounce.exists()
    assert [await call(product, "mailgun", good) for _ in range(2)] == [200, 200]
    bounce = await Bounce.get()
    assert (bounce.kind, bounce.status, bounce.source) == ("hard", "5.1.1", "provider")
    assert await outbox.is_suppressed(product.site, READER)


async def test_sendgrid_is_believed_by_its_signature(product: Product) -> None:
    delivery = await sent(product)
    events = [
        {"event": "delivered", "smtp-id": delivery.mail_id},
        {"event": "spamreport", "smtp-id": delivery.mail_id, "sg_event_id": "e1"},
        {"event": "spamreport", "smtp-id": "<unknown@example.org>", "sg_event_id": "e2"},
        "nonsense",
    ]
    body, at = json.dumps(events).encode(), str(int(now().timestamp()))
    signed = b64encode(SENDGRID.sign(at.encode() + body, ec.ECDSA(SHA256()))).decode()
    name = "x_twilio_email_event_webhook"
    stamp, signature = {f"{name}_timestamp": at}, {f"{name}_signature": signed}
    assert await call(product, "sendgrid", body, **stamp) == 403
    assert await call(product, "sendgrid", body + b" ", **stamp, **signature) == 403
    assert await call(product, "sendgrid", body, **stamp, **signature) == 200
    assert (await Bounce.get()).kind == "complaint"


async def test_postmark_is_believed_by_its_password(product: Product) -> None:
    delivery = await sent(product)
    event = {
        "RecordType": "Bounce",
        "Type": "SoftBounce",
        "ID": 4,
        "Details": "smtp;452 4.2.2 full",
        "Metadata": {"delivery": product.site.token("bounce", delivery.id)},
    }
    assert await call(product, "postmark", event) == 403
    assert await call(product, "postmark", event, authorization=basic("hook:wrong")) == 403
    for _ in range(2):
        assert await call(product, "postmark", event, authorization=basic(PASSWORD)) == 200
    assert (await Bounce.get()).kind == "soft"
    assert await call(product, "mandrill", event, authorization=basic(PASSWORD)) == 404
    large = b"[" + b" " * 2_000_001
    assert await call(product, "postmark", large, authorization=basic(PASSWORD)) == 413


@pytest.mark.parametrize(
    ("told", "reason", "kind"),
    [
        ("hard_bounce", "unknown", "hard"),
        ("blocked", "listed", "policy"),
        ("soft_bounce", "full", "soft"),
        ("spam", "", "complaint"),
        ("delivered", "", ""),
        ("hard_bounce", "550 5.7.1 blocked", "policy"),
    ],
)
async def test_brevo_is_believed_by_its_password(
    product: Product, told: str, reason: str, kind: str
) -> None:
    delivery = await sent(product)
    event = {"event": told, "message-id": delivery.mail_id, "reason": reason, "ts_event": 1}
    assert await call(product, "brevo", event, authorization="Bearer wrong") == 403
    assert await call(product, "brevo", event, authorization=f"Bearer {PASSWORD}") == 200
    assert [bounce.kind for bounce in await Bounce.all()] == [kind] * bool(kind)


def certificate() -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    start = datetime.now(UTC) - timedelta(days=1)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(AMAZON.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=9))
    )
    return built.sign(AMAZON, SHA256()).public_bytes(Encoding.PEM)


def sns(message: object, **other: str) -> dict[str, str]:
    """A call of SNS, signed as its manual says."""
    kind = other.get("Type", "Notification")
    told = {
        "Message": json.dumps(message),
        "MessageId": "m1",
        "Timestamp": now().strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "TopicArn": TOPIC,
        "Type": kind,
    } | other
    names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    text = "".join(f"{name}\n{told[name]}\n" for name in names if name in told)
    signed = AMAZON.sign(text.encode(), padding.PKCS1v15(), SHA256())
    own = {"SignatureVersion": "2", "Signature": b64encode(signed).decode()}
    return {"SigningCertURL": CERTIFICATE} | told | own


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was fetched from Amazon, which stands here."""
    found: list[str] = []

    def fetch(host: str, path: str) -> bytes:
        found.append(host + path)
        return certificate()

    monkeypatch.setattr(providers_amazon, "fetch", fetch)
    monkeypatch.setattr(providers_amazon, "_certificates", {})
    return found


async def test_amazon_is_believed_by_its_signature_on_our_topic(
    product: Product, fetched: list[str], clock: Clock
) -> None:
    delivery = await sent(product)
    token = product.site.token("bounce", delivery.id)
    message = {
        "notificationType": "Bounce",
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [{"status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 gone"}],
        },
        "mail": {"source": BOUNCE.replace("{token}", token)},
    }
    good = sns(message)
    for wrong in (
        good | {"Message": json.dumps(message | {"x": 1})},
        sns(message, TopicArn="arn:aws:sns:eu-west-1:9999:mine"),
        sns(message, SigningCertURL="https://sns.eu-west-1.amazonaws.com.example.org/x.pem"),
        sns(message, SigningCertURL=CERTIFICATE.replace("https", "http")),
        sns(message, SigningCertURL=CERTIFICATE.replace("sns.eu", "s3.eu")),
        sns(message, SigningCertURL=CERTIFICATE.replace("amazonaws.com", "amazonaws.com:99")),
    ):
        assert await call(product, "ses", wrong) == 403
    clock(6 * MINUTE)
    assert await call(product, "ses", good) == 403
    clock(0)
    assert not await Bounce.exists()
    assert [await call(product, "ses", good) for _ in range(2)] == [200, 200]
    assert (await Bounce.get()).kind == "hard"
    assert set(fetched) == {CERTIFICATE.removeprefix("https://")}


async def test_amazon_is_answered_that_we_want_to_hear(
    product: Product, fetched: list[str]
) -> None:
    there = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=x"
    kind = {"Type": "SubscriptionConfirmation", "Token": "x"}
    elsewhere = sns("", SubscribeURL="https://example.org/?Action=x", **kind)
    assert await call(product, "ses", elsewhere) == 403
    assert await call(product, "ses", sns("", SubscribeURL=there, **kind)) == 200
    assert fetched[-1] == there.removeprefix("https://")


async def test_amazon_tells_of_complaints_by_our_own_message_id(
    product: Product, fetched: list[str]
) -> None:
    delivery = await sent(product)
    headers = [{"name": "Message-ID", "value": delivery.mail_id}]
    message = {"notificationType": "Complaint", "complaint": {}, "mail": {"headers": headers}}
    assert await call(product, "ses", sns(message)) == 200
    assert (await Bounce.get()).kind == "complaint"
    assert await outbox.is_suppressed(product.site, READER)
