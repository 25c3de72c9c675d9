"""How figures are written in the report."""

from datetime import datetime

from server.desk.report.shares import Share
from server.kit import text
from server.kit.text import say


class Words:
    """Numbers, shares and times in one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, key: str, /, **values: object) -> str:
        return say(self.language, key, **values)

    def number(self, value: float, decimals: int = 0) -> str:
        """`1.234`."""
        return text.number(self.language, value, decimals)

    def percent(self, value: float) -> str:
        """`17 %`; with a decimal where a whole number would be rough."""
        hundred = 100 * value
        rough = abs(hundred - round(hundred)) >= 0.05
        decimals = 1 if rough and hundred < 9.95 else 0
        return self("desk.report_percent", number=self.number(hundred, decimals))

    def share(self, share: Share) -> str:
        """`17 %`, or that there are too few people for a share."""
        return self.percent(share.value) if share.is_told else self("desk.report_few")

    def span(self, share: Share) -> str:
        """`12–24`: the interval in percents; nothing where no share is told."""
        return self._span(share) if share.is_told else ""

    def _span(self, share: Share) -> str:
        low, high = (self.number(100 * bound) for bound in share.interval)
        return f"{low}–{high}"

    def whole(self, share: Share) -> str:
        """`17 % (12–24)`, or that there are too few people for a share."""
        return f"{self.share(share)} ({self.span(share)})" if share.is_told else self.share(share)

    def case(self, share: Share) -> str:
        """`17 % (12–24)` of however few: for where the interval says how little is known."""
        return f"{self.percent(share.value)} ({self._span(share)})"

    def month(self, moment: datetime) -> str:
        """`nov`, `Nov`."""
        return text.short_date(self.language, moment).split()[1]

    def month_of(self, moment: datetime) -> str:
        """`november 2026`."""
        return f"{text.month_name(self.language, moment)} {moment.year}"

    def quarter(self, moment: datetime) -> str:
        """`3e kw. ’26`, `Q3 ’26`."""
        number = (moment.month + 2) // 3
        return self("desk.report_quarter", number=number, year=f"{moment.year % 100:02d}")

    def day(self, moment: datetime) -> str:
        """`24 nov 2026`."""
        return f"{text.short_date(self.language, moment)} {moment.year}"
