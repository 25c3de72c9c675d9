"""Drawing a plot as SVG: class names only, so that the style sheet gives the colours."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil, floor, log10

from markupsafe import Markup

WIDE, NARROW = 720, 340
Point = tuple[float, float]


@dataclass
class Drawing:
    """A sheet to draw on; what comes later lies on top."""

    width: int
    height: int
    marks: list[Markup] = field(default_factory=list)

    @property
    def is_wide(self) -> bool:
        """For a desktop, not for a phone."""
        return self.width > NARROW

    def text(self, at: Point, words: str, look: str = "c-t") -> None:
        """Words that start at a point; `c-end` ends them there, `c-mid` sets them around it."""
        mark = Markup('<text class="{}" x="{}" y="{}">{}</text>')
        self.marks.append(mark.format(look, _short(at[0]), _short(at[1]), words))

    def name(self, at: Point, words: str, look: str) -> None:
        """Words that stay readable over a line: once with an edge of paper, then as they are."""
        self.text(at, words, f"{look} c-halo")
        self.text(at, words, look)

    def bar(self, at: Point, width: float, height: float, look: str) -> None:
        """A rectangle from its upper left corner."""
        numbers = [_short(one) for one in (*at, max(0, width), max(0, height))]
        mark = Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>')
        self.marks.append(mark.format(look, *numbers))

    def line(self, points: Sequence[Point], look: str) -> None:
        """A line through points."""
        path = "L".join(f"{_short(x)} {_short(y)}" for x, y in points)
        self.marks.append(Markup('<path class="{}" d="M{}"/>').format(look, path))

    def dot(self, at: Point, look: str, radius: float = 4) -> None:
        """A round point."""
        numbers = [_short(one) for one in (*at, radius)]
        mark = Markup('<circle class="{}" cx="{}" cy="{}" r="{}"/>')
        self.marks.append(mark.format(look, *numbers))

    def svg(self, name: str, title: str, told: str) -> Markup:
        """The sheet as an image that is told in words too; `name` is its own on the page."""
        look = "wide" if self.is_wide else "narrow"
        name = f"{name}-{look}"
        head = Markup(
            '<svg class="{}" viewBox="0 0 {} {}" role="img" aria-labelledby="{}-t {}-d">'
            '<title id="{}-t">{}</title><desc id="{}-d">{}</desc>'
        )
        sizes = (look, self.width, self.height)
        opened = head.format(*sizes, name, name, name, title, name, told)
        return opened + Markup("").join(self.marks) + Markup("</svg>")


@dataclass(frozen=True)
class Table:
    """The figures of a plot; the first cell of a row names it."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def told(self) -> str:
        """The figures as sentences, for who cannot see the plot."""
        return ". ".join(
            ", ".join([row[0], *(f"{word}: {cell}" for word, cell in _pairs(self.head, row))])
            for row in self.rows
        )


def _pairs(head: Sequence[str], row: Sequence[str]) -> Iterable[tuple[str, str]]:
    return [(word, cell) for word, cell in zip(head[1:], row[1:], strict=True) if cell]


@dataclass(frozen=True)
class Chart:
    """A finding, a line that says what is drawn, the plot in two sizes, and all figures."""

    finding: str
    drawn: str
    tables: Sequence[Table]
    plots: Sequence[Markup] = ()


def nice(most: float, steps: int = 4) -> list[float]:
    """Round numbers from 0 up to the first that holds the most, some `steps` apart."""
    if most <= 0:
        return [0.0, 1.0]
    size = 10.0 ** floor(log10(most / steps))
    step = next(one * size for one in (1, 2, 5, 10) if one * size * steps >= most)
    return [n * step for n in range(ceil(round(most / step, 9)) + 1)]


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
