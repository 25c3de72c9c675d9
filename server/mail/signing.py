"""DKIM (RFC 6376): our name under the headers and the text, where the relay does not sign.

Relaxed headers, simple body: what we write has no white space that a relay may change.
"""

import re
from base64 import b64encode
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from server.kit.clock import now

# From is named twice, so that nobody adds a second one (RFC 6376 §8.15).
NAMED = ("from", "to", "subject", "date", "message-id", "mime-version", "content-type",
    "list-unsubscribe", "list-unsubscribe-post", "list-id", "feedback-id", "in-reply-to",
    "references")  # fmt: skip


class Signer:
    """Signs with the key of one domain."""

    def __init__(self, key: str, domain: str, selector: str) -> None:
        self._key = load_pem_private_key(key.encode(), password=None)
        self._is_rsa = isinstance(self._key, RSAPrivateKey)
        method = "rsa-sha256" if self._is_rsa else "ed25519-sha256"
        self._shown = f"v=1; a={method}; c=relaxed/simple; d={domain}; s={selector}"

    def sign(self, mail: bytes) -> bytes:
        """The mail with its signature above it; dots are stuffed afterwards."""
        head, _, body = mail.partition(b"\r\n\r\n")
        body_hash = b64encode(sha256(body.rstrip(b"\r\n") + b"\r\n").digest()).decode()
        headers = [_relaxed(line) for line in re.split(rb"\r\n(?![ \t])", head)]
        by_name = {line.partition(b":")[0].decode(): line for line in headers}
        names = [name for name in NAMED if name in by_name]
        shown = (
            f"{self._shown}; t={int(now().timestamp())}; h={':'.join([*names, 'from'])};"
            f" bh={body_hash}; b="
        )
        signed = [by_name[name] for name in names] + [f"dkim-signature:{shown}".encode()]
        signature = b64encode(self._over(b"\r\n".join(signed))).decode()
        folded = "\r\n ".join(re.findall(".{1,70}", signature))
        line = (
            shown.replace("; h=", ";\r\n h=").replace(" bh=", "\r\n bh=").replace(" b=", "\r\n b=")
        )
        return f"DKIM-Signature: {line}{folded}\r\n".encode() + mail

    def _over(self, text: bytes) -> bytes:
        if isinstance(self._key, RSAPrivateKey):
            return self._key.sign(text, PKCS1v15(), SHA256())
        assert isinstance(self._key, Ed25519PrivateKey)  # noqa: S101
        return self._key.sign(sha256(text).digest())


def _relaxed(line: bytes) -> bytes:
    """RFC 6376 §3.4.2: the name in small letters, white space as one space."""
    name, _, value = line.partition(b":")
    return name.strip().lower() + b":" + b" ".join(value.split())
