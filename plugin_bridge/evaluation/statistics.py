"""Means with 95 % intervals, by bootstrap over queries (Efron 1979), paired where two rankings are compared."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

BOOTSTRAP_SEED = 20_251_122
RESAMPLES = 10_000
_LOW, _HIGH = 2.5, 97.5
_NORMAL_95 = 1.959964
_AT_ONCE = 500  # resamples held in memory together


@dataclass(frozen=True)
class Gain:
    """The relative gain of one mean over another, `ours / baseline - 1`, with its 95 % interval."""

    value: float
    low: float
    high: float


def mean_interval(scores: Sequence[float] | np.ndarray) -> tuple[float, float]:
    """Return the 95 % interval (low, high) of the mean of these scores, one per query."""
    return _between(_resampled_means(np.asarray(scores, np.float64)[None, :])[0])


def relative_gain(ours: Sequence[float] | np.ndarray, baseline: Sequence[float] | np.ndarray) -> Gain | None:
    """Return the gain of `ours` over `baseline`, score i of both being query i; None where the baseline is 0.

    Each resample takes the same queries for both: what makes a query hard for both cancels out.
    """
    pair = np.asarray([ours, baseline], np.float64)
    if not pair[1].any():
        return None
    means = _resampled_means(pair)
    # A resample in which the baseline scores nothing has no ratio; it can only come up where nearly all scores are 0.
    usable = means[1] > 0
    low, high = _between(means[0, usable] / means[1, usable] - 1)
    return Gain(float(pair[0].mean() / pair[1].mean() - 1), low, high)


def proportion_interval(hits: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval (low, high) of a proportion by Wilson's score (1927), which also suits a few cases."""
    if not 0 <= hits <= of or of == 0:
        raise ValueError(f"{hits} of {of} is no proportion")
    z = _NORMAL_95
    share, weight = hits / of, 1 + z * z / of
    middle = (share + z * z / (2 * of)) / weight
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / weight
    return max(0.0, middle - half), min(1.0, middle + half)


def resampled_rows(cases: int) -> Iterator[np.ndarray]:
    """Yield RESAMPLES draws of `cases` cases with replacement, always the same, some (draws, cases) at a time."""
    chance = np.random.default_rng(BOOTSTRAP_SEED)
    for _ in range(0, RESAMPLES, _AT_ONCE):
        yield chance.integers(0, cases, size=(_AT_ONCE, cases))


def _resampled_means(scores: np.ndarray) -> np.ndarray:
    """Return the means (rows, RESAMPLES) of resampled columns of `scores` (rows, queries), the same for each row."""
    rows, queries = scores.shape
    if not queries:
        raise ValueError("an interval needs at least one query")
    means = np.empty((rows, RESAMPLES))
    for start, chosen in zip(range(0, RESAMPLES, _AT_ONCE), resampled_rows(queries), strict=True):
        means[:, start : start + _AT_ONCE] = scores[:, chosen].mean(axis=2)
    return means


def _between(means: np.ndarray) -> tuple[float, float]:
    low, high = np.percentile(means, (_LOW, _HIGH))
    return float(low), float(high)
