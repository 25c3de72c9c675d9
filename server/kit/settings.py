"""Settings from the environment, each also as `NAME_FILE` for a secret in a file."""

import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from server.kit.addresses import AddressError, normalise
from server.kit.text import LANGUAGES, say

PACKAGE = Path(__file__).parent.parent
PROVIDERS = ("ses", "postmark", "mailgun", "sendgrid", "brevo")  # who tell what became of mail
SHORTEST_KEY = 12
Network = IPv4Network | IPv6Network


class SettingError(Exception):
    """A setting is wrong: one line that names it, says what is wrong and gives an example."""


@dataclass(frozen=True)
class Settings:
    """What the operator decided, checked and complete."""

    data: Path
    database_url: str
    base_url: str
    smtp_url: str
    sender: Address
    bounce_address: str
    secrets: tuple[bytes, ...]
    content: Path
    email_templates: Path
    language: str
    timezone: ZoneInfo
    trusted_proxies: tuple[Network, ...]
    mail_rate: float
    mail_connections: int
    dkim_key: str
    dkim_selector: str
    form_rate: int
    imap_url: str
    mail_hooks: tuple[tuple[str, str], ...]

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def sqlite_file(self) -> Path:
        """The database file, where the database is SQLite."""
        return Path(self.database_url.removeprefix("sqlite:///"))

    @property
    def is_secure(self) -> bool:
        """The site is served over https, so cookies may say so."""
        return self.base_url.startswith("https:")


def _database(value: str) -> str:
    if value.startswith("sqlite:///") and len(value) > len("sqlite:///"):
        return value
    parts = urlsplit(value)
    hosts = parts.netloc.rpartition("@")[2]
    ports_are_numbers = re.fullmatch(r"[^:,]+(:\d{1,5})?(,[^:,]+(:\d{1,5})?)*|\[.+\](:\d+)?", hosts)
    if parts.scheme in ("postgres", "postgresql") and ports_are_numbers and parts.path.strip("/"):
        return value.replace("postgresql://", "postgres://", 1)
    raise ValueError("scheme")


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    _ = parts.port  # raises ValueError when it is no port
    extra = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in ("http", "https") or not parts.hostname or extra:
        raise ValueError("address")
    return value.rstrip("/")


def _smtp_url(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in ("smtp", "smtps", "lmtp") or not parts.hostname):
        raise ValueError("scheme")
    if value:
        _ = parts.port  # raises ValueError when it is no port
    return value


def _imap_url(value: str) -> str:
    parts = urlsplit(value)
    if value and (
        parts.scheme not in ("imap", "imaps") or not parts.hostname or not parts.username
    ):
        raise ValueError("scheme")
    if value:
        _ = parts.port  # raises ValueError when it is no port
    return value


def _hooks(value: str) -> tuple[tuple[str, str], ...]:
    pairs = [part.strip().partition(":")[::2] for part in value.split(",") if part.strip()]
    for provider, key in pairs:
        if provider not in PROVIDERS or len(key) < SHORTEST_KEY:
            raise ValueError("provider")
    return tuple(pairs)


def _sender(value: str) -> Address:
    name, address = parseaddr(value)
    # A machine's own name is no public domain: it is taken, so that a trial needs no setting.
    if not address.endswith("@localhost"):
        normalise(address)
    elif not re.fullmatch(r"[A-Za-z0-9._+-]+@localhost", address):
        raise ValueError("address")
    return Address(display_name=name, addr_spec=address)


def _bounce(value: str) -> str:
    if value:
        normalise(value.replace("{token}", "token"))
    return value


def _language(value: str) -> str:
    if value not in LANGUAGES:
        raise ValueError("language")
    return value


def _dkim_key(value: str) -> str:
    if value:
        key = load_pem_private_key(value.replace("\\n", "\n").encode(), password=None)
        if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
            raise ValueError("kind")
    return value.replace("\\n", "\n")


def _selector(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,60}[A-Za-z0-9])?", value):
        raise ValueError("selector")
    return value


def _networks(value: str) -> tuple[Network, ...]:
    return tuple(ip_network(part) for part in re.split(r"[,\s]+", value) if part)


