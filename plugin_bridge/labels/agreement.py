"""Whether people agree: Cohen's kappa (1960), over every two annotators who labelled the same pairs.

Kappa is 1 where they always agree, 0 where they agree as often as chance would. With more than two annotators it is
the mean of every two's, weighted by how many pairs they share.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

SEED = 20_251_122
RESAMPLES = 2_000


@dataclass(frozen=True)
class Agreement:
    """Kappa with its 95 % interval, and on how many pairs it rests; None where chance alone explains everything."""

    kappa: float | None
    low: float | None
    high: float | None
    pairs: int

    def to_json(self) -> dict[str, Any]:
        """Return it as the bridge answers it."""
        return asdict(self)


def agreement(tables: Sequence[Sequence[Sequence[int]]]) -> Agreement:
    """Return how much people agree, from one table (2, 2) of counts for every two of them.

    The interval is by bootstrap over the pairs (2,000 resamples, a named seed).
    """
    counts = np.asarray([table for table in tables if np.sum(table)], np.float64).reshape(-1, 4)
    pairs = int(counts.sum())
    value = _mean_kappa(counts[None])[0] if pairs else np.nan
    if np.isnan(value):
        return Agreement(None, None, None, pairs)
    chance = np.random.default_rng(SEED)
    drawn = np.stack([chance.multinomial(int(row.sum()), row / row.sum(), RESAMPLES) for row in counts], axis=1)
    means = _mean_kappa(drawn.astype(np.float64))
    low, high = np.nanpercentile(means, (2.5, 97.5))
    return Agreement(round(float(value), 4), round(float(low), 4), round(float(high), 4), pairs)


def _mean_kappa(counts: np.ndarray) -> np.ndarray:
    """Return the weighted mean kappa of each resample; `counts` is (resamples, twos, 4)."""
    total = counts.sum(axis=2)
    both, first, second, neither = np.moveaxis(counts, 2, 0)
    observed = (both + neither) / total
    by_chance = ((both + first) * (both + second) + (neither + second) * (neither + first)) / total**2
    with np.errstate(divide="ignore", invalid="ignore"):
        kappas = (observed - by_chance) / (1 - by_chance)
    weights = np.where(np.isnan(kappas), 0.0, total)
    summed = weights.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(summed > 0, np.nansum(kappas * weights, axis=1) / summed, np.nan)
