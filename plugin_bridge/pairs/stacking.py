"""Putting the parts of a scorer together: a logistic regression over their logits, fitted and chosen on valid."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from plugin_bridge.pairs.metrics import best_threshold, logistic, steady_threshold

_FOLDS = 5
_WORTH = 0.002  # a further part must lower the cross-validated log loss by so much, or it only costs time


@dataclass(frozen=True)
class Stack:
    """Weights of the parts and a constant: their sum is a calibrated logit; `threshold` is the one with the best F1."""

    weights: Mapping[str, float]
    shift: float
    threshold: float
    valid_f1: float

    def __call__(self, parts: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return calibrated logits."""
        return sum((weight * parts[name] for name, weight in self.weights.items()), np.zeros(1)) + self.shift


def stacked(parts: Mapping[str, np.ndarray], labels: np.ndarray, seed: int) -> Stack:
    """Choose the parts that lower the cross-validated log loss on valid, the fewest that do, and weigh them."""
    names = list(parts)
    best: tuple[str, ...] = (names[0],)
    loss = _loss(_table(parts, (names[0],)), labels, seed)
    for count in range(1, len(names) + 1):
        for chosen in combinations(names, count):
            found = _loss(_table(parts, chosen), labels, seed)
            if found < loss - (_WORTH if count > len(best) else 0):
                best, loss = chosen, found
    table = _table(parts, best)
    weights = logistic(table, labels.astype(float))
    told = table @ weights[:-1] + weights[-1]
    threshold, (_, f1) = steady_threshold(told, labels), best_threshold(told, labels)
    return Stack(dict(zip(best, map(float, weights[:-1]), strict=True)), float(weights[-1]), threshold, f1)


def _table(parts: Mapping[str, np.ndarray], names: tuple[str, ...]) -> np.ndarray:
    return np.column_stack([parts[name] for name in names])


def _loss(table: np.ndarray, labels: np.ndarray, seed: int) -> float:
    folds = np.random.default_rng(seed).permutation(len(labels)) % _FOLDS
    total = 0.0
    for fold in range(_FOLDS):
        held = folds == fold
        if not held.any() or held.all():
            continue
        weights = logistic(table[~held], labels[~held].astype(float))
        told = 1 / (1 + np.exp(-np.clip(table[held] @ weights[:-1] + weights[-1], -30, 30)))
        total -= float(np.log(np.where(labels[held] == 1, told, 1 - told) + 1e-12).sum())
    return total / len(labels)
