"""`serve`: site and background work together."""

import argparse
import asyncio
import os
import signal
import sqlite3
import sys
from contextlib import ExitStack, closing
from urllib.parse import urlsplit

from server.cli.demo import filled
from server.cli.shared import RefusedError, is_loopback, site_of, speak
from server.desk.entering import login_address
from server.kit.addresses import normalise
from server.kit.database import SMALL, close_database, open_database
from server.kit.house import HouseFile
from server.kit.migrations import ready_schema
from server.kit.running import (
    AlreadyRunningError,
    Keeper,
    NoSuchAddressError,
    PortTakenError,
    hold_alone,
    listen,
)
from server.kit.settings import Settings
from server.mail import gate
from server.staff import accounts
from server.staff.models import StaffUser


def serve(args: argparse.Namespace, settings: Settings) -> None:
    """Site and background work together, until SIGTERM or SIGINT."""
    import uvicorn

    # The server raises the signal it was ended by once more when it is done; as an exit it lets
    # what is below be closed in order, the worker included.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    # Both processes are to build the same links.
    os.environ["GIVEFIRST_BASE_URL"] = settings.base_url
    with ExitStack() as stack:
        try:
            if settings.is_sqlite:
                stack.enter_context(hold_alone(settings.data))
            listener = stack.enter_context(listen(args.host, args.port))
        except AlreadyRunningError:
            raise RefusedError(speak(settings, "desk.cli_running", data=settings.data)) from None
        except PortTakenError:
            raise RefusedError(speak(settings, "desk.cli_port", port=args.port)) from None
        except NoSuchAddressError as error:
            where = {"host": args.host, "port": args.port, "why": str(error)}
            raise RefusedError(speak(settings, "desk.cli_address_wrong", **where)) from None
        asyncio.run(_greet(settings, demo=args.demo))
        if not args.no_worker:
            stack.enter_context(Keeper([sys.executable, "-m", "server.worker", "--child"]))
        config = uvicorn.Config(
            "server.app:create_app",
            factory=True,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=5,
            timeout_keep_alive=30,
        )
        uvicorn.Server(config).run(sockets=[listener])


async def _greet(settings: Settings, *, demo: bool) -> None:
    """Migrate where we may, and print where everything is before anything is answered."""
    _refuse_damage(settings)
    await ready_schema(settings)
    await open_database(settings)
    try:
        await gate.look(settings)
        await gate.warn_if_shut()
        link = await _first_login(settings)
        example = await filled(settings) if demo else ""
    finally:
        await close_database()
    mail = settings.data / "mail"
    where = speak(settings, "desk.cli_mail_smtp") if settings.smtp_url else str(mail)
    lines = [
        speak(settings, "desk.cli_site", url=f"{settings.base_url}/"),
        speak(settings, "desk.cli_desk", url=f"{settings.base_url}/desk/"),
        speak(settings, "desk.cli_mail", where=where),
    ]
    if link:
        lines.insert(2, speak(settings, "desk.cli_login", url=link))
    print("\n".join([*lines, example] if example else lines), flush=True)


def _refuse_damage(settings: Settings) -> None:
    """RefusedError for a file of SQLite that is not whole; a large one is not read for it."""
    file = settings.sqlite_file
    if not settings.is_sqlite or not file.is_file() or file.stat().st_size > SMALL:
        return
    try:
        with closing(sqlite3.connect(file)) as db:
            said = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
            return  # that is said where it is opened
        said = str(error)
    if said != "ok":
        why = " ".join(said.split())
        raise RefusedError(speak(settings, "desk.cli_damaged", file=file, why=why))


async def _first_login(settings: Settings) -> str:
    """A login link where only this machine reaches the site; elsewhere `staff add` prints one."""
    host = urlsplit(settings.base_url).hostname or ""
    if not is_loopback(host):
        return ""
    admin = await StaffUser.filter(role="admin", disabled_at=None).order_by("id").first()
    if not admin:
        house = HouseFile(settings.content).fresh()
        email = house.host_email or "admin@localhost.example"
        admin = await accounts.add_staff(normalise(email), "admin", settings.language)
    return login_address(site_of(settings), await accounts.own_login_secret(admin))
