"""The site as its links know it: signed tokens bound to a purpose, absolute addresses.

Workers build the same links as web processes: nothing here needs a router or a database.
"""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256

SIGNATURE = 22  # characters: 128 bits


@dataclass(frozen=True)
class Site:
    """The public address and the keys that sign links; the first key signs, all keys verify."""

    base_url: str
    keys: tuple[bytes, ...]

    def url(self, path: str) -> str:
        """The absolute address of a path."""
        return self.base_url + path

    def link(self, path: str, purpose: str, number: int) -> str:
        """`<base><path>/<token>` for a row; the token opens nothing but this purpose."""
        return f"{self.base_url}{path}/{self.token(purpose, number)}"

    def token(self, purpose: str, number: int) -> str:
        """`<row>.<key id><signature>`, safe in an address and in a header."""
        return f"{number}.{_key_id(self.keys[0])}{_sign(self.keys[0], purpose, number)}"

    def open(self, purpose: str, token: str) -> int | None:
        """The row a token was made for, or None; compared in constant time.

        The row behind it still decides on expiry, uses and revocation.
        """
        written, dot, rest = token.partition(".")
        if not dot or not written.isascii() or not written.isdigit() or len(written) > 18:
            return None
        if len(rest) != SIGNATURE + 2 or not rest.isascii():
            return None
        for key in self.keys:
            if _key_id(key) == rest[:2]:
                good = hmac.compare_digest(_sign(key, purpose, int(written)), rest[2:])
                if good and str(int(written)) == written:
                    return int(written)
        return None

    def fingerprint(self, purpose: str, text: str) -> str:
        """A keyed hash of something personal: the same text gives the same 22 characters."""
        return _sign(self.keys[0], purpose, text)


def _key_id(key: bytes) -> str:
    return urlsafe_b64encode(sha256(key).digest())[:2].decode()


def _sign(key: bytes, purpose: str, what: int | str) -> str:
    digest = hmac.digest(key, f"{purpose}\n{what}".encode(), "sha256")
    return urlsafe_b64encode(digest)[:SIGNATURE].decode()
