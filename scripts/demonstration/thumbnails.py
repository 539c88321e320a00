"""Pictures in a terminal: two pixels in every character cell, one in its upper half and one in its lower."""

from pathlib import Path

from PIL import Image
from rich.color import Color
from rich.style import Style
from rich.text import Text

UPPER_HALF = "▀"


def thumbnail(path: Path, width: int = 16) -> Text:
    """Return a square picture `width` characters wide and half as many lines tall."""
    with Image.open(path) as image:
        small = image.convert("RGB").resize((width, width), Image.Resampling.LANCZOS)
    text = Text(no_wrap=True)
    for y in range(0, width - 1, 2):
        for x in range(width):
            text.append(UPPER_HALF, Style(color=_colour(small, x, y), bgcolor=_colour(small, x, y + 1)))
        text.append("\n")
    text.rstrip()
    return text


def _colour(image: Image.Image, x: int, y: int) -> Color:
    red, green, blue = image.getpixel((x, y))  # type: ignore[misc]
    return Color.from_rgb(red, green, blue)