def _positive(kind: type[int] | type[float]) -> Callable[[str], Any]:
    def parse(value: str) -> float:
        found = kind(value)
        if not 0 < found < 1_000_000:
            raise ValueError("range")
        return found

    return parse


def _folder(value: str) -> Path:
    return Path(value).expanduser().absolute()


def _rate(value: str) -> float:
    return float(_positive(float)(value)) if value else 0.0


def _secrets(value: str) -> tuple[bytes, ...]:
    keys = tuple(part.encode() for part in re.split(r"[,\s]+", value) if part)
    if not keys or min(map(len, keys)) < 32:
        raise ValueError("length")
    return keys


# name → (parser, example, the text that says what it has to be)
SETTINGS: dict[str, tuple[Callable[[str], Any], str, str]] = {
    "GIVEFIRST_DATA": (_folder, "./data", "kit.needs_folder"),
    "GIVEFIRST_DATABASE_URL": (
        _database,
        "postgres://user:password@host:5432/name",
        "kit.needs_database",
    ),
    "GIVEFIRST_BASE_URL": (_base_url, "https://books.example.org", "kit.needs_base_url"),
    "GIVEFIRST_SMTP_URL": (
        _smtp_url,
        "smtp://user:password@mail.example.org:587",
        "kit.needs_smtp_url",
    ),
    "GIVEFIRST_SENDER": (_sender, "Bureau Brugman <marit@example.org>", "kit.needs_sender"),
    "GIVEFIRST_BOUNCE_ADDRESS": (_bounce, "bounce+{token}@example.org", "kit.needs_bounce"),
    "GIVEFIRST_SECRET": (
        _secrets,
        "python3 -c 'import secrets; print(secrets.token_hex(32))'",
        "kit.needs_secret",
    ),
    "GIVEFIRST_CONTENT": (_folder, "./content", "kit.needs_folder"),
    "GIVEFIRST_EMAIL_TEMPLATES": (_folder, "./email_templates", "kit.needs_folder"),
    "GIVEFIRST_LANGUAGE": (_language, "nl", "kit.needs_language"),
    "GIVEFIRST_TIMEZONE": (ZoneInfo, "Europe/Amsterdam", "kit.needs_timezone"),
    "GIVEFIRST_TRUSTED_PROXIES": (_networks, "10.0.0.0/8, 127.0.0.1", "kit.needs_networks"),
    "GIVEFIRST_MAIL_RATE": (_rate, "20", "kit.needs_number"),
    "GIVEFIRST_MAIL_CONNECTIONS": (_positive(int), "10", "kit.needs_whole"),
    "GIVEFIRST_DKIM_KEY": (
        _dkim_key,
        "-----BEGIN PRIVATE KEY-----…",
        "kit.needs_dkim_key",
    ),
    "GIVEFIRST_DKIM_SELECTOR": (_selector, "givefirst", "kit.needs_selector"),
    "GIVEFIRST_FORM_RATE": (_positive(int), "60", "kit.needs_whole"),
    "GIVEFIRST_IMAP_URL": (
        _imap_url,
        "imaps://user:password@mail.example.org/INBOX",
        "kit.needs_imap_url",
    ),
    "GIVEFIRST_MAIL_HOOKS": (
        _hooks,
        "mailgun:KEY, postmark:USER:PASSWORD",
        "kit.needs_hooks",
    ),
}


