"""The closed form of leave-one-out is what leaving each one out really gives."""

import numpy as np
import pytest
from scipy import sparse

from plugin_bridge.tagging import ridge
from plugin_bridge.tagging.ridge import Features, Setting

SETTING = Setting((1.0, 2.0))


def made(seed: int = 4, products: int = 40):
    chance = np.random.default_rng(seed)
    labels = chance.integers(0, 3, products)
    dense = chance.normal(size=(products, 6)) + np.eye(3)[labels].repeat(2, axis=1) * 2
    words = sparse.random(products, 15, density=0.3, random_state=seed, format="csr")
    return [dense, words], np.eye(3)[labels]


def scores(fitted, blocks):
    return sum(np.asarray(block @ one) for block, one in zip(blocks, fitted.maps, strict=True)) + fitted.bias


def test_held_out_scores_are_those_of_a_model_that_never_saw_the_product(monkeypatch):
    blocks, targets = made()
    monkeypatch.setattr(ridge, "_balanced", lambda targets, lift, certainty=None: np.ones(len(targets)))
    features = Features(blocks)
    rows = np.arange(len(targets))
    whole = features.fit(targets, rows, SETTING)
    prior = targets.mean(axis=0)
    for left_out in (0, 7, 39):
        others = rows[rows != left_out]
        # The prior only shifts what the constant learns again; it is kept the same for both.
        part = features.fit(targets[others], others, SETTING)
        expected = scores(part, blocks)[left_out]
        drift = np.abs(targets[others].mean(axis=0) - prior).max()
        assert whole.held_out[left_out] == pytest.approx(expected, abs=0.05 * drift + 1e-6)


def test_many_products_that_have_several_values_are_learned_to_the_same_scores(monkeypatch):
    blocks, targets = made(products=150)
    targets[::3] = np.roll(targets[::3], 1, axis=1) + targets[::3]  # a third of them have two values
    rows = np.arange(150)
    pairs = Features(blocks).fit(targets, rows, SETTING)
    monkeypatch.setattr(ridge, "MOST_IN_PAIRS", 10)
    plain = Features(blocks).fit(targets, rows, SETTING)
    assert np.abs(scores(pairs, blocks) - scores(plain, blocks)).max() < 0.02
    assert ((pairs.held_out > 0.5) == (plain.held_out > 0.5)).mean() > 0.9


def test_many_products_of_one_value_each_are_told_by_margins(monkeypatch):
    monkeypatch.setattr(ridge, "MOST_IN_PAIRS", 10)
    blocks, targets = made(products=90)
    fitted = Features(blocks).fit(targets, np.arange(90), SETTING)
    found = scores(fitted, blocks)
    assert (found.argmax(axis=1) == targets.argmax(axis=1)).mean() > 0.95
    assert (fitted.held_out.argmax(axis=1) == targets.argmax(axis=1)).mean() > 0.8
    # A product beyond the margin costs nothing: its scores need not be 0 and 1, but lie on the right side of a half.
    assert np.median(found[targets > 0]) > 0.8 and np.median(found[targets == 0]) < 0.2


def test_many_products_with_wide_photos_are_learned_along_the_axes_in_which_these_differ(monkeypatch):
    monkeypatch.setattr(ridge, "MOST_IN_PAIRS", 10)
    blocks, targets = made(products=90)
    turned = np.linalg.qr(np.random.default_rng(5).normal(size=(40, 40)))[0][:4]
    photos = np.eye(4)[np.arange(90) % 4] @ turned  # forty numbers in which four things are told
    rows = np.arange(90)
    whole = Features([*blocks, photos]).fit(targets, rows, Setting((1.0,) * (len(blocks) + 1)))
    monkeypatch.setattr(ridge, "MOST_AXES", 6)
    short = Features([*blocks, photos]).fit(targets, rows, Setting((1.0,) * (len(blocks) + 1)))
    assert [one.shape for one in short.maps] == [one.shape for one in whole.maps]
    assert np.abs(scores(short, [*blocks, photos]) - scores(whole, [*blocks, photos])).max() < 0.02


def test_a_value_with_one_product_is_learned_and_weighs_most():
    blocks, targets = made()
    targets = np.hstack([targets, np.zeros((40, 1))])
    targets[0] = [0, 0, 0, 1]
    fitted = Features(blocks).fit(targets, np.arange(40), SETTING)
    assert np.isfinite(fitted.held_out).all()
    assert scores(fitted, blocks)[0].argmax() == 3
    weights = ridge._balanced(targets, 1.0)
    assert weights[0] == weights.max() and weights.mean() == pytest.approx(1)


def named(lonely: int = 1):
    """Words of 60 titles, `lonely` of them of value 2: that of their value and some others. Names are words 0 to 2."""
    chance = np.random.default_rng(6)
    labels = np.repeat([0, 1, 2], [30, 30 - lonely, lonely])
    words = np.hstack([np.eye(3)[labels] * 0.7, chance.random((60, 30)) < 0.2])
    return sparse.csr_matrix(words), np.eye(3)[labels], sparse.csr_matrix(np.eye(3, 33))


def test_names_of_values_tell_titles_that_have_a_name_in_them_where_there_are_few_labels():
    words, targets, names = named()
    rows, setting = np.arange(60), Setting((1.0,), penalty=0.3)
    plain = Features([words]).fit(targets, rows, setting)
    begun = Features([words]).beginning_with(names).fit(targets, rows, setting)
    asked = [names[2]]  # a title of nothing but the name of the value that one product has
    assert scores(begun, asked)[0, 2] > scores(plain, asked)[0, 2] + 0.1
    assert scores(begun, asked)[0].argmax() == 2
    # With that product left out its value is not known, nor is the name of it.
    assert begun.held_out[59, 2] == pytest.approx(plain.held_out[59, 2])


def test_what_is_held_out_with_names_is_what_a_model_without_the_product_says(monkeypatch):
    words, targets, names = named(lonely=20)
    monkeypatch.setattr(ridge, "_balanced", lambda targets, lift, certainty=None: np.ones(len(targets)))
    features, rows = Features([words]).beginning_with(names), np.arange(60)
    whole = features.fit(targets, rows, Setting((1.0,)))
    for left_out in (0, 35, 59):
        others = rows[rows != left_out]
        part = features.fit(targets[others], others, Setting((1.0,)))
        assert whole.held_out[left_out] == pytest.approx(scores(part, [words])[left_out], abs=0.02)


def test_names_that_no_title_has_change_nothing():
    words, targets, _ = named()
    rows = np.arange(60)
    plain = Features([words]).fit(targets, rows, Setting((1.0,)))
    nothing = sparse.csr_matrix((3, 33))
    begun = Features([words]).beginning_with(nothing).fit(targets, rows, Setting((1.0,)))
    np.testing.assert_allclose(begun.held_out, plain.held_out)
    np.testing.assert_allclose(begun.maps[0], plain.maps[0])
