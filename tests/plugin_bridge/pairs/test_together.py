"""What other products say of a pair: shared likeness speaks for it, a better match elsewhere against it."""

import numpy as np
import pytest

from plugin_bridge.pairs.context import NAMES, Neighbours, context_features, neighbours
from plugin_bridge.pairs.features import Comparer
from plugin_bridge.pairs.items import item_of
from plugin_bridge.pairs.learning import learn_features
from plugin_bridge.pairs.reading import Pair, PairSet, read_pair_set
from plugin_bridge.pairs.together import fit_together
from plugin_bridge.pairs.weights import learn_weights
from tests.plugin_bridge.pairs.shops import shop_folder

A, B, C = ({"title": title} for title in ("red garden hose", "garden hose in red", "red hose for the garden"))
D, E = {"title": "steel chef knife"}, {"title": "blue rain jacket"}
PAIR = Pair(A, B, 0)


@pytest.fixture(scope="module")
def products() -> Neighbours:
    comparer = Comparer(learn_weights(item_of(one).whole for one in (A, B, C, D, E)))
    return neighbours([PAIR, Pair(C, D, 0), Pair(E, A, 0)], comparer, 2)


def _context(products: Neighbours, likely: dict[tuple[int, int], float], known: list[Pair]) -> dict[str, float]:
    values = np.asarray([likely.get((one, two), 0.0) for one, two in products.near.tolist()])
    labels = np.asarray([pair.label for pair in known])
    found = context_features(products.sides([PAIR]), products, values, products.sides(known), labels)
    assert found.shape == (1, len(NAMES))
    return dict(zip(NAMES, found[0].tolist(), strict=True))


def test_neighbours_share_runs_of_characters(products: Neighbours) -> None:
    assert [products.products[row] for row in range(5)] == [A, B, C, D, E]
    assert products.near.tolist() == [[0, 1], [0, 2], [1, 2]]


def test_a_third_product_like_both_speaks_for_the_pair(products: Neighbours) -> None:
    found = _context(products, {(0, 2): 0.5, (1, 2): 0.8}, [])
    assert found["both_like"] == pytest.approx(0.5 * 0.8)
    assert found["other_liked_most"] == pytest.approx(0.8 * (1 - 0.5))
    assert found["best_other_least"] == pytest.approx(0.5) and found["best_other_most"] == pytest.approx(0.8)


def test_what_the_two_say_of_each_other_does_not_count(products: Neighbours) -> None:
    assert _context(products, {(0, 1): 0.9}, []) == _context(products, {}, [])


def test_a_label_counts_before_a_probability(products: Neighbours) -> None:
    told = _context(products, {(0, 2): 0.9}, [Pair(C, A, 0)])
    assert told["best_other_most"] == 0
    told = _context(products, {}, [Pair(A, D, 1)])
    assert told["best_other_most"] == 1 and told["other_liked_most"] == 1 and told["both_like"] == 0


def test_labels_of_scored_pairs_are_never_read(tmp_path_factory: pytest.TempPathFactory) -> None:
    pairs = read_pair_set(shop_folder(tmp_path_factory.mktemp("shop")))
    turned = tuple(Pair(pair.left, pair.right, 1 - pair.label) for pair in pairs.test)
    scores = []
    for test in (pairs.test, turned):
        one = PairSet(pairs.folder, pairs.train, pairs.valid, test)
        learned = learn_features(one, {"test": test}, 1)
        model = fit_together(test, learned, 1)
        scores.append(model.logits(test, learned.features["test"], learned.base["test"]))
    np.testing.assert_array_equal(*scores)
    similar = np.asarray([pair.label == 1 for pair in pairs.test])
    assert scores[0][similar].mean() > scores[0][~similar].mean() + 2
