"""Learning from products without a label."""

import numpy as np
import pytest
from scipy import sparse

from plugin_bridge.tagging.linear import ridge
from plugin_bridge.tagging.unlabelled import LABEL_WEIGHT, UNKNOWN, Fit, guess_labels, probabilities


def chain(length: int) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Two kinds of products along two chains: each shares a feature with its neighbour only."""
    features = np.zeros((2 * length, 2 * (length + 1)))
    for kind in range(2):
        for place in range(length):
            row, first = kind * length + place, kind * (length + 1) + place
            features[row, first] = features[row, first + 1] = 1
    return sparse.csr_matrix(features), np.repeat([0, 1], length)


def ridge_of(features: sparse.csr_matrix) -> Fit:
    def fit(rows: np.ndarray, found: np.ndarray, weights: np.ndarray) -> np.ndarray:
        maps, levels = ridge(features[rows], np.eye(2)[found], weights, penalty=1.0)
        return features @ maps + levels

    return fit


def test_labels_travel_along_neighbours():
    features, truth = chain(6)
    labels = np.full(12, UNKNOWN)
    labels[[0, 6]] = truth[[0, 6]]
    once = ridge_of(features)(np.array([0, 6]), labels[[0, 6]], np.ones(2))
    assert once[3] == pytest.approx([0.5, 0.5])  # without the others' guesses nothing is known of a far one
    values, weights = guess_labels(ridge_of(features), labels, rounds=8)
    np.testing.assert_array_equal(values, truth)
    assert weights[0] == LABEL_WEIGHT
    assert weights[1] > weights[5] > 0  # the farther from a label, the less sure


def test_a_given_label_is_never_changed():
    features, truth = chain(4)
    labels = truth.copy()
    labels[[2, 7]] = UNKNOWN
    labels[1] = 1 - labels[1]
    values, _ = guess_labels(ridge_of(features), labels)
    known = labels != UNKNOWN
    np.testing.assert_array_equal(values[known], labels[known])


def test_without_rounds_or_without_unlabelled_nothing_is_guessed():
    _, truth = chain(3)

    def never(*given: object) -> np.ndarray:
        raise AssertionError("nothing is to be learned")

    values, weights = guess_labels(never, truth)
    np.testing.assert_array_equal(values, truth)
    assert set(weights) == {LABEL_WEIGHT}
    labels = np.where(np.arange(6) == 0, truth, UNKNOWN)
    values, weights = guess_labels(never, labels, rounds=0)
    assert weights.tolist() == [LABEL_WEIGHT, 0, 0, 0, 0, 0]


def test_without_any_label_it_says_so():
    with pytest.raises(ValueError, match="at least one label"):
        guess_labels(lambda rows, values, weights: np.zeros((2, 2)), np.full(2, UNKNOWN))


def test_probabilities_sum_to_one_and_keep_the_order():
    found = probabilities(np.array([[0.9, 0.1, 0.0], [1e4, 0.0, 0.0]]))
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert found[0, 0] > found[0, 1] > found[0, 2]
    assert found[1, 0] == 1
