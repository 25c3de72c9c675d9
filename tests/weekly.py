"""A weekly tip with links in it, readers who let themselves be followed, and who clicks there."""

import re
import shutil
from pathlib import Path

from server.kit.house import HouseFile
from server.leads.models import Lead
from server.mail.letters import Letters
from server.newsletter import issuing
from server.newsletter.issuing import Editor
from server.newsletter.tips import Tips
from server.readiness.models import Score
from server.tracking.models import Event
from tests.product import Product, body_of

ISSUE, SUBJECT = "2026-50", "Vier dingen om te lezen"
LINKS = (
    "http://127.0.0.1:8000/nl/library/geven-werkt",
    "https://one.example.org/a?x=1&y=2#deel",
    "https://one.example.org/a",
    "https://two.example.org/",
)
TIP = f"""---
subject: {SUBJECT}
preview: Meer niet.
not_after: 6h
asks: false
---

Lees [het boek](/nl/library/geven-werkt), [een stuk]({LINKS[1]}) en [nog een]({LINKS[2]}).

Het staat ook hier: <{LINKS[3]}>. En nog eens: [het boek]({LINKS[0]}).

Van ons: [voorpagina](/nl/), [bel](tel:+31300000000), [schrijf](mailto:marit@example.org).
"""
SCANNER, READER_AT = "198.51.100.7", "203.0.113.9"  # where the two are on the network
SECOND = 1 / 86400


def with_linked_tip(environ: dict[str, str], folder: Path) -> dict[str, str]:
    """The settings of a site whose tip of this week has four links."""
    content = folder / "content"
    shutil.copytree(environ["GIVEFIRST_CONTENT"], content)
    (content / "newsletter" / f"{ISSUE}.nl.md").write_text(TIP, "utf-8")
    return environ | {"GIVEFIRST_CONTENT": str(content)}


def editor(product: Product) -> Editor:
    """Whoever sends an issue, with the files as they are now."""
    settings = product.settings
    house, tips = HouseFile(settings.content).fresh(), Tips(settings.content)
    return Editor(product.site, house, Letters(settings.email_templates), tips, settings.timezone)


async def send(product: Product, issue: str = ISSUE) -> None:
    """Send an issue to all who are on the list."""
    await issuing.send(editor(product), issue)
    await product.work()


async def subscribe(
    product: Product, address: str, lang: str = "nl", *, followed: bool = True
) -> str:
    """Sign up, press the button and, if so, tick the box; the path of that page."""
    await product.subscribe(address, lang)
    path = await product.link(address, "/confirm/")
    if followed:
        answer = await product.post(f"{path}/following", data={"following": "yes"})
        assert answer.status_code == 303
        assert (await Lead.get(email=address)).mail_tracking_at
    return path


def tracked(product: Product, address: str) -> dict[str, str]:
    """The paths of ours in the latest mail to a reader: `0` the trap, `1` … the links, `o.gif`."""
    html = body_of(product.mails(address)[-1], "html")
    found = re.findall(r'"http://127\.0\.0\.1:8000(/t/[^/"]+/([^"]+))"', html)
    return {name: path for path, name in found}


async def verdicts() -> list[tuple[str, int, str, str]]:
    """Every hit on a mail: kind, link, evidence and rule, in the order they came."""
    hits = await Event.filter(delivery_number__isnull=False).order_by("id")
    return [(hit.kind[5:], int(hit.value), hit.evidence, hit.rule) for hit in hits]


async def clicks_scored(product: Product) -> int:
    """How many clicks stand in the score of the only lead, once the worker has looked."""
    await product.work()
    score = await Score.first()
    sums = score.memory["sums"] if score else {}
    return int(sums["mail.click"][2]) if "mail.click" in sums else 0
