"""What one writes first: a template, an EmailMessage and a connection for each reader."""

import asyncio
import sys
from email.message import EmailMessage

import aiosmtplib
from jinja2 import Template

from tests.benchmarks.letters import HTML, TEXT, links_of


async def main() -> None:
    """Send so many mails one after another, ten at once."""
    port, count = int(sys.argv[1]), int(sys.argv[2])
    html, text, turns = Template(HTML, autoescape=True), Template(TEXT), asyncio.Semaphore(10)

    async def send(number: int) -> None:
        async with turns:
            mail = EmailMessage()
            mail["From"], mail["To"] = "marit@example.org", f"r{number}@example.org"
            mail["Subject"] = "Een tip"
            values = {"name": f"Joost {number}", "way_out": f"https://example.org/u/{number}"}
            values["links"] = links_of(number)
            mail.set_content(text.render(values))
            mail.add_alternative(html.render(values), subtype="html")
            await aiosmtplib.send(mail, hostname="127.0.0.1", port=port)

    await asyncio.gather(*(send(number) for number in range(count)))


asyncio.run(main())
