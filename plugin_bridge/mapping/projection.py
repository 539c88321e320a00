"""Vectors on a plane, and how alone each stands. Pure functions of numpy."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

KEPT_COMPONENTS = 50  # what UMAP is given: the usual first step before it, see its documentation
NEIGHBOURS = 5
MOST_OUTLIERS = 50
_BLOCK = 512


@dataclass(frozen=True)
class Plane:
    """Points (n, 2), the share of the variance that the two axes hold, and the first components (n, at most 50)."""

    points: np.ndarray
    explained: float
    components: np.ndarray


def pca(vectors: np.ndarray) -> Plane:
    """Return the principal components of vectors (n, d); no vectors make an empty plane.

    The sign of an axis is free in the mathematics; here its largest loading is positive, so that the same catalogue
    gives the same map.
    """
    count, dimension = vectors.shape
    kept = min(KEPT_COMPONENTS, dimension)
    if count == 0 or kept < 2:
        return Plane(np.zeros((count, 2), np.float32), 0.0, np.zeros((count, max(kept, 2)), np.float32))
    centred = vectors.astype(np.float32) - vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    values, axes = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    axes = axes[:, ::-1][:, :kept]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(kept)])
    total = float(values.clip(0).sum())
    explained = float(values.clip(0)[::-1][:2].sum()) / total if total > 0 else 0.0
    components = centred @ axes.astype(np.float32)
    return Plane(components[:, :2], explained, components)


def nearness(vectors: np.ndarray, stopped: Callable[[], bool] = lambda: False) -> np.ndarray:
    """Return for each vector (n, d) the mean cosine to its five nearest others, of which there may be fewer; (n,)."""
    count = len(vectors)
    others = min(NEIGHBOURS, count - 1)
    if others < 1:
        return np.ones(count, np.float32)
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    found = np.empty(count, np.float32)
    for start in range(0, count, _BLOCK):
        if stopped():
            break
        part = unit[start : start + _BLOCK] @ unit.T
        part[np.arange(len(part)), np.arange(start, start + len(part))] = -np.inf
        part.partition(count - others, axis=1)
        found[start : start + len(part)] = part[:, count - others :].mean(axis=1)
    return found


def outliers(near: np.ndarray) -> list[int]:
    """Return the places of those that are far from all others, the farthest first, at most 50.

    Far is below the lower fence of Tukey's box plot (Exploratory Data Analysis, 1977): the first quartile less one and
    a half times the distance between the quartiles.
    """
    if len(near) < 4:
        return []
    low, high = np.quantile(near, [0.25, 0.75])
    fence = low - 1.5 * (high - low)
    order = np.argsort(near, kind="stable")[:MOST_OUTLIERS]
    return [int(place) for place in order if near[place] < fence]
