"""The learning curve: how well a light model tells pairs by how many labels it learned from. Would more help?

Each labelled pair is told by models that never saw it (five folds, which follow from the pair), taught by an eighth, a
quarter, half and all of the other labels. Gains shrink from doubling to doubling, so the gain of the last one bounds
that of the next (the usual shape of learning curves: Viering and Loog 2023).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from plugin_bridge.labels.model import LightModel, can_fit
from plugin_bridge.pairs.metrics import best_threshold

LEAST = 60
LEAST_OF_A_KIND = 12
MOST = 1_500
WORTH = 0.02
"""A gain of F1 below this is not worth as many labels again."""
SEED = 20_251_122
RESAMPLES = 1_000
FOLDS = 5
_STEPS = (8, 4, 2, 1)
LEAST_BY_CHANCE = 30


@dataclass(frozen=True)
class Point:
    """F1 with its 95 % interval, when taught by so many labels."""

    labels: int
    f1: float
    low: float
    high: float


@dataclass(frozen=True)
class Verdict:
    """Whether to stop: True, False, or None where that cannot be told. `gain` is what the last doubling added."""

    stop: bool | None
    gain: float | None
    text: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Curve:
    """The points, what follows from them, and F1 on the pairs that were drawn by chance, where they are enough."""

    points: tuple[Point, ...]
    verdict: Verdict
    by_chance: Point | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as the bridge answers it, and as the database keeps it."""
        chance = None if self.by_chance is None else asdict(self.by_chance)
        return {"curve": [asdict(one) for one in self.points], "verdict": asdict(self.verdict), "by_chance": chance}


def too_few(similar: int, dissimilar: int) -> Curve:
    """Return the curve of too few labels: none, and what lacks."""
    lacking = f"{similar + dissimilar} labels, {similar} of them similar and {dissimilar} dissimilar"
    wanted = f"{LEAST} labels, at least {LEAST_OF_A_KIND} of each kind"
    return Curve((), Verdict(None, None, f"Too few labels to say: there are {lacking}; it takes {wanted}."))


def not_yet(similar: int, dissimilar: int) -> Curve:
    """Return the curve of an alias whose labels were not measured yet: none, and why."""
    if is_enough(similar, dissimilar):
        return Curve((), Verdict(None, None, "The labels are being measured; the curve follows."))
    return too_few(similar, dissimilar)


def is_enough(similar: int, dissimilar: int) -> bool:
    """Whether so many labels can be told anything from."""
    return similar + dissimilar >= LEAST and min(similar, dissimilar) >= LEAST_OF_A_KIND


def learning_curve(rows: np.ndarray, labels: np.ndarray, shares: np.ndarray, by_chance: np.ndarray) -> Curve:
    """Return how labels taught, from the figures (pairs, figures) of labelled pairs, oldest first.

    Args:
        labels: 1 similar, 0 dissimilar.
        shares: each pair's lasting share from 0 to 1, which says in which fold it is told.
        by_chance: which pairs were drawn by chance, whatever the model thought of them.
    """
    similar = int(labels.sum())
    if not is_enough(similar, len(labels) - similar):
        return too_few(similar, len(labels) - similar)
    rows, labels, shares, by_chance = (part[-MOST:] for part in (rows, labels, shares, by_chance))
    folds = (shares * FOLDS).astype(int)
    chance = np.random.default_rng(SEED)
    truth = labels.astype(bool)
    drawn = chance.integers(0, len(labels), size=(RESAMPLES, len(labels)))
    points, means, scores = [], {}, {}
    for step in _STEPS:
        # Of an eighth, a quarter and a half there are several: two of them say more than one.
        told = [_told(rows, labels, folds, step, first) for first in range(min(step, 2))]
        means[step] = float(np.mean([_f1(one, truth) for one in told]))
        scores[step] = np.mean([_f1(one[drawn], truth[drawn]) for one in told], axis=0)
        low, high = np.percentile(scores[step], (2.5, 97.5))
        points.append(Point(round(len(labels) * (FOLDS - 1) / FOLDS / step), *_rounded(means[step], low, high)))
    low, high = np.percentile(scores[1] - scores[2], (2.5, 97.5))
    return Curve(tuple(points), verdict(means[1] - means[2], low, high), _honest(told[0], truth, by_chance))


def verdict(gain: float, low: float, high: float) -> Verdict:
    """Return what to do after a last doubling that added `gain` to F1, with its 95 % interval."""
    gain, low, high = _rounded(gain, low, high)
    spoken = f"{gain:+.3f} (95 %: {low:+.3f} to {high:+.3f})"
    less = f"as many again, of this kind, would add less than {max(high, 0.001):.3f}."
    if high < WORTH:
        text = f"The last doubling of the labels changed F1 by {spoken}: {less} You can stop."
        return Verdict(True, gain, text, low, high)
    text = f"The last doubling of the labels changed F1 by {spoken}: "
    if gain >= WORTH:
        return Verdict(False, gain, text + "more labels help.", low, high)
    return Verdict(None, gain, text + less, low, high)


def _told(rows: np.ndarray, labels: np.ndarray, folds: np.ndarray, step: int, first: int) -> np.ndarray:
    """Return whether each pair is told to be similar by models taught by one in `step` of the other folds' labels.

    `first` says which of them: the first one, the second one, and so on.
    """
    means = np.full(len(labels), -1.0)
    for fold in range(FOLDS):
        ask = folds == fold
        teach = np.flatnonzero(~ask)
        # Those of each kind in turn, so that few labels are a small likeness of all.
        kinds = [teach[labels[teach] == kind][first::step] for kind in (0, 1)]
        chosen = np.sort(np.concatenate(kinds))
        if can_fit(labels[chosen]) and ask.any():
            means[ask] = LightModel(rows[chosen], labels[chosen], most=MOST).guess(rows[ask]).mean
    # The threshold for each fold is the best of the other folds.
    told = np.zeros(len(labels), bool)
    for fold in range(FOLDS):
        ask = folds == fold
        told[ask] = means[ask] >= best_threshold(means[~ask], labels[~ask])[0]
    return told


def _f1(told: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return F1 over the last axis."""
    hits = (told & truth).sum(axis=-1)
    return 2 * hits / np.maximum(1, told.sum(axis=-1) + truth.sum(axis=-1))


def _honest(told: np.ndarray, truth: np.ndarray, by_chance: np.ndarray) -> Point | None:
    chosen = np.flatnonzero(by_chance)
    if len(chosen) < LEAST_BY_CHANCE:
        return None
    drawn = chosen[np.random.default_rng(SEED).integers(0, len(chosen), size=(RESAMPLES, len(chosen)))]
    low, high = np.percentile(_f1(told[drawn], truth[drawn]), (2.5, 97.5))
    return Point(len(chosen), *_rounded(_f1(told[chosen], truth[chosen]), low, high))


def _rounded(*values: Any) -> tuple[float, float, float]:
    first, second, third = (round(float(one), 4) for one in values)
    return first, second, third


def from_json(found: Mapping[str, Any]) -> Curve:
    """Return a curve that the database kept."""
    points: Sequence[Mapping[str, Any]] = found["curve"]
    chance = found.get("by_chance")
    return Curve(
        tuple(Point(**one) for one in points), Verdict(**found["verdict"]), None if chance is None else Point(**chance)
    )
