"""Learning values from more products than can be compared pair by pair: in the space of the features.

A value that excludes the others is told by a support vector machine with squared hinge, each value against the others
(Hsieh et al., A dual coordinate descent method for large-scale linear SVM, ICML 2008); values that come together by
ridge regression, all of them in one go by conjugate gradients (Hestenes and Stiefel, 1952).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

_TOLERANCE = 1e-3
# Ridge regression ends where the rest is so much smaller than what was wanted, or after so many steps.
_REST, _STEPS = 1e-3, 200
_PASSES = 2000  # over the products, at most


def machine(rows: Any, labels: np.ndarray, values: int, penalty: float) -> tuple[np.ndarray, np.ndarray]:
    """Return maps (d, values) and levels (values,) by which `rows @ maps + levels` is near 1 for a row's value, else 0.

    `rows` are scipy-sparse (n, d), `labels` (n,) the place of each one's value. A value that no row has gets 0.
    """
    from sklearn.svm import LinearSVC

    there = np.unique(labels)
    maps, levels = np.zeros((rows.shape[1], values), np.float32), np.zeros(values)
    if len(there) == 1:
        levels[there] = 1.0
        return maps, levels
    found = LinearSVC(
        C=0.5 / penalty, tol=_TOLERANCE, fit_intercept=False, max_iter=_PASSES, dual="auto", random_state=0
    )
    sides = found.fit(rows, labels).coef_.T
    # Its scores are 1 and -1 at the margins.
    maps[:, there] = (np.hstack([-sides, sides]) if len(there) == 2 else sides) / 2
    levels[there] = 0.5
    return maps, levels


def ridge(rows: Any, targets: np.ndarray, weights: np.ndarray, penalty: float) -> tuple[np.ndarray, np.ndarray]:
    """Return maps (d, values) and levels (values,) that bring `rows` (n, d) nearest to `targets` (n, values).

    `weights` (n,) say how much each product counts.
    """
    levels = np.average(targets, axis=0, weights=weights)
    each, turned = weights[:, None].astype(np.float32), rows.T.tocsr()

    def product(maps: np.ndarray) -> np.ndarray:
        return np.asarray(turned @ (each * (rows @ maps)) + np.float32(penalty) * maps)

    return _solved(product, turned @ (each * (targets - levels).astype(np.float32))), levels


def _solved(product: Callable[[np.ndarray], np.ndarray], wanted: np.ndarray) -> np.ndarray:
    """Return x with product(x) = wanted, column by column, by conjugate gradients."""
    found, rest = np.zeros_like(wanted), wanted.copy()
    way, left = rest.copy(), (rest * rest).sum(axis=0)
    enough = _REST**2 * left
    for _ in range(_STEPS):
        if (left <= enough).all():
            break
        turn = product(way)
        step = left / np.maximum((way * turn).sum(axis=0), 1e-30)
        found += step * way
        rest -= step * turn
        before, left = left, (rest * rest).sum(axis=0)
        way = rest + left / np.maximum(before, 1e-30) * way
    return found
