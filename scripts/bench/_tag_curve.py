"""The curve of few labels as an SVG picture."""

from collections.abc import Mapping, Sequence
from typing import Any

_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 640, 360, 50, 40
_COLOURS = ("#1f77b4", "#7f7f7f", "#d62728", "#2ca02c", "#9467bd")


def curve_svg(found: Mapping[int, Mapping[str, Any]]) -> str:
    """Return macro-F1 over labels a class, a line for each variant."""
    shots = list(found)
    names = [name for name in found[shots[0]] if not name.endswith("gain")]
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
    ]
    for step in range(0, 11, 2):
        y = _y(step / 10)
        lines.append(f'<line x1="{_LEFT}" x2="{_WIDTH - 10}" y1="{y}" y2="{y}" stroke="#ddd"/>')
        lines.append(f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{step / 10:.1f}</text>')
    for place, count in enumerate(shots):
        lines.append(f'<text x="{_x(place, shots)}" y="{_HEIGHT - 20}" text-anchor="middle">{count}</text>')
    lines.append(f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 5}" text-anchor="middle">labelled products a class</text>')
    for number, name in enumerate(names):
        colour = _COLOURS[number % len(_COLOURS)]
        points = " ".join(f"{_x(place, shots)},{_y(found[count][name])}" for place, count in enumerate(shots))
        lines.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        y = _y(0.22) - 16 * (len(names) - 1 - number)
        lines.append(f'<text x="{_WIDTH - 20}" y="{y}" text-anchor="end" fill="{colour}">{name}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def _x(place: int, shots: Sequence[int]) -> float:
    return round(_LEFT + 20 + place * (_WIDTH - _LEFT - 60) / max(1, len(shots) - 1), 1)


def _y(value: float) -> float:
    return round(_HEIGHT - _BOTTOM - value * (_HEIGHT - _BOTTOM - 15), 1)
