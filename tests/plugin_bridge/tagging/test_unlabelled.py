"""Learning from products without a label."""

import numpy as np
import pytest
from scipy import sparse

from plugin_bridge.tagging.unlabelled import LABEL_WEIGHT, UNKNOWN, guess_labels, probabilities, ridge_of


def chain(length: int) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Two kinds of products along two chains: each shares a feature with its neighbour only."""
    features = np.zeros((2 * length, 2 * (length + 1)))
    for kind in range(2):
        for place in range(length):
            row, first = kind * length + place, kind * (length + 1) + place
            features[row, first] = features[row, first + 1] = 1
    return sparse.csr_matrix(features), np.repeat([0, 1], length)


def test_labels_travel_along_neighbours():
    features, truth = chain(6)
    labels = np.full(12, UNKNOWN)
    labels[[0, 6]] = truth[[0, 6]]
    once = ridge_of(features, 2)(np.array([0, 6]), labels[[0, 6]], np.ones(2))
    assert once[3] == pytest.approx([0, 0])  # without the others' guesses nothing is known of a far one
    values, weights = guess_labels(ridge_of(features, 2), labels, rounds=8)
    np.testing.assert_array_equal(values, truth)
    assert weights[0] == LABEL_WEIGHT
    assert weights[1] > weights[5] > 0  # the farther from a label, the less sure


def test_ridge_regression_solves_its_equations():
    chance = np.random.default_rng(0)
    features, found = chance.normal(size=(40, 6)).astype(np.float32), chance.integers(0, 3, 40)
    rows, weights = np.arange(30), chance.uniform(0.5, 2, 30)
    mass = np.bincount(found[rows], weights)
    each = weights * np.sqrt(mass.sum() / 3 / mass)[found[rows]]
    part, targets = features[rows], np.eye(3)[found[rows]] - 1 / 3
    maps = np.linalg.solve(part.T @ (each[:, None] * part) + 2 * np.eye(6), part.T @ (each[:, None] * targets))
    fit = ridge_of(sparse.csr_matrix(features), 3, penalty=2.0)
    np.testing.assert_allclose(fit(rows, found[rows], weights), features @ maps, atol=5e-3)


def test_a_given_label_is_never_changed():
    features, truth = chain(4)
    labels = truth.copy()
    labels[[2, 7]] = UNKNOWN
    labels[1] = 1 - labels[1]
    values, _ = guess_labels(ridge_of(features, 2), labels)
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