def load_settings(environ: Mapping[str, str] = os.environ, *, port: int = 8000) -> Settings:
    """All settings, or SettingError for the first that is wrong.

    Makes the data folder and, where none is given, the secret in it (mode 0600).
    """
    language = environ.get("GIVEFIRST_LANGUAGE", "nl")
    reader = _Reader(environ, language if language in LANGUAGES else "nl")
    data = reader.get("GIVEFIRST_DATA", "./data")
    reader.make_folder(data)
    sender = reader.get("GIVEFIRST_SENDER", "Givefirst <hello@localhost>")
    return Settings(
        data=data,
        database_url=reader.get("GIVEFIRST_DATABASE_URL", f"sqlite:///{data}/givefirst.db"),
        base_url=reader.get(
            "GIVEFIRST_BASE_URL", f"http://127.0.0.1:{port if 0 <= port < 65536 else 8000}"
        ),
        smtp_url=reader.get("GIVEFIRST_SMTP_URL", ""),
        sender=sender,
        bounce_address=reader.get("GIVEFIRST_BOUNCE_ADDRESS", ""),
        secrets=reader.secrets(data),
        content=reader.existing("GIVEFIRST_CONTENT", "content"),
        email_templates=reader.existing("GIVEFIRST_EMAIL_TEMPLATES", "email_templates"),
        language=reader.get("GIVEFIRST_LANGUAGE", "nl"),
        timezone=reader.get("GIVEFIRST_TIMEZONE", "Europe/Amsterdam"),
        trusted_proxies=reader.get("GIVEFIRST_TRUSTED_PROXIES", ""),
        mail_rate=reader.get("GIVEFIRST_MAIL_RATE", ""),
        mail_connections=reader.get("GIVEFIRST_MAIL_CONNECTIONS", "10"),
        dkim_key=reader.get("GIVEFIRST_DKIM_KEY", ""),
        dkim_selector=reader.get("GIVEFIRST_DKIM_SELECTOR", "givefirst"),
        form_rate=reader.get("GIVEFIRST_FORM_RATE", "60"),
        imap_url=reader.get("GIVEFIRST_IMAP_URL", ""),
        mail_hooks=reader.get("GIVEFIRST_MAIL_HOOKS", ""),
    )


@dataclass(frozen=True)
class _Reader:
    environ: Mapping[str, str]
    language: str

    def get(self, name: str, default: str) -> Any:
        parse, example, needs = SETTINGS[name]
        value = self._text(name, default)
        try:
            return parse(value)
        except (ValueError, TypeError, KeyError, OSError, AddressError):
            # Never the value itself: it may hold a password.
            what = say(self.language, needs)
            raise SettingError(
                say(self.language, "kit.setting_wrong", name=name, what=what, example=example)
            ) from None

    def secrets(self, data: Path) -> tuple[bytes, ...]:
        """The keys that are set, else the one in the data folder, made at the first start."""
        if self._text("GIVEFIRST_SECRET", ""):
            keys: tuple[bytes, ...] = self.get("GIVEFIRST_SECRET", "")
            return keys
        file = data / "secret"
        try:
            return _secrets(_own_secret(file))
        except (OSError, ValueError):
            raise SettingError(say(self.language, "kit.setting_secret", file=file)) from None

    def _text(self, name: str, default: str) -> str:
        file = self.environ.get(f"{name}_FILE")
        if not file:
            return self.environ.get(name, "").strip() or default
        try:
            return Path(file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise SettingError(
                say(self.language, "kit.setting_file", name=f"{name}_FILE", file=file)
            ) from None

    def make_folder(self, data: Path) -> None:
        try:
            data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingError(
                say(self.language, "kit.setting_data", folder=data, why=error.strerror)
            ) from None

    def existing(self, name: str, folder: str) -> Path:
        """The folder that is set, else the one here, else the sample in the package."""
        if self._text(name, ""):
            path: Path = self.get(name, "")
            if not path.is_dir():
                raise SettingError(say(self.language, "kit.setting_folder", name=name, folder=path))
            return path
        here = Path.cwd() / folder
        return here if here.is_dir() else sample_folder(folder)


def sample_folder(folder: str) -> Path:
    """A folder of samples that came with the product: in the wheel, else in the repository."""
    packed = PACKAGE / "sample" / folder
    return packed if packed.is_dir() else PACKAGE.parent / folder


def _own_secret(file: Path) -> str:
    """The secret in a file; written whole before it has its name, so nobody reads half of it."""
    if not file.exists():
        part = file.with_name(f"secret.{os.getpid()}.{secrets.token_hex(4)}")
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as out:
            out.write(secrets.token_hex(32) + "\n")
        try:
            # Of two first starts at once one gives the name, and both read the same.
            os.link(part, file)
        except FileExistsError:
            pass
        finally:
            part.unlink()
    return file.read_text("ascii")
