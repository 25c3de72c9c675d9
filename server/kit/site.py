"""The site as its links know it: signed tokens bound to a purpose, absolute addresses.

Workers build the same links as web processes: nothing here needs a router or a database.
"""

import hmac
from base64 import urlsafe_b64encode
from binascii import b2a_base64
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

SIGNATURE = 22  # characters: 128 bits
BLOCK = 64  # octets of SHA-256
URL_SAFE = bytes.maketrans(b"+/", b"-_")


@dataclass(frozen=True)
class Site:
    """The public address and the keys that sign links; the first key signs, all keys verify."""

    base_url: str
    keys: tuple[bytes, ...]

    @property
    def host(self) -> str:
        """The name of the machine in the public address, without a port."""
        return self.base_url.partition("://")[2].partition(":")[0]

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


@lru_cache(8)
def _key_id(key: bytes) -> str:
    return urlsafe_b64encode(sha256(key).digest())[:2].decode()


@lru_cache(8)
def _begun(key: bytes) -> tuple[Any, Any]:
    """Both hashes of HMAC (RFC 2104) with the key in: a newsletter signs five times a reader, and
    preparing the key anew takes longer than the rest."""
    block = sha256(key).digest() if len(key) > BLOCK else key
    block = block.ljust(BLOCK, b"\0")
    return sha256(bytes(x ^ 0x36 for x in block)), sha256(bytes(x ^ 0x5C for x in block))


def _sign(key: bytes, purpose: str, what: int | str) -> str:
    inner, outer = (one.copy() for one in _begun(key))
    inner.update(f"{purpose}\n{what}".encode())
    outer.update(inner.digest())
    return b2a_base64(outer.digest())[:SIGNATURE].translate(URL_SAFE).decode()
