"""Our mails before judges that are not ours: a spam filter, and what mail programs can show."""

import asyncio
import json
import re
import subprocess
from pathlib import Path

import pytest

from server.kit.text import LANGUAGES
from server.leads.models import Lead
from server.mail import outbox
from server.mail.letter_slots import READER_SLOTS
from server.mail.postman import Postman
from server.newsletter import issuing
from server.newsletter.issuing import Editor
from tests.product import Product, body_of
from tests.support import machine

MOST_POINTS = 0.5
VALUES = {
    "greeting": "Beste Joost,",
    "title": "Geven werkt",
    "subtitle": "verkopen door te geven",
    "kind": "e-book",
    "minutes": "40",
    "cover": "https://books.example.org/covers/geven-werkt.nl.png",
    "link": "https://books.example.org/gift/7.XjvfivC6L6dKgbxn5YWj033M",
    "tips": "",
    "days": "7",
    "unasked": "Vroeg je hier niet om? Dan hoef je niets te doen.",
    "day": "dinsdag",
    "months": "24",
    "who": "Joost",
    "address": "joost@example.org",
    "question": "Wat kost een training voor acht mensen?",
    "due": "maandag 23 november, voor 9.00 uur",
    **{
        f"answer_{n}": f"https://books.example.org/gift/7.XjvfivC6L6dK/liked?answer={n}"
        for n in range(1, 5)
    },
    "stop": "https://books.example.org/questions/7.XjvfivC6L6dKgbxn5YWj033M",
    "line": "Je schreef dat doorvragen je team lastig valt; hoofdstuk drie gaat daarover.",
    "by": "Marit Brugman",
    "card": "https://books.example.org/card/7.XjvfivC6L6dKgbxn5YWj033M",
    "answer": "Dank je voor je vraag. Bel me gerust: 030 000 00 00.\n\nGroet, Marit",
    "text": "Er wachten twee mails op een besluit.",
    "since": "1 mei 2026",
    "when": "donderdag 11 februari 2027 om 20.00",
    "term": "7 dagen",
    "ends": "zondag 29 november 2026 om 9.30",
    "liked": "https://books.example.org/gift/7.XjvfivC6L6dKgbxn5YWj033M/liked",
}
# What some program lacks, and what its reader sees instead.
FALLBACKS = {
    "border-radius": "a button with square corners",
    "border-spacing": "tables say cellspacing and border-collapse as well",
    "@media": "the wide and light look, which fits a narrow screen too",
    "color-scheme meta tag": "the colours the program makes of it",
    "<style> element": "every rule but those of @media is inlined",
    "Type selector": "inlined",
    "Class selector": "inlined",
    "<body> element": "the outer table has the colour as well",
    "role attribute": "a table read out as one",
    "display:none": "the line under the subject, above the mail",
    "max-height property": "display: none hides it",
    "overflow": "display: none hides it",
    "!important": "the inlined rule",
}


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    own = {"GIVEFIRST_BASE_URL": "https://books.example.org"}
    return environ | own | {"GIVEFIRST_SENDER": "Marit Brugman <marit@books.example.org>"}


async def every_mail(product: Product, folder: Path) -> list[Path]:
    """The files of one mail of each kind in each language, without the lines of the envelope."""
    host = Postman.of(product.state)
    for language in LANGUAGES:
        lead = await Lead.meet(f"joost@{language}.example.org", language, "test")
        for kind in sorted(set(READER_SLOTS) - {"tip", "step"}):
            known = {name: VALUES[name] for name in READER_SLOTS[kind]}
            message = await host.keep(kind, language)
            own = outbox.Posting(message, f"{kind}.{language}", known, lead)
            assert await outbox.post(product.site, own)
        await product.subscribe(f"nora@{language}.example.org", language)
    own = Editor(*vars(host).values(), product.state.tips, product.settings.timezone)
    assert await issuing.send(own, "2026-45")
    await product.work()
    files = []
    for mail in sorted((product.settings.data / "mail").glob("*.eml")):
        text = re.sub(rb"^X-Envelope-.*\r\n", b"", mail.read_bytes(), flags=re.MULTILINE)
        files.append(folder / mail.name)
        files[-1].write_bytes(text)
    assert len(files) >= 2 * len(READER_SLOTS)
    return files


@pytest.mark.spamassassin
async def test_no_mail_of_ours_looks_like_spam(product: Product, tmp_path: Path) -> None:
    """Debian's rules, without questions to the network."""
    box = tmp_path / "box"
    letters = [
        file.read_bytes().replace(b"\r\n", b"\n") for file in await every_mail(product, tmp_path)
    ]
    box.write_bytes(b"".join(b"From x Sun Nov 22 13:00:00 2026\n" + one + b"\n" for one in letters))
    done = await asyncio.to_thread(
        subprocess.run, ["spamassassin", "--local", "--mbox", "--prefs-file=/dev/null"],
        input=box.read_bytes(), capture_output=True, check=True, timeout=120,
    )  # fmt: skip
    found = re.findall(rb"score=(-?[\d.]+)[^\n]*\n?[^\n]*tests=([\w,\s]*)", done.stdout)
    assert len(found) == len(letters)
    assert [one for one in found if float(one[0]) > MOST_POINTS] == []


@pytest.mark.caniemail
async def test_no_mail_needs_what_outlook_gmail_or_apple_mail_lacks(
    product: Product, tmp_path: Path
) -> None:
    pages = []
    await every_mail(product, tmp_path)
    for number, mail in enumerate(product.mails()):
        pages.append(tmp_path / f"{number}.html")
        pages[-1].write_text(body_of(mail, "html"))
    script = Path(__file__).parent / "caniemail.mjs"
    done = await asyncio.to_thread(
        subprocess.run, [machine.NODE, script, machine.CANIEMAIL, *pages],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    lacking = json.loads(done.stdout)
    assert lacking, "the judge knows of nothing: it did not look"
    assert set(lacking) <= set(FALLBACKS), set(lacking) - set(FALLBACKS)
