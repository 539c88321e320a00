"""Photos for calibrating and comparing image encoders: the user's own, the sample's, or drawn ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from encoders.errors import PictureError, SourceError
from encoders.pictures import load_picture

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
COUNT = 96
LONGEST = 512
SAMPLE = Path(__file__).resolve().parents[2] / "sample" / "pictures"


@dataclass(frozen=True)
class Photos:
    """Pictures, uint8 RGB (height, width, 3), and what the card says about where they are from."""

    pictures: Sequence[np.ndarray]
    source: str


def photos_for_export(folder: Path | None, count: int = COUNT) -> Photos:
    """Return up to `count` pictures of `folder`, evenly chosen over its files by name, folders within included.

    Without a folder: the sample catalogue's pictures where this is a checkout, else drawn ones.
    """
    if folder is None:
        return from_folder(SAMPLE, count, "the sample catalogue's pictures") if SAMPLE.is_dir() else drawn(count)
    return from_folder(folder, count, f"folder {folder.name}")


def from_folder(folder: Path, count: int, source: str) -> Photos:
    """Return up to `count` readable pictures of a folder; unreadable ones are passed over, as in a catalogue."""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    pictures, refused = [], 0
    for path in files[:: max(1, len(files) // count)][:count]:
        try:
            pictures.append(load_picture(path, name=str(path), longest=LONGEST))
        except PictureError:
            refused += 1
    if len(pictures) < 20:
        raise SourceError(f"{folder} has {len(pictures)} pictures that can be read; at least 20 are wanted")
    note = f", {refused} unreadable" if refused else ""
    return Photos(pictures, f"{len(pictures)} from {source}{note}")


def drawn(count: int) -> Photos:
    """Return pictures drawn from a fixed seed: shapes, gradients and texture. A stand-in where no photo is at hand."""
    return Photos([_draw(seed) for seed in range(count)], f"{count} drawn pictures (no photos were at hand)")


def _draw(seed: int, side: int = 224) -> np.ndarray:
    random = np.random.default_rng(seed)
    corners = random.uniform(0, 255, (2, 2, 3)).astype(np.uint8)
    image = Image.fromarray(corners).resize((side, side), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(image)
    for _ in range(int(random.integers(3, 12))):
        left, top = random.integers(0, side - 20, 2)
        width, height = random.integers(20, side, 2)
        colour = tuple(int(one) for one in random.integers(0, 256, 3))
        shape = (int(left), int(top), int(left + width), int(top + height))
        (pen.ellipse if random.random() < 0.5 else pen.rectangle)(shape, fill=colour)
    soft = image.filter(ImageFilter.GaussianBlur(float(random.uniform(0, 2))))
    noise = random.normal(0, random.uniform(0, 20), (side, side, 3))
    return np.clip(np.asarray(soft) + noise, 0, 255).astype(np.uint8)
