"""What is said about classes: each figure against arithmetic by hand."""

import numpy as np
import pytest

from plugin_bridge.errors import EvaluationError
from plugin_bridge.evaluation.classes import class_scores


def test_figures_are_those_of_arithmetic():
    # Answers 0, 0, 1, 0 for truths 0, 1, 1, 0; the unknown last row counts nothing.
    found = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.7, 0.3], [0.1, 0.9]])
    scores = class_scores(found, np.array([0, 1, 1, 0, -1]), sure_from=0.75)
    assert scores.examples == 4
    assert scores.accuracy == pytest.approx(3 / 4)
    # Class 0: precision 2/3, recall 2/2, F1 4/5. Class 1: precision 1/1, recall 1/2, F1 2/3.
    assert scores.f1_macro == pytest.approx((4 / 5 + 2 / 3) / 2)
    assert scores.f1_micro == pytest.approx(3 / 4)
    assert (scores.sure, scores.sure_precision) == (pytest.approx(2 / 4), 1.0)
    # Each answer lies in a bin of its own: gaps 0.1, 0.6, 0.2, 0.3, a quarter each.
    assert scores.ece == pytest.approx((0.1 + 0.6 + 0.2 + 0.3) / 4)
    assert list(scores.right) == [True, False, True, True]
    assert "right" not in scores.to_json()


def test_coverage_is_the_largest_share_told_with_that_precision():
    confidence = np.linspace(0.99, 0.51, 40)
    found = np.column_stack([confidence, 1 - confidence])
    truth = np.zeros(40, int)
    truth[30:] = 1  # the ten least sure are wrong: 30 of 31 right is 96.8 %, of 32 only 93.8 %
    assert class_scores(found, truth).coverage_at_precision_95 == pytest.approx(31 / 40)


def test_rows_without_any_known_class_are_refused():
    with pytest.raises(EvaluationError, match="no row to evaluate has a known class"):
        class_scores(np.ones((2, 2)) / 2, np.array([-1, -1]))
