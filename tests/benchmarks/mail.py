"""Mail: the same personalised text of some 24 kB with ten followed links to many readers.

Side by side in one run, all to Postfix's `smtp-sink` on the loopback: ours with durable state on
both databases, `smtp-source` (one prepared text, no state: the limit), nodemailer's pool, and a
plain loop of Jinja2, EmailMessage and aiosmtplib. A round whose mails were not all taken is void.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.support.machine import REPOSITORY
from tests.support.postgres import Postgres

ROUNDS, CONNECTIONS = 3, 10
MAILS = 20_000
FEWER = {"plain": 300, "nodemailer": 3000}  # what takes long is measured on fewer
DELAYED = {"ours": 1500, "nodemailer": 600}  # at ten milliseconds there and back
RTT = 0.010
SIZE = 24_000


@dataclass(frozen=True)
class Run:
    """What sending so many mails took: seconds by the clock and of processors, memory in MB."""

    count: int
    seconds: float
    cpu: float
    memory: float

    @property
    def rate(self) -> float:
        return self.count / self.seconds

    @property
    def cpu_per_thousand(self) -> float:
        return self.cpu / self.count * 1000


def timed(command: list[str], count: int, environ: dict[str, str] | None = None) -> Run:
    """Run a program that sends so many mails; its start is not counted where it tells the time."""
    start = time.monotonic()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY, env=os.environ | (environ or {})
    )
    assert process.stdout
    told = process.stdout.read()
    process.stdout.close()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, told
    seconds, cpu = time.monotonic() - start, used.ru_utime + used.ru_stime
    own = re.search(r"seconds=([\d.]+) cpu=([\d.]+)", told)
    if own:
        seconds, cpu = float(own[1]), float(own[2])
    return Run(count, seconds, cpu, used.ru_maxrss / 1024)


class Sink:
    """`smtp-sink`, which counts what it takes."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._told = folder / "sink"
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        path = os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin"
        program = shutil.which("smtp-sink", path=path)
        assert program, "smtp-sink comes with postfix"
        with self._told.open("wb") as out:
            self._process = subprocess.Popen(
                [program, "-c", *user, f"127.0.0.1:{self.port}", "256"], stdout=out, stderr=out
            )
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                break
            time.sleep(0.05)

    @property
    def count(self) -> int:
        """Mails taken so far."""
        found = re.findall(rb"mesg=(\d+)", self._told.read_bytes()[-400:])
        return int(found[-1]) if found else 0

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(10)

    def check(self, before: int, run: Run) -> Run:
        """The run, if all its mails were taken; else it is void."""
        time.sleep(0.2)
        taken = self.count - before
        assert taken == run.count, f"void: {taken} of {run.count} were taken"
        return run


@contextmanager
def sink_in(folder: Path) -> Iterator[Sink]:
    sink = Sink(folder)
    try:
        yield sink
    finally:
        sink.stop()


