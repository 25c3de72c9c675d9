"""The picture that stands beside a link of ours where somebody shares it: 1200 by 630."""

import re

from server.kit.house import House
from server.library.covers import block, fit, rect, small

WIDE, HIGH = 1200, 630
PAPER, INK, SOFT = "#fbf8f1", "#26221c", "#5d554a"
SIZES = (92, 80, 70, 60, 52, 46)
MARGIN = 84


def card(title: str, line: str, house: House, cover: str = "") -> str:
    """An SVG with a title, a line that says what it is, the name of the house, and a cover."""
    room = 610 if cover else WIDE - 2 * MARGIN
    size, lines = fit(title, room, 300, SIZES)
    parts = [
        rect(0, 0, WIDE, HIGH, PAPER),
        rect(0, 0, 20, HIGH, house.accent),
        small(line, MARGIN, 120, SOFT, size=30),
        block(lines, MARGIN, 150 + size, size, INK),
        rect(MARGIN, HIGH - 122, 56, 3, house.accent),
        block([house.name], MARGIN, HIGH - 64, 38, house.accent),
    ]
    if cover:
        parts.append(rect(800, 68, 330, 495, "#000", opacity="0.14"))
        parts.append(_placed(cover))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}">'
        f"{''.join(parts)}</svg>"
    )


def _placed(cover: str) -> str:
    """A cover of 300 by 450 at the right of the card."""
    return re.sub(r"^<svg ", '<svg x="792" y="60" width="330" height="495" ', cover, count=1)
