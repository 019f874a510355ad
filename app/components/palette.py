"""Chart colours for both themes, told apart by colour-blind people too; the same as in .streamlit/config.toml."""

from __future__ import annotations

LIGHT = ["#0f5f8c", "#d55e00", "#00795c", "#a3449a", "#946200", "#3f51b5", "#b3264a", "#5b6770"]
DARK = ["#5cb3e6", "#f2955a", "#45c5a0", "#d98bd0", "#e0b33f", "#9aa8f5", "#f2849e", "#aab6c2"]
QUIET_LIGHT, QUIET_DARK = "#4d5a66", "#b4c0cb"  # axis titles and ticks
DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid", "dash"]
SYMBOLS = ["circle", "square", "diamond", "cross", "x", "triangle-up", "triangle-down", "star"]


def colours(dark: bool) -> list[str]:
    """The colours in order."""
    return DARK if dark else LIGHT


def translucent(colour: str, opacity: float) -> str:
    """``#rrggbb`` as rgba."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
