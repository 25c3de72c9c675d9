"""A mailbox on the loopback: as much of IMAP (RFC 9051) as fetching mail needs."""

import asyncio
import re
from dataclasses import dataclass, field


@dataclass
class ImapServer:
    """`mails` are numbered from 1; `flags` holds what was marked; `log` every command."""

    mails: list[bytes] = field(default_factory=list)
    flags: dict[int, set[str]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    knows_words: bool = True
    is_away: bool = False
    port: int = 0

    async def start(self) -> asyncio.Server:
        """Listen on a free port."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.is_away:
            writer.write(b"* OK IMAP4rev1 here\r\n")
            while line := await reader.readline():
                tag, _, command = line.decode().strip().partition(" ")
                self.log.append(command)
                writer.write(self._answer(tag, command))
        writer.close()

    def _answer(self, tag: str, command: str) -> bytes:
        if command == "CAPABILITY":
            return f"* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n".encode()
        if command.startswith("LOGIN") and '"right"' not in command:
            return f"{tag} NO wrong password\r\n".encode()
        if command.startswith("SELECT"):
            return f"* {len(self.mails)} EXISTS\r\n{tag} OK [READ-WRITE]\r\n".encode()
        if command.startswith("UID SEARCH"):
            new = [n for n in range(1, len(self.mails) + 1) if not self.flags.get(n)]
            return f"* SEARCH {' '.join(map(str, new))}\r\n{tag} OK done\r\n".encode()
        if found := re.fullmatch(r"UID FETCH (\d+) \((.*)\)", command):
            return self._fetched(tag, int(found[1]), found[2])
        if found := re.fullmatch(r"UID STORE ([\d,]+) \+FLAGS \((.*)\)", command):
            return self._marked(tag, found[1], found[2].split())
        return (
            f"* BYE\r\n{tag} OK done\r\n".encode()
            if command == "LOGOUT"
            else f"{tag} OK done\r\n".encode()
        )

    def _fetched(self, tag: str, number: int, what: str) -> bytes:
        mail = self.mails[number - 1]
        if what == "RFC822.SIZE":
            told = f"* {number} FETCH (UID {number} RFC822.SIZE {len(mail)})"
            return f"{told}\r\n{tag} OK done\r\n".encode()
        head = f"* {number} FETCH (UID {number} BODY[] {{{len(mail)}}}\r\n".encode()
        return head + mail + f")\r\n{tag} OK done\r\n".encode()

    def _marked(self, tag: str, numbers: str, words: list[str]) -> bytes:
        if not self.knows_words and len(words) > 1:
            return f"{tag} NO no words here\r\n".encode()
        for number in map(int, numbers.split(",")):
            self.flags.setdefault(number, set()).update(words)
        return f"{tag} OK done\r\n".encode()
