"""Learning from products without a label, too: a tagger's own sure answers become labels of the next round.

Self-training (Yarowsky, 1995) with every product in every round, weighed by how sure it is, so that an early mistake
can be taken back. With ten labels per class it is worth more than any choice of features (docs/decisions/chinese.md).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from plugin_bridge.tagging.linear import solved

# From rows, the place of each one's value and its weight to the scores (n, values) of all products.
Fit = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]

UNKNOWN = -1
ROUNDS = 4
# A label that a person gave counts as much as this many guesses that are quite sure.
LABEL_WEIGHT = 3.0
# Scores near 1 for a product's value and near 0 for others, as ridge regression to ones and zeros gives them, become
# probabilities by a softmax of so many times the score.
SHARPNESS = 8.0
# Where solving ends: the rest is this much smaller than what was wanted, or so many steps were made.
TOLERANCE, STEPS = 1e-2, 20


def guess_labels(fit: Fit, labels: np.ndarray, *, rounds: int = ROUNDS) -> tuple[np.ndarray, np.ndarray]:
    """Return a value and a weight for each product, also for those without a label.

    Args:
        fit: learns from rows, their values and weights, and returns scores of all products.
        labels: the place of each product's value, UNKNOWN (-1) where it has no label.
        rounds: how often the guesses are made anew; 0 leaves the unlabelled out (weight 0).

    A label that is given is never changed; a guess at chance weighs nothing.
    """
    known = np.flatnonzero(labels != UNKNOWN)
    if not len(known):
        raise ValueError("learning needs at least one label")
    values, weights = labels.copy(), np.where(labels == UNKNOWN, 0.0, LABEL_WEIGHT)
    rows = known
    for _ in range(rounds if len(known) < len(labels) else 0):
        sure = probabilities(fit(rows, values[rows], weights[rows]))
        unknown = labels == UNKNOWN
        values[unknown] = sure[unknown].argmax(axis=1)
        chance = 1 / sure.shape[1]
        weights[unknown] = ((sure[unknown].max(axis=1) - chance) / (1 - chance)) ** 2
        rows = np.arange(len(labels))
    return values, weights


def probabilities(scores: np.ndarray) -> np.ndarray:
    """Return scores (n, values) as probabilities."""
    raised = np.exp(SHARPNESS * (scores - scores.max(axis=1, keepdims=True)))
    return raised / raised.sum(axis=1, keepdims=True)


def ridge_of(features: Any, values: int, penalty: float = 1.0) -> Fit:
    """Return ridge regression on scipy-sparse `features` (n, d) of all products, with rare values lifted.

    Rare values weigh more, by the root of how much rarer they are: macro-F1 counts every value the same.
    """

    def fit(rows: np.ndarray, found: np.ndarray, weights: np.ndarray) -> np.ndarray:
        mass = np.bincount(found, weights, minlength=values)
        lift = np.sqrt(mass.sum() / values / np.maximum(mass, 1e-9))
        each = (weights * lift[found])[:, None].astype(np.float32)
        learned = features[rows]
        turned = learned.T.tocsr()
        targets = np.eye(values, dtype=np.float32)[found] - np.float32(1 / values)

        def product(maps: np.ndarray) -> np.ndarray:
            return turned @ (each * (learned @ maps)) + np.float32(penalty) * maps

        return np.asarray(features @ solved(product, turned @ (each * targets), TOLERANCE, STEPS))

    return fit
