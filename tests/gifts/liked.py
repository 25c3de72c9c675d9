"""Having read a gift, and the mail that asks how it was liked."""

import re
from email.message import EmailMessage

from tests.product import Product, body_of

READER, FRIEND = "joost@example.org", "sanne@example.net"


def questions(product: Product, address: str = READER) -> list[EmailMessage]:
    """The mails that asked somebody how they liked something."""
    return [one for one in product.mails(address) if "Hoe vond je" in str(one["Subject"])]


def link_in(mail: EmailMessage, path: str) -> str:
    """The path of the first link of a mail that begins so."""
    found = re.search(rf"https?://[^/\s]+({re.escape(path)}\S*)", body_of(mail))
    assert found, body_of(mail)
    return found[1]


async def rate(product: Product, gift: str, liked: int, why: str = "", **more: str) -> str:
    """Press the button with an answer; the page after it."""
    form = {"liked": str(liked), "why": why, **more}
    answer = await product.post(f"{gift}/liked", data=form)
    assert answer.status_code == 303
    return (await product.get(answer.headers["location"])).text
