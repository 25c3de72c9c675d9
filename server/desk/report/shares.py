"""Shares of people, and how sure one can be of them."""

from dataclasses import dataclass
from math import sqrt

FEWEST = 50  # people under whom no share is told
HOLLOW = 20  # cases under which a point is drawn hollow
Z = 1.959964  # for 95 %


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def is_told(self) -> bool:
        """There are enough people for a share."""
        return self.whole >= FEWEST

    @property
    def value(self) -> float:
        """From 0 to 1; 0 of nobody."""
        return self.part / self.whole if self.whole else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Between which two shares the truth lies with 95 % certainty (Wilson, 1927)."""
        if not self.whole:
            return 0.0, 1.0
        n, p = self.whole, self.value
        middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z / (1 + Z * Z / n) * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
        # At none and at all the bound is the share itself; a float may fall just short of it.
        low = max(0.0, middle - half) if self.part else 0.0
        high = min(1.0, middle + half) if self.part < self.whole else 1.0
        return low, high

    def is_above(self, other: "Share") -> bool:
        """Surely more than another: their intervals do not meet."""
        return self.interval[0] > other.interval[1]