@contextmanager
def far_away(port: int) -> Iterator[int]:
    """The same relay with ten milliseconds there and back; the port to use."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        own = free.getsockname()[1]
    command = [sys.executable, "-m", "tests.benchmarks.delay", str(own), str(port), str(RTT / 2)]
    process = subprocess.Popen(command, cwd=REPOSITORY)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", own)):
                break
            time.sleep(0.05)
        yield own
    finally:
        process.terminate()
        process.wait(10)


def ours(folder: Path, port: int, count: int, url: str = "") -> Run:
    """Our sender over a database in which so many are queued."""
    environ = {"GIVEFIRST_DATA": str(folder), "GIVEFIRST_SMTP_URL": f"smtp://127.0.0.1:{port}"}
    environ["GIVEFIRST_MAIL_CONNECTIONS"] = str(CONNECTIONS)
    if url:
        environ["GIVEFIRST_DATABASE_URL"] = url
    command = [sys.executable, "-m", "tests.benchmarks.sender", str(count)]
    return timed(command, count, environ)


def smtp_source(port: int, count: int) -> Run:
    program = shutil.which("smtp-source", path=os.environ["PATH"] + ":/usr/sbin")
    assert program
    options = ["-d", "-s", str(CONNECTIONS), "-l", str(SIZE), "-m", str(count)]
    ends = ["-f", "a@example.org", "-t", "b@example.org", f"127.0.0.1:{port}"]
    return timed([program, *options, *ends], count)


def nodemailer(port: int, count: int) -> Run:
    script = str(REPOSITORY / "tests/benchmarks/nodemailer.js")
    return timed(["node", script, str(port), str(count), str(CONNECTIONS), str(SIZE)], count)


def plain(port: int, count: int) -> Run:
    return timed(
        [sys.executable, "-m", "tests.benchmarks.plain_mail", str(port), str(count)], count
    )


def measure(folder: Path) -> list[str]:
    """The rows of the table."""
    server = Postgres(lasting=True)
    try:
        with sink_in(folder) as sink:
            runs = _rounds(folder, sink, server)
            far = _far(folder, sink)
            flat = _memory(folder, sink)
    finally:
        server.stop()
    return [*_table(runs, far), "", *flat]


def _rounds(folder: Path, sink: Sink, server: Postgres) -> dict[str, list[Run]]:
    urls = {"ours, SQLite": "", "ours, PostgreSQL": server.create("bench")}
    ways = {
        "smtp-source": lambda n: smtp_source(sink.port, n),
        "ours, SQLite": lambda n: ours(folder / "sqlite", sink.port, n),
        "ours, PostgreSQL": lambda n: ours(
            folder / "postgres", sink.port, n, urls["ours, PostgreSQL"]
        ),
        "nodemailer": lambda n: nodemailer(sink.port, n),
        "plain loop": lambda n: plain(sink.port, n),
    }
    found: dict[str, list[Run]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            before = sink.count
            count = FEWER.get(name.split(" ")[0], MAILS)
            found[name].append(sink.check(before, way(count)))
    return found


def _far(folder: Path, sink: Sink) -> dict[str, list[Run]]:
    found: dict[str, list[Run]] = {"ours": [], "nodemailer": []}
    with far_away(sink.port) as port:
        for _ in range(ROUNDS):
            found["ours"].append(ours(folder / "far", port, DELAYED["ours"]))
            found["nodemailer"].append(nodemailer(port, DELAYED["nodemailer"]))
    return found


def _memory(folder: Path, sink: Sink) -> list[str]:
    small, large = (ours(folder / f"m{n}", sink.port, n).memory for n in (10_000, 100_000))
    return [
        f"memory of the sender at 10,000 and 100,000 deliveries: {small:.0f} and {large:.0f} MB"
    ]


def _table(runs: dict[str, list[Run]], far: dict[str, list[Run]]) -> list[str]:
    lines = [
        "| sender | mails/s | CPU-s per 1,000 | MB | smtp-source | nodemailer | plain loop |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, own in runs.items():
        shares = (
            _ratio(own, runs[anchor]) for anchor in ("smtp-source", "nodemailer", "plain loop")
        )
        lines.append(
            f"| {name} | {median(run.rate for run in own):,.0f}"
            f" | {median(run.cpu_per_thousand for run in own):.3f}"
            f" | {max(run.memory for run in own):.0f} | {' | '.join(shares)} |"
        )
    pair = (median(run.rate for run in far[name]) for name in ("ours", "nodemailer"))
    rates = " and ".join(f"{rate:,.0f}" for rate in pair)
    ratio = _ratio(far["ours"], far["nodemailer"])
    lines += ["", f"at 10 ms there and back, ours and nodemailer: {rates} mails/s ({ratio})"]
    return lines


def _ratio(own: list[Run], other: list[Run]) -> str:
    """The median of the ratios of each round, and their spread."""
    ratios = [one.rate / two.rate for one, two in zip(own, other, strict=True)]
    return f"{median(ratios):.2f} × ({min(ratios):.2f}–{max(ratios):.2f})"
