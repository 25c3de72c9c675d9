"""A copy of the sample content that a test may change."""

import shutil
from pathlib import Path

from tests.support import machine


def copied(folder: Path) -> Path:
    """The folder of the copy, in a folder of the test's own."""
    return Path(shutil.copytree(machine.REPOSITORY / "content", folder / "content"))


def change(content: Path, name: str, old: str, new: str) -> None:
    """Put other words in a file of the copy; the old ones must be there."""
    file = content / name
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def with_gate(content: Path, slug: str, gate: str) -> None:
    """Give an asset another gate, in both languages."""
    for language in ("nl", "en"):
        change(content, f"library/{slug}/index.{language}.md", "gate: ", f"gate: {gate} #")
