"""Tables of leads with rows that are bad in every way one can think of."""

from collections.abc import Callable
from dataclasses import dataclass

HEADER = ("email", "name", "company", "language", "newsletter", "consent_at", "consent_how")
GOOD_DAY = "2026-01-05 12:00"


@dataclass(frozen=True)
class Made:
    """A table as text, and the lines of it that must be refused."""

    lines: list[str]
    bad: list[int]

    def data(self, encoding: str = "utf-8", newline: str = "\n") -> bytes:
        return newline.join(self.lines).encode(encoding)


# Each makes a row (its cells joined by the separator) that must be refused.
BAD: tuple[Callable[[int, str], str], ...] = (
    lambda n, s: s.join((f"no-at-{n}", "X", "", "nl", "", "", "")),
    lambda n, s: s.join((f"two@@{n}.example.org", "X", "", "nl", "", "", "")),
    lambda n, s: s.join(("", f"Nobody {n}", "", "nl", "", "", "")),
    lambda n, s: s.join((f"lang{n}@example.org", "X", "", "klingon", "", "", "")),
    lambda n, s: s.join((f"maybe{n}@example.org", "X", "", "nl", "perhaps", "", "")),
    lambda n, s: s.join((f"noproof{n}@example.org", "X", "", "nl", "yes", "", "")),
    lambda n, s: s.join((f"when{n}@example.org", "X", "", "nl", "yes", "some day", "fair")),
    lambda n, s: s.join((f"future{n}@example.org", "X", "", "nl", "yes", "2999-01-01", "fair")),
    lambda n, s: s.join((f"long{n}@example.org", "N" * 130, "", "nl", "", "", "")),
    lambda n, s: s.join((f"wide{n}@example.org", "X", "", "nl", "", "", "", "", "more")),
    lambda n, s: s.join((f"open{n}@example.org", '"X', "", "nl", "", "", "")),
    lambda n, s: s.join((f"ctl{n}@example.org", "X\x07", "", "nl", "", "", "")),
    lambda n, s: s.join((f"{'a' * 70}{n}@example.org", "X", "", "nl", "", "", "")),
    lambda n, s: s.join((f'"q u"{n}@example.org', "X", "", "nl", "", "", "")),
    lambda n, s: s.join(("good0@example.org", "Twice", "", "nl", "", "", "")),
)


def leads_table(count: int, *, separator: str = ",", every: int = 33) -> Made:
    """So many rows, one in `every` of them bad, each in its turn another way."""
    lines, bad = [separator.join(HEADER)], []
    for n in range(count):
        if n and n % every == 0:
            bad.append(len(lines) + 1)
            lines.append(BAD[n // every % len(BAD)](n, separator))
            continue
        cells = (f"good{n}@example.org", f"René {n}", f"Firm {n % 500}", "nl")
        proof = ("yes", GOOD_DAY, "form on our old site") if n % 2 else ("no", "", "")
        lines.append(separator.join((*cells, *proof)))
    return Made(lines, bad)
