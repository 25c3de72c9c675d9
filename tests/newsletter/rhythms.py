"""A site with tips of this test's own, and a clock that stands where the test wants it."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from server.kit.house import HouseFile
from server.kit.slots import Slot
from server.mail.letters import Letters
from server.newsletter.issuing import Editor
from server.newsletter.tips import Tips
from tests.product import Product
from tests.support.machine import REPOSITORY

Clock = Callable[[float], None]
TIP = "---\nsubject: Tip {name}\nnot_after: 6h\nasks: false\n{more}---\n\nTekst van {name}.\n"


def write(folder: Path, name: str, more: str = "", language: str = "nl") -> None:
    """A tip in a content folder, which has the house of the sample."""
    (folder / "newsletter").mkdir(exist_ok=True)
    if not (folder / "site.yaml").exists():
        shutil.copy(REPOSITORY / "content/site.yaml", folder)
    file = folder / "newsletter" / f"{name}.{language}.md"
    file.write_text(TIP.format(name=name, more=more), "utf-8")


def editor(product: Product, folder: Path, *slots: Slot, **house: object) -> Editor:
    """Whoever sends, over the tips of a folder."""
    settings = product.settings
    found = replace(HouseFile(settings.content).fresh(), **house)  # type: ignore[arg-type]
    if slots:
        found = replace(found, tip_slots=slots)
    letters = Letters(settings.email_templates)
    return Editor(product.site, found, letters, Tips(folder), settings.timezone)


def stand(clock: Clock, moment: datetime) -> None:
    """It is this moment now."""
    clock((moment - datetime.now(UTC)) / timedelta(days=1))
