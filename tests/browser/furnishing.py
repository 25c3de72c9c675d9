"""A site as after some good weeks: readers in both languages, their opinions, their mail."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from server.contact.answering import Answer, answer
from server.contact.asking import Reception
from server.contact.models import Conversation
from server.gifts.models import Gift
from server.kit.clock import now
from server.kit.database import close_database, open_database
from server.kit.settings import load_settings
from server.leads.models import Lead
from server.staff import accounts
from tests import weekly
from tests.product import MINUTE, Product, new_client
from tests.support import machine
from tests.support.content import copied, with_gate
from tests.support.databases import SECRET, SqliteCopies
from tests.support.live import LiveServer, LiveServers
from tests.support.processes import wait_until

BOOK, PAPER = "gulle-gever", "service-als-cadeau"
CHAPTERS = range(1, 12)
KINDS = {
    "webinar": "eerste-vijf-minuten",
    "trial": "proefweek-gesprekstrainer",
    "sample": "kaartenset-doorvragen",
    "service": "meekijken-met-een-gesprek",
}
LONG = "anna.met-een-lange-naam-die-niemand-breekt@een-heel-lange-domeinnaam.example.org"


@dataclass(frozen=True)
class Furnished:
    """A running site, who may log in there, and where its personal pages are."""

    server: LiveServer
    sessions: dict[str, str] = field(default_factory=dict)
    """Language → the cookie of an admin who reads it."""
    paths: dict[str, dict[str, str]] = field(default_factory=dict)
    """Language → the paths of pages behind a token, by name."""
    mail: str = ""
    """The name of a mail in the mailbox of the desk that this very server sent."""

    def cookie(self, language: str) -> dict[str, str]:
        """The cookie of a session, as a browser context takes it."""
        return {"name": "desk", "value": self.sessions[language], "url": self.server.url}


@contextmanager
def furnished_site(folder: Path, copies: SqliteCopies) -> Iterator[Furnished]:
    """Fill a database of its own and start the site over it; always on SQLite."""
    data = folder / "data"
    data.mkdir()
    content = copied(folder)
    with_gate(content, PAPER, "ask-after")
    servers = LiveServers(folder)
    with copies.fresh(data) as url, pytest.MonkeyPatch.context() as patch:
        furnisher = Furnisher(data, url, content, patch)
        # A thread of its own, for a loop may be open in this one.
        with ThreadPoolExecutor(1) as thread:
            sessions, paths = thread.submit(asyncio.run, furnisher.furnish()).result()
        patch.undo()
        try:
            server = servers(
                GIVEFIRST_DATA=str(data), GIVEFIRST_DATABASE_URL=url, GIVEFIRST_CONTENT=str(content)
            )
            server.data = data
            yield Furnished(server, sessions, paths, _mail_sent_by(server))
        finally:
            servers.stop()


def _mail_sent_by(server: LiveServer) -> str:
    """Have one mail sent, for those of the furnisher name another address of the site."""
    before = _mails(server)
    httpx2.post(f"{server.url}/nl/newsletter", data={"email": "postvak@example.org"})
    wait_until(lambda: _mails(server) > before, server.process, server.output)
    return (_mails(server) - before).pop().stem


def _mails(server: LiveServer) -> set[Path]:
    return set(server.data.glob("mail/*.eml"))


class Furnisher:
    """Lets weeks pass in a few seconds, by moving the product's one clock."""

    def __init__(self, data: Path, url: str, content: Path, patch: pytest.MonkeyPatch) -> None:
        self.patch = patch
        self.settings = load_settings(
            {
                "GIVEFIRST_DATA": str(data),
                "GIVEFIRST_DATABASE_URL": url,
                "GIVEFIRST_SECRET": SECRET,
                "GIVEFIRST_CONTENT": str(content),
                "GIVEFIRST_EMAIL_TEMPLATES": str(machine.REPOSITORY / "email_templates"),
                "GIVEFIRST_FORM_RATE": "6000",
            }
        )

    def move(self, days: float) -> None:
        self.patch.setenv("GIVEFIRST_CLOCK_OFFSET", str(days * 86400))

    async def furnish(self) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
        """Sessions and paths, by language."""
        await open_database(self.settings)
        try:
            async with new_client(self.settings) as client:
                product = Product(self.settings, client)
                await self._readers(product)
                await self._talks(product)
                paths = {lang: await self._pages(product, lang) for lang in ("nl", "en")}
                await product.work()
            return {lang: await self._session(lang) for lang in ("nl", "en")}, paths
        finally:
            await close_database()

    async def _readers(self, product: Product) -> None:
        readers = [
            ("kees@example.org", "", "", ""),
            ("joost@vandijk.example.org", "Joost van Dijk", "Van Dijk Installaties", "directeur"),
            (LONG, "Anna de Vries-Oosterhuis", "Oosterhuis & Zonen Verzekeringen", "verkoop"),
        ]
        for ago, (address, name, company, role) in enumerate(readers, 9):
            gift = await self._read(product, BOOK, address, -ago)
            await Lead.filter(email=address).update(name=name, company=company, role=role)
            if name:
                await product.post(f"{gift}/liked", data={"liked": "4", "why": "De rekensom."})

    async def _talks(self, product: Product) -> None:
        """Somebody waits longer than was promised, and somebody was answered and helped."""
        self.move(-2)
        for address, name in ((f"vraag-{LONG}", ""), ("nadia@example.org", "Nadia el Amrani")):
            form = {"email": address, "name": name, "question": "Kan het ook bij ons?"}
            await product.post("/nl/contact", data=form)
        state, found = product.state, await Conversation.get(lead__email="nadia@example.org")
        reception = Reception(
            state.site, state.house.fresh(), state.letters, self.settings.timezone, "nl"
        )
        colleague = await accounts.add_staff("sanne@staff.example.org", "sales", "nl")
        await found.fetch_related("lead")
        given = Answer("Dag Nadia,\n\nDat kan.", seen=1, closes=True, helped=True)
        await answer(reception, found, given, colleague)

    async def _read(self, product: Product, slug: str, address: str, day: float) -> str:
        self.move(day)
        gift = await product.gift(slug, address, tips=True)
        for number in CHAPTERS:
            self.move(day + 5 * number * MINUTE)
            await product.read(gift, number)
        self.move(day + 1)
        return gift

    async def _pages(self, product: Product, lang: str) -> dict[str, str]:
        """The personal pages of a reader of one language, before and after their buttons."""
        self.move(0)
        paths = {"taken": await product.gift(BOOK, f"taken-{lang}@example.org", lang=lang)}
        paths["liked"] = await product.gift(PAPER, f"liked-{lang}@example.org", lang=lang)
        await product.post(f"{paths['liked']}/liked", data={"liked": "3"})
        for name, fields in (("expired", {"expires_at": now()}), ("gone", {"asset_slug": "gone"})):
            paths[name] = await product.gift(BOOK, f"{name}-{lang}@example.org", lang=lang)
            await Gift.filter(lead__email=f"{name}-{lang}@example.org").update(**fields)
        await product.ask(BOOK, f"waiting-{lang}@example.org", lang=lang, tips=True)
        paths["waiting"] = await product.link(f"waiting-{lang}@example.org", "/gift/")
        await product.post(f"/{lang}/newsletter", data={"email": f"sign-up-{lang}@example.org"})
        paths["confirm"] = await product.link(f"sign-up-{lang}@example.org", "/confirm/")
        paths["own"] = await product.link(f"liked-{lang}@example.org", "/me/")
        for name in ("left", "leave"):
            address = f"{name}-{lang}@example.org"
            await product.subscribe(address, lang)
            paths["confirmed"] = await product.link(address, "/confirm/")
            paths[name] = await product.link(address, "/unsubscribe/")
        await product.post(paths["left"], data={"do": "leave"})
        for name, slug in KINDS.items():
            paths[name] = await product.gift(slug, f"{name}@{lang}.example.org", lang=lang)
        paths["surprise"] = await self._surprise(product, f"liked-{lang}@example.org", lang)
        paths["followed"] = await weekly.subscribe(product, f"followed-{lang}@example.org", lang)
        return paths

    async def _surprise(self, product: Product, address: str, lang: str) -> str:
        """The page of a gift that nobody asked for, with its sentence, before the button."""
        gift = await Gift.create(
            lead=await Lead.get(email=address),
            asset_slug=BOOK,
            language=lang,
            requested_at=now(),
            expires_at=now() + timedelta(days=9),
            unasked_at=now(),
            source="surprise",
            line={"nl": "Hier moest ik aan je denken.", "en": "This made me think of you."}[lang],
        )
        path = product.site.link("/gift", "gift", gift.id)
        return path.removeprefix(product.settings.base_url)

    async def _session(self, lang: str) -> str:
        user = await accounts.add_staff(f"marit-{lang}@staff.example.org", "admin", lang)
        session = await accounts.log_in(await accounts.login_secret(user) or "")
        assert session
        return session.secret
