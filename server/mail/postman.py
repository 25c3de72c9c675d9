"""What writing to people needs of the house."""

from dataclasses import dataclass
from typing import Any

from server.kit.house import House
from server.kit.site import Site
from server.mail import outbox
from server.mail.letters import Letters
from server.mail.models import Message


@dataclass(frozen=True)
class Postman:
    """The links of the site, the house as it is now, and its letters."""

    site: Site
    house: House
    letters: Letters

    @classmethod
    def of(cls, state: Any) -> "Postman":
        """From what the pages of the site share, with the house as it is now."""
        return cls(state.site, state.house.fresh(), state.letters)

    async def keep(self, kind: str, language: str, *, without: str = "") -> Message:
        """The row of the letter of a kind in a language; the same text is one row.

        `without`: a slot whose link, and the line it stands on, is left out.
        """
        letter = self.letters.get(kind, language, self.house)
        return await outbox.keep_message(
            kind, language, letter.without(without) if without else letter
        )
