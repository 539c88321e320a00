"""What learns from very many products: a machine of margins, and ridge regression by conjugate gradients."""

import numpy as np
import pytest
from scipy import sparse

from plugin_bridge.tagging.linear import machine, ridge


def made(products: int = 120):
    chance = np.random.default_rng(7)
    labels = chance.integers(0, 3, products)
    rows = np.hstack([chance.normal(size=(products, 5)), np.ones((products, 1))])
    rows[:, :3] += 3 * np.eye(3)[labels]
    return sparse.csr_matrix(rows), labels


def test_ridge_regression_solves_its_equations():
    rows, labels = made()
    weights, targets = np.random.default_rng(0).uniform(0.5, 2, len(labels)), np.eye(3)[labels]
    maps, levels = ridge(rows, targets, weights, penalty=2.0)
    assert levels == pytest.approx(weights @ targets / weights.sum())
    dense = rows.toarray()
    system = dense.T @ (weights[:, None] * dense) + 2 * np.eye(6)
    expected = np.linalg.solve(system, dense.T @ (weights[:, None] * (targets - levels)))
    np.testing.assert_allclose(maps, expected, atol=5e-3)


def test_the_machine_has_the_squared_hinge_of_least_cost():
    rows, labels = made()
    maps, levels = machine(rows, labels, 3, penalty=0.5)
    dense, signs = rows.toarray(), np.where(np.eye(3)[labels] > 0, 1, -1)

    def cost(sides: np.ndarray) -> float:
        return 0.5 * np.square(sides).sum() + np.square(np.maximum(0, 1 - signs * (dense @ sides))).sum()

    found = 2 * maps.astype(float)
    chance = np.random.default_rng(1)
    assert all(cost(found) < cost(found + 0.05 * chance.normal(size=found.shape)) for _ in range(20))
    assert levels.tolist() == [0.5] * 3


@pytest.mark.parametrize("there", [(0, 2), (2,)])
def test_values_that_no_product_has_are_never_answered(there):
    rows, labels = made()
    kept = np.flatnonzero(np.isin(labels, there))
    maps, levels = machine(rows[kept], labels[kept], 4, penalty=0.3)
    found = rows[kept] @ maps + levels
    assert (found.argmax(axis=1) == labels[kept]).mean() > 0.95
    missing = np.setdiff1d(np.arange(4), there)
    assert not found[:, missing].any()
