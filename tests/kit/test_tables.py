"""Tables are read whatever their dialect; one bad row costs no other; nothing written runs."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kit.tables import TableError, csv_text, read_table
from tests.support.tables import leads_table


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("latin-1", "Windows-1252"),
        ("cp1252", "Windows-1252"),
        ("utf-16", "UTF-16"),
    ],
)
def test_every_dialect_gives_the_same_rows(
    separator: str, newline: str, encoding: str, name: str
) -> None:
    text = newline.join(
        (separator.join(("email", "name")), f'a@x.nl{separator}"René{separator} B"', "", "b@x.nl")
    )
    table = read_table(text.encode(encoding))
    assert (table.header, table.separator, table.encoding) == (("email", "name"), separator, name)
    rows = [(row.line, row.cells) for row in table.rows()]
    assert rows == [(2, ("a@x.nl", f"René{separator} B")), (4, ("b@x.nl",))]


def test_a_cell_of_several_lines_is_one_cell() -> None:
    table = read_table(b'email,note\na@x.nl,"one\ntwo, ""three"""\nb@x.nl,four')
    assert [row.cells for row in table.rows()] == [
        ("a@x.nl", 'one\ntwo, "three"'),
        ("b@x.nl", "four"),
    ]


def test_a_quote_that_is_never_closed_costs_its_own_row_only() -> None:
    table = read_table(b'email,name\na@x.nl,"An\nb@x.nl,Bo\nc@x.nl,"Cor\nd@x.nl,Dirk')
    rows = list(table.rows())
    assert [row.line for row in rows if row.fault] == [2, 4]
    assert [row.cells[0] for row in rows if not row.fault] == ["b@x.nl", "d@x.nl"]


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"", "kit.table_empty"),
        (b"\n \n", "kit.table_empty"),
        (b"PK\x03\x04\x00\x00", "kit.table_binary"),
        (b'"email', "kit.table_header"),
        (b",".join([b"x"] * 300), "kit.table_header"),
        (b"x" * 40_000_001, "kit.table_large"),
    ],
)
def test_what_is_no_table_is_refused_as_a_whole(data: bytes, key: str) -> None:
    with pytest.raises(TableError) as caught:
        read_table(data)
    assert caught.value.key == key


@given(st.lists(st.lists(st.text(max_size=30), min_size=1, max_size=5), max_size=6))
def test_no_cell_that_is_written_runs_as_a_formula(rows: list[list[str]]) -> None:
    written = list(csv.reader(io.StringIO(csv_text(rows), newline="")))
    cells = [cell for row in written for cell in row]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)


@given(st.binary(max_size=400))
def test_no_octets_at_all_break_the_reader(data: bytes) -> None:
    try:
        for row in read_table(data).rows():
            assert row.line > 0
    except TableError:
        return


def test_what_goes_out_comes_in_as_it_was() -> None:
    (row,) = read_table(csv_text([("a", "b"), ("=1+1", "+31 6")]).encode()).rows()
    assert row.cells == ("=1+1", "+31 6")


def test_the_table_of_the_tests_has_the_bad_rows_it_says() -> None:
    made = leads_table(200, every=20)
    assert made.bad == [20 * n + 2 for n in range(1, 10)]


@pytest.mark.parametrize("said", ["sep=;", '"sep=;"', "SEP=;\r\n", "\ufeffsep=;"])
def test_the_first_line_of_excel_says_the_separator(said: str) -> None:
    table = read_table(f"{said}\nemail;a, b, c\nx@y.nl;1,5".encode())
    assert (table.separator, table.header) == (";", ("email", "a, b, c"))
    (row,) = table.rows()
    assert row.cells == ("x@y.nl", "1,5")
    assert row.line == (4 if "\r\n" in said else 3)


def test_a_separator_within_quotes_is_none() -> None:
    table = read_table(b'"name, first, last";email\nAn;a@x.nl')
    assert table.header == ("name, first, last", "email")


def test_two_stray_quotes_swallow_nobody_between_them() -> None:
    table = read_table(b'email,name\na@x.nl,"An\nb@x.nl\nc@x.nl"Cor\nd@x.nl,Dirk')
    rows = list(table.rows())
    assert [row.line for row in rows if row.fault] == [2, 4]
    assert [row.cells[0] for row in rows if not row.fault] == ["b@x.nl", "d@x.nl"]


def test_a_title_that_no_database_takes_is_refused() -> None:
    with pytest.raises(TableError) as caught:
        read_table(b"email," + b"x" * 11_000 + b"\0\na@x.nl,1")
    assert caught.value.key == "kit.table_header"


def test_a_cell_that_goes_on_for_ever_is_called_long() -> None:
    (row,) = read_table(b"email,name\na@x.nl," + b"x" * 200_000).rows()
    assert row.fault == "kit.row_long"


LINES = st.text(st.sampled_from('ab@,;" é\t'), max_size=12)


@given(st.lists(LINES, min_size=1, max_size=40))
def test_every_line_is_told_of_or_part_of_a_cell(lines: list[str]) -> None:
    table = read_table("\n".join(["email,name,note", *lines]).encode())
    told: set[int] = set()
    for row in table.rows():
        span = set(range(row.line, row.line + row.height))
        assert not span & told
        told |= span
        if row.height > 1 and not row.fault:
            # Nothing of a cell of several lines is lost: it stands in the cells.
            whole = "".join(lines[row.line - 2 : row.line - 2 + row.height])
            assert whole.count("a") == "".join(row.cells).count("a")
    for number, line in enumerate(lines, 2):
        if line.strip(' ,;"\t'):
            assert number in told, line
