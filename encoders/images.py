"""Image encoders: pictures in, L2-normalised vectors out. Needs onnxruntime and Pillow, never torch."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from encoders.cards import MODEL_FILE, ModelCard
from encoders.errors import PictureError
from encoders.sessions import Workers, open_session

# How many pictures a caller does well to hand over together: all cores have work, and decoded pictures are large.
PICTURES_PER_BATCH = 16

_FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


class ImageEncoder:
    """Turns pictures into vectors of the card's dimension. Safe to share between threads."""

    def __init__(self, folder: Path, card: ModelCard, threads: int = 0) -> None:
        self.card = card
        self._session = open_session(folder / MODEL_FILE)
        # A trained network gives classes as well (`encoders.heads`); the vector is its first output.
        self._vector = [self._session.get_outputs()[0].name]
        self._workers = Workers(threads)

    def encode(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """Return float32 vectors (n, dimension), row i for picture i, each of length 1.

        A picture is uint8 RGB (height, width, 3), as `encoders.pictures.load_picture` returns it.
        """
        vectors = np.empty((len(pictures), self.card.dimension), np.float32)

        # One picture's activations fill a core's cache: a batch of two took longer than one after the other.
        def run(row: int) -> None:
            vectors[row] = self._run(pictures[row])

        self._workers.each(run, range(len(pictures)))
        return vectors

    def encode_one(self, picture: np.ndarray) -> np.ndarray:
        """Return the vector (dimension,) of one picture."""
        return self._run(picture)

    def _run(self, picture: np.ndarray) -> np.ndarray:
        pixels = prepare(picture, self.card.preprocessing)[None]
        return self._session.run(self._vector, {"pixels": pixels})[0][0]


def prepare(picture: np.ndarray, preprocessing: Mapping[str, Any]) -> np.ndarray:
    """Return the picture as the network wants it: uint8 (size, size, 3). Colours are scaled inside the network.

    `resize` is `pad` (the longer side becomes `size`, white fills the rest: nothing of the product is lost and its
    shape stays true), `crop` (the middle square) or `squash` (both sides become `size`).
    """
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or 0 in picture.shape:
        raise PictureError(f"a picture must be uint8 (height, width, 3), got {picture.dtype} {picture.shape}")
    size, resize = int(preprocessing["size"]), preprocessing["resize"]
    resampling = _FILTERS[str(preprocessing["interpolation"])]
    height, width = picture.shape[:2]
    if (height, width) == (size, size):
        return picture
    image = Image.fromarray(picture)
    if resize == "pad" and height != width:
        scale = size / max(height, width)
        inner = (max(1, round(width * scale)), max(1, round(height * scale)))
        canvas = Image.new("RGB", (size, size), (255, 255, 255))
        resized = image.resize(inner, resampling, reducing_gap=3.0)
        canvas.paste(resized, ((size - inner[0]) // 2, (size - inner[1]) // 2))
        return np.asarray(canvas)
    box = (0.0, 0.0, float(width), float(height))
    if resize == "crop":
        side = min(height, width)
        left, top = (width - side) / 2, (height - side) / 2
        box = (left, top, left + side, top + side)
    return np.asarray(image.resize((size, size), resampling, box=box, reducing_gap=3.0))
