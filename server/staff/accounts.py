"""Accounts, one-time login links and sessions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe

from tortoise.queryset import QuerySet

from server.kit.clock import now
from server.kit.database import db_time, in_transaction, rows
from server.staff.models import ROLES, AuditEntry, LoginLink, StaffSession, StaffUser

LINK_LIVES = timedelta(minutes=15)
SESSION_LIVES = timedelta(days=14)
IDLE = {"admin": timedelta(minutes=30)}
IDLE_OTHERS = timedelta(hours=12)
MOST_LINKS = 3  # within the life of one
SEEN_EVERY = timedelta(minutes=1)


class RoleError(ValueError):
    """There is no such role."""


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


async def add_staff(email: str, role: str, language: str) -> StaffUser:
    """A new colleague, or the one with this address, now with this role.

    A change of role ends their sessions. Raises RoleError.
    """
    if role not in ROLES:
        raise RoleError(role)
    async with in_transaction():
        await rows(
            "INSERT INTO staff_user (email, name, role, language, created_at)"
            " VALUES (?, '', ?, ?, ?) ON CONFLICT (email) DO NOTHING",
            email,
            role,
            language,
            db_time(now()),
        )
        user = await StaffUser.get(email=email)
        if user.role != role or user.disabled_at:
            await StaffUser.filter(id=user.id).update(role=role, disabled_at=None)
            await StaffSession.filter(user_id=user.id).delete()
            user.role = role
        await audit("staff.added", f"{role} {user.id}")
    return user


async def login_secret(user: StaffUser) -> str | None:
    """A fresh secret for a login link; None when three are still open."""
    if await _open_links(user).count() >= MOST_LINKS:
        return None
    return await _new_link(user)


async def own_login_secret(user: StaffUser) -> str:
    """A fresh secret for who stands at the machine itself; of three open links the oldest ends."""
    opened = await _open_links(user).order_by("-id").values_list("id", flat=True)
    await LoginLink.filter(id__in=list(opened[MOST_LINKS - 1 :])).update(expires_at=now())
    return await _new_link(user)


def _open_links(user: StaffUser) -> QuerySet[LoginLink]:
    return LoginLink.filter(user_id=user.id, used_at=None, expires_at__gt=now())


async def _new_link(user: StaffUser) -> str:
    moment = now()
    secret = token_urlsafe(24)
    await LoginLink.create(
        user=user, secret_hash=_hash(secret), expires_at=moment + LINK_LIVES, used_at=None
    )
    return secret


async def link_is_open(secret: str) -> bool:
    """The link can still log somebody in."""
    links = LoginLink.filter(secret_hash=_hash(secret), used_at=None, expires_at__gt=now())
    return await links.filter(user__disabled_at=None).exists()


@dataclass(frozen=True)
class Session:
    """A logged-in colleague, the secret for the cookie and the word that forms must carry."""

    user: StaffUser
    secret: str
    csrf: str
    seen_at: datetime


async def log_in(secret: str) -> Session | None:
    """Use a link up; None when it was used or is too old."""
    moment = now()
    async with in_transaction():
        used = await LoginLink.filter(
            secret_hash=_hash(secret), used_at=None, expires_at__gt=moment
        ).update(used_at=moment)
        if not used:
            return None
        link = await LoginLink.get(secret_hash=_hash(secret)).prefetch_related("user")
        if link.user.disabled_at:
            return None
        session = Session(link.user, token_urlsafe(32), token_urlsafe(32), moment)
        await StaffSession.create(
            user=link.user,
            secret_hash=_hash(session.secret),
            csrf=session.csrf,
            created_at=moment,
            seen_at=moment,
        )
        await audit("staff.login", "", link.user)
    return session


async def find_session(secret: str) -> Session | None:
    """The session a cookie opens; None when it is unknown, too old or idle for too long."""
    if not secret or len(secret) > 100:
        return None
    found = await StaffSession.filter(secret_hash=_hash(secret)).prefetch_related("user").first()
    moment = now()
    if not found or found.user.disabled_at:
        return None
    idle = IDLE.get(found.user.role, IDLE_OTHERS)
    if found.seen_at + idle < moment or found.created_at + SESSION_LIVES < moment:
        return None
    return Session(found.user, secret, found.csrf, found.seen_at)


async def touch(session: Session) -> None:
    """Note that a session was used; at most once a minute, and only what staff did counts."""
    moment = now()
    # On SQLite even a change of no rows waits for whoever writes, and a page should not.
    if session.seen_at < moment - SEEN_EVERY:
        await StaffSession.filter(secret_hash=_hash(session.secret)).update(seen_at=moment)


async def log_out(secret: str) -> None:
    """End a session."""
    await StaffSession.filter(secret_hash=_hash(secret)).delete()


async def audit(action: str, detail: str = "", user: StaffUser | None = None) -> None:
    """One line of who did what."""
    await AuditEntry.create(
        at=now(), staff_id=user.id if user else None, action=action, detail=detail[:300]
    )
