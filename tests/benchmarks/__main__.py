"""`make bench`: every table, or those that are named."""

import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks import lighthouse, mail, queueing, web

TABLES: dict[str, Callable[[Path], list[str]]] = {
    "web": web.measure,
    "mail": mail.measure,
    "lighthouse": lighthouse.measure,
    "queueing": queueing.measure,
}


def main() -> None:
    """Print the tables as Markdown; wrong names end with 2."""
    wanted = sys.argv[1:] or list(TABLES)
    if unknown := set(wanted) - set(TABLES):
        print(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(TABLES)}")
        sys.exit(2)
    cpus = len(os.sched_getaffinity(0))
    print(f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {cpus} cores\n")
    for name in wanted:
        with TemporaryDirectory(prefix="bench-") as folder:
            print("\n".join(TABLES[name](Path(folder))), flush=True)
        print()


if __name__ == "__main__":
    main()
