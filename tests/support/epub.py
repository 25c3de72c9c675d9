"""The judge of EPUB files."""

import subprocess
from pathlib import Path

from tests.support import machine


def epubcheck(book: Path) -> list[str]:
    """What epubcheck has against a book, a line each: errors and warnings, with their place."""
    command = machine.epubcheck()
    assert command, "epubcheck is not here: mark the test `epubcheck`"
    result = subprocess.run(
        [*command, str(book)], capture_output=True, text=True, check=False, timeout=120
    )
    said = (result.stdout + result.stderr).splitlines()
    faults = [line for line in said if line.startswith(("FATAL", "ERROR", "WARNING"))]
    # A fault that it tells in other words still ends it with 1.
    return faults or (said if result.returncode else [])
