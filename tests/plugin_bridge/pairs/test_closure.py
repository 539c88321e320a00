"""What follows from labels: a product that is the same as one which is not C is not C either."""

from pathlib import Path

import numpy as np
import pytest

from plugin_bridge.pairs import learning
from plugin_bridge.pairs.closure import unlike_by_closure
from plugin_bridge.pairs.learning import learn_features
from plugin_bridge.pairs.reading import identity, read_pair_set
from tests.plugin_bridge.pairs.shops import shop_folder

A, B, C, D, E, F = range(6)
EVERY = np.asarray([(one, two) for two in range(6) for one in range(two)])


def _told(known: list[tuple[int, int]], labels: list[int]) -> set[tuple[int, int]]:
    found = unlike_by_closure(np.asarray(known).reshape(-1, 2), np.asarray(labels), EVERY)
    return {(one, two) for one, two in EVERY[found].tolist()}


def test_what_is_the_same_as_one_is_unlike_what_that_one_is_unlike() -> None:
    assert _told([(A, B), (B, C)], [1, 0]) == {(A, C)}


def test_groups_are_unlike_as_a_whole() -> None:
    assert _told([(A, B), (B, C), (D, E), (A, D)], [1, 1, 1, 0]) == {(A, E), (B, D), (B, E), (C, D), (C, E)}


def test_nothing_follows_from_dissimilar_pairs_alone_nor_where_labels_contradict() -> None:
    assert _told([(A, B), (B, C)], [0, 0]) == set()
    assert _told([(A, B), (B, C), (A, C)], [1, 1, 0]) == set()
    assert _told([], []) == set()


def test_a_fold_never_knows_what_follows_from_its_own_labels(tmp_path: Path) -> None:
    pairs = read_pair_set(shop_folder(tmp_path))
    found = learn_features(pairs, {"test": pairs.test}, 1)
    count = len(pairs.train)
    assert found.train[:count] == pairs.train
    assert len(found.train) == len(found.folds) == found.knows.shape[1] == len(found.features["train"])
    asked = {frozenset((identity(pair.left), identity(pair.right))) for pair in pairs.train}
    for pair in found.train[count:]:
        assert pair.label == 0 and frozenset((identity(pair.left), identity(pair.right))) not in asked
    for fold, rest in enumerate(found.knows):
        assert not rest[found.folds == fold].any()
        assert rest[:count].tolist() == (found.folds[:count] != fold).tolist()


def test_of_very_many_products_nothing_is_derived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = read_pair_set(shop_folder(tmp_path))
    assert len(learn_features(pairs, {}, 1).train) > len(pairs.train)
    monkeypatch.setattr(learning, "MOST_PRODUCTS", 10)
    found = learn_features(pairs, {}, 1)
    assert found.train == pairs.train and found.knows.shape == (4, len(pairs.train))
