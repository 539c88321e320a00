"""Ridge regression to the values of a field, with what each product would have got had it not been learned from.

Kernel ridge regression has its leave-one-out predictions in closed form (Cawley and Talbot, Fast exact leave-one-out
cross-validation, Neural Networks 2004): calibrating on them wastes no label and needs no second training. Products of
rare values weigh more, as macro-F1 counts every value the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

# Beyond so many products the matrix of all pairs is not held; they are then learned in the space of the features, and
# left out a fifth at a time.
MOST_IN_PAIRS = 6000
PENALTY = 0.03
_FOLDS = 5
_BIAS = 1.0  # the weight of the constant feature
_STEPS = 200


@dataclass(frozen=True)
class Block:
    """One kind of features, rows are products: numpy or scipy-sparse `rows` (n, d), and how much the kind weighs."""

    rows: Any
    weight: float


@dataclass(frozen=True)
class Fitted:
    """`maps[b]` (d_b, values) and `bias` (values,) give scores near 1 for a product's values and near 0 for others;
    `held_out` (n, values) are the scores of each product by the others."""

    maps: tuple[np.ndarray, ...]
    bias: np.ndarray
    held_out: np.ndarray


class Features:
    """Blocks of features of the same products, made comparable: a product's squared length is the weight on average."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = blocks
        self._sizes = [max(_mean_square(block.rows), 1e-12) for block in blocks]
        self._pairs: list[np.ndarray] | None = None

    def __len__(self) -> int:
        return int(self.blocks[0].rows.shape[0])

    def fit(
        self,
        targets: np.ndarray,
        rows: np.ndarray,
        *,
        weights: Sequence[float] | None = None,
        penalty: float = PENALTY,
    ) -> Fitted:
        """Learn `targets` (len(rows), values), zeros and ones, from the products `rows`.

        `weights` are those of the blocks where they are not the blocks' own.
        """
        wanted = [block.weight for block in self.blocks] if weights is None else weights
        scales = [weight / sum(wanted) / size for weight, size in zip(wanted, self._sizes, strict=True)]
        if len(self) <= MOST_IN_PAIRS:
            return self._fit_pairs(targets, rows, scales, penalty)
        return self._fit_features(targets, rows, scales, penalty)

    def _fit_pairs(self, targets: np.ndarray, rows: np.ndarray, scales: Sequence[float], penalty: float) -> Fitted:
        if self._pairs is None:
            self._pairs = [_pairs(block.rows) for block in self.blocks]
        system = np.full((len(self), len(self)), _BIAS)
        for pairs, scale in zip(self._pairs, scales, strict=True):
            system += pairs * scale
        if len(rows) < len(self):
            system = system[np.ix_(rows, rows)]
        system[np.diag_indices_from(system)] += penalty / _balanced(targets)
        inverse = np.linalg.inv(system)
        prior = targets.mean(axis=0)
        duals = inverse @ (targets - prior)
        held_out = targets - duals / np.diag(inverse)[:, None]
        maps = tuple(
            np.asarray(block.rows[rows].T @ duals) * scale for block, scale in zip(self.blocks, scales, strict=True)
        )
        return Fitted(maps, prior + _BIAS * duals.sum(axis=0), held_out)

    def _fit_features(self, targets: np.ndarray, rows: np.ndarray, scales: Sequence[float], penalty: float) -> Fitted:
        from scipy import sparse
        from sklearn.linear_model import Ridge

        parts = [sparse.csr_matrix(b.rows) * np.sqrt(s) for b, s in zip(self.blocks, scales, strict=True)]
        weights = _balanced(targets)
        whole = sparse.hstack([*parts, np.full((len(self), 1), np.sqrt(_BIAS))]).tocsr()[rows]
        prior = targets.mean(axis=0)

        def solve(chosen: np.ndarray) -> np.ndarray:
            model = Ridge(alpha=penalty, fit_intercept=False, solver="sparse_cg", tol=1e-3, max_iter=_STEPS)
            model.fit(whole[chosen], targets[chosen] - prior, sample_weight=weights[chosen])
            return np.atleast_2d(model.coef_)

        places = np.random.default_rng(0).permutation(len(rows)) % _FOLDS
        held_out = np.empty_like(targets)
        for fold in range(_FOLDS):
            out = places == fold
            held_out[out] = whole[out] @ solve(np.flatnonzero(~out)).T + prior
        found = solve(np.arange(len(rows)))
        ends = np.cumsum([block.rows.shape[1] for block in self.blocks])
        pieces = np.split(found.T, [*ends], axis=0)
        maps = tuple(piece * np.sqrt(scale) for piece, scale in zip(pieces[:-1], scales, strict=True))
        return Fitted(maps, prior + np.sqrt(_BIAS) * pieces[-1][0], held_out)


def _balanced(targets: np.ndarray) -> np.ndarray:
    """Return a weight for each product, 1 on average: the rarer its (rarest) value, the more it weighs."""
    counts = np.maximum(targets.sum(axis=0), 1)
    rarest = np.where(targets > 0, counts, np.inf).min(axis=1)
    weights = 1 / np.where(np.isfinite(rarest), rarest, counts.max())
    return weights / weights.mean()


def _pairs(rows: Any) -> np.ndarray:
    found = rows @ rows.T
    return np.asarray(found.todense() if hasattr(found, "todense") else found, np.float64)


def _mean_square(rows: Any) -> float:
    squares = rows.multiply(rows) if hasattr(rows, "multiply") else np.square(rows)
    return float(squares.sum() / rows.shape[0])
