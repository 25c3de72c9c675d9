"""A mail relay of our own that fails in every way a relay can, and is the truth of what it took.

What it accepts is written down before it says so. It offers PIPELINING, SIZE and SMTPUTF8 like the
relays of today. Each fault strikes the mails (by address) or the connections (by number) that the
test chooses.
"""

import asyncio
import ssl
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

Strikes = Callable[[str], bool]
# What can go wrong, and whether it strikes a connection or a mail.
OF_CONNECTIONS = ("banner 421", "banner silent", "ehlo 421", "ehlo 554", "auth 454", "auth 535")
OF_MAILS = (
    "mail 451", "mail 553", "rcpt 450", "rcpt 550", "data 451", "data 554", "dot 451", "dot 554",
    "421 at mail", "drop at mail", "drop in data", "drop after dot, taken", "drop after dot, lost",
    "stall", "slow", "garbage", "endless line", "greylist",
)  # fmt: skip
SLOW = 0.01  # seconds an octet


class _DropError(Exception):
    """The connection ends here."""


@dataclass
class FaultyRelay:
    """Runs in a thread of its own; used as a context."""

    fault: str = ""
    strikes: Strikes = field(default=lambda _: True)
    pipelining: bool = True
    tls: ssl.SSLContext | None = None
    pause: float = 0.0  # seconds before each answer to a text
    port: int = 0
    accepted: list[tuple[str, str]] = field(default_factory=list)  # address, Message-ID
    texts: list[bytes] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)  # what AUTH brought
    lines: list[str] = field(default_factory=list)  # every command, in order of arrival
    connections: int = 0
    halts_at: int = 0  # the step (a command, or a text that was taken) it never answers
    halted: threading.Event = field(default_factory=threading.Event)
    steps: int = 0
    _seen: Counter[str] = field(default_factory=Counter)

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    @property
    def url(self) -> str:
        """As GIVEFIRST_SMTP_URL takes it."""
        user = "joost:geheim@" if self.fault.startswith("auth") else ""
        return f"smtp://{user}127.0.0.1:{self.port}"

    def _run(self, ready: threading.Event) -> None:
        async def serve() -> None:
            self._stop = asyncio.Event()
            server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=2**20)
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            await self._stop.wait()
            server.close()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
            await asyncio.sleep(0)

        self._loop.run_until_complete(serve())
        self._loop.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await _Conversation(self, reader, writer, self.connections).hold()
        except (_DropError, ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            pass
        except asyncio.CancelledError:
            return
        finally:
            with suppress(RuntimeError):
                writer.transport.abort()

    def release(self) -> None:
        """Answer after all."""
        self._loop.call_soon_threadsafe(self._go_on.set)

    async def step(self) -> None:
        """One more thing happened; at the chosen one nothing is said any more."""
        self.steps += 1
        if self.steps == self.halts_at:
            self._go_on = asyncio.Event()
            self.halted.set()
            await self._go_on.wait()

    def hits(self, fault: str, what: str) -> bool:
        """This fault strikes here; a greylist only the first time."""
        if fault != self.fault or not self.strikes(what):
            return False
        self._seen[what] += 1
        return fault != "greylist" or self._seen[what] == 1


@dataclass
class _Conversation:
    relay: FaultyRelay
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    number: int
    recipient: str = ""

    async def hold(self) -> None:
        if self.of_connection("banner silent"):
            await asyncio.sleep(60)
        await self.say("421 4.3.2 too busy" if self.of_connection("banner 421") else "220 relay")
        if self.of_connection("banner 421"):
            raise _DropError
        while line := (await self.reader.readline()).decode().strip():
            self.relay.lines.append(line)
            await self.relay.step()
            await self.answer(line)

    def of_connection(self, fault: str) -> bool:
        return self.relay.hits(fault, str(self.number))

    def of_mail(self, fault: str) -> bool:
        return self.relay.hits(fault, self.recipient)

    async def answer(self, line: str) -> None:
        word = line.split(" ")[0].split(":")[0].upper()
        match word:
            case "EHLO" | "LHLO" | "HELO":
                await self.greet()
            case "STARTTLS" if self.relay.tls:
                await self.say("220 go ahead")
                await self.writer.start_tls(self.relay.tls)
            case "AUTH":
                await self.log_in(line)
            case "MAIL":
                self.recipient = ""
                await self.say("250 2.1.0 OK")
            case "RCPT":
                self.recipient = line.partition("<")[2].partition(">")[0]
                await self.addressed()
            case "DATA":
                await self.data()
            case "QUIT":
                await self.say("221 bye")
                raise _DropError
            case _:
                await self.say("250 OK")

    async def greet(self) -> None:
        for code in ("421", "554"):
            if self.of_connection(f"ehlo {code}"):
                await self.say(f"{code} not now")
                return
        offers = ["relay", "SIZE 500000", "8BITMIME", "SMTPUTF8", "AUTH PLAIN LOGIN"]
        offers += ["PIPELINING"] * self.relay.pipelining
        secured = self.writer.get_extra_info("sslcontext")
        offers += ["STARTTLS"] if self.relay.tls and not secured else []
        said = [f"250-{one}" for one in offers[:-1]] + [f"250 {offers[-1]}"]
        await self.say("\r\n".join(said))

    async def log_in(self, line: str) -> None:
        self.relay.secrets.append(line)
        for code in ("454", "535"):
            if self.of_connection(f"auth {code}"):
                await self.say(f"{code} 5.7.8 no")
                return
        await self.say("235 2.7.0 welcome")

    async def addressed(self) -> None:
        """MAIL was answered before we knew for whom: its faults come with RCPT."""
        replies = {"mail 451": "451 4.3.0 later", "mail 553": "553 5.1.8 no such sender"}
        replies |= {"rcpt 450": "450 4.2.1 later", "rcpt 550": "550 5.1.1 no such user"}
        replies |= {"greylist": "450 4.7.1 greylisted, come back"}
        if self.of_mail("421 at mail"):
            await self.say("421 4.7.0 slow down")
            raise _DropError
        if self.of_mail("drop at mail"):
            raise _DropError
        for fault, reply in replies.items():
            if self.of_mail(fault):
                self.recipient = ""
                await self.say(reply)
                return
        await self.say("250 2.1.5 OK")

    async def data(self) -> None:
        if not self.recipient:
            await self.say("554 5.5.1 no valid recipients")
            return
        for fault, reply in (("data 451", "451 4.3.0 later"), ("data 554", "554 5.6.0 never")):
            if self.of_mail(fault):
                await self.say(reply)
                return
        await self.say("354 go on")
        if self.of_mail("drop in data"):
            await self.reader.readline()
            raise _DropError
        await self.took(await self.reader.readuntil(b"\r\n.\r\n"))

    async def took(self, text: bytes) -> None:
        await asyncio.sleep(self.relay.pause)
        for fault, reply in (("dot 451", "451 4.3.0 later"), ("dot 554", "554 5.7.1 spam")):
            if self.of_mail(fault):
                await self.say(reply)
                return
        if self.of_mail("drop after dot, lost"):
            raise _DropError
        if self.of_mail("stall"):
            await asyncio.sleep(60)
        mail_id = text.partition(b"Message-ID: ")[2].partition(b"\r\n")[0].decode()
        self.relay.texts.append(text)
        self.relay.accepted.append((self.recipient, mail_id))
        await self.relay.step()
        await self.confirm()

    async def confirm(self) -> None:
        if self.of_mail("drop after dot, taken"):
            raise _DropError
        if self.of_mail("garbage"):
            await self.say("\x00\xff what? 250")
        elif self.of_mail("endless line"):
            await self.say("250-" + "x" * 100_000)
        elif self.of_mail("slow"):
            for letter in "250 2.0.0 taken":
                await asyncio.sleep(SLOW)
                self.writer.write(letter.encode())
            await self.say("")
        else:
            await self.say("250 2.0.0 taken")

    async def say(self, reply: str) -> None:
        self.writer.write(reply.encode("latin-1") + b"\r\n")
        await self.writer.drain()
