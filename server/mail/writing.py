"""The octets of each delivery: what goes to a list from its mould, all else one by one."""

import re
from collections import OrderedDict
from collections.abc import Iterable
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

    async def prepare(self, numbers: Iterable[int]) -> None:
        """Have the texts of these messages at hand; a text never changes."""
        lacking = sorted(set(numbers) - set(self._messages))
        if not lacking:
            return
        found = await rows(
            "SELECT message_id, target FROM message_link"  # noqa: S608
            f" WHERE {among('message_id')} ORDER BY message_id, number",
            many(lacking),
        )
        for message in await Message.filter(id__in=lacking):
            links = tuple(row["target"] for row in found if row["message_id"] == message.id)
            self._messages[message.id] = (message, links)
        while len(self._messages) > MOST + len(lacking):
            self._messages.popitem(last=False)

    def write(self, one: Claimed) -> tuple[Envelope, bytes]:
        """The envelope and the text as it goes over the line, dots stuffed (RFC 5321 §4.5.2).

        Raises LookupError or ValueError for what cannot be made.
        """
        message, links = self._messages[one.message_id]
        if one.is_listed and one.is_lead:  # no line begins with a dot
            text = self._mould(message, links, followed=one.is_followed).fill(one, now())
        else:
            sheet = Sheet(message, links)
            text = mime.octets(mime.compose(one, sheet, self.settings, self.site, now()), one)
        if self._signer:
            text = self._signer.sign(text)
        if not one.is_listed:
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
