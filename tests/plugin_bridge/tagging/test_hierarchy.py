"""A category is one path of the tree, never surer below than above, and cut where it gets unsure."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_bridge.tagging.hierarchy import Tree

SHIRTS, TOPS, SHOES, APPLES = ("Apparel", "Shirts"), ("Apparel", "Tops"), ("Footwear", "Shoes"), ("Fruit", "Apples")
TREE = Tree([SHIRTS, TOPS, SHOES, APPLES])
SURE = {1: 0.8, 2: 0.8}


def answered(*probabilities):
    """The answer of `TREE` where probabilities are taken for confidences."""
    chances = np.array(probabilities)
    return TREE.answer(chances, TREE.node_probabilities(chances), SURE)


@given(st.lists(st.floats(0.001, 1.0), min_size=4, max_size=4))
def test_a_child_is_never_more_probable_than_its_parent(weights):
    probabilities = np.array([weights]) / sum(weights)
    of_nodes = dict(zip(TREE.nodes, TREE.node_probabilities(probabilities)[0], strict=True))
    assert all(value <= of_nodes[node[:-1]] + 1e-12 for node, value in of_nodes.items() if len(node) > 1)
    assert sum(of_nodes[node] for node in TREE.level(1)) == pytest.approx(1)
    answer = answered(*probabilities[0])
    assert answer.path == () or answer.path in TREE.nodes
    assert answer.best in TREE.paths


def test_a_sure_path_comes_whole():
    answer = answered(0.9, 0.05, 0.03, 0.02)
    assert (answer.path, answer.confidence) == (SHIRTS, 0.9)


def test_it_is_cut_where_it_gets_unsure():
    answer = answered(0.5, 0.45, 0.03, 0.02)
    assert (answer.path, answer.best, answer.best_confidence) == (("Apparel",), SHIRTS, 0.5)
    assert answer.confidence == pytest.approx(0.5 + 0.45)


def test_nothing_sure_is_an_answer():
    answer = answered(0.3, 0.1, 0.4, 0.2)
    assert (answer.path, answer.best, answer.confidence) == ((), SHOES, 0.4)
    assert TREE.answer(np.array([1.0, 0, 0, 0]), np.ones(len(TREE.nodes)), {}).path == ()


def test_a_path_that_ends_early_counts_for_its_node():
    tree = Tree([("Shoes",), ("Shoes", "Boots")])
    assert dict(zip(tree.nodes, tree.node_probabilities(np.array([0.3, 0.7])), strict=True)) == {
        ("Shoes",): 1.0,
        ("Shoes", "Boots"): 0.7,
    }


def test_calibration_cannot_put_a_child_above_its_parent():
    nodes = dict(zip(TREE.nodes, TREE.below_parents(np.linspace(0.1, 0.9, len(TREE.nodes))), strict=True))
    assert nodes[SHIRTS] == nodes[("Apparel",)] == 0.1


def test_wrong_paths_are_refused():
    with pytest.raises(ValueError, match="different and not empty"):
        Tree([SHIRTS, SHIRTS])
    with pytest.raises(ValueError, match="different and not empty"):
        Tree([()])
