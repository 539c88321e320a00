"""Scoring a set of pairs together: a second model over the first one's score and what the other products say.

It answers for a whole set at once, as a matching of two catalogues or a search for duplicates does. Labels of the pairs
to be scored are never used, only those of train and all the products.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from plugin_bridge.pairs.boosting import fit_trees, tree_logits
from plugin_bridge.pairs.context import NAMES, Neighbours, context_features, neighbours
from plugin_bridge.pairs.learning import Learned, PairModel, Rows, rows_of
from plugin_bridge.pairs.reading import Pair, labels_of


@dataclass(frozen=True)
class Together:
    """The second model, the first one, and the pairs whose labels it knows."""

    booster: Any
    model: PairModel
    products: Neighbours
    rows: Rows
    known: np.ndarray
    labels: np.ndarray

    def logits(self, pairs: Sequence[Pair], features: np.ndarray, base: np.ndarray) -> np.ndarray:
        """Return logits of a set of pairs from their features and the first model's logits."""
        likely = _probability(self.model.logits(self.rows))
        found = context_features(self.products.sides(pairs), self.products, likely, self.known, self.labels)
        return tree_logits(self.booster, np.column_stack([features, found, base]).astype(np.float32))


def fit_together(train: Sequence[Pair], others: Sequence[Pair], learned: Learned, seed: int) -> Together:
    """Learn from train pairs; `others` are pairs that will be scored, whose products are looked at and labels are not.

    A pair's context is made of the labels of the other folds and the model that was learned from them, as if its own
    fold were the one to be scored.
    """
    products = neighbours([*train, *others], learned.comparer)
    rows, _ = rows_of(learned.comparer, products.pairs)
    known, labels = products.sides(train), np.asarray(labels_of(train))
    context = np.zeros((len(train), len(NAMES)), np.float32)
    for fold, part in enumerate(learned.parts):
        told, rest = learned.folds == fold, learned.folds != fold
        likely = _probability(part.logits(rows))
        context[told] = context_features(known[told], products, likely, known[rest], labels[rest])
    table = np.column_stack([learned.features["train"], context, learned.base["train"]]).astype(np.float32)
    booster = fit_trees(table, labels, seed, trees=200)
    return Together(booster, learned.model, products, rows, known, labels)


def _probability(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))
