"""Macro-F1 of answers, and how much one way gains over another, with its 95 % interval."""

from collections.abc import Sequence

import numpy as np

RESAMPLES = 1000
Answered = tuple[np.ndarray, np.ndarray]
"""What is true and what was answered, (n,) each, as numbers of classes."""


def macro_f1(truth: np.ndarray, found: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the mean F1 over the values that occur; `weights` counts each example so many times."""
    size = int(max(truth.max(), found.max())) + 1
    hits = np.bincount(truth[truth == found], None if weights is None else weights[truth == found], size)
    both = np.bincount(truth, weights, size) + np.bincount(found, weights, size)
    return float(np.mean((2 * hits / np.maximum(both, 1e-9))[both > 0]))


def gain_interval(ours: Sequence[Answered], theirs: Sequence[Answered]) -> tuple[float, float]:
    """Return the 95 % interval of the gain, by a paired bootstrap over the same examples; seeds are averaged."""
    chance = np.random.default_rng(0)
    count = len(ours[0][0])
    gains = []
    for _ in range(RESAMPLES):
        weights = np.bincount(chance.integers(0, count, count), minlength=count).astype(float)
        pairs = zip(ours, theirs, strict=True)
        gains.append(np.mean([macro_f1(*one, weights) - macro_f1(*other, weights) for one, other in pairs]))
    low, high = np.quantile(gains, (0.025, 0.975))
    return float(low), float(high)
