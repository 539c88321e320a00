"""Which words tell products apart, learned from labels: a linear model over the words that one or both products have.

That one side alone says "academic" or "upgrade" means another product, that it alone says "retail" means nothing; how
rare a word is cannot tell that. Words are hashed, so that the weights are one array, saved without a pickle.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import minimize

from plugin_bridge.pairs.features import Comparer
from plugin_bridge.pairs.reading import Pair
from plugin_bridge.pairs.weights import SLOTS, slot

_SHRINK = 0.1
_ROUNDS = 200
_ALONE, _BOTH = "1 ", "2 "
_SHORT = 3  # letters below which a word that is part of another says nothing


@dataclass(frozen=True)
class Lexicon:
    """Weights, float32 (SLOTS + 1,): of hashed words, the constant last."""

    weights: np.ndarray

    def logits(self, words: sparse.csr_matrix) -> np.ndarray:
        """Return logits (pairs,) of the rows of `pair_words`."""
        return np.asarray(words @ self.weights[:-1] + self.weights[-1], np.float64)


def pair_words(comparer: Comparer, pairs: Sequence[Pair]) -> sparse.csr_matrix:
    """Return (pairs, SLOTS): which words stand in both titles, and which in one only and nowhere in the other product.

    Rows have length 1. Which side a word stands on does not matter.
    """
    places: list[int] = []
    ends = [0]
    for pair in pairs:
        one, two = comparer.seen(pair.left).item, comparer.seen(pair.right).item
        mine, theirs = set(one.words), set(two.words)
        alone = [
            word
            for own, other in ((mine - theirs, two), (theirs - mine, one))
            for word in own
            if len(word) < _SHORT or word not in other.squeezed
        ]
        found = {slot(_ALONE + word) for word in alone} | {slot(_BOTH + word) for word in mine & theirs}
        places += sorted(found)
        ends.append(len(places))
    counts = np.diff(ends)
    values = np.repeat(1 / np.sqrt(np.maximum(counts, 1)), counts)
    return sparse.csr_matrix((values, places, ends), shape=(len(pairs), SLOTS))


def learn_words(words: sparse.csr_matrix, labels: np.ndarray) -> Lexicon:
    """Fit a logistic regression with shrinkage (L-BFGS) on labels 0 and 1."""
    used = np.unique(words.indices)
    table = sparse.hstack([words[:, used], np.ones((words.shape[0], 1))], format="csr")
    signs = np.where(labels == 1, 1.0, -1.0)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        margins = signs * (table @ weights)
        slopes = -signs / (1 + np.exp(np.clip(margins, -30, 30)))
        return float(np.logaddexp(0, -margins).sum() + _SHRINK / 2 * weights @ weights), table.T @ slopes + (
            _SHRINK * weights
        )

    fitted = minimize(loss, np.zeros(table.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": _ROUNDS}).x
    weights = np.zeros(SLOTS + 1, np.float32)
    weights[used], weights[-1] = fitted[:-1], fitted[-1]
    return Lexicon(weights)
