"""How addresses, dates, numbers, hours and colours are read and written."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from server.kit import colour, text
from server.kit.addresses import AddressError, domain_of, normalise
from server.kit.house import House
from server.kit.slots import Slot
from server.web.language import accepted

ZONE = ZoneInfo("Europe/Amsterdam")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Joost@Example.ORG ", "joost@example.org"),
        ("a.b+c@sub.example.org", "a.b+c@sub.example.org"),
        ("jan@bücher.example", "jan@xn--bcher-kva.example"),
        ("JAN@XN--BCHER-KVA.example", "jan@xn--bcher-kva.example"),
    ],
)
def test_one_spelling_for_each_mailbox(typed: str, kept: str) -> None:
    assert normalise(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["", "x", "@example.org", "a@", "a@b@c.org", "a b@c.org", '"a"@c.org', "a@c.org\r\nB: x@y.org",
     "a\0@c.org", "a@-c.org", "a@c..org", "x" * 65 + "@example.org", "a@" + "b" * 260 + ".org"],
)  # fmt: skip
def test_what_no_mail_can_be_sent_to_is_refused(typed: str) -> None:
    with pytest.raises(AddressError):
        normalise(typed)


def test_the_domain_of_an_address() -> None:
    assert domain_of("joost@example.org") == "example.org"


def test_numbers_and_dates_in_both_languages() -> None:
    moment = datetime(2026, 3, 1, 7, 5, tzinfo=UTC)
    assert text.long_date("nl", moment) == "1 maart 2026"
    assert text.short_date("nl", moment) == "1 mrt"
    assert text.day_and_date("en", moment) == "Sunday 1 March 2026"
    assert (text.clock_time("nl", moment), text.clock_time("en", moment)) == ("7.05", "7:05")
    assert (text.number("nl", 1234.5, 1), text.number("en", 1234.5, 1)) == ("1.234,5", "1,234.5")
    assert (text.euro("nl", 17.5), text.euro("en", 25)) == ("€\u00a017,50", "€25")
    assert (text.file_size("nl", 1_234_567), text.file_size("en", 480)) == (
        "1,2\u00a0MB",
        "1\u00a0kB",
    )


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "nl"), ("en", "en"), ("nl-BE,en;q=0.8", "nl"), ("de,en;q=0.5,nl;q=0.4", "en"),
        ("fr", "nl"), ("en;q=0,nl;q=0.1", "nl"), ("en;q=x", "nl"), ("*", "nl"), (",;;,", "nl"),
    ],
)  # fmt: skip
def test_the_language_a_browser_asks_for(header: str, language: str) -> None:
    assert accepted(header, "nl") == language


def test_open_closed_and_the_next_opening() -> None:
    house = House(holidays={date(2026, 12, 25): None})
    noon = datetime(2026, 11, 22, 12, tzinfo=ZONE)
    assert house.opening(noon, ZONE).is_open
    assert house.opening(noon, ZONE).changes_at == datetime(2026, 11, 22, 23, tzinfo=ZONE)
    night = house.opening(datetime(2026, 11, 22, 23, 30, tzinfo=ZONE), ZONE)
    assert (night.is_open, night.changes_at) == (False, datetime(2026, 11, 23, 7, tzinfo=ZONE))
    eve = house.opening(datetime(2026, 12, 24, 23, 30, tzinfo=ZONE), ZONE)
    assert eve.changes_at == datetime(2026, 12, 26, 7, tzinfo=ZONE)
    shut = House(hours=(None,) * 7).opening(noon, ZONE)
    assert (shut.is_open, shut.changes_at) == (False, None)


def test_the_weekly_slot_is_by_the_clock_on_the_wall() -> None:
    house = House(tip_slots=(Slot(1, time(9)),))
    for at, slot in (
        (datetime(2026, 11, 22, 12, tzinfo=ZONE), datetime(2026, 11, 24, 9, tzinfo=ZONE)),
        (datetime(2026, 11, 24, 9, tzinfo=ZONE), datetime(2026, 12, 1, 9, tzinfo=ZONE)),
        (datetime(2026, 3, 28, 12, tzinfo=ZONE), datetime(2026, 3, 31, 9, tzinfo=ZONE)),
    ):
        assert house.next_tip(at, ZONE) == slot


@pytest.mark.parametrize("accent", ["#1f5a45", "#8a3329", "#27405f", "#56324a", "#000000"])
def test_an_accent_is_readable_in_light_and_dark(accent: str) -> None:
    assert colour.readable_accent(accent)
    css = colour.accent_css(accent)
    night = css.split('data-theme="dark"]{--accent:')[1][:7]
    assert colour.contrast(night, colour.NIGHT) >= 7
    assert colour.contrast(night, colour.INK_DARK) >= 4.5


def test_a_pale_accent_is_not() -> None:
    assert not colour.readable_accent("#93ccb0")
    assert round(colour.contrast("#000000", "#ffffff"), 1) == 21.0


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("3.200", 3200),
        ("3200,50", 3200.5),
        ("€ 3,200.00", 3200),
        ("1 250 euro", 1250),
        ("12.345.678", 12345678),
        ("3,5", 3.5),
        ("0", 0),
        ("1.2.3", None),
        ("-5", None),
        ("1e9", None),
        ("٣", None),
        ("", None),
        ("veel", None),
        ("9" * 13, None),
    ],
)
def test_an_amount_is_read_as_people_write_it(written: str, number: float | None) -> None:
    assert text.amount(written) == number
