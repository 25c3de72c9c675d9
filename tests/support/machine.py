"""What this machine has of the programs that some tests need."""

import os
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import playwright

# The whole matrices, which take too long for every change: `make soak`.
SOAKS = os.environ.get("TEST_MATRIX") == "whole"
TESTS = Path(__file__).parent.parent
REPOSITORY = TESTS.parent
AXE = TESTS / "node_modules" / "axe-core" / "axe.min.js"
NU_CHECKER = TESTS / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
CANIEMAIL = TESTS / "node_modules" / "caniemail"
NODE = Path(playwright.__file__).parent / "driver" / "node"  # playwright brings one along
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
    try:
        result = subprocess.run([NODE, "--version"], capture_output=True, check=False, timeout=20)
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


NPM = "npm install --prefix tests --no-package-lock"
# Marker → whether its tests can run here, and what to do when not.
NEEDS: dict[str, tuple[Callable[[], bool], str]] = {
    "postgres": (lambda: postgres_folder() is not None, "install postgresql"),
    "epubcheck": (lambda: epubcheck() is not None, "install epubcheck and a Java runtime"),
    "postfix": (lambda: postfix() is not None, "install postfix, and run them as root"),
    "nu": (lambda: NU_CHECKER.exists() and _has("java"), f"{NPM}, and install a Java runtime"),
    "spamassassin": (lambda: _has("spamassassin"), "install spamassassin"),
    "caniemail": (lambda: (CANIEMAIL / "dist").is_dir() and _driver_runs(), NPM),
    "poppler": (lambda: _has("pdftotext", "pdftoppm", "pdfinfo"), "install poppler-utils"),
    "proc": (lambda: Path("/proc/self").exists(), "run them on Linux"),
}


def _has(*programs: str) -> bool:
    return all(map(shutil.which, programs))


def missing() -> dict[str, str]:
    """Markers whose tests cannot run here, each with what to do about it."""
    lacks = {marker: how for marker, (is_there, how) in NEEDS.items() if not is_there()}
    if lack := _browser_lacks():
        lacks["browser"] = lack
    return lacks


def _browser_lacks() -> str:
    if chromium() is None:
        return "install chromium"
    if not _driver_runs():
        return "install libatomic1, for playwright"
    return "" if AXE.exists() else NPM


def must_have_all() -> bool:
    """Under CI nothing may be left out for want of a program."""
    return os.environ.get("CI") == "true"
