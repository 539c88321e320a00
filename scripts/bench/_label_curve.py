"""A learning curve as a picture, drawn with Pillow: F1 over labels, each way with the band of its seeds."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SIZE, SCALE = (720, 440), 2
LEFT, TOP, RIGHT, BOTTOM = 70, 50, 20, 60
COLOURS = ("#1b6ca8", "#c0392b", "#2e7d32")


def draw_curve(
    path: Path, title: str, sizes: Sequence[int], ways: Mapping[str, Sequence[Sequence[float]]], whole: float
) -> None:
    """Write a PNG: for each way its F1 of every seed (seeds, sizes), and a line for all labels."""
    image = Image.new("RGB", (SIZE[0] * SCALE, SIZE[1] * SCALE), "white")
    draw = ImageDraw.Draw(image, "RGBA")
    font, small = ImageFont.load_default(15 * SCALE), ImageFont.load_default(12 * SCALE)
    values = [one for seeds in ways.values() for row in seeds for one in row] + [whole]
    low, high = max(0.0, min(values) - 0.02), min(1.0, max(values) + 0.02)

    def at(labels: float, f1: float) -> tuple[float, float]:
        wide, tall = SIZE[0] - LEFT - RIGHT, SIZE[1] - TOP - BOTTOM
        across, up = labels / max(sizes), (f1 - low) / (high - low)
        return (LEFT + wide * across) * SCALE, (TOP + tall * (1 - up)) * SCALE

    draw.text((LEFT * SCALE, 14 * SCALE), title, "black", font)
    for step in range(6):
        f1 = low + (high - low) * step / 5
        draw.line([at(0, f1), at(max(sizes), f1)], "#dddddd", SCALE)
        x, y = at(0, f1)
        draw.text((x - 46 * SCALE, y - 8 * SCALE), f"{f1:.2f}", "black", small)
    for size in sizes[::2]:
        x, y = at(size, low)
        draw.text((x - 10 * SCALE, y + 8 * SCALE), str(size), "black", small)
    draw.text((SIZE[0] // 2 * SCALE, (SIZE[1] - 26) * SCALE), "labels", "black", small)
    draw.line([at(0, whole), at(max(sizes), whole)], "#555555", 2 * SCALE)
    draw.text((at(0, whole)[0] + 6 * SCALE, at(0, whole)[1] - 18 * SCALE), "all labels", "#555555", small)
    for (name, seeds), colour in zip(ways.items(), COLOURS, strict=False):
        columns = list(zip(*seeds, strict=True))
        upper = [at(size, max(column)) for size, column in zip(sizes, columns, strict=True)]
        lower = [at(size, min(column)) for size, column in zip(sizes, columns, strict=True)]
        draw.polygon(upper + lower[::-1], colour + "33")
        middle = [at(size, sum(column) / len(column)) for size, column in zip(sizes, columns, strict=True)]
        draw.line(middle, colour, 3 * SCALE)
        draw.text((middle[-1][0] - 90 * SCALE, middle[-1][1] + 10 * SCALE), name, colour, font)
    image.resize(SIZE, Image.Resampling.LANCZOS).save(path)
