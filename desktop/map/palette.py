"""Colours and shapes of the map's categories: each has both, so that colour alone never tells. Free of Qt."""

from desktop.theme import Theme

_LIGHT = ("#2557c4", "#b3560b", "#1d7a46", "#8a3fb5", "#ae2a2a", "#0f7285", "#806400", "#c2327f", "#5a5f9e", "#4f6b1f")
_DARK = ("#8ab0ff", "#ffb168", "#7fdca4", "#d7a4f5", "#ff9d94", "#6fd3e6", "#e3cc5c", "#ff9ccb", "#b3b8ff", "#bcd97f")
SHAPES = ("o", "s", "t", "d", "+", "x", "p", "h", "star", "t1", "o")  # pyqtgraph's names; the last one is the rest's


def place_of(number: int) -> int:
    """Return the place of a group by its number from 0, the largest first; those beyond the colours share the last."""
    return min(number, len(SHAPES) - 1)


def colours(theme: Theme) -> tuple[str, ...]:
    """Return the colours of the categories, that of all others last."""
    dark = theme.name == "dark"
    return (*(_DARK if dark else _LIGHT), "#8b94a3" if dark else "#737b88")
