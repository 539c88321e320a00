"""Running a network of behaviour: a history in, a score for every item out. Needs onnxruntime, never torch."""

from pathlib import Path

import numpy as np

from encoders.cards import MODEL_FILE
from encoders.errors import ModelDamagedError
from encoders.sessions import open_session

VECTORS_FILE = "network.npz"


class BehaviourNetwork:
    """A network of the store, over `items` items. Safe to share between threads."""

    def __init__(self, folder: Path, items: int) -> None:
        self._session = open_session(folder / MODEL_FILE)
        self._items = items
        self._vectors: np.ndarray | None = None
        self._bias: np.ndarray | None = None
        self.length = 0
        if (folder / VECTORS_FILE).is_file():
            try:
                with np.load(folder / VECTORS_FILE, allow_pickle=False) as kept:
                    self._vectors, self._bias = kept["vectors"], kept["bias"]
                    self.length = int(kept["length"])
            except (OSError, ValueError, KeyError) as error:
                raise ModelDamagedError(f"{folder / VECTORS_FILE} cannot be read: {error}") from error

    def scores(self, history: np.ndarray) -> np.ndarray:
        """Return the score of every item, shape (items,), after a history: places of items, oldest first."""
        if self._vectors is None:
            bought = np.zeros((1, self._items), np.float32)
            bought[0, history] = 1.0
            return self._session.run(["scores"], {"bought": bought})[0][0]
        row = np.zeros((1, self.length), np.int64)
        latest = history[-self.length :]
        if len(latest):
            row[0, -len(latest) :] = latest + 1
        customer = self._session.run(["customer"], {"items": row})[0][0]
        return self._vectors @ customer + self._bias


def write_vectors(folder: Path, vectors: np.ndarray, bias: np.ndarray, length: int) -> None:
    """Write what stands beside a network over sequences: item vectors, biases, and how long a sequence it reads."""
    np.savez(folder / VECTORS_FILE, vectors=vectors, bias=bias, length=np.asarray(length))
