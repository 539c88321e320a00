"""Only the likeliest products of a customer are looked at closely; the others keep their order below them."""

import numpy as np

from plugin_bridge.behaviour import features as of_items
from plugin_bridge.behaviour.features import FEATURES, features, rough, view
from plugin_bridge.behaviour.protocol import History
from plugin_bridge.behaviour.ranking import as_history, first_places
from tests.fixtures.habits import Shop


def test_what_is_not_looked_at_closely_stands_below_in_the_order_of_the_guess(habits: Shop) -> None:
    model = habits.model
    parts, now = model.parts, model.parts.day
    history = as_history([0, 4, 8], now)
    every = model.blend.scores(parts, model.crowd, history, now, most=None)
    some = model.blend.scores(parts, model.crowd, history, now, most=12)
    close = np.flatnonzero(np.isclose(every, some))
    assert len(close) == 12
    rest = np.setdiff1d(np.arange(len(parts)), close)
    assert some[rest].max() < some[close].min()
    guess = rough(view(parts, model.crowd, history, now))
    assert guess[close].min() >= guess[rest].max()
    np.testing.assert_array_equal(np.argsort(guess[rest], kind="stable"), np.argsort(some[rest], kind="stable"))


def test_features_of_some_items_are_those_of_all(habits: Shop) -> None:
    model = habits.model
    history = as_history([1, 5, 9, 1], model.parts.day)
    seen = view(model.parts, model.crowd, history, model.parts.day)
    places = np.arange(len(model.parts))
    every = features(model.parts, seen, history, model.parts.day, places)
    assert every.shape == (len(places), FEATURES)
    few = np.array([7, 1, 30])
    np.testing.assert_array_equal(features(model.parts, seen, history, model.parts.day, few), every[few])


def test_orders_count_less_the_more_came_after_them() -> None:
    history = History(np.array([0, 1, 0, 2]), np.array([1.0, 1.0, 5.0, 9.0]), np.array([4, 4, 7, 9]))
    tenth, third = of_items.habits(history, 10.0, 3).decayed
    # Three orders: item 0 in the first two, item 1 in the first, item 2 in the last.
    np.testing.assert_allclose(tenth, [0.9 + 0.9**2, 0.9**2, 1.0])
    np.testing.assert_allclose(third, [0.7 + 0.7**2, 0.7**2, 1.0])


def test_the_first_places_are_those_of_a_sort() -> None:
    scores = np.array([0.5, -np.inf, 2.0, 2.0, 1.0])
    assert first_places(scores, 3).tolist() == [2, 3, 4]
    assert first_places(scores, 9).tolist() == [2, 3, 4, 0, 1]
