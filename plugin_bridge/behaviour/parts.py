"""What is learnt of the items of a shop, as plain arrays: all that scoring a history needs, with numpy alone.

An item-to-item model is kept as the strongest neighbours of each item. A history is spread over them: each item that
was bought adds, faded by its age, what it says for its neighbours.
"""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from plugin_bridge.behaviour.protocol import History
from plugin_bridge.errors import BehaviourError

PARTS_FILE = "items.npz"
MOST_HISTORY = 1_000  # rows of a history that are read, the latest
ALS_ALPHA = 10.0
ALS_REGULARISATION = 5.0
ALS_HALF_LIFE = 180.0


@dataclass(frozen=True)
class Neighbours:
    """The strongest neighbours of each item: `ids` and `weights`, both (items, k); weight 0 where there are fewer."""

    ids: np.ndarray
    weights: np.ndarray

    def spread(self, items: np.ndarray, strengths: np.ndarray) -> np.ndarray:
        """Return what `items`, each with its strength, say for every item: shape (items,)."""
        said = self.weights[items] * strengths[:, None]
        return np.bincount(self.ids[items].ravel(), weights=said.ravel(), minlength=len(self.ids))


@dataclass(frozen=True)
class ItemParts:
    """All that is learnt of items up to `day` (days since 1970).

    `neighbours` maps `knn`, `ease`, `ease_recent`, `ease_orders`, `content` to item-to-item models.
    `popularity` (3, items) is log(1 + customers) of the last 30, 7 and 90 days, `by_context` (contexts, items) counts
    rows of the last 90 days. `age` is the days since an item was first sold, `repeat` the share of its customers who
    bought it again, `sold` which items ever were, `vectors` (items, d) the factors of implicit ALS.
    """

    items: tuple[str, ...]
    titles: tuple[str, ...]
    contexts: tuple[str, ...]
    day: float
    neighbours: Mapping[str, Neighbours]
    popularity: np.ndarray
    by_context: np.ndarray
    age: np.ndarray
    repeat: np.ndarray
    sold: np.ndarray
    vectors: np.ndarray

    def __len__(self) -> int:
        return len(self.items)

    @property
    def usual_popularity(self) -> np.ndarray:
        """The mean of `popularity` over what was ever sold, (3,)."""
        found = self.__dict__.get("_kept_usual")
        if found is None:
            found = self.popularity[:, self.sold].mean(axis=1)
            object.__setattr__(self, "_kept_usual", found)
        return found

    def customer_vector(self, history: History, now: float) -> np.ndarray:
        """Return the factors of a customer: one step of ALS (Hu et al. 2008) against the items' fixed factors."""
        items, strengths = faded(history, now, ALS_HALF_LIFE)
        chosen = self.vectors[items].astype(np.float64)
        gram = self._gram() + (chosen.T * (ALS_ALPHA * strengths)) @ chosen
        gram[np.diag_indices(len(gram))] += ALS_REGULARISATION
        return np.linalg.solve(gram, chosen.T @ (1.0 + ALS_ALPHA * strengths))

    def _gram(self) -> np.ndarray:
        found = self.__dict__.get("_kept_gram")
        if found is None:
            found = self.vectors.T.astype(np.float64) @ self.vectors
            object.__setattr__(self, "_kept_gram", found)
        return found


def faded(history: History, now: float, half_life: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Return a history's different items and the strength of each: 1 now, half of it after each half-life."""
    items, last = np.unique(history.items[::-1], return_index=True)
    if half_life is None:
        return items, np.ones(len(items))
    times = history.times[::-1][last]
    return items, 0.5 ** (np.maximum(now - times, 0.0) / half_life)


def save_parts(folder: Path, parts: ItemParts) -> Path:
    """Write the arrays into a folder; returns the file."""
    arrays = {
        f"{name}.{part}": getattr(one, part) for name, one in parts.neighbours.items() for part in ("ids", "weights")
    }
    arrays |= {name: np.asarray(getattr(parts, name)) for name in ("items", "titles", "contexts", "day")}
    arrays |= {name: getattr(parts, name) for name in ("popularity", "by_context", "age", "repeat", "sold", "vectors")}
    path = folder / PARTS_FILE
    np.savez_compressed(path, **arrays)
    return path


def load_parts(folder: Path) -> ItemParts:
    """Read the arrays of a folder; BehaviourError where they are damaged."""
    path = folder / PARTS_FILE
    try:
        with np.load(path, allow_pickle=False) as kept:
            names = sorted({name.split(".")[0] for name in kept.files if name.endswith(".ids")})
            return ItemParts(
                items=tuple(kept["items"].tolist()),
                titles=tuple(kept["titles"].tolist()),
                contexts=tuple(kept["contexts"].tolist()),
                day=float(kept["day"]),
                neighbours={name: Neighbours(kept[f"{name}.ids"], kept[f"{name}.weights"]) for name in names},
                popularity=kept["popularity"],
                by_context=kept["by_context"],
                age=kept["age"],
                repeat=kept["repeat"],
                sold=kept["sold"],
                vectors=kept["vectors"],
            )
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise BehaviourError(f"{path} cannot be read: {error}; `kindred train behaviour` makes it again") from error
