"""Keys with which other programs use the API: made and revoked by an admin."""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe

from server.kit.clock import now
from server.kit.database import in_transaction
from server.staff import accounts
from server.staff.models import ApiToken, StaffUser

SCOPES = (
    "leads:read",
    "leads:write",
    "gifts:read",
    "gifts:write",
    "purchases:write",
    "outcomes:write",
    "events:read",
)
PREFIX = "gf_"  # so that a key that leaks into a file is recognised as one
LONGEST_NAME, LONGEST_SECRET = 80, 100
USED_EVERY = timedelta(minutes=1)


class TokenError(ValueError):
    """This cannot be a key; `key` is the text that says why."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


async def make(name: str, scopes: Sequence[str], by: StaffUser) -> tuple[ApiToken, str]:
    """A new key and its secret, which is told this once. Raises TokenError."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise TokenError("staff.token_name")
    wanted = [one for one in SCOPES if one in scopes]
    if not wanted:
        raise TokenError("staff.token_scopes")
    secret = PREFIX + token_urlsafe(32)
    async with in_transaction():
        token = await ApiToken.create(
            name=name,
            secret_hash=_hash(secret),
            scopes=" ".join(wanted),
            made_by=by,
            made_at=now(),
        )
        await accounts.audit("token.made", f"{token.id}: {name}, {token.scopes}", by)
    return token, secret


async def find(secret: str) -> ApiToken | None:
    """The key of a secret; None where it is unknown or revoked. Told apart by nothing."""
    if len(secret) > LONGEST_SECRET:
        secret = ""
    return await ApiToken.get_or_none(secret_hash=_hash(secret), revoked_at=None)


async def touch(token: ApiToken) -> None:
    """Note that a key was used; at most once a minute."""
    moment = now()
    if token.used_at is None or token.used_at < moment - USED_EVERY:
        await ApiToken.filter(id=token.id).update(used_at=moment)


async def revoke(number: int, by: StaffUser) -> bool:
    """End a key at once; False where there is none, or no more."""
    async with in_transaction():
        won = await ApiToken.filter(id=number, revoked_at=None).update(revoked_at=now())
        if won:
            await accounts.audit("token.revoked", str(number), by)
    return won == 1


async def all_tokens() -> list[ApiToken]:
    """Every key, those that work first, the newest first."""
    found = await ApiToken.all().order_by("-id").prefetch_related("made_by")
    return sorted(found, key=lambda one: one.revoked_at is not None)
