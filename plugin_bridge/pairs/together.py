"""Scoring a set of pairs together: models over the feature model's score and what the other products say.

It answers for a whole set at once, as a matching of two catalogues or a search for duplicates does. In a second round
the neighbours are judged by the model of the first. Labels of the pairs to be scored are never used, only those of
train and all the products.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from plugin_bridge.pairs.boosting import fit_trees, tree_logits
from plugin_bridge.pairs.context import NAMES, Neighbours, context_features, neighbours
from plugin_bridge.pairs.learning import Learned, rows_of
from plugin_bridge.pairs.reading import Pair, labels_of

_ROUNDS = 2
_TREES = 200


@dataclass(frozen=True)
class Round:
    """How likely each pair of neighbours is held to be the same, and the model that reads what follows from it."""

    likely: np.ndarray
    booster: Any


@dataclass(frozen=True)
class Together:
    """The rounds one after the other, and the pairs whose labels they know."""

    rounds: tuple[Round, ...]
    products: Neighbours
    known: np.ndarray
    labels: np.ndarray

    def logits(self, pairs: Sequence[Pair], features: np.ndarray, base: np.ndarray) -> np.ndarray:
        """Return logits of a set of pairs from their features and the feature model's logits."""
        sides, table, told = self.products.sides(pairs), features, base
        for one in self.rounds:
            found = context_features(sides, self.products, one.likely, self.known, self.labels)
            table = _beside(table, found, told)
            told = tree_logits(one.booster, table)
        return told


def fit_together(others: Sequence[Pair], learned: Learned, seed: int) -> Together:
    """Learn from what was learned; `others` will be scored: their products are looked at and their labels are not.

    A pair's context is made of the labels of the other folds and models that were learned from them, as if its own
    fold were the one to be scored.
    """
    train, folds = learned.train, learned.folds
    products = neighbours([*train, *others], learned.comparer)
    rows, _ = rows_of(learned.comparer, products.pairs)
    known, labels = products.sides(train), np.asarray(labels_of(train))
    whole = np.ones(len(train), bool)
    near = [model.features(rows) for model in (*learned.parts, learned.model)]
    said = [model.logits(rows) for model in (*learned.parts, learned.model)]
    table, base = learned.features["train"], learned.base["train"]
    rounds: list[Round] = []
    while True:
        likely = [1 / (1 + np.exp(-logits)) for logits in said]
        context = np.zeros((len(train), len(NAMES)), np.float32)
        for fold, rest in enumerate(learned.knows):
            own = folds == fold
            context[own] = context_features(known[own], products, likely[fold], known[rest], labels[rest])
        table = _beside(table, context, base)
        rounds.append(Round(likely[-1], fit_trees(table, labels, seed, trees=_TREES)))
        if len(rounds) == _ROUNDS:
            return Together(tuple(rounds), products, known, labels)
        base = np.zeros(len(train))
        for at, rest in enumerate((*learned.knows, whole)):
            if rest.all():
                booster = rounds[-1].booster
            else:
                booster = fit_trees(table[rest], labels[rest], seed, trees=_TREES)
                base[folds == at] = tree_logits(booster, table[folds == at])
            found = context_features(products.near, products, likely[at], known[rest], labels[rest])
            near[at] = _beside(near[at], found, said[at])
            said[at] = tree_logits(booster, near[at])


def _beside(table: np.ndarray, context: np.ndarray, told: np.ndarray) -> np.ndarray:
    return np.column_stack([table, context, told]).astype(np.float32)
