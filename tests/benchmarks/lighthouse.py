"""What Lighthouse says on phone settings, and how much a first visit weighs."""

import json
import os
import statistics
import subprocess
from pathlib import Path

import httpx2

from tests.support import machine
from tests.support.browser import ARGUMENTS
from tests.support.live import LiveServer

HERE = Path(__file__).parent
PROGRAM = HERE / "node_modules" / ".bin" / "lighthouse"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
PAGES = {
    "home": "/nl/",
    "landing page": "/nl/library/gulle-gever",
    "reader": "/nl/library/geven-werkt/read?c=2",
    "newsletter": "/nl/newsletter",
    "archive": "/nl/newsletter/2026-47",
}
RUNS = 5
TRIES = 3


def measure(folder: Path) -> list[str]:
    """The table: the median of five runs per page and category, and the octets of a first visit."""
    (folder / "seen").mkdir()
    server = LiveServer(folder / "seen", ("--no-worker",), {})
    lines = [
        f"Lighthouse on phone settings, median of {RUNS}",
        "",
        "| page | performance | accessible | good practice | search engines | HTML | first visit |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    try:
        for name, path in PAGES.items():
            url = server.url + path
            html = len(httpx2.get(url, trust_env=False).content)
            runs = [_run(url) for _ in range(RUNS)]
            scores = [
                f"{statistics.median(run['scores'][one] for run in runs):.0f}" for one in CATEGORIES
            ]
            weight = statistics.median(run["weight"] for run in runs)
            cells = [name, *scores, f"{html / 1000:.0f} kB", f"{weight / 1000:.0f} kB"]
            lines.append(f"| {' | '.join(cells)} |")
            lines += [f"<!-- {name}: {fault} -->" for fault in sorted(runs[0]["faults"])]
    finally:
        server.stop()
    return lines


def _run(url: str) -> dict[str, dict[str, float]]:
    flags = " ".join(["--headless=new", *ARGUMENTS])
    command = [PROGRAM, url, "--output=json", "--quiet", f"--chrome-flags={flags}"]
    command += [f"--only-categories={','.join(CATEGORIES)}"]
    environ = {**os.environ, "CHROME_PATH": str(machine.chromium())}
    # Lighthouse loses its browser now and then; a run without a report is no measurement.
    for _ in range(TRIES):
        done = subprocess.run(command, capture_output=True, check=False, timeout=180, env=environ)
        if not done.returncode:
            break
    told = json.loads(done.stdout)
    scores = {one: told["categories"][one]["score"] * 100 for one in CATEGORIES}
    weight = {"weight": told["audits"]["total-byte-weight"]["numericValue"]}
    faults = {
        f"{audit['id']}: {audit.get('displayValue', '')}": 1.0
        for audit in told["audits"].values()
        if audit.get("score") is not None and audit["score"] < 0.9
    }
    return {"scores": scores, **weight, "faults": faults}  # type: ignore[dict-item]
