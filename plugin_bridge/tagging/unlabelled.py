"""Learning from products without a label, too: a tagger's own sure answers become labels of the next round.

Self-training (Yarowsky, 1995) with every product in every round, weighed by how sure it is, so that an early mistake
can be taken back. With ten labels per class it is worth more than any choice of features (docs/decisions/chinese.md).
"""

from collections.abc import Callable

import numpy as np

# From rows, the place of each one's value and its weight to the scores (n, values) of all products.
Fit = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]

UNKNOWN = -1
ROUNDS = 4
# A label that a person gave counts as much as this many guesses that are quite sure.
LABEL_WEIGHT = 3.0
# Scores near 1 for a product's value and near 0 for others, as ridge regression to ones and zeros gives them, become
# probabilities by a softmax of so many times the score.
SHARPNESS = 8.0


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
