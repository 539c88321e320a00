"""The queue's light model: a Gaussian process over cheap figures, in numpy, fitted again after every few labels.

A process with a Gaussian kernel, its labels taken as -1 and 1 (Rasmussen and Williams 2006, section 6.5), says for each
pair how alike it is and how unsure it is of that. It is for choosing what to ask, not for scoring.
"""

from dataclasses import dataclass

import numpy as np

MOST_LABELS = 1_000
FEWEST = 4
_NOISE = 0.2
_AT_ONCE = 2_048


@dataclass(frozen=True)
class Guess:
    """What the model believes of pairs: `mean` from about -1 (dissimilar) to 1, and how wide its doubt is."""

    mean: np.ndarray
    doubt: np.ndarray

    @property
    def probability(self) -> np.ndarray:
        """The probability that a pair is similar."""
        return 1 / (1 + np.exp(-2.5 * self.mean / np.sqrt(1 + self.doubt**2)))


class LightModel:
    """Fitted to labelled pairs, the newest of them."""

    def __init__(self, rows: np.ndarray, labels: np.ndarray, *, most: int = MOST_LABELS) -> None:
        """Fit to the last `most` of `rows` (pairs, figures) and `labels` (pairs,): 1 similar, 0 dissimilar."""
        rows, labels = rows[-most:].astype(np.float64), labels[-most:]
        self._middle, self._spread = rows.mean(axis=0), rows.std(axis=0) + 1e-3
        self._known = self._scaled(rows)
        self._width = 2.0 * rows.shape[1]
        target = np.where(labels > 0, 1.0, -1.0)
        # Similar pairs are rare: each counts so that both kinds weigh the same in the mean.
        self._base = float(np.average(target, weights=np.where(target > 0, _weight(target), 1.0)))
        kernel = self._kernel(self._known, self._known)
        kernel[np.diag_indices_from(kernel)] += _NOISE
        self._inverse = np.linalg.inv(kernel)
        self._weights = self._inverse @ (target - self._base)

    def guess(self, rows: np.ndarray) -> Guess:
        """Return what is believed of pairs (pairs, figures)."""
        means, doubts = [], []
        for start in range(0, len(rows), _AT_ONCE):
            kernel = self._kernel(self._scaled(rows[start : start + _AT_ONCE].astype(np.float64)), self._known)
            means.append(kernel @ self._weights + self._base)
            explained = ((kernel @ self._inverse) * kernel).sum(axis=1)
            doubts.append(np.sqrt(np.maximum(1e-6, 1 - explained)))
        if not means:
            return Guess(np.empty(0), np.empty(0))
        return Guess(np.concatenate(means), np.concatenate(doubts))

    def _scaled(self, rows: np.ndarray) -> np.ndarray:
        return np.clip((rows - self._middle) / self._spread, -4, 4)

    def _kernel(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        squares = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1)[None, :] - 2 * one @ other.T
        return np.exp(-np.maximum(squares, 0) / self._width)


def can_fit(labels: np.ndarray) -> bool:
    """Return whether there are enough labels of both kinds."""
    return bool(min((labels > 0).sum(), (labels <= 0).sum()) >= FEWEST)


def _weight(target: np.ndarray) -> float:
    return float((target < 0).sum() / max(1, (target > 0).sum()))
