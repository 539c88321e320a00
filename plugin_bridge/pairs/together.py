"""Scoring a set of pairs together: a second model over the first one's score and what the other pairs say.

It answers for the whole set at once, as a matching of two catalogues or a search for duplicates does. What is used of
the other pairs depends on the set, never on labels of the pairs to be scored: rivals for a product, and how many
matches it has already, speak only where two catalogues are matched (no product stands on both sides).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from plugin_bridge.pairs.boosting import fit_trees, tree_logits
from plugin_bridge.pairs.context import NEARBY, Alike, context_features
from plugin_bridge.pairs.reading import Pair, identity

_BOTH_SIDES = 0.05  # share of products on both sides up to which a set counts as a matching of two catalogues


@dataclass(frozen=True)
class Together:
    """The second model, and the pairs whose labels it knows."""

    booster: Any
    known: tuple[Pair, ...]
    products: Alike
    one_to_one: bool

    def logits(self, pairs: Sequence[Pair], features: np.ndarray, base: np.ndarray) -> np.ndarray:
        """Return logits of a set of pairs from their features and the first model's logits."""
        found = context_features(pairs, base, self.known, self.products)
        return tree_logits(self.booster, _table(features, base, found, self.one_to_one))


def fit_together(
    train: Sequence[Pair],
    features: np.ndarray,
    base: np.ndarray,
    folds: np.ndarray,
    products: Alike,
    seed: int,
) -> Together:
    """Learn from train pairs: `base` are cross-fitted logits (each pair told by a model that never saw it).

    A pair's context is made of the labels of the other folds, as if its own fold were the one to be scored.
    """
    one_to_one = two_catalogues(train)
    context = np.zeros((len(train), 0), np.float32)
    for fold in np.unique(folds):
        told = np.flatnonzero(folds == fold).tolist()
        rest = [train[row] for row in np.flatnonzero(folds != fold).tolist()]
        found = context_features([train[row] for row in told], base[told], rest, products)
        if not context.shape[1]:
            context = np.zeros((len(train), found.shape[1]), np.float32)
        context[told] = found
    labels = np.asarray([pair.label for pair in train])
    booster = fit_trees(_table(features, base, context, one_to_one), labels, seed, trees=200)
    return Together(booster, tuple(train), products, one_to_one)


def two_catalogues(pairs: Sequence[Pair]) -> bool:
    """Whether left and right products come from two different catalogues."""
    left = {identity(pair.left) for pair in pairs}
    right = {identity(pair.right) for pair in pairs}
    return len(left & right) <= _BOTH_SIDES * min(len(left), len(right))


def _table(features: np.ndarray, base: np.ndarray, context: np.ndarray, one_to_one: bool) -> np.ndarray:
    used = context if one_to_one else context[:, : len(NEARBY)]
    return np.hstack([features, used, base[:, None]]).astype(np.float32)
