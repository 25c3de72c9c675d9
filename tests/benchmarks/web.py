"""How fast a public page is, beside a bare answer, a page made each time, and nginx."""

import gzip
import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

import httpx2

from tests.benchmarks import load
from tests.support import machine
from tests.support.databases import SECRET
from tests.support.live import LiveServer
from tests.support.processes import free_port, start, stop, wait_until

PAGE = "/nl/library/geven-werkt"
ROUNDS = 5
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Runner:
    """One of those that are compared: where it answers, and whose time it takes."""

    name: str
    url: str
    process: Popen[bytes]

    def seconds(self) -> float:
        """CPU time so far of the process and its children, in seconds."""
        ours = [self.process.pid, *_children(self.process.pid)]
        return sum(_cpu(pid) for pid in ours)


def _children(pid: int) -> list[int]:
    file = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(one) for one in file.read_text().split()] if file.exists() else []


def _cpu(pid: int) -> float:
    file = Path(f"/proc/{pid}/stat")
    fields = file.read_text().rpartition(")")[2].split() if file.exists() else []
    return (int(fields[11]) + int(fields[12])) / TICK if fields else 0.0


def _answers(url: str) -> Callable[[], bool]:
    def ready() -> bool:
        try:
            return httpx2.get(url, trust_env=False, timeout=5).status_code == 200
        except httpx2.TransportError:
            return False

    return ready


@contextmanager
def _uvicorn(name: str, module: str, folder: Path) -> Iterator[Runner]:
    port, log = free_port(), folder / f"{module}.log"
    url = f"http://127.0.0.1:{port}/"
    environ = {"GIVEFIRST_DATA": str(folder / "site" / "data"), "GIVEFIRST_SECRET": SECRET}
    command = [sys.executable, "-m", "uvicorn", f"tests.benchmarks.{module}:app"]
    command += ["--port", str(port), "--log-level", "warning", "--no-access-log"]
    process = start(command, log, environ={**os.environ, **environ}, cwd=machine.REPOSITORY)
    try:
        wait_until(_answers(url), process, log)
        yield Runner(name, url, process)
    finally:
        stop(process)


NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 256; }}
http {{
  access_log off; gzip_static on; types {{ text/html html; }} keepalive_requests 1000000;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port}; root {folder}/www; index index.html; }}
}}
"""


@contextmanager
def _nginx(page: bytes, folder: Path) -> Iterator[Runner | None]:
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if not program:
        yield None
        return
    port, url = free_port(), ""
    (folder / "www").mkdir()
    (folder / "www" / "index.html").write_bytes(page)
    (folder / "www" / "index.html.gz").write_bytes(gzip.compress(page, 9))
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port), "utf-8")
    folder.chmod(0o755)
    url = f"http://127.0.0.1:{port}/"
    process = start([program, "-c", folder / "nginx.conf"], folder / "nginx.out")
    try:
        wait_until(_answers(url), process, folder / "nginx.out")
        yield Runner("nginx, the same page", url, process)
    finally:
        stop(process)


def measure(folder: Path) -> list[str]:
    """The table: rates, CPU per answer, and the ratios of the rounds with their spread."""
    (folder / "site").mkdir()
    server = LiveServer(folder / "site", ("--no-worker",), {})
    try:
        page = httpx2.get(server.url + PAGE, trust_env=False).content
        ours = Runner("the landing page", server.url + PAGE, server.process)
        with (
            _uvicorn("bare Starlette", "hello", folder) as hello,
            _uvicorn("the page made each time", "naive", folder) as naive,
            _nginx(page, folder) as nginx,
        ):
            runners = [one for one in (ours, hello, naive, nginx) if one]
            return _table(runners, len(page))
    finally:
        server.stop()


def _table(runners: list[Runner], size: int) -> list[str]:
    for one in runners:
        assert load.run(one.url).faults == 0, one.name
    rates: dict[str, list[float]] = {one.name: [] for one in runners}
    costs: dict[str, list[float]] = {one.name: [] for one in runners}
    for _ in range(ROUNDS):
        for one in runners:
            before = one.seconds()
            found = load.run(one.url)
            time.sleep(0.05)
            assert not found.faults, f"{one.name}: {found.faults} faults"
            rates[one.name].append(found.rate)
            costs[one.name].append((one.seconds() - before) / found.count * 1e6)
    first = runners[0].name
    lines = [
        f"{size:,} octets of HTML, {load.CONNECTIONS} connections, {ROUNDS} rounds in turn,"
        f" load by {load.tool()}",
        "",
        "| what | answers a second | CPU per answer | our page is |",
        "|---|---:|---:|---:|",
    ]
    for name, found in rates.items():
        ratios = [own / theirs for own, theirs in zip(rates[first], found, strict=True)]
        ratio = f"{statistics.median(ratios):.2f} × ({min(ratios):.2f} to {max(ratios):.2f})"
        cost = statistics.median(costs[name])
        lines.append(f"| {name} | {statistics.median(found):,.0f} | {cost:.0f} µs | {ratio} |")
    return lines
