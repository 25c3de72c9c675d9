"""The product for tests: its pages in this process, its jobs on demand, its mail as messages.

Loaded as a pytest plugin (see pyproject.toml): `product` is there for every test.
"""

import email
import re
from collections.abc import AsyncIterator, Callable
from email.message import EmailMessage
from email.policy import default

import pytest
from httpx2 import ASGITransport, AsyncClient, Response
from starlette.datastructures import State

from server.app import make_app
from server.kit.settings import Settings
from server.kit.site import Site
from server.staff import accounts
from server.web import prepared
from server.worker import all_jobs, run_turn

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1 Safari/604.1"
TABLET = "Mozilla/5.0 (iPad; CPU OS 26_0 like Mac OS X) AppleWebKit/605.1 Safari/605.1"
TURNS = 200


class Product:
    """Everything a visitor, a reader or a colleague can do, over the settings of the test."""

    def __init__(self, settings: Settings, client: AsyncClient) -> None:
        self.settings, self.client = settings, client
        self.site = Site(settings.base_url, settings.secrets)

    @property
    def state(self) -> State:
        """What the pages of the site in this process share."""
        found: State = self.client._transport.app.app.app.state  # type: ignore[attr-defined]
        return found

    async def get(self, path: str, **options: object) -> Response:
        return await self.client.get(path, **options)  # type: ignore[arg-type]

    async def post(self, path: str, **options: object) -> Response:
        return await self.client.post(path, **options)  # type: ignore[arg-type]

    async def ask(
        self, slug: str, address: str, *, tips: bool = False, name: str = "", lang: str = "nl"
    ) -> Response:
        """Send the form of a landing page."""
        form = {"email": address, "name": name} | ({"newsletter": "yes"} if tips else {})
        return await self.post(f"/{lang}/library/{slug}", data=form)

    async def work(self) -> None:
        """Do everything the worker has to do now."""
        jobs = all_jobs(self.settings)
        for _ in range(TURNS):
            if not await run_turn(jobs):
                return
        raise AssertionError("the worker never came to rest")

    def mails(self, address: str = "") -> list[EmailMessage]:
        """What was mailed to files, oldest first; with an address what was mailed there."""
        files = sorted(self.settings.data.glob("mail/*.eml"))
        found = [email.message_from_bytes(file.read_bytes(), policy=default) for file in files]
        return [mail for mail in found if address in str(mail["To"])]

    async def link(self, address: str, path: str) -> str:
        """The path of the latest link of a kind (`/gift/`) that was mailed to an address."""
        await self.work()
        text = body_of(self.mails(address)[-1])
        found = re.search(rf"https?://[^/\s]+({re.escape(path)}\S+)", text)
        assert found, text
        return found[1]

    async def gift(self, slug: str, address: str, **options: bool | str) -> str:
        """Ask for a gift and press the button; the path of its page."""
        answer = await self.ask(slug, address, **options)  # type: ignore[arg-type]
        assert answer.status_code == 303, answer.text
        path = await self.link(address, "/gift/")
        assert (await self.post(path)).status_code == 303
        return path

    async def read(self, gift: str, *chapters: int) -> None:
        """Open chapters through the link of a gift."""
        for number in chapters:
            assert (await self.get(f"{gift}/read?c={number}")).status_code == 200

    async def subscribe(self, address: str, lang: str = "nl") -> None:
        """Sign up for the tip and press the button."""
        await self.post(f"/{lang}/newsletter", data={"email": address})
        assert (await self.post(await self.link(address, "/confirm/"))).status_code == 303

    async def log_in(self, role: str = "admin") -> AsyncClient:
        """A browser of a colleague who is logged in."""
        user = await accounts.add_staff(f"{role}@staff.example.org", role, "nl")
        secret = await accounts.login_secret(user)
        client = new_client(self.settings)
        answer = await client.post(f"/desk/login/{secret}")
        assert answer.status_code == 303, answer.text
        return client

    def browser(self, agent: str = PHONE, host: str = "127.0.0.1") -> AsyncClient:
        """Another device, on a network of its own if `host` says so."""
        return new_client(self.settings, agent, host)


def body_of(mail: EmailMessage, kind: str = "plain") -> str:
    """The text (or `html`) of a mail."""
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def new_client(settings: Settings, agent: str = BROWSER, host: str = "127.0.0.1") -> AsyncClient:
    """A client that talks to the application in this process."""
    return AsyncClient(
        transport=ASGITransport(make_app(settings), client=(host, 50_000)),
        base_url=settings.base_url,
        headers={"user-agent": agent},
    )


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that is kept is looked at each time, so that no test waits for half a second."""
    monkeypatch.setattr(prepared, "AGAIN", 0.0)


@pytest.fixture
async def product(database: Settings) -> AsyncIterator[Product]:
    """The product over an empty database."""
    async with new_client(database) as client:
        yield Product(database, client)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """`clock(-3)`: it is three days ago; `clock(0)`: it is now. Moves the product's one clock."""

    def move(days: float) -> None:
        monkeypatch.setenv("GIVEFIRST_CLOCK_OFFSET", str(days * 86400))

    return move


MINUTE = 1 / 1440
