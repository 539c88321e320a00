"""Which pair next: pure functions over made-up figures, and a light model that learns them."""

from typing import Any

import numpy as np
import pytest

from plugin_bridge.labels.candidates import Item
from plugin_bridge.labels.curve import WORTH, learning_curve, not_yet, verdict
from plugin_bridge.labels.features import NAMES, Featurer, differing
from plugin_bridge.labels.model import LightModel
from plugin_bridge.labels.pool import Pool
from plugin_bridge.labels.ranking import RANDOM_SHARE, TURNS, disagreement, guess, rank, spread_out
from plugin_bridge.labels.values import pair_key, share_of

TEXT, PHOTO, PHOTOS = NAMES.index("text"), NAMES.index("photo"), NAMES.index("has photos")


def figures(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).random((count, len(NAMES))).astype(np.float32)


def taught(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs that are similar where text and shared words are high together."""
    rows = figures(count, seed)
    return rows, (rows[:, TEXT] + rows[:, NAMES.index("words")] > 1.2).astype(np.int64)


def test_the_light_model_learns_and_doubts_most_what_it_never_saw() -> None:
    rows, labels = taught(300, 1)
    ask, truth = taught(500, 2)
    believed = LightModel(rows, labels).guess(ask)
    assert ((believed.mean > 0) == truth).mean() > 0.85
    assert ((believed.probability > 0.5) == (believed.mean > 0)).all()
    far = LightModel(rows, labels).guess(np.full((1, len(NAMES)), 9.0, np.float32))
    assert far.doubt[0] > believed.doubt.max() > LightModel(rows, labels).guess(rows[:50]).doubt.max()


def test_without_labels_the_middle_is_asked_first() -> None:
    rows = figures(200)
    believed = guess(rows, np.empty((0, len(NAMES))), np.empty(0, np.int64))
    likeness = rows[:, TEXT] + rows[:, NAMES.index("rare words")]
    assert np.corrcoef(believed.mean, likeness)[0, 1] > 0.99
    assert len(guess(rows[:0], rows[:0], np.empty(0, np.int64)).mean) == 0


def order_of(rows: np.ndarray, known: int = 60) -> tuple[list[Any], np.ndarray, np.ndarray]:
    teach, labels = taught(known, 3)
    shares = np.random.default_rng(4).random(len(rows))
    believed = guess(rows, teach, labels)
    ends = [(2 * place, 2 * place + 1) for place in range(len(rows))]
    return rank(rows, shares, believed, ends, teach), shares, believed.mean


def test_every_pair_stands_in_the_order_once_and_turns_are_taken() -> None:
    ranked, shares, means = order_of(figures(400))
    assert sorted(one.place for one in ranked) == list(range(400))
    asked = ranked[:50]
    assert {one.why for one in asked} == set(TURNS)
    assert sum(one.why == "random" for one in asked) == 5
    for one in ranked:
        assert (one.why == "random") == (shares[one.place] < RANDOM_SHARE)
    unsure = [abs(means[one.place]) for one in asked if one.why == "uncertain"]
    assert np.median(unsure) < np.median(np.abs(means)) / 2


def test_pairs_without_photos_cannot_disagree() -> None:
    rows = figures(100)
    rows[:, PHOTOS] = 0
    assert not disagreement(rows).any()
    assert "disagreement" not in {one.why for one in order_of(rows)[0]}
    rows[:, PHOTOS] = 1
    rows[:, TEXT], rows[:, PHOTO] = np.linspace(0, 1, 100), np.linspace(0, 1, 100)
    rows[7, PHOTO] = 2.0
    assert int(np.argmax(disagreement(rows))) == 7


def test_one_product_is_not_asked_for_again_and_again() -> None:
    ends = [(1, 2), (1, 3), (1, 4), (5, 6), (7, 8)]
    assert spread_out(np.arange(5), ends) == [0, 3, 4, 1, 2]


def item(name: str, **product: Any) -> Item:
    return Item(name, product, np.asarray([1.0, 0.0], np.float32))


def test_figures_of_a_pair() -> None:
    left = item("a", title="Lamp XK-2000 60 W white", brand="Lumo", price=20.0, category=["home", "light"])
    right = item("b", title="Lamp XK2000, white", brand="Lumo GmbH", price=25.0, category=["home"])
    other = item("c", title="Lamp ZR-3000 40 W", brand="Acme")
    featurer = Featurer([left, right, other])
    near, far = (dict(zip(NAMES, row, strict=False)) for row in featurer.rows([(left, right), (left, other)]))
    assert (near["models shared"], near["models contradict"]) == (1, 0)
    assert (far["models shared"], far["models contradict"]) == (0, 1)
    assert (near["brand agrees"], far["brand contradicts"]) == (1, 1)
    assert near["price"] == pytest.approx(20 / 25) and far["has prices"] == 0
    assert near["category"] == pytest.approx(2 * 1 / 3)
    assert near["words"] > far["words"] and near["rare words"] > far["rare words"]
    assert featurer.rows([(right, left)])[0].tolist() == pytest.approx(featurer.rows([(left, right)])[0].tolist())
    assert differing(left.product, right.product) == ["brand", "price", "category"]


def test_the_pool_lends_a_pair_to_one_person_and_never_asks_twice() -> None:
    items = {name: item(name, title=f"thing {name}") for name in "abcdefgh"}
    pairs = [(one, other) for one in "abcdefgh" for other in "abcdefgh" if one < other]
    pool = Pool()
    pool.add(pairs, items)
    pool.rank(np.empty((0, len(NAMES))), np.empty(0, np.int64))
    first = pool.take("anna", 5)
    assert [one.key for one in pool.take("anna", 5)] == [one.key for one in first]  # not answered: asked again
    assert not {one.key for one in pool.take("ben", 5)} & {one.key for one in first}
    hidden = [one.key for one in first[:2]]
    assert not set(hidden) & {one.key for one in pool.take("anna", 28, hidden)}
    for one in first:
        pool.answer("anna", (one.left.id, one.right.id))
    later = {one.key for one in pool.take("anna", 28)}
    assert not later & {one.key for one in first}
    assert pool.left() == 28 - 5
    again = {one.key for one in pool.take("ben", 28)} & {one.key for one in first}
    wanted = {one.key for one in first if share_of("second", one.left.id, one.right.id) < 0.15}
    assert again == wanted
    pool.take_back("anna", (first[0].left.id, first[0].right.id))
    assert first[0].key in {one.key for one in pool.take("anna", 28)}
    assert pair_key("a", "b") == pair_key("b", "a")


def test_a_curve_rises_and_says_when_to_stop() -> None:
    rows, labels = taught(600, 5)
    shares = np.random.default_rng(6).random(600)
    found = learning_curve(rows, labels, shares, shares < 0.1)
    sizes = [one.labels for one in found.points]
    assert sizes == [60, 120, 240, 480]  # four fifths teach; an eighth of them, a quarter, a half, all
    assert found.points[-1].f1 > found.points[0].f1
    assert all(one.low <= one.f1 <= one.high for one in found.points)
    assert found.by_chance is not None and found.by_chance.labels == (shares < 0.1).sum()
    assert found.verdict.text


def test_verdicts() -> None:
    assert verdict(0.002, -0.01, WORTH / 2).stop is True
    assert "would add less than 0.010" in verdict(0.002, -0.01, 0.01).text
    assert verdict(0.05, 0.02, 0.08).stop is False
    assert verdict(0.001, -0.03, 0.04).stop is None


@pytest.mark.parametrize(("similar", "dissimilar"), [(5, 0), (100, 2), (0, 0), (20, 20)])
def test_too_few_labels_have_no_curve(similar: int, dissimilar: int) -> None:
    labels = np.asarray([1] * similar + [0] * dissimilar)
    found = learning_curve(figures(len(labels)), labels, np.zeros(len(labels)), np.zeros(len(labels), bool))
    assert found.points == () and found.verdict.stop is None
    assert f"{similar} of them similar and {dissimilar} dissimilar" in found.verdict.text


def test_enough_labels_without_a_curve_are_being_measured() -> None:
    assert "are being measured" in not_yet(224, 406).verdict.text
    assert "it takes 60 labels" in not_yet(20, 20).verdict.text
