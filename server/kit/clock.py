"""The one clock: every room asks here what time it is."""

import os
from datetime import UTC, datetime, timedelta


def now() -> datetime:
    """This moment in UTC.

    `GIVEFIRST_CLOCK_OFFSET` (seconds) moves the clock of a whole process: rehearsals and trials
    use it to see what next month brings.
    """
    moment = datetime.now(UTC)
    offset = os.environ.get("GIVEFIRST_CLOCK_OFFSET")
    return moment + timedelta(seconds=float(offset)) if offset else moment


def days(moment: datetime) -> float:
    """Days since the Unix epoch: how the readiness core counts time."""
    return moment.timestamp() / 86400
