"""Intervals and gains."""

import math

import numpy as np
import pytest

from plugin_bridge.evaluation.statistics import mean_interval, relative_gain


def test_the_interval_of_a_mean_is_that_of_the_normal_distribution_where_queries_are_many() -> None:
    scores = np.random.default_rng(1).uniform(size=2_000)
    low, high = mean_interval(scores)
    wide = 1.96 * scores.std() / math.sqrt(len(scores))
    assert low == pytest.approx(scores.mean() - wide, abs=0.05 * wide)
    assert high == pytest.approx(scores.mean() + wide, abs=0.05 * wide)


def test_the_same_scores_have_the_same_interval_in_every_run() -> None:
    scores = [0.1, 0.9, 0.4, 0.4, 0.7]
    assert mean_interval(scores) == mean_interval(list(scores))


def test_equal_scores_have_no_width() -> None:
    assert mean_interval([0.5] * 7) == (0.5, 0.5)


def test_a_gain_is_a_ratio_of_means() -> None:
    gain = relative_gain([0.6, 0.3], [0.5, 0.25])
    assert gain is not None
    # Every query gains a fifth, so every resample does.
    assert (gain.value, gain.low, gain.high) == pytest.approx((0.2, 0.2, 0.2))


def test_pairing_takes_out_what_makes_queries_hard() -> None:
    chance = np.random.default_rng(2)
    baseline = chance.uniform(0.05, 0.95, size=200)
    ours = baseline + 0.02 + chance.normal(0, 0.005, size=200)
    gain = relative_gain(ours, baseline)
    assert gain is not None
    assert gain.value == pytest.approx(ours.mean() / baseline.mean() - 1)
    assert 0 < gain.low < gain.value < gain.high
    shuffled = relative_gain(ours, chance.permutation(baseline))
    assert shuffled is not None
    assert shuffled.low < 0 < shuffled.high


def test_there_is_no_gain_over_nothing() -> None:
    assert relative_gain([0.5, 0.5], [0.0, 0.0]) is None
    sparse = relative_gain([0.5, 0.5], [0.0, 0.1])
    assert sparse is not None
    assert math.isfinite(sparse.low) and math.isfinite(sparse.high)


def test_no_query_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        mean_interval([])
