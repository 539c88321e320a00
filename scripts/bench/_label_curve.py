"""A learning curve as a picture, drawn with Pillow: F1 over labels, each way with the band of its seeds."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SIZE, SCALE = (720, 440), 2
LEFT, TOP, RIGHT, BOTTOM = 70, 50, 20, 60
STEP, DEEP = 0.05, 0.2
COLOURS = ("#1b6ca8", "#c0392b", "#2e7d32")


def draw_curve(
    path: Path, title: str, sizes: Sequence[int], ways: Mapping[str, Sequence[Sequence[float]]], whole: float
) -> None:
    """Write a PNG: for each way its F1 of every seed (seeds, sizes), and a line for all labels."""
    image = Image.new("RGB", (SIZE[0] * SCALE, SIZE[1] * SCALE), "white")
    draw = ImageDraw.Draw(image, "RGBA")
    font, small = ImageFont.load_default(15 * SCALE), ImageFont.load_default(12 * SCALE)
    values = [one for seeds in ways.values() for row in seeds for one in row] + [whole]
    # What begins far below is cut off: the end of the curves is what is looked at.
    low = max(min(values), whole - DEEP) // STEP * STEP
    high = (max(values) // STEP + 1) * STEP

    def at(labels: float, f1: float) -> tuple[float, float]:
        wide, tall = SIZE[0] - LEFT - RIGHT, SIZE[1] - TOP - BOTTOM
        across, up = labels / max(sizes), (f1 - low) / (high - low)
        return (LEFT + wide * across) * SCALE, (TOP + tall * (1 - max(0.0, up))) * SCALE

    draw.text((LEFT * SCALE, 14 * SCALE), title, "black", font)
    for step in range(round((high - low) / STEP) + 1):
        f1 = low + STEP * step
        draw.line([at(0, f1), at(max(sizes), f1)], "#dddddd", SCALE)
        x, y = at(0, f1)
        draw.text((x - 46 * SCALE, y - 8 * SCALE), f"{f1:.2f}", "black", small)
    for size in sizes[1::2]:
        x, y = at(size, low)
        draw.text((x - 10 * SCALE, y + 8 * SCALE), str(size), "black", small)
    draw.text((SIZE[0] // 2 * SCALE, (SIZE[1] - 26) * SCALE), "labels", "black", small)
    draw.line([at(0, whole), at(max(sizes), whole)], "#555555", 2 * SCALE)
    draw.text((at(0, whole)[0] + 6 * SCALE, at(0, whole)[1] - 18 * SCALE), "all labels", "#555555", small)
    for number, ((name, seeds), colour) in enumerate(zip(ways.items(), COLOURS, strict=False)):
        columns = list(zip(*seeds, strict=True))
        upper = [at(size, max(column)) for size, column in zip(sizes, columns, strict=True)]
        lower = [at(size, min(column)) for size, column in zip(sizes, columns, strict=True)]
        draw.polygon(upper + lower[::-1], colour + "33")
        middle = [at(size, sum(column) / len(column)) for size, column in zip(sizes, columns, strict=True)]
        draw.line(middle, colour, 3 * SCALE)
        place = (SIZE[0] - 180) * SCALE, (SIZE[1] - BOTTOM - 60 + 24 * number) * SCALE
        draw.line([place, (place[0] + 30 * SCALE, place[1])], colour, 3 * SCALE)
        draw.text((place[0] + 40 * SCALE, place[1] - 10 * SCALE), name, colour, font)
    image.resize(SIZE, Image.Resampling.LANCZOS).save(path)
