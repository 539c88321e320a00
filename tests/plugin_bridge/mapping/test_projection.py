"""Vectors on a plane: against numbers that arithmetic gives."""

import numpy as np
import pytest

from plugin_bridge.mapping import umap_process
from plugin_bridge.mapping.projection import MOST_OUTLIERS, nearness, outliers, pca


def test_the_first_two_components_are_the_longest_axes() -> None:
    """A cross of three axes with lengths 3, 2 and 1: variances 9, 4 and 1 to one another."""
    axes = np.eye(3) * np.array([1, 3, 2])
    made = pca(np.concatenate([axes, -axes]).astype(np.float32))
    assert made.explained == pytest.approx((9 + 4) / (9 + 4 + 1))
    assert np.abs(made.points[1]) == pytest.approx([3, 0], abs=1e-5)
    assert np.abs(made.points[2]) == pytest.approx([0, 2], abs=1e-5)


def test_the_same_vectors_in_another_order_lie_at_the_same_places() -> None:
    vectors = np.random.default_rng(1).normal(size=(200, 16)).astype(np.float32)
    order = np.random.default_rng(2).permutation(200)
    assert pca(vectors[order]).points == pytest.approx(pca(vectors).points[order], abs=1e-4)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_products_make_a_map_too(count: int) -> None:
    made = pca(np.ones((count, 8), np.float32))
    assert made.points.shape == (count, 2)
    assert (made.explained, nearness(np.ones((count, 8), np.float32)).shape) == (0.0, (count,))
    assert np.isfinite(made.points).all()


def test_nearness_is_the_mean_cosine_to_the_five_nearest() -> None:
    """Seven directions in a plane, one every ten degrees: the first one's neighbours are 10 to 50 degrees away."""
    angles = np.radians(np.arange(0, 70, 10))
    near = nearness(np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32) * 5)
    assert near[0] == pytest.approx(np.cos(np.radians([10, 20, 30, 40, 50])).mean(), abs=1e-5)
    assert near[3] == pytest.approx(np.cos(np.radians([10, 10, 20, 20, 30])).mean(), abs=1e-5)


def test_only_what_is_far_from_all_others_is_an_outlier() -> None:
    near = np.array([0.80, 0.82, 0.84, 0.86, 0.88, 0.30, 0.81, 0.20], np.float32)
    assert outliers(near) == [7, 5]
    assert outliers(np.full(100, 0.9, np.float32)) == []
    assert outliers(np.array([0.9, 0.1, 0.5])) == []  # three are too few to say what is usual
    many = np.concatenate([np.linspace(0.8, 0.9, 1000), np.linspace(0.0, 0.1, 100)])
    assert len(outliers(many)) == MOST_OUTLIERS


def test_umap_that_is_stopped_ends_its_process() -> None:
    with pytest.raises(Exception, match="was stopped"):
        umap_process.lay_out(np.random.default_rng(1).normal(size=(100, 8)).astype(np.float32), lambda: True)


def test_too_few_products_for_umap_stay_where_they_are() -> None:
    components = np.arange(30, dtype=np.float32).reshape(10, 3)
    assert umap_process.lay_out(components).tolist() == components[:, :2].tolist()


@pytest.mark.slow
def test_umap_keeps_groups_together() -> None:
    pytest.importorskip("umap")
    rng = np.random.default_rng(3)
    middles = rng.normal(size=(4, 20)) * 10
    group = np.repeat(np.arange(4), 60)
    made = umap_process.lay_out((middles[group] + rng.normal(size=(240, 20))).astype(np.float32))
    near = ((made[:, None] - made[None]) ** 2).sum(axis=2)
    np.fill_diagonal(near, np.inf)
    assert (group[near.argmin(axis=1)] == group).all()
