"""Calibration against scikit-learn's, and its measures against arithmetic."""

import numpy as np
import pytest

from plugin_bridge.tagging.calibration import (
    Curve,
    calibration_error,
    fit_isotonic,
    fit_temperature,
    log_softmax,
    reliability,
    threshold_for,
)


def test_isotonic_agrees_with_scikit_learn():
    from sklearn.isotonic import IsotonicRegression

    chance = np.random.default_rng(1)
    raw = chance.uniform(size=4000)
    right = chance.uniform(size=4000) < raw**2
    ours = fit_isotonic(raw, right)
    theirs = IsotonicRegression(out_of_bounds="clip").fit(raw, right)
    grid = np.linspace(0.05, 0.95, 50)
    assert np.abs(ours(grid) - theirs.predict(grid)).mean() < 0.02  # theirs has steps where ours has lines
    assert (np.diff(ours(np.linspace(0, 1, 200))) >= 0).all()


def test_few_answers_promise_no_certainty():
    curve = fit_isotonic([0.5, 0.9], [True, True])
    assert curve(np.array([0.9])).item() == pytest.approx((2 + 0.5) / (2 + 1))
    with pytest.raises(ValueError, match="at least one answer"):
        fit_isotonic([], [])


def test_the_order_of_equal_scores_does_not_matter():
    assert fit_isotonic([0.5, 0.5, 0.5], [1, 0, 0]) == fit_isotonic([0.5, 0.5, 0.5], [0, 0, 1])


def test_a_curve_is_written_and_read():
    curve = Curve((0.1, 0.7), (0.2, 0.9))
    assert Curve.from_json(curve.to_json()) == curve


def test_the_temperature_undoes_a_known_scaling():
    chance = np.random.default_rng(2)
    logits = chance.normal(size=(20_000, 5)) * 2
    chosen = np.exp(log_softmax(logits)).cumsum(axis=1) > chance.uniform(size=(20_000, 1))
    labels = chosen.argmax(axis=1)
    assert fit_temperature(logits * 3, labels) == pytest.approx(3.0, rel=0.05)


def test_the_error_is_the_weighted_gap():
    confidence = np.array([0.9, 0.9, 0.9, 0.9, 0.5, 0.5])
    right = np.array([1, 1, 1, 0, 1, 0], bool)
    assert calibration_error(confidence, right) == pytest.approx(4 / 6 * (0.9 - 0.75) + 2 / 6 * 0)
    bins = reliability(confidence, right)
    assert [(one.count, round(one.accuracy, 2)) for one in bins] == [(2, 0.5), (4, 0.75)]


def test_the_threshold_keeps_the_wanted_precision():
    confidence = np.array([0.9, 0.8, 0.7, 0.6])
    right = np.array([True, True, False, True])
    assert threshold_for(confidence, right, 0.95, fewest=1) == 0.8
    assert threshold_for(confidence, right, 0.75, fewest=1) == 0.6
    assert threshold_for(confidence, right, 0.95, fewest=3) is None
    assert threshold_for(np.array([]), np.array([])) is None


def test_equal_confidences_are_let_in_together():
    assert threshold_for(np.array([0.9, 0.9]), np.array([True, False]), 0.95, fewest=1) is None
