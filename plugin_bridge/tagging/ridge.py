"""Ridge regression to the values of a field, with what each product would have got had it not been learned from.

Kernel ridge regression has its leave-one-out predictions in closed form (Cawley and Talbot, Fast exact leave-one-out
cross-validation, Neural Networks 2004): calibrating on them wastes no label and needs no second training. Products of
rare values may weigh more, as macro-F1 counts every value the same.

Learning need not begin with nothing: a value's name stands in many titles of its products, so that how alike title and
name are is a first score, and what is learned are the differences. The more products a value has, the less its name
counts, as if it were one of them. How far names are believed is one number for all values of a field, the one by which
products that were left out are told best.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from plugin_bridge.tagging import linear

# Beyond so many products the matrix of all pairs is not held; they are then learned in the space of the features
# (`linear`), and left out a fifth at a time.
MOST_IN_PAIRS = 8_000
MOST_AXES = 512  # of a dense block there, such as what a photo network sees at all its stages
_FOLDS = 5
_BIAS = 1.0  # the weight of the constant feature
_LEAST_SURE = 1e-3  # a guess at chance weighs so little instead of nothing


@dataclass(frozen=True)
class Setting:
    """How a field is learned.

    `weights` are those of the blocks; `lift` says how much more a rare value weighs (0: every product weighs the
    same, 1: every value does); `penalty` how much is not believed.
    """

    weights: tuple[float, ...]
    lift: float = 0.5
    penalty: float = 0.03


@dataclass(frozen=True)
class Fitted:
    """`maps[b]` (d_b, values) and `bias` (values,) give scores near 1 for a product's values and near 0 for others;
    `held_out` (n, values) are the scores of each product by the others."""

    maps: tuple[np.ndarray, ...]
    bias: np.ndarray
    held_out: np.ndarray


class Features:
    """Kinds of features of the same products, a block each: numpy or scipy-sparse (n, d).

    They are made comparable: a product's squared length in a block is the block's weight on average.
    """

    _names: Any = None

    def __init__(self, blocks: Sequence[Any]) -> None:
        self.blocks = blocks
        self._sizes = [max(_mean_square(block), 1e-12) for block in blocks]
        self._pairs: list[np.ndarray] = []
        self._short: list[np.ndarray | None] | None = None

    def __len__(self) -> int:
        return int(self.blocks[0].shape[0])

    @property
    def in_pairs(self) -> bool:
        """Whether the matrix of all pairs of products is held."""
        return len(self) <= MOST_IN_PAIRS

    def of(self, rows: np.ndarray) -> "Features":
        """Return the features of some of the products."""
        return Features([block[rows] for block in self.blocks]).beginning_with(self._names)

    def beginning_with(self, names: Any) -> "Features":
        """Return the same features for values that have names: numpy or scipy-sparse (values, d), read as the first
        block reads a product. They count where the first block has a weight and products are held in pairs."""
        found = copy.copy(self)
        found._names = names
        return found

    def fit(self, targets: np.ndarray, rows: np.ndarray, setting: Setting) -> Fitted:
        """Learn `targets` (len(rows), values), zeros and ones, from the products `rows`."""
        return (self._fit_pairs if self.in_pairs else self._fit_features)(targets, rows, setting)

    def learn(self, targets: np.ndarray, rows: np.ndarray, setting: Setting, certainty: np.ndarray) -> Fitted:
        """Learn from products that are not equally sure, `certainty` (len(rows),) above 0.

        For as many products as are held in pairs.
        """
        weights = certainty * _balanced(targets, setting.lift, certainty)
        return self._solved(targets, rows, setting, weights / weights.mean())

    def scores(self, fitted: Fitted) -> np.ndarray:
        """Return the scores (n, values) of all products by what was learned."""
        found = np.tile(fitted.bias, (len(self), 1))
        for block, learned in zip(self.blocks, fitted.maps, strict=True):
            found += np.asarray(block @ learned)
        return found

    def _scales(self, setting: Setting) -> list[float]:
        whole = sum(setting.weights)
        return [weight / whole / size for weight, size in zip(setting.weights, self._sizes, strict=True)]

    def _system(self, rows: np.ndarray, setting: Setting) -> np.ndarray:
        """Return how alike each two of the products `rows` are."""
        if not self._pairs:
            self._pairs += [_pairs(block) for block in self.blocks]
        system = np.full((len(self), len(self)), _BIAS)
        for pairs, scale in zip(self._pairs, self._scales(setting), strict=True):
            if scale:
                system += pairs * scale
        return system if np.array_equal(rows, np.arange(len(self))) else system[np.ix_(rows, rows)]

    def _fit_pairs(self, targets: np.ndarray, rows: np.ndarray, setting: Setting) -> Fitted:
        return self._solved(targets, rows, setting, _balanced(targets, setting.lift))

    def _solved(self, targets: np.ndarray, rows: np.ndarray, setting: Setting, weights: np.ndarray) -> Fitted:
        system = self._system(rows, setting)
        system[np.diag_indices_from(system)] += setting.penalty / np.maximum(weights, _LEAST_SURE)
        inverse = _inverse(system)
        prior = np.average(targets, axis=0, weights=weights if weights.min() < weights.max() else None)
        duals = inverse @ (targets - prior)
        own = np.diag(inverse)[:, None]
        held_out = targets - duals / own
        begun: Any = 0.0
        if self._names is not None and setting.weights[0]:
            count = targets.sum(axis=0)
            share = (count > 0) / np.maximum(count, 1)
            alike = _dense(self.blocks[0][rows] @ self._names.T) * share
            level = np.average(alike, axis=0, weights=weights)
            change = inverse @ (alike - level)
            # Whose only product is left out, that value is not known, and its name neither.
            gain = np.where((targets > 0) & (count == 1), 0.0, change / own)
            believed = max(0.0, float(np.sum(duals / own * gain) / max(np.sum(np.square(gain)), 1e-12)))
            held_out += believed * gain
            duals, prior = duals - believed * change, prior - believed * level
            begun = believed * share * _dense(self._names.T)
        scales = self._scales(setting)
        maps = [np.asarray(block[rows].T @ duals) * scale for block, scale in zip(self.blocks, scales, strict=True)]
        maps[0] += begun
        return Fitted(tuple(maps), prior + _BIAS * duals.sum(axis=0), held_out)

    def _fit_features(self, targets: np.ndarray, rows: np.ndarray, setting: Setting) -> Fitted:
        from scipy import sparse

        scales = self._scales(setting)
        if self._short is None:
            self._short = [_shortened(block) for block in self.blocks]
        blocks = [block if axes is None else block @ axes for block, axes in zip(self.blocks, self._short, strict=True)]
        parts = [sparse.csr_matrix(b) * np.sqrt(s) for b, s in zip(blocks, scales, strict=True)]
        whole = sparse.hstack([*parts, np.full((len(self), 1), np.sqrt(_BIAS))]).tocsr()[rows].astype(np.float32)
        one_each = bool((targets.sum(axis=1) == 1).all())
        weights = _balanced(targets, setting.lift)

        def solve(chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            if one_each:
                return linear.machine(whole[chosen], targets[chosen].argmax(axis=1), targets.shape[1], setting.penalty)
            return linear.ridge(whole[chosen], targets[chosen], weights[chosen], setting.penalty)

        places = np.random.default_rng(0).permutation(len(rows)) % _FOLDS
        held_out = np.empty_like(targets)
        for fold in range(_FOLDS):
            out = places == fold
            maps, level = solve(np.flatnonzero(~out))
            held_out[out] = whole[out] @ maps + level
        found, level = solve(np.arange(len(rows)))
        pieces = np.split(found, np.cumsum([block.shape[1] for block in blocks]), axis=0)
        scaled = [piece * np.sqrt(scale) for piece, scale in zip(pieces[:-1], scales, strict=True)]
        maps_of = tuple(one if axes is None else axes @ one for one, axes in zip(scaled, self._short, strict=True))
        return Fitted(maps_of, level + np.sqrt(_BIAS) * pieces[-1][0], held_out)


def _balanced(targets: np.ndarray, lift: float, certainty: np.ndarray | None = None) -> np.ndarray:
    """Return a weight for each product, 1 on average: the rarer its (rarest) value, the more it weighs."""
    counts = np.maximum(targets.sum(axis=0) if certainty is None else certainty @ targets, _LEAST_SURE)
    rarest = np.where(targets > 0, counts, np.inf).min(axis=1)
    weights = np.where(np.isfinite(rarest), rarest, counts.max()) ** -lift
    return weights / weights.mean()


def _inverse(system: np.ndarray) -> np.ndarray:
    """Return the inverse of a symmetric positive matrix, which is lost: by Cholesky, in half the steps of others."""
    from scipy.linalg import lapack

    # LAPACK reads columns first: the transpose of a symmetric matrix is itself, and nothing is copied.
    factor, failed = lapack.dpotrf(system.T, lower=1, overwrite_a=1)
    if failed == 0:
        found, failed = lapack.dpotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise np.linalg.LinAlgError("products cannot be told apart from each other at all")
    lower = np.tril(found)
    return lower + np.tril(found, -1).T


def _pairs(rows: Any) -> np.ndarray:
    return _dense(rows @ rows.T)


def _dense(found: Any) -> np.ndarray:
    return np.asarray(found.todense() if hasattr(found, "todense") else found, np.float64)


def _shortened(rows: Any) -> np.ndarray | None:
    """Return the axes (d, `MOST_AXES`) along which dense rows (n, d) differ most; None for rows that are short enough.

    The machines go through every number of every product hundreds of times.
    """
    if not isinstance(rows, np.ndarray) or rows.shape[1] <= MOST_AXES:
        return None
    _, axes = np.linalg.eigh(rows.T @ rows)
    return axes[:, -MOST_AXES:]


def _mean_square(rows: Any) -> float:
    squares = rows.multiply(rows) if hasattr(rows, "multiply") else np.square(rows)
    return float(squares.sum() / rows.shape[0])
