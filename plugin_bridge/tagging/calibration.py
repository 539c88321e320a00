"""Confidence that means what it says: calibration on labelled products, how far off it is, and when to be sure.

Temperature scaling and the expected calibration error are those of Guo et al., On calibration of modern neural
networks (ICML 2017); isotonic calibration is that of Zadrozny and Elkan (KDD 2002).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

BINS = 15
WANTED_PRECISION = 0.95
# A threshold that rests on fewer right answers than this says nothing about its precision.
FEWEST_SURE = 20
_COLDEST, _HOTTEST = 0.01, 20.0
_STEPS = 60
_GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True)
class Curve:
    """A calibration that never falls: `calibrated[i]` at `raw[i]`, straight lines between, flat outside."""

    raw: tuple[float, ...]
    calibrated: tuple[float, ...]

    def __call__(self, scores: np.ndarray) -> np.ndarray:
        """Return calibrated confidences of raw scores, any shape."""
        return np.interp(scores, self.raw, self.calibrated)

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return {"raw": list(self.raw), "calibrated": list(self.calibrated)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Curve":
        """Return the curve that `to_json` wrote."""
        return cls(tuple(map(float, document["raw"])), tuple(map(float, document["calibrated"])))


@dataclass(frozen=True)
class Bin:
    """One bin of a reliability curve: how many answers, how sure they were, and how often they were right."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def fit_isotonic(raw: Sequence[float] | np.ndarray, right: Sequence[bool] | np.ndarray) -> Curve:
    """Return the never-falling curve nearest to the truth (squares), by pooling adjacent violators.

    `raw[i]` is a score and `right[i]` whether its answer was right. Each block counts half a wrong and half a right
    answer more, so that few answers never promise certainty. Raises ValueError without any answer.
    """
    scores, truth = np.asarray(raw, float), np.asarray(right, float)
    if not len(scores):
        raise ValueError("a calibration needs at least one answer")
    blocks: list[list[float]] = []  # sum of right answers, number of answers, sum of scores
    for place in np.argsort(scores, kind="stable"):
        blocks.append([truth[place], 1.0, scores[place]])
        # Equal scores belong together, too: the order of a file must not matter.
        while len(blocks) > 1 and (
            _mean(blocks[-2]) >= _mean(blocks[-1]) or blocks[-2][2] / blocks[-2][1] == blocks[-1][2] / blocks[-1][1]
        ):
            last = blocks.pop()
            blocks[-1] = [one + other for one, other in zip(blocks[-1], last, strict=True)]
    middles = [block[2] / block[1] for block in blocks]
    shares = np.maximum.accumulate([(block[0] + 0.5) / (block[1] + 1) for block in blocks])
    return Curve(tuple(middles), tuple(float(share) for share in shares))


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature by which logits (n, classes) are divided so that labels (n,) are most likely."""

    def loss(log_temperature: float) -> float:
        probabilities = log_softmax(logits / np.exp(log_temperature))
        return -float(probabilities[np.arange(len(labels)), labels].mean())

    low, high = np.log(_COLDEST), np.log(_HOTTEST)
    for _ in range(_STEPS):
        width = (high - low) * _GOLDEN
        if loss(high - width) < loss(low + width):
            high = low + width
        else:
            low = high - width
    return float(np.exp((low + high) / 2))


def reliability(confidence: np.ndarray, right: np.ndarray, bins: int = BINS) -> list[Bin]:
    """Return the bins of equal width that hold any answer, lowest first."""
    places = np.clip((np.asarray(confidence) * bins).astype(int), 0, bins - 1)
    found = []
    for place in range(bins):
        inside = places == place
        if inside.any():
            sure, true = float(np.mean(confidence[inside])), float(np.mean(right[inside]))
            found.append(Bin(place / bins, (place + 1) / bins, int(inside.sum()), sure, true))
    return found


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = BINS) -> float:
    """Return the expected calibration error: the mean gap between confidence and accuracy, weighted by answers."""
    found = reliability(np.asarray(confidence, float), np.asarray(right, float), bins)
    return sum(one.count * abs(one.confidence - one.accuracy) for one in found) / max(1, len(confidence))


def threshold_for(
    confidence: np.ndarray, right: np.ndarray, precision: float = WANTED_PRECISION, fewest: int = FEWEST_SURE
) -> float | None:
    """Return the least confidence from which on answers are right in `precision` of the cases; None where none is.

    A threshold must have at least `fewest` answers above it.
    """
    if not len(confidence):
        return None
    order = np.argsort(-np.asarray(confidence, float), kind="stable")
    sorted_confidence = np.asarray(confidence, float)[order]
    share = np.cumsum(np.asarray(right, float)[order]) / np.arange(1, len(order) + 1)
    # A threshold lets in all answers of its confidence: only the last of equals is a place to cut.
    cuts = np.append(sorted_confidence[1:] < sorted_confidence[:-1], True)
    usable = np.flatnonzero(cuts & (share >= precision) & (np.arange(1, len(order) + 1) >= fewest))
    return float(sorted_confidence[usable[-1]]) if len(usable) else None


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Return the logarithm of the softmax over the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def _mean(block: Sequence[float]) -> float:
    return block[0] / block[1]
