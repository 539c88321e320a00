"""Evidence of other pairs: known labels nearby and rivals, and never a label of the pairs that are scored."""

import numpy as np

from plugin_bridge.pairs.context import NAMES, NEARBY, alike, context_features
from plugin_bridge.pairs.features import Comparer
from plugin_bridge.pairs.items import item_of
from plugin_bridge.pairs.reading import Pair
from plugin_bridge.pairs.together import two_catalogues
from plugin_bridge.pairs.weights import learn_weights

A, B, C = ({"title": title} for title in ("red garden hose", "garden hose in red", "blue rain jacket"))
D = {"title": "steel chef knife"}


def _features(pairs: list[Pair], scores: list[float], known: list[Pair]) -> list[dict[str, float]]:
    comparer = Comparer(learn_weights(item_of(one).whole for one in (A, B, C, D)))
    products = alike([*pairs, *known], comparer)
    found = context_features(pairs, np.asarray(scores), known, products)
    assert found.shape == (len(pairs), len(NAMES))
    return [dict(zip(NAMES, row.tolist(), strict=True)) for row in found]


def test_a_known_match_of_the_same_product_is_seen() -> None:
    one = _features([Pair(A, B, 0)], [0.0], [Pair(A, C, 1), Pair(D, B, 0)])[0]
    assert one["own_matches_more"] == 1 and one["own_matches_fewer"] == 0
    assert one["near_match"] < 1 and one["same_match"] < 1


def test_the_same_pair_known_elsewhere_is_as_near_as_can_be_in_either_order() -> None:
    one = _features([Pair(A, B, 0)], [0.0], [Pair(B, A, 1), Pair(C, D, 0)])[0]
    assert one["near_match"] > 0.999
    assert one["near_other"] < 0.5


def test_a_better_rival_is_seen() -> None:
    rows = _features([Pair(A, B, 0), Pair(A, C, 0)], [3.0, -3.0], [Pair(D, D, 1)])
    assert rows[0]["margin_least"] > 0 > rows[1]["margin_least"]
    assert rows[1]["place_worst"] == 2


def test_labels_of_scored_pairs_are_never_read() -> None:
    known = [Pair(A, C, 1), Pair(D, B, 0)]
    for label in (0, 1):
        found = _features([Pair(A, B, label), Pair(C, D, 1 - label)], [1.0, -1.0], known)
        assert found == _features([Pair(A, B, 1 - label), Pair(C, D, label)], [1.0, -1.0], known)


def test_two_catalogues_are_told_from_one() -> None:
    assert two_catalogues([Pair(A, B, 1), Pair(C, D, 0)])
    assert not two_catalogues([Pair(A, B, 1), Pair(B, A, 0), Pair(C, D, 0), Pair(D, C, 0)])
    assert len(NEARBY) < len(NAMES)
