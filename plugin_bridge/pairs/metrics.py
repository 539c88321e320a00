"""How well pairs are told: F1 at a threshold from valid, and how far the calibrated probability is from the truth."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from plugin_bridge.evaluation.statistics import resampled_rows

_ROUNDS = 60
_RIDGE = 1e-3
_MOST = 30.0
_SAMPLES = 50


@dataclass(frozen=True)
class Calibration:
    """Platt's sigmoid (1999): the probability of a score is 1 / (1 + exp(-(slope * score + shift)))."""

    slope: float
    shift: float

    def __call__(self, scores: np.ndarray) -> np.ndarray:
        """Return probabilities of scores, any shape."""
        return 1 / (1 + np.exp(-np.clip(self.slope * scores + self.shift, -_MOST, _MOST)))


@dataclass(frozen=True)
class PairScores:
    """What a scorer reaches on labelled pairs. `mae` and `rmse` are those of the calibrated probability.

    `ci95` is the 95 % interval of F1 by bootstrap over pairs. `threshold` is a score as the scorer gives it.
    """

    pairs: int
    threshold: float
    f1: float
    precision: float
    recall: float
    accuracy: float
    mae: float
    rmse: float
    ci95: tuple[float, float]
    valid_f1: float
    seconds: float = 0.0
    probabilities: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        """Return the scores under the names of the contract."""
        told = {name: value for name, value in vars(self).items() if name != "probabilities"}
        return {**told, "ci95": list(self.ci95), "seconds": round(self.seconds, 2)}


def pair_scores(
    valid: np.ndarray, valid_labels: np.ndarray, test: np.ndarray, labels: np.ndarray, seconds: float = 0.0
) -> PairScores:
    """Score test by the threshold and the calibration that valid gives. Scores grow with likeness."""
    threshold, (_, valid_f1) = steady_threshold(valid, valid_labels), best_threshold(valid, valid_labels)
    calibration = calibrated(valid, valid_labels)
    told = test >= threshold
    truth = labels.astype(bool)
    hits = int((told & truth).sum())
    probabilities = calibration(test)
    away = probabilities - labels
    return PairScores(
        pairs=len(labels),
        threshold=float(threshold),
        f1=f1_of(told, truth),
        precision=hits / int(told.sum()) if told.any() else 0.0,
        recall=hits / int(truth.sum()) if truth.any() else 0.0,
        accuracy=float((told == truth).mean()) if len(labels) else 0.0,
        mae=float(np.abs(away).mean()) if len(labels) else 0.0,
        rmse=float(np.sqrt((away**2).mean())) if len(labels) else 0.0,
        ci95=f1_interval(told, truth),
        valid_f1=valid_f1,
        seconds=seconds,
        probabilities=probabilities,
    )


def f1_of(told: np.ndarray, truth: np.ndarray) -> float:
    """Return the F1 of the similar class; 0 where nothing is similar and nothing was called so."""
    both = int(told.sum()) + int(truth.sum())
    return 2 * int((told & truth).sum()) / both if both else 0.0


def f1_interval(told: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Return the 95 % interval of F1, by bootstrap over pairs (Efron 1979)."""
    if not len(truth):
        return 0.0, 0.0
    hits, both = (told & truth).astype(float), told.astype(float) + truth
    found = []
    for chosen in resampled_rows(len(truth)):
        sums = both[chosen].sum(axis=1)
        found.append(np.where(sums > 0, 2 * hits[chosen].sum(axis=1) / np.maximum(sums, 1), 0.0))
    low, high = np.percentile(np.concatenate(found), (2.5, 97.5))
    return float(low), float(high)


def best_threshold(scores: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Return the threshold with the best F1 and that F1; half-way between two scores, never between equal ones.

    Without a similar pair nothing can be chosen: the threshold then stands above every score.
    """
    wanted = int(labels.sum())
    if not wanted:
        return (float(scores.max()) + 1.0 if len(scores) else 0.0), 0.0
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    f1 = 2 * np.cumsum(labels[order]) / (np.arange(1, len(order) + 1) + wanted)
    last = np.append(np.diff(ranked) != 0, True)
    at = int(np.argmax(np.where(last, f1, -1.0)))
    after = ranked[at + 1] if at + 1 < len(ranked) else ranked[at] - 1e-6
    return float((ranked[at] + after) / 2), float(f1[at])


def steady_threshold(scores: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean of the best thresholds of bootstrap samples: it hangs less on single pairs than the best one."""
    found = [
        best_threshold(scores[chosen], labels[chosen])[0]
        for chosen in (next(resampled_rows(len(labels)))[:_SAMPLES] if len(labels) else ())
        if 0 < labels[chosen].sum() < len(labels)
    ]
    return float(np.mean(found)) if found else best_threshold(scores, labels)[0]


def calibrated(scores: np.ndarray, labels: np.ndarray) -> Calibration:
    """Fit Platt's sigmoid by Newton's method, with his smoothed targets; a constant where one class is missing."""
    similar, other = float(labels.sum()), float(len(labels) - labels.sum())
    share = (similar + 1) / (similar + other + 2)
    if not similar or not other:
        return Calibration(0.0, float(np.log(share / (1 - share))))
    fitted = logistic(scores[:, None], np.where(labels == 1, (similar + 1) / (similar + 2), 1 / (other + 2)))
    return Calibration(float(fitted[0]), float(fitted[1]))


def logistic(inputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return weights (columns + 1,), the constant last, of a logistic regression with a little shrinkage."""
    middle, spread = inputs.mean(0), np.maximum(inputs.std(0), 1e-9)
    table = np.hstack([(inputs - middle) / spread, np.ones((len(inputs), 1))])
    weights = np.zeros(table.shape[1])
    ridge = np.diag([*[_RIDGE * len(table)] * inputs.shape[1], 1e-9])
    for _ in range(_ROUNDS):
        told = 1 / (1 + np.exp(-np.clip(table @ weights, -_MOST, _MOST)))
        slope = table.T @ (told - targets) + ridge @ weights
        bend = (table * (told * (1 - told))[:, None]).T @ table + ridge + 1e-9 * np.eye(len(weights))
        move = np.linalg.solve(bend, slope)
        weights = weights - move / max(1.0, float(np.abs(move).max()) / 4)
        if np.abs(move).max() < 1e-8:
            break
    scaled = weights[:-1] / spread
    return np.append(scaled, weights[-1] - float(scaled @ middle))
