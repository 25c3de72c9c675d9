"""The octets of each delivery: what goes to a list from its mould, all else one by one."""

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from server.kit.clock import now
from server.kit.database import among, many, rows
from server.kit.settings import Settings
from server.kit.site import Site
from server.mail import mime
from server.mail.claiming import Claimed
from server.mail.compiling import Mould, compile_sheet
from server.mail.mime import Sheet
from server.mail.models import Message
from server.mail.session import Envelope
from server.mail.signing import Signer

MOST = 60  # texts that are kept ready
DOT = re.compile(rb"^\.", re.MULTILINE)


@dataclass(eq=False)
class Writer:
    """Makes mails; `prepare` reads their texts, `write` then needs no database."""

    settings: Settings
    site: Site
    _messages: OrderedDict[int, tuple[Message, tuple[str, ...]]] = field(
        default_factory=OrderedDict
    )
    _moulds: OrderedDict[tuple[int, bool], Mould] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        settings = self.settings
        self._signer = None
        if settings.dkim_key:
            domain = settings.sender.domain
            self._signer = Signer(settings.dkim_key, domain, settings.dkim_selector)

    async def prepare(self, claimed: Sequence[Claimed]) -> None:
        """Give each its text and where the links of that lead; a text never changes."""
        lacking = sorted({one.message_id for one in claimed} - set(self._messages))
        if lacking:
            await self._read(lacking)
        for one in claimed:
            one.message, one.links = self._messages[one.message_id]
        # What is let go of here stays with the rows that need it.
        while len(self._messages) > MOST:
            self._messages.popitem(last=False)

    async def _read(self, numbers: list[int]) -> None:
        found = await rows(
            "SELECT message_id, target FROM message_link"  # noqa: S608
            f" WHERE {among('message_id')} ORDER BY message_id, number",
            many(numbers),
        )
        for message in await Message.filter(id__in=numbers):
            links = tuple(row["target"] for row in found if row["message_id"] == message.id)
            self._messages[message.id] = (message, links)

    def write(self, one: Claimed) -> tuple[Envelope, bytes]:
        """The envelope and the text as it goes over the line, dots stuffed (RFC 5321 §4.5.2).

        Raises LookupError or ValueError for what cannot be made.
        """
        if one.message is None:
            raise LookupError(f"message {one.message_id}")
        in_mould = one.is_listed and one.is_lead
        if in_mould:
            mould = self._mould(one.message, one.links, followed=one.is_followed)
            text = mould.fill(one, now())
        else:
            sheet = Sheet(one.message, one.links)
            text = mime.octets(mime.compose(one, sheet, self.settings, self.site, now()), one)
        if self._signer:
            text = self._signer.sign(text)
        if not in_mould:  # of what is compiled no line begins with a dot
            text = DOT.sub(b"..", text)
        sender = mime.envelope_sender(one.number, self.settings, self.site)
        return Envelope(sender, one.address, len(text)), text

    def _mould(self, message: Message, links: tuple[str, ...], *, followed: bool) -> Mould:
        key = (message.id, followed)
        if key not in self._moulds:
            sheet = Sheet(message, links, followed)
            self._moulds[key] = compile_sheet(sheet, self.settings, self.site)
            if len(self._moulds) > MOST:
                self._moulds.popitem(last=False)
        return self._moulds[key]
