"""New products: their behaviour vector is predicted from their text vector, and their photo's where there is one.

A ridge regression from content to the direction of ALS factors. A vector says where a product stands among what
customers buy together, not how much it will sell.
"""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from plugin_bridge.errors import BehaviourError

COLD_FILE = "cold.npz"
RIDGE = 3.0


@dataclass(frozen=True)
class ColdItems:
    """The regression: `weights` (text dimension + photo dimension + 1, d), and the fingerprints of the encoders."""

    weights: np.ndarray
    text_fingerprint: str
    photo_fingerprint: str = ""

    def predict(self, contents: np.ndarray) -> np.ndarray:
        """Return directions (n, d), of length 1, for contents (n, text dimension + photo dimension)."""
        found = np.concatenate([contents, np.ones((len(contents), 1), contents.dtype)], axis=1) @ self.weights
        return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)


def fit_cold(
    contents: np.ndarray, vectors: np.ndarray, text_fingerprint: str, photo_fingerprint: str = "", ridge: float = RIDGE
) -> ColdItems:
    """Return the regression of item vectors (n, d) on contents (n, c); both of items that customers bought."""
    directions = unit(vectors.astype(np.float64))
    wide = np.concatenate([contents, np.ones((len(contents), 1))], axis=1).astype(np.float64)
    penalty = ridge * np.eye(wide.shape[1])
    penalty[-1, -1] = 1e-6
    weights = np.linalg.solve(wide.T @ wide + penalty, wide.T @ directions)
    return ColdItems(weights.astype(np.float32), text_fingerprint, photo_fingerprint)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Return vectors of length 1; one of length 0 stays as it is."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def save_cold(folder: Path, cold: ColdItems) -> Path:
    """Write the regression into a folder; returns the file."""
    path = folder / COLD_FILE
    arrays: dict[str, Any] = {name: np.asarray(value) for name, value in vars(cold).items()}
    np.savez(path, **arrays)
    return path


def load_cold(folder: Path) -> ColdItems:
    """Read the regression of a folder; BehaviourError where it is damaged."""
    path = folder / COLD_FILE
    try:
        with np.load(path, allow_pickle=False) as kept:
            return ColdItems(kept["weights"], str(kept["text_fingerprint"]), str(kept["photo_fingerprint"]))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise BehaviourError(f"{path} cannot be read: {error}; `kindred train behaviour` makes it again") from error
