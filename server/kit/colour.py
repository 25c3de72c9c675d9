"""The accent of a house in light and dark, refused where it cannot be read.

Contrast after WCAG 2.2 (relative luminance); 4.5:1 for text.
"""

PAPER, INK_DARK = "#fbf8f2", "#10201a"
NIGHT = "#181512"
ENOUGH = 4.5


def _channels(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`, 0 to 1."""
    shares = [part / 255 for part in _channels(colour)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in shares
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    """The contrast of two colours, 1 to 21."""
    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def mix(one: str, two: str, share: float) -> str:
    """`one` with a share of `two` in it."""
    pairs = zip(_channels(one), _channels(two), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def readable_accent(accent: str) -> bool:
    """The accent can be read on paper and paper on it."""
    return contrast(accent, PAPER) >= ENOUGH


def _for_night(accent: str) -> str:
    for step in range(21):
        lighter = mix(accent, "#ffffff", step / 20)
        if contrast(lighter, NIGHT) >= 7:
            return lighter
    return "#ffffff"


def accent_css(accent: str) -> str:
    """The custom properties of the accent for light, dark by system and dark by choice."""
    night = _for_night(accent)
    light = _block(accent, mix(accent, "#000000", 0.25), PAPER, "#fffdf9")
    dark = _block(night, mix(night, "#ffffff", 0.3), NIGHT, INK_DARK)
    return (
        f':root,:root[data-theme="light"]{{{light}}}\n'
        f'@media (prefers-color-scheme:dark){{:root:not([data-theme="light"]){{{dark}}}}}\n'
        f':root[data-theme="dark"]{{{dark}}}\n'
    )


def _block(accent: str, strong: str, paper: str, on: str) -> str:
    soft, line = mix(paper, accent, 0.1), mix(paper, accent, 0.4)
    return (
        f"--accent:{accent};--accent-strong:{strong};--accent-soft:{soft};"
        f"--accent-line:{line};--on-accent:{on}"
    )
