"""Rows that come in, checked one by one: whatever stands in them, each is good or refused."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kit.tables import csv_text, read_table
from server.sales.columns import FIELDS, KINDS
from server.sales.incoming import Checked, Manner, check
from server.sales.incoming_rows import LeadRow, OutcomeRow, PurchaseRow

DUTCH = Manner(ZoneInfo("Europe/Amsterdam"), "nl")
ENGLISH = Manner(ZoneInfo("Europe/Amsterdam"), "en")
MIDNIGHT = datetime(2025, 11, 23, 23, tzinfo=UTC)  # 24 November in Amsterdam
HARD = st.sampled_from(
    [
        "", "an@example.org", "a@b", "2026-01-05", "9999-12-31T23:59:59-14:00", "24-11-2025",
        "0001-01-01T00:00:00+14:00", "31/02/2026", "99/99/9999", "1e999", "won", "lost", "not now",
        "yes", "nl", "NaN", "Infinity", "12,5", '{"a": 1}', '{"a": NaN}', '{"a": "\\u0000"}',
        '{"a": "\\ud800"}', "[" * 9000, '{"a":' * 3000, "9" * 5000, "\u202e", "\ufeff", "\u0660",
    ]
)  # fmt: skip
LETTERS = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
CELLS = HARD | st.text(LETTERS, max_size=20)


def checked(text: str, kind: str = "leads", manner: Manner = DUTCH) -> Checked:
    return check(kind, read_table(text.encode()), manner)


@given(
    st.sampled_from(KINDS),
    st.lists(st.lists(CELLS, min_size=1, max_size=16), max_size=8),
    st.data(),
)
def test_each_row_is_good_or_refused_with_a_reason(
    kind: str, rows: list[list[str]], data: st.DataObject
) -> None:
    titles = data.draw(st.permutations(list(FIELDS[kind])))
    written = [[cell.strip() for cell in row] for row in rows]
    table = read_table(csv_text([titles, *written]).encode())
    found = check(kind, table, DUTCH)
    told = [row.line for row in found.good] + [row.line for row in found.refused]
    assert sorted(told) == [row.line for row in table.rows()]
    for one in found.refused:
        assert one.text("nl")
        assert one.text("en")
    for row in found.good:
        if isinstance(row, LeadRow):
            # What PostgreSQL takes as JSON, and every page can show.
            text = json.dumps(dict(row.facts), allow_nan=False, ensure_ascii=False)
            assert "\\u0000" not in text
            assert text.encode()


@given(st.lists(st.sampled_from(["good", "quote", "wide", "address", "short"]), max_size=30))
def test_a_good_row_is_good_whatever_its_neighbours(kinds: list[str]) -> None:
    make = {
        "good": "good{n}@example.org,An {n},Bos BV",
        "quote": 'quote{n}@example.org,"An {n},Bos BV',
        "wide": "wide{n}@example.org,An,Bos,te veel",
        "address": "{n},An,Bos",
        "short": "short{n}@example.org",
    }
    lines = [make[kind].format(n=n) for n, kind in enumerate(kinds)]
    found = checked("\n".join(["email,name,company", *lines]))
    good = [n + 2 for n, kind in enumerate(kinds) if kind in ("good", "short")]
    assert [row.line for row in found.good] == good
    assert len(found.refused) == len(kinds) - len(good)


@pytest.mark.parametrize(
    ("written", "manner", "day"),
    [
        ("24-11-2025", DUTCH, MIDNIGHT),
        ("24/11/2025", DUTCH, MIDNIGHT),
        ("24.11.2025", DUTCH, MIDNIGHT),
        ("24-11-2025 09:30", DUTCH, datetime(2025, 11, 24, 8, 30, tzinfo=UTC)),
        ("3-4-2025", DUTCH, datetime(2025, 4, 2, 22, tzinfo=UTC)),
        ("11/24/2025", DUTCH, None),
        ("24/11/2025", ENGLISH, MIDNIGHT),
        ("11/24/2025", ENGLISH, MIDNIGHT),
        ("03/04/2025", ENGLISH, None),
        ("04/04/2025", ENGLISH, datetime(2025, 4, 3, 22, tzinfo=UTC)),
        ("29-02-2024", DUTCH, datetime(2024, 2, 28, 23, tzinfo=UTC)),
        ("29-02-2025", DUTCH, None),
        ("29-02-2025", ENGLISH, None),
        ("00-00-0000", DUTCH, None),
    ],
)
def test_a_day_as_excel_writes_it_is_taken_where_it_can_be_one_day_only(
    written: str, manner: Manner, day: datetime | None
) -> None:
    found = checked(f"email,at,amount\nan@example.org,{written},12", "purchases", manner)
    assert [row.at for row in found.good if isinstance(row, PurchaseRow)] == ([day] if day else [])
    assert [one.key for one in found.refused] == ([] if day else ["sales.row_time"])


@pytest.mark.parametrize(
    "facts",
    ['{"a": NaN}', '{"a": "\\u0000"}', '{"a": "\\ud800"}', "[" * 15_000, "[1]", '{"a"', '{"a":1}x'],
)
def test_json_that_no_database_can_keep_is_refused(facts: str) -> None:
    found = checked(csv_text([("email", "facts"), ("an@example.org", facts)]))
    assert [one.key for one in found.refused] == ["sales.row_json"]


def test_a_time_zone_is_taken_by_its_name_and_refused_where_there_is_none() -> None:
    found = checked(
        "email,timezone\na@example.org,europe/amsterdam\nb@example.org,Mars\nc@example.org,\n"
    )
    zones = [row.timezone for row in found.good if isinstance(row, LeadRow)]
    assert zones == ["Europe/Amsterdam", ""]
    (refused,) = found.refused
    assert (refused.line, "‘Mars’ is geen tijdzone" in refused.text("nl")) == (3, True)


def test_exports_as_they_really_look() -> None:
    mailchimp = '"Email Address","First Name","Tags",""\r\n"an@example.org","An","a, b",""\r\n'
    (lead,) = checked(mailchimp).good
    assert isinstance(lead, LeadRow)
    assert (lead.name, lead.themes, dict(lead.facts)) == ("An", ",a,b,", {})
    hubspot = '\ufeffRecord ID,Email,Company Name\r\n1,an@example.org,"Bos, Smit & Co"\r\n'
    (lead,) = checked(hubspot).good
    assert isinstance(lead, LeadRow)
    assert lead.company == "Bos, Smit & Co"
    listmonk = 'uuid,email,attributes\n1,an@example.org,"{""q"": ""he said \\""hi\\"" ""}"\n'
    (lead,) = checked(listmonk).good
    assert isinstance(lead, LeadRow)
    assert lead.facts["q"] == 'he said "hi" '


def test_titles_in_capitals_with_spaces_or_twice() -> None:
    found = checked("  E-MAIL  ; NAAM ;Email;Naam\nan@example.org;An;bo@example.org;Bo")
    (lead,) = found.good
    assert isinstance(lead, LeadRow)
    assert (lead.email, lead.name) == ("an@example.org", "An")
    assert dict(lead.facts) == {"Email": "bo@example.org", "Naam": "Bo"}


def test_only_titles_is_a_table_without_rows() -> None:
    found = checked("email,name\n\n")
    assert (found.good, found.refused, found.columns.missing) == ([], [], ())


def test_an_outcome_until_a_day_as_excel_writes_it() -> None:
    found = checked("email;datum;uitkomst;tot\na@example.org;1-2-2026;nu niet;1-5-2026", "outcomes")
    (row,) = found.good
    assert isinstance(row, OutcomeRow)
    assert row.until == datetime(2026, 4, 30, 22, tzinfo=UTC)
