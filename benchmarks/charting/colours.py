"""Colours that keep their contrast on light and on dark paper.

Hues from Okabe and Ito's set for the colour-blind ("Color Universal Design", 2008), darker on light
paper and lighter on dark; markers and dashes tell the series apart without any colour.
"""

from __future__ import annotations

PAPER, INK, FAINT = "#ffffff", "#1f2328", "#d1d9e0"
BLUE, VERMILLION, GREEN = "#0072b2", "#c04f00", "#007a5a"
PURPLE, BROWN, GREY = "#a0457a", "#8a6000", "#59636e"

DARK = {
    PAPER: "#0d1117",
    INK: "#f0f6fc",
    FAINT: "#3d444d",
    BLUE: "#56b4e9",
    VERMILLION: "#ff8a3d",
    GREEN: "#2cc79a",
    PURPLE: "#e295c4",
    BROWN: "#e6b800",
    GREY: "#9198a1",
}
"""What each colour becomes where the reader has it dark."""

SERIES = (BLUE, VERMILLION, GREEN, PURPLE, BROWN, GREY)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p", "*", "h", "<")
DASHES = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 1.5, 1, 1.5)))


def style_sheet() -> str:
    """CSS that turns every colour of the picture over in the dark."""
    rules = "".join(
        f'[style*="{kind}: {light}"]{{{kind}:{dark}!important}}'
        for light, dark in DARK.items()
        for kind in ("fill", "stroke")
    )
    return f"@media (prefers-color-scheme: dark){{{rules}}}"
