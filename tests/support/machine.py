"""What this machine has of the programs that some tests need."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import playwright

# The whole matrices, which take too long for every change: `make soak`.
SOAKS = os.environ.get("TEST_MATRIX") == "whole"
TESTS = Path(__file__).parent.parent
REPOSITORY = TESTS.parent
AXE = TESTS / "node_modules" / "axe-core" / "axe.min.js"
NU_CHECKER = TESTS / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
CHROMIUM = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


@cache
def chromium() -> Path | None:
    """The Chromium of the system."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    return Path(found) if found else None


@cache
def _driver_runs() -> bool:
    """Whether the node that playwright brings along finds the libraries of the system it needs."""
    node = Path(playwright.__file__).parent / "driver" / "node"
    try:
        result = subprocess.run([node, "--version"], capture_output=True, check=False, timeout=20)
    except OSError:
        return False
    return result.returncode == 0


@cache
def postgres_folder() -> Path | None:
    """The folder with the programs of a PostgreSQL server; of several releases the newest."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_release, reverse=True)
    on_path = shutil.which("initdb")
    if on_path:
        places.append(Path(on_path).resolve().parent)
    return next((place for place in places if (place / "postgres").exists()), None)


def _release(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0


@cache
def epubcheck() -> tuple[str, ...] | None:
    """The command of epubcheck: Debian installs a jar by that name, others a script."""
    found, java = shutil.which("epubcheck"), shutil.which("java")
    if not found or not java:
        return None
    with Path(found).open("rb") as file:
        is_jar = file.read(2) == b"PK"
    return (java, "-jar", found) if is_jar else (found,)


@cache
def postfix() -> Path | None:
    """The command of Postfix, which only root can run."""
    found = shutil.which("postfix", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    return Path(found) if found and os.geteuid() == 0 else None


def missing() -> dict[str, str]:
    """Markers whose tests cannot run here, each with what to do about it."""
    lacks: dict[str, str] = {}
    if lack := _browser_lacks():
        lacks["browser"] = lack
    if postgres_folder() is None:
        lacks["postgres"] = "install postgresql"
    if epubcheck() is None:
        lacks["epubcheck"] = "install epubcheck and a Java runtime"
    if postfix() is None:
        lacks["postfix"] = "install postfix, and run them as root"
    if not NU_CHECKER.exists() or not shutil.which("java"):
        lacks["nu"] = "npm install --prefix tests --no-package-lock, and install a Java runtime"
    if not all(map(shutil.which, ("pdftotext", "pdftoppm", "pdfinfo"))):
        lacks["poppler"] = "install poppler-utils"
    if not Path("/proc/self").exists():
        lacks["proc"] = "run them on Linux"
    return lacks


def _browser_lacks() -> str:
    if chromium() is None:
        return "install chromium"
    if not _driver_runs():
        return "install libatomic1, for playwright"
    return "" if AXE.exists() else "npm install --prefix tests --no-package-lock"


def must_have_all() -> bool:
    """Under CI nothing may be left out for want of a program."""
    return os.environ.get("CI") == "true"
