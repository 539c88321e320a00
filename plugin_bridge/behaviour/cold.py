"""New products: their behaviour vector is predicted from their text vector, and their photo's where there is one.

A ridge regression from content to the direction of ALS factors. A vector says where a product stands among what
customers buy together, not how much it will sell.
"""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from plugin_bridge.errors import BehaviourError

COLD_FILE = "cold.npz"  # learnt from titles, in training
CATALOGUE_FILE = "catalogue.npz"  # learnt from a catalogue's own vectors, in publishing
RIDGE = 3.0
LEAST_PHOTOS = 50  # below which photos tell nothing


@dataclass(frozen=True)
class ColdItems:
    """Two regressions, and the fingerprints of the encoders: `text` (t + 1, d), and `both` (t + p + 1, d) for products
    that have a photo, or (0, d)."""

    text: np.ndarray
    both: np.ndarray
    text_fingerprint: str
    photo_fingerprint: str = ""

    def fits(self, text_fingerprint: str, photo_fingerprint: str) -> bool:
        """Whether it was learnt from vectors of these encoders; "" for no photos."""
        return (self.text_fingerprint, self.photo_fingerprint) == (text_fingerprint, photo_fingerprint)

    def predict(self, texts: np.ndarray, photos: Sequence[np.ndarray | None] | None = None) -> np.ndarray:
        """Return directions (n, d), of length 1, for text vectors (n, t) and photo vectors (p,) where there are any."""
        found = _wide(texts) @ self.text
        seen = _seen(photos) if len(self.both) else {}
        if seen:
            found[list(seen)] = _wide(np.hstack([texts[list(seen)], np.stack(list(seen.values()))])) @ self.both
        return unit(found)


def fit_cold(
    texts: np.ndarray,
    vectors: np.ndarray,
    text_fingerprint: str,
    photos: Sequence[np.ndarray | None] | None = None,
    photo_fingerprint: str = "",
    ridge: float = RIDGE,
) -> ColdItems:
    """Return the regressions of item vectors (n, d) on text vectors (n, t), and on photo vectors where there are."""
    directions = unit(vectors.astype(np.float64))
    seen = _seen(photos)
    both = np.zeros((0, vectors.shape[1]), np.float32)
    if len(seen) >= LEAST_PHOTOS:
        contents = np.hstack([texts[list(seen)], np.stack(list(seen.values()))])
        both = _regression(contents, directions[list(seen)], ridge)
    return ColdItems(_regression(texts, directions, ridge), both, text_fingerprint, photo_fingerprint)


def _seen(photos: Sequence[np.ndarray | None] | None) -> dict[int, np.ndarray]:
    """Return the photo vectors that there are, by place."""
    return {place: one for place, one in enumerate(photos or ()) if one is not None}


def _regression(contents: np.ndarray, directions: np.ndarray, ridge: float) -> np.ndarray:
    wide = _wide(contents).astype(np.float64)
    penalty = ridge * np.eye(wide.shape[1])
    penalty[-1, -1] = 1e-6
    return np.linalg.solve(wide.T @ wide + penalty, wide.T @ directions).astype(np.float32)


def _wide(contents: np.ndarray) -> np.ndarray:
    return np.hstack([contents, np.ones((len(contents), 1), contents.dtype)])


def unit(vectors: np.ndarray) -> np.ndarray:
    """Return vectors of length 1; one of length 0 stays as it is."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def save_cold(path: Path, cold: ColdItems) -> Path:
    """Write the regressions to a file; returns it."""
    arrays: dict[str, Any] = {name: np.asarray(value) for name, value in vars(cold).items()}
    np.savez(path, **arrays)
    return path


def load_cold(path: Path) -> ColdItems:
    """Read the regressions of a file; BehaviourError where it is damaged."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            return ColdItems(kept["text"], kept["both"], str(kept["text_fingerprint"]), str(kept["photo_fingerprint"]))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise BehaviourError(f"{path} cannot be read: {error}; `kindred train behaviour` makes it again") from error
