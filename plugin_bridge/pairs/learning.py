"""The feature model of a folder: boosted trees over plain features and over what a lexicon of the labels says."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from plugin_bridge.pairs.boosting import fit_trees, folds_of, tree_logits
from plugin_bridge.pairs.closure import unlike_by_closure
from plugin_bridge.pairs.context import neighbours
from plugin_bridge.pairs.features import Comparer
from plugin_bridge.pairs.items import item_of
from plugin_bridge.pairs.lexicon import Lexicon, learn_words, pair_words
from plugin_bridge.pairs.reading import Pair, PairSet, identity, labels_of
from plugin_bridge.pairs.weights import learn_weights

LEARNED = "learned_words"
MOST_PRODUCTS = 20_000
"""Products of train up to which neighbours are looked for: half a minute of it, four times that for twice as many."""


@dataclass(frozen=True)
class Rows:
    """Pairs as the model reads them: plain features (n, features) and words (n, slots)."""

    plain: np.ndarray
    words: sparse.csr_matrix

    def __getitem__(self, chosen: np.ndarray) -> "Rows":
        return Rows(self.plain[chosen], self.words[chosen])

    def beside(self, learned: np.ndarray) -> np.ndarray:
        """Return the plain features and what a lexicon says (n,), float32 (n, features + 1)."""
        return np.column_stack([self.plain, learned]).astype(np.float32)


@dataclass(frozen=True)
class PairModel:
    """A lexicon and trees that read it."""

    lexicon: Lexicon
    booster: Any

    def logits(self, rows: Rows) -> np.ndarray:
        """Return logits (n,)."""
        return tree_logits(self.booster, self.features(rows))

    def features(self, rows: Rows) -> np.ndarray:
        """Return what the trees read."""
        return rows.beside(self.lexicon.logits(rows.words))


@dataclass(frozen=True)
class Learned:
    """What was learned from train.

    Attributes:
        train: the pairs learned from: those of train, and after them what follows from their labels (`closure`).
        features: by split what the trees read; train's last column is told by lexicons that never saw the pair.
        names: of the features.
        folds: the fold of each pair learned from; `parts` holds the model for each fold, learned from the other folds.
        knows: (folds, pairs), what each of `parts` learned from: never what follows from labels of its own fold.
        base: logits by split; train's are those of `parts`.
    """

    comparer: Comparer
    train: tuple[Pair, ...]
    features: Mapping[str, np.ndarray]
    names: tuple[str, ...]
    folds: np.ndarray
    knows: np.ndarray
    parts: tuple[PairModel, ...]
    model: PairModel
    base: Mapping[str, np.ndarray]
    seconds: float


def comparer_of(pairs: PairSet) -> Comparer:
    """Return a comparer whose weights are learned from the texts of the folder's products; labels play no part."""
    return Comparer(learn_weights(item_of(product).whole for product in pairs.products), dict(pairs.photos))


def rows_of(comparer: Comparer, pairs: Sequence[Pair]) -> tuple[Rows, tuple[str, ...]]:
    """Return pairs as the model reads them, and the names of the features that `Rows.beside` gives."""
    plain, names = comparer.matrix(pairs)
    return Rows(plain, pair_words(comparer, pairs)), (*names, LEARNED)


def learn_features(pairs: PairSet, sides: Mapping[str, Sequence[Pair]], seed: int) -> Learned:
    """Fit the feature model on train; train's own logits are cross-fitted, so that others can learn on top of them."""
    started = time.monotonic()
    comparer = comparer_of(pairs)
    train, folds, knows = _with_closure(pairs.train, comparer, seed)
    rows, names = rows_of(comparer, train)
    labels = np.asarray(labels_of(train))
    learned, base = np.zeros(len(labels)), np.zeros(len(labels))
    lexicons = []
    for fold, rest in enumerate(knows):
        lexicons.append(learn_words(rows.words[rest], labels[rest]))
        learned[folds == fold] = lexicons[fold].logits(rows.words[folds == fold])
    table = rows.beside(learned)
    parts = []
    for fold, (lexicon, rest) in enumerate(zip(lexicons, knows, strict=True)):
        booster = fit_trees(table[rest], labels[rest], seed)
        base[folds == fold] = tree_logits(booster, table[folds == fold])
        parts.append(PairModel(lexicon, booster))
    model = PairModel(learn_words(rows.words, labels), fit_trees(table, labels, seed))
    features, logits = {"train": table}, {"train": base}
    for name, side in sides.items():
        features[name] = model.features(rows_of(comparer, side)[0])
        logits[name] = tree_logits(model.booster, features[name])
    seconds = time.monotonic() - started
    return Learned(comparer, train, features, names, folds, knows, tuple(parts), model, logits, seconds)


def _with_closure(
    train: Sequence[Pair], comparer: Comparer, seed: int
) -> tuple[tuple[Pair, ...], np.ndarray, np.ndarray]:
    """Return train and the dissimilar neighbours that follow from it, their folds, and what each fold's rest knows.

    Of more than MOST_PRODUCTS products nothing is derived: there are labels enough then.
    """
    folds = folds_of(len(train), seed)
    if len({identity(one) for pair in train for one in (pair.left, pair.right)}) > MOST_PRODUCTS:
        return tuple(train), folds, np.asarray([folds != fold for fold in range(int(folds.max()) + 1)])
    products = neighbours(train, comparer)
    known, labels = products.sides(train), np.asarray(labels_of(train))
    follows = unlike_by_closure(known, labels, products.near)
    more = tuple(pair for pair, chosen in zip(products.pairs, follows, strict=True) if chosen)
    more_folds = folds_of(len(more), seed)
    knows = []
    for fold in range(int(folds.max()) + 1):
        rest = folds != fold
        told = unlike_by_closure(known[rest], labels[rest], products.near)[follows]
        knows.append(np.concatenate([rest, told & (more_folds != fold)]))
    return (*train, *more), np.concatenate([folds, more_folds]), np.asarray(knows)
