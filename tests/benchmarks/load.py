"""Requests in numbers: `wrk` where it is there, else a small client of our own."""

import asyncio
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

CONNECTIONS, SECONDS = 32, 3
CODINGS = "br, gzip"


@dataclass(frozen=True)
class Load:
    """What a burst of requests brought."""

    rate: float
    """Answers a second."""
    count: int
    faults: int
    """Answers that were no 200, and connections that broke."""


def tool() -> str:
    """The name of what makes the load."""
    return "wrk" if shutil.which("wrk") else "a client of our own, in Python"


def run(url: str) -> Load:
    """A burst of a few seconds over some connections that stay open."""
    if not shutil.which("wrk"):
        command = [sys.executable, "-m", "tests.benchmarks.load", url]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        count, faults, seconds = done.stdout.split()
        return Load(int(count) / float(seconds), int(count), int(faults))
    command = [
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{SECONDS}s",
        "-H",
        f"Accept-Encoding: {CODINGS}",
    ]
    done = subprocess.run([*command, url], capture_output=True, text=True, check=True, timeout=60)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    count_ = re.search(r"(\d+) requests in", done.stdout)
    assert rate, done.stdout
    assert count_, done.stdout
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    broken = re.search(
        r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", done.stdout
    )
    faults_ = int(wrong[1]) if wrong else 0
    faults_ += sum(map(int, broken.groups())) if broken else 0
    return Load(float(rate[1]), int(count_[1]), faults_)


async def _client(host: str, port: int, request: bytes, until: float) -> tuple[int, int]:
    reader, writer = await asyncio.open_connection(host, port)
    count = faults = 0
    while time.monotonic() < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        await reader.readexactly(int(length[1]) if length else 0)
        count += 1
        faults += not head.startswith(b"HTTP/1.1 200")
    writer.close()
    return count, faults


async def _own(url: str) -> tuple[int, int, float]:
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    lines = [f"GET {parts.path} HTTP/1.1", f"Host: {host}:{port}", f"Accept-Encoding: {CODINGS}"]
    request = "\r\n".join([*lines, "", ""]).encode()
    start = time.monotonic()
    clients = [_client(host, port, request, start + SECONDS) for _ in range(CONNECTIONS)]
    found = await asyncio.gather(*clients)
    counts, faults = zip(*found, strict=True)
    return sum(counts), sum(faults), time.monotonic() - start


if __name__ == "__main__":
    print(*asyncio.run(_own(sys.argv[1])))
