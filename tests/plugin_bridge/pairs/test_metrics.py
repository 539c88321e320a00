"""F1, thresholds and calibration against numbers that can be worked out by hand, and against scikit-learn."""

import numpy as np
import pytest

from plugin_bridge.pairs.metrics import (
    best_threshold,
    calibrated,
    f1_interval,
    f1_of,
    logistic,
    pair_scores,
    steady_threshold,
)
from plugin_bridge.pairs.stacking import stacked


def test_the_best_threshold_lies_half_way() -> None:
    scores, labels = np.array([0.9, 0.8, 0.6, 0.4]), np.array([1, 1, 0, 0])
    assert best_threshold(scores, labels) == (pytest.approx(0.7), 1.0)


def test_the_threshold_is_the_middle_between_the_last_pair_called_similar_and_the_next() -> None:
    cosines, truth = np.array([0.9, 0.8, 0.6, 0.5, 0.1]), np.array([1, 1, 0, 1, 0])
    # From 0.8 on: 2 right of 2 told and 3 wanted, F1 4/5; from 0.5 on: 3 right of 4 and 3, F1 6/7.
    assert best_threshold(cosines, truth)[0] == pytest.approx(0.3)
    assert best_threshold(np.array([0.7, 0.7, 0.2]), np.array([1, 0, 0]))[0] == pytest.approx(0.45)


def test_equal_scores_are_not_parted() -> None:
    threshold, f1 = best_threshold(np.array([0.5, 0.5, 0.5, 0.1]), np.array([1, 0, 0, 0]))
    assert f1 == pytest.approx(2 * 1 / (3 + 1))
    assert 0.1 < threshold < 0.5


def test_without_a_similar_pair_nothing_is_called_similar() -> None:
    scores = np.array([3.0, 1.0])
    assert best_threshold(scores, np.zeros(2, int))[0] > 3


def test_a_steady_threshold_hangs_less_on_single_pairs() -> None:
    chance = np.random.default_rng(5)
    best, steady = [], []
    for _ in range(60):
        labels = (chance.random(300) < 0.3).astype(int)
        scores = labels * 2.0 + chance.normal(size=300)
        best.append(best_threshold(scores, labels)[0])
        steady.append(steady_threshold(scores, labels))
    assert np.std(steady) < np.std(best)
    assert np.mean(steady) == pytest.approx(np.mean(best), abs=0.1)
    assert steady_threshold(np.array([3.0, 1.0]), np.zeros(2, int)) > 3
    assert steady_threshold(np.empty(0), np.empty(0, int)) == 0


def test_scores_by_hand() -> None:
    valid, labels = np.array([2.0, 1.0, -1.0, -2.0]), np.array([1, 1, 0, 0])
    found = pair_scores(valid, labels, np.array([3.0, -3.0, 3.0, -3.0]), np.array([1, 1, 0, 0]))
    assert (found.precision, found.recall, found.f1, found.accuracy) == (0.5, 0.5, 0.5, 0.5)
    assert found.ci95[0] <= 0.5 <= found.ci95[1]
    # half of the probabilities are as wrong as the other half are right
    assert found.mae == pytest.approx(0.5, abs=1e-6)


def test_f1_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import f1_score

    chance = np.random.default_rng(1)
    told, truth = chance.random(200) > 0.6, chance.random(200) > 0.7
    assert f1_of(told, truth) == pytest.approx(f1_score(truth, told))
    low, high = f1_interval(told, truth)
    assert low < f1_of(told, truth) < high


def test_calibration_recovers_the_truth() -> None:
    chance = np.random.default_rng(2)
    scores = chance.normal(size=4000)
    labels = (chance.random(4000) < 1 / (1 + np.exp(-(2 * scores - 1)))).astype(int)
    fitted = calibrated(scores, labels)
    assert fitted.slope == pytest.approx(2, abs=0.2)
    assert fitted.shift == pytest.approx(-1, abs=0.15)


def test_calibration_with_one_class_alone_stays_below_certainty() -> None:
    assert 0.5 < float(calibrated(np.array([1.0, 2.0]), np.array([1, 1]))(np.array([5.0]))[0]) < 1


def test_separable_scores_do_not_run_away() -> None:
    weights = logistic(np.array([[1.0], [2.0], [-1.0], [-2.0]]), np.array([1.0, 1, 0, 0]))
    assert np.isfinite(weights).all()


def test_a_part_that_is_noise_is_left_out() -> None:
    chance = np.random.default_rng(3)
    labels = (chance.random(400) < 0.3).astype(int)
    good = labels * 2.0 + chance.normal(size=400)
    stack = stacked({"trees": good, "cross": chance.normal(size=400)}, labels, 1)
    assert list(stack.weights) == ["trees"]


def test_two_parts_that_know_different_things_are_put_together() -> None:
    chance = np.random.default_rng(4)
    labels = (chance.random(600) < 0.3).astype(int)
    one, two = (labels * 2.0 + chance.normal(size=600) for _ in range(2))
    stack = stacked({"trees": one, "scorer": two}, labels, 1)
    assert set(stack.weights) == {"trees", "scorer"}
    assert stack({"trees": one, "scorer": two}).shape == (600,)
