"""Products without a label help where labels are few, and only where they help."""

import numpy as np

from plugin_bridge.tagging.guessing import MOST_PER_VALUE, views_of, wanted, with_guesses
from plugin_bridge.tagging.labels import LabelledProduct
from plugin_bridge.tagging.making import MOST_WITH_OTHERS, worth_reading
from plugin_bridge.tagging.ridge import Features, Setting


def clouds(products: int = 400, dimensions: int = 40) -> tuple[Features, np.ndarray]:
    """Products of two values, two round clouds far apart: many of them show where the gap is, a few do not."""
    value = np.arange(products) % 2
    rows = np.random.default_rng(1).normal(size=(products, dimensions))
    rows[:, 0] += 4 * (value - 0.5)
    return Features([rows]), value


def test_products_without_a_label_show_where_values_part():
    features, value = clouds()
    rows = np.arange(24)
    others = np.arange(len(rows), 400)
    targets = np.eye(2)[value[rows]]
    helped = with_guesses(features, targets, rows, others, [Setting((1.0,))])
    assert helped is not None and helped.held_out.shape == targets.shape
    alone = features.learn(targets, rows, Setting((1.0,)), np.ones(len(rows)))

    def right(fitted) -> float:
        scores = features.scores(fitted)
        return float((scores.argmax(axis=1) == value)[others].mean())

    assert right(helped) > right(alone) + 0.02


def test_words_learn_from_what_the_photo_sees():
    chance = np.random.default_rng(5)
    value = np.arange(300) % 2
    words, photo = chance.normal(size=(2, 300, 30))
    words[:, 0] += 3 * (value - 0.5)
    photo[:, 0] += 6 * (value - 0.5)
    features, joint = Features([words, photo]), Setting((1.0, 1.0))
    rows, others = np.arange(10), np.arange(10, 300)

    def right_by_words(views) -> float:
        found = with_guesses(features, np.eye(2)[value[rows]], rows, others, views)
        return float(((words @ found.maps[0]).argmax(axis=1) == value)[others].mean())

    assert right_by_words(views_of(joint)) > right_by_words((joint,)) + 0.03


def test_a_photo_that_weighs_nothing_is_no_view():
    assert views_of(Setting((2.0, 0.0))) == (Setting((2.0, 0.0)),)
    assert [view.weights for view in views_of(Setting((2.0, 2.0, 1.0)))] == [(2, 2, 1), (2, 2, 0), (0, 0, 1)]


def test_the_order_of_products_does_not_matter():
    features, value = clouds(products=60)
    order = np.random.default_rng(2).permutation(60)
    targets, sure = np.eye(2)[value], np.linspace(0.2, 1, 60)
    straight = features.learn(targets, np.arange(60), Setting((1.0,)), sure)
    turned = features.learn(targets[order], order, Setting((1.0,)), sure[order])
    np.testing.assert_allclose(features.scores(turned), features.scores(straight), atol=1e-8)
    np.testing.assert_allclose(turned.held_out, straight.held_out[order], atol=1e-8)


def test_they_are_tried_where_labels_are_few_and_others_many():
    few, many = np.zeros((8, 2)), np.zeros((2 * MOST_PER_VALUE + 1, 2))
    assert wanted(few, np.arange(8)) and not wanted(few, np.arange(7))
    assert not wanted(many, np.arange(1000))


def test_as_many_products_without_a_label_are_read_as_can_help():
    products = [
        LabelledProduct(f"{row}", {"title": "x"}, {"colour": ("red",)} if row % 10 == 0 else {}) for row in range(20000)
    ]
    read = worth_reading(products, ["colour"])
    assert sum(bool(one.labels) for one in read) == 2000
    assert 0.7 * MOST_WITH_OTHERS < len(read) <= MOST_WITH_OTHERS
    assert worth_reading(products, ["season"]) == products[:: -(-20000 // MOST_WITH_OTHERS)]
    assert worth_reading(products[:50], ["colour"]) == products[:50]
