"""The long view: what came of a first gift in the months after it, by gift and by year.

What somebody did on the day itself is not told here: the first point is after a month.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from server.desk.report import counting
from server.desk.report.counting import MEASURED, Cohort
from server.desk.report.drawing import NARROW, WIDE, Chart, Drawing, Point, Table, nice
from server.desk.report.people import MEASURES
from server.desk.report.shares import HOLLOW, Share
from server.desk.report.words import Words
from server.kit.clock import now

MONTHS = 24
YEARS_BACK = 3
TOLD = (3, 6, 12, 18, 24)  # months in the tables, and where the uncertainty is drawn
MOST_LINES = 4
COMPARED = 12  # months after which gifts are compared


@dataclass(frozen=True)
class Line:
    """The first gifts of some cohorts together: after each month of those who came so far."""

    name: str
    cohorts: tuple[Cohort, ...]

    @property
    def people(self) -> int:
        return sum(one.people for one in self.cohorts)

    def after(self, what: str, months: int) -> Share:
        """Of everybody who had so many months: who got there within them."""
        old = [one.after(what, months) for one in self.cohorts if one.months >= months]
        return Share(sum(one.part for one in old), sum(one.whole for one in old))

    def points(self, what: str) -> list[Share]:
        """After 1, 2, … months, as long as there are enough people for a share."""
        found: list[Share] = []
        for n in range(1, MONTHS + 1):
            share = self.after(what, n)
            if not share.is_told:
                break
            found.append(share)
        return found


async def make_years(words: Words, zone: ZoneInfo, titles: dict[str, str]) -> list[Chart]:
    """Both charts, of who had their first gift in these years."""
    today = now().astimezone(zone).date()
    first, last = (today.year - YEARS_BACK) * 12, today.year * 12 + today.month
    bounds = [datetime(n // 12, n % 12 + 1, 1, tzinfo=zone) for n in range(first, last + 1)]
    by_gift = await counting.cohorts_by_gift(bounds, MONTHS)
    gifts = [
        Line(titles.get(gift, gift) or words("desk.years_personal"), tuple(cohorts))
        for gift, cohorts in by_gift.items()
    ]
    gifts.sort(key=lambda one: (-one.people, one.name))
    together = [_sum(list(month)) for month in zip(*by_gift.values(), strict=True)]
    years = _grouped(together, lambda one: str(one.starts.astimezone(zone).year))
    quarters = _grouped(together, lambda one: words.quarter(one.starts.astimezone(zone)))
    return [
        _chart(words, "gift", gifts[:MOST_LINES], gifts),
        _chart(words, "year", years, quarters),
    ]


def _sum(cohorts: list[Cohort]) -> Cohort:
    first, *later = cohorts
    return sum(later, first)


def _grouped(cohorts: list[Cohort], name_of: Callable[[Cohort], str]) -> list[Line]:
    found: dict[str, list[Cohort]] = {}
    for one in cohorts:
        found.setdefault(name_of(one), []).append(one)
    return [Line(name, tuple(own)) for name, own in found.items()]


CAPTIONS = {"gift": "desk.years_by_gift", "year": "desk.years_by_year"}
ROWS = {"gift": "desk.years_gift", "year": "desk.head_quarter"}


def _chart(words: Words, by: str, drawn: list[Line], told: list[Line]) -> Chart:
    caption = words(CAPTIONS[by])
    table = Table(
        caption,
        [
            words(ROWS[by]),
            words("desk.head_people"),
            *(words("desk.head_after", count=n) for n in TOLD),
        ],
        [
            [
                f"{one.name}, {words(MEASURES[what])}",
                words.number(one.people),
                *(_cell(words, one.after(what, n)) for n in TOLD),
            ]
            for one in told
            for what in MEASURED
        ],
    )
    shown = [one for one in drawn if one.points("returned")]
    if not shown:
        few = words("desk.years_few")
        return Chart(few, words("desk.years_none"), [table] if told else [])
    sizes = (Drawing(WIDE, 226), Drawing(NARROW, 600))
    for sheet in sizes:
        for n, what in enumerate(MEASURED):
            corner = (n * 240.0, 0.0) if sheet.is_wide else (0.0, n * 186.0)
            _draw_panel(sheet, corner, words(MEASURES[what]), [(one, what) for one in shown], words)
        _draw_names(sheet, [one.name for one in shown])
    plots = [sheet.svg(f"years-{by}", caption, table.told()) for sheet in sizes]
    return Chart(_finding(words, by, shown), words("desk.years_drawn"), [table], plots)


def _cell(words: Words, share: Share) -> str:
    return words.whole(share) if share.whole else words("desk.report_not_yet")


def _finding(words: Words, by: str, shown: list[Line]) -> str:
    old = [(one.name, one.after("returned", COMPARED)) for one in shown]
    old = [(name, share) for name, share in old if share.is_told]
    if not old:
        return words("desk.years_young", count=COMPARED)
    old.sort(key=lambda one: -one[1].value)
    (name, best), *others = old
    if by == "gift" and others and all(best.is_above(share) for _, share in others):
        return words("desk.years_best", name=name, count=COMPARED)
    every = Share(sum(one.part for _, one in old), sum(one.whole for _, one in old))
    key = "desk.years_same" if by == "gift" else "desk.years_after"
    return words(
        key, part=words.number(every.part), whole=words.number(every.whole), count=COMPARED
    )


def _draw_panel(
    sheet: Drawing, corner: Point, title: str, lines: list[tuple[Line, str]], words: Words
) -> None:
    """Shares against months, with the interval at some of them."""
    left, top, height = corner[0] + 34, corner[1] + 28, 120.0
    width = 190.0 if sheet.is_wide else 290.0
    points = [one.points(what) for one, what in lines]
    most = max((share.interval[1] for own in points for share in own), default=0.01)
    ticks = nice(max(100 * most, 1), 3)

    def at(months: float, share: float) -> Point:
        return left + width * months / MONTHS, top + height - height * 100 * share / ticks[-1]

    sheet.text((left, corner[1] + 14), title, "c-b")
    for tick in ticks:
        y = at(0, tick / 100)[1]
        sheet.line([(left, y), (left + width, y)], "c-rule" if tick else "c-base")
        decimals = 0 if float(tick).is_integer() else 1
        sheet.text((left - 5, y + 4), words.number(tick, decimals), "c-s c-end")
    for n in range(0, MONTHS + 1, 6):
        look = "c-s c-end" if n == MONTHS else "c-s c-mid"
        sheet.text((at(n, 0)[0], top + height + 16), str(n), look)
    for n, own in enumerate(points):
        if not own:
            continue
        faded = FADES[n]
        sheet.line([at(k, share.value) for k, share in enumerate(own, 1)], f"c-la{faded}")
        for months in (*(one for one in TOLD if one < len(own)), len(own)):
            share, aside = own[months - 1], (n - 1.5) * 0.35
            low, high = share.interval
            sheet.line([at(months + aside, low), at(months + aside, high)], "c-wh")
            look = "c-hollow" if share.part < HOLLOW else f"c-pt{faded}"
            sheet.dot(at(months + aside, share.value), look, 3)


FADES = ("", " f3", " f2", " f1")


def _draw_names(sheet: Drawing, names: list[str]) -> None:
    """Which line is which, below the panels."""
    for n, name in enumerate(names):
        if sheet.is_wide:
            x, y = 34.0 + (n % 2) * 350, 196.0 + (n // 2) * 20
        else:
            x, y = 8.0, 566.0 + (n - 1) * 16
        sheet.line([(x, y - 4), (x + 22, y - 4)], f"c-la{FADES[n]}")
        sheet.text((x + 30, y), name if len(name) < 46 else f"{name[:44]}…", "c-s")
