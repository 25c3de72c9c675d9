"""How the relay is doing: how many connections it gets, and when it is left alone."""

from datetime import datetime, timedelta

from server.kit.clock import now

FIRST, LONGEST = timedelta(seconds=5), timedelta(minutes=5)
DROPS = 3  # in a row, without a mail in between, before it is left alone
GROW = 50  # mails taken, before one more connection is tried
THROTTLED = 421


class Health:
    """Connections are halved when the relay says it is too much, and grow slowly."""

    def __init__(self, most: int) -> None:
        self.most = self.limit = most
        self.open = 0  # connections at this moment
        self.told = ""
        self._down_until: datetime | None = None
        self._failures = self._drops = self._good = 0
        self._silent: set[str] = set()

    @property
    def is_down(self) -> bool:
        """Leave it alone for now."""
        return self._down_until is not None and now() < self._down_until

    def dismisses(self) -> bool:
        """There is a connection too many, and the one that asks is to end."""
        if self.open <= self.limit:
            return False
        self.open -= 1
        return True

    def unreachable(self, told: str) -> None:
        """No connection: each time in a row twice as long a rest."""
        self.told = told
        self._down_until = now() + min(FIRST * 2 ** min(self._failures, 8), LONGEST)
        self._failures += 1

    def dropped(self, told: str) -> None:
        """A connection broke."""
        self._drops += 1
        self._less()
        if self._drops >= DROPS:
            self.unreachable(told)

    def stalled(self, told: str, domain: str) -> None:
        """It kept silent about a mail to this domain; about several domains, it is the relay."""
        self._silent.add(domain)
        if len(self._silent) >= DROPS:
            self.unreachable(told)

    def heard(self, code: int) -> None:
        """An answer to a mail."""
        if code == THROTTLED:
            self._less()
        elif code < 400:
            self._failures = self._drops = 0
            self._silent.clear()
            self._good += 1
            if self._good >= GROW and self.limit < self.most:
                self.limit, self._good = self.limit + 1, 0

    def _less(self) -> None:
        self.limit, self._good = max(1, self.limit // 2), 0
