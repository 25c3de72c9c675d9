"""The report as a whole: which figures are counted for a span, and the charts made of them."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from server.desk.report import counting, learning, people, returns
from server.desk.report.counting import Cohort, First
from server.desk.report.drawing import Chart
from server.desk.report.words import Words
from server.kit.clock import now

SPANS = (30, 90, 365)
CHARTS = ("funnel", "weeks", "cohorts", "first", "issues", "bands")


@dataclass(frozen=True)
class Report:
    """The charts by name, and what stands above them."""

    charts: dict[str, Chart]
    first: First
    year: Cohort  # the first gifts of the last twelve months, this one included

    @property
    def is_empty(self) -> bool:
        """Nobody is here yet: there is nothing to tell."""
        return not self.first.total


async def make_report(language: str, zone: ZoneInfo, days: int, confirm_days: int) -> Report:
    """Everything, as the log stands now; the funnel is of the last so many days."""
    words, today = Words(language), now().astimezone(zone).date()
    first_day = datetime.combine(today - timedelta(days=days - 1), time(0), zone)
    monday = datetime.combine(today - timedelta(days=today.weekday()), time(0), zone)
    funnel = await counting.funnel(first_day)
    bounds = _months(today.year - 1, today.month, zone)
    months = await counting.cohorts(bounds)
    first, by_month = await counting.first_given(bounds)
    charts = (
        people.funnel_chart(words, funnel, days, confirm_days),
        returns.week_chart(words, await counting.weeks(monday), zone),
        people.cohort_chart(words, months),
        people.first_chart(words, first, list(zip(bounds, by_month, strict=False))),
        returns.issue_chart(words, await learning.issues()),
        returns.band_chart(words, await learning.bands()),
    )
    return Report(dict(zip(CHARTS, charts, strict=True)), first, _together(months[-12:]))


def _together(months: list[Cohort]) -> Cohort:
    first, *later = months
    return sum(later, first)


def _months(year: int, month: int, zone: ZoneInfo) -> list[datetime]:
    """The starts of months from the quarter of this month up to and with the next month."""
    start, end = year * 12 + (month - 1) // 3 * 3, (year + 1) * 12 + month
    return [
        datetime(place // 12, place % 12 + 1, 1, tzinfo=zone) for place in range(start, end + 1)
    ]
