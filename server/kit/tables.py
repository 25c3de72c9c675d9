"""Tables as people exchange them: CSV read whatever its dialect, and written so that no cell runs.

Read: UTF-8 with or without a byte-order mark, UTF-16 with one, else Windows-1252 (Latin-1);
separated by comma, semicolon or tab, or by what a first line `sep=;` of Excel says; quotes as in
RFC 4180, also over several lines.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

LARGEST = 40_000_000  # octets
MOST_COLUMNS = 200
LONGEST_CELL = 20_000
MOST_LINES = 50  # that one row may take
SEPARATORS = (",", ";", "\t")
# Cells that a spreadsheet would take for a formula (OWASP, CSV injection).
RISKY = ("=", "+", "-", "@", "\t", "\r")
SAYS = re.compile(r'"?sep=([,;\t|]|\\t)"?', re.IGNORECASE)  # the first line of a file of Excel
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class TableError(ValueError):
    """The whole file cannot be read; `key` is the text that says why and what to do."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values


@dataclass(frozen=True)
class Row:
    """One row of a table: the line it begins on, counted from 1, and its cells.

    `fault` is the text that says why it cannot be read, where it cannot; `height` is how many
    lines it takes.
    """

    line: int
    cells: tuple[str, ...]
    fault: str = ""
    height: int = 1


@dataclass(frozen=True)
class Table:
    """A header and the lines below it; `encoding` and `separator` are what was found."""

    header: tuple[str, ...]
    encoding: str
    separator: str
    _lines: list[str] = field(repr=False)
    _first: int

    def rows(self) -> Iterator[Row]:
        """Each row that is not empty.

        A quote that is never closed costs its own row only, never those below it.
        """
        at = self._first
        while at < len(self._lines):
            row = self._row(at)
            at += row.height
            if row.fault or any(row.cells):
                yield row

    def _row(self, at: int) -> Row:
        """The row that begins at a line."""
        line = self._lines[at]
        if line.count('"') % 2 == 0:
            return self._parsed(at, line)
        joined = line
        for taken, more in enumerate(self._lines[at + 1 : at + MOST_LINES], 2):
            if self._looks_whole(more):
                break
            joined += "\n" + more
            if joined.count('"') % 2 == 0:
                row = self._parsed(at, joined)
                # Two stray quotes are no cell of several lines: what lies between them is rows.
                return row if row.fault == "kit.row_quote" else replace(row, height=taken)
        return Row(at + 1, (), "kit.row_quote")

    def _looks_whole(self, line: str) -> bool:
        """A line that is a row by itself, so that the quote before it was never closed."""
        return "@" in line and line.count(self.separator) == len(self.header) - 1

    def _parsed(self, at: int, text: str) -> Row:
        try:
            (cells,) = csv.reader([text], delimiter=self.separator, strict=True) if text else [[]]
        except (csv.Error, ValueError):
            huge = len(text) > csv.field_size_limit()
            return Row(at + 1, (), "kit.row_long" if huge else "kit.row_quote")
        if len(cells) > len(self.header) and any(
            cell.strip() for cell in cells[len(self.header) :]
        ):
            return Row(at + 1, (), "kit.row_wide")
        if any(len(cell) > LONGEST_CELL for cell in cells):
            return Row(at + 1, (), "kit.row_long")
        plain = tuple(_plain(cell) for cell in cells)
        if any(CONTROL.search(cell) for cell in plain):
            return Row(at + 1, (), "kit.row_control")
        return Row(at + 1, plain)


def read_table(data: bytes) -> Table:
    """The table in a file. Raises TableError where there is none."""
    if len(data) > LARGEST:
        raise TableError("kit.table_large", size=LARGEST // 1_000_000)
    text, encoding = _decoded(data)
    if "\0" in text[:10_000]:
        raise TableError("kit.table_binary")
    lines = re.split(r"\r\n|\n|\r", text)
    first = next((n for n, line in enumerate(lines) if line.strip()), None)
    if first is None:
        raise TableError("kit.table_empty")
    told = SAYS.fullmatch(lines[first].strip())
    if told:
        first = next((n for n in range(first + 1, len(lines)) if lines[n].strip()), first)
    bare = re.sub(r'"[^"]*"', "", lines[first])
    separator = told[1].replace("\\t", "\t") if told else max(SEPARATORS, key=bare.count)
    try:
        (header,) = csv.reader([lines[first]], delimiter=separator, strict=True)
    except (csv.Error, ValueError):
        raise TableError("kit.table_header") from None
    if len(header) > MOST_COLUMNS or any(CONTROL.search(name) for name in header):
        raise TableError("kit.table_header")
    names = tuple(" ".join(name.split()) for name in header)
    return Table(names, encoding, separator, lines, first + 1)


def _decoded(data: bytes) -> tuple[str, str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace"), "UTF-16"
    try:
        return data.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        # Of the 256 octets five mean nothing in Windows-1252; they become a mark that shows.
        return data.decode("cp1252", "replace"), "Windows-1252"


def _plain(cell: str) -> str:
    """A cell without its edges, and without the apostrophe that made it harmless."""
    cell = cell.strip()
    return cell[1:] if cell[:1] == "'" and cell[1:2] in RISKY else cell


def harmless(cell: object) -> str:
    """A cell that no spreadsheet runs: an apostrophe before what would begin a formula."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(RISKY) else text


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV (RFC 4180), every cell harmless."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    for row in rows:
        writer.writerow([harmless(cell) for cell in row])
    return written.getvalue()
