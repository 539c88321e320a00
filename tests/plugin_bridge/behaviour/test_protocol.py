"""The split by time, and that nothing behind the cut reaches a model; metrics by hand."""

from dataclasses import replace

import numpy as np
import pytest

from plugin_bridge.behaviour import metrics
from plugin_bridge.behaviour.crowd import crowd_of
from plugin_bridge.behaviour.fitting import Tuning, fit_parts
from plugin_bridge.behaviour.interactions import Interactions
from plugin_bridge.behaviour.learning import cut_days
from plugin_bridge.behaviour.protocol import day_of, default_day, sequences, split_at
from plugin_bridge.behaviour.reading import read_behaviour
from plugin_bridge.errors import BehaviourError
from tests.plugin_bridge.behaviour.shop import write_orders


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Interactions:
    path = write_orders(tmp_path_factory.mktemp("orders") / "orders.csv")
    return read_behaviour(path, lambda customer: customer).interactions


def test_the_last_tenth_of_the_days_is_kept_apart(rows: Interactions) -> None:
    days = np.floor(rows.last_day) - np.floor(rows.first_day) + 1
    assert default_day(rows) == np.floor(rows.last_day) + 1 - np.floor(days * 0.1)
    assert day_of("2011-09-29") == 15_246  # days since 1970: 41 years of 365, 10 leap days, 271 days of 2011
    with pytest.raises(BehaviourError, match="is no date"):
        day_of("29/09/2011")


def test_the_target_is_the_first_order_from_the_day_on(rows: Interactions) -> None:
    split = split_at(rows, default_day(rows))
    for case in split.cases:
        own = rows.where(rows.customer == case.customer)
        later = own.where(own.time >= split.day)
        first = later.item[later.order == later.order[0]]
        assert set(case.targets) == set(first)
        assert (case.history.times < split.day).all()
        assert set(case.new_targets) == set(first) - set(case.history.items)
    with pytest.raises(BehaviourError, match="before and after"):
        split_at(rows, rows.last_day + 5)


def test_nothing_behind_the_cut_reaches_a_model(rows: Interactions) -> None:
    """The same rows with another future give the same parts, crowd, histories and cuts, bit by bit."""
    day = default_day(rows)
    later = rows.time >= day
    chance = np.random.default_rng(1)
    item = rows.item.copy()
    item[later] = chance.integers(0, len(rows.items), int(later.sum()))
    other = replace(rows, item=item)
    tuning = Tuning(factors=8, neighbours=10)
    one, two = (fit_parts(which, day, tuning) for which in (rows, other))
    for name, part in one.neighbours.items():
        np.testing.assert_array_equal(part.weights, two.neighbours[name].weights)
    for name in ("popularity", "by_context", "age", "sold", "vectors"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    np.testing.assert_array_equal(crowd_of(rows, day).item, crowd_of(other, day).item)
    for left, right in zip(split_at(rows, day).cases, split_at(other, day).cases, strict=True):
        np.testing.assert_array_equal(left.history.items, right.history.items)
    assert cut_days(rows, day) == cut_days(other, day)
    assert all(one < day for one in cut_days(rows, day))


def test_sequences_are_by_customer_or_by_order(rows: Interactions) -> None:
    whole, orders = sequences(rows), sequences(rows, by_session=True)
    assert len(whole) == len(rows.customers)
    assert len(orders) == len(np.unique(rows.order))
    assert all((one[1:] != one[:-1]).all() for one in whole)


def test_metrics_by_hand() -> None:
    scores = np.array([[0.9, 0.8, 0.7, 0.1, -np.inf]])
    ranked = metrics.top(scores, 4)
    assert ranked.tolist() == [[0, 1, 2, 3]]
    targets = [np.array([1, 3, 4])]
    assert metrics.recall(ranked, targets, 2)[0] == 1 / 2  # of min(2, 3) one was found
    assert metrics.recall(ranked, targets, 4)[0] == 2 / 3
    gained = 1 / np.log2(3) + 1 / np.log2(5)
    ideal = 1 + 1 / np.log2(3) + 1 / np.log2(4)
    assert metrics.ndcg(ranked, targets)[0] == pytest.approx(gained / ideal)
    assert metrics.mrr(ranked, targets)[0] == 1 / 2
    assert np.isnan(metrics.recall(ranked, [np.array([], int)], 4)[0])
    assert metrics.coverage(ranked, 8) == 4 / 8
    assert metrics.gini(np.array([[0, 1], [2, 3]]), 4) == pytest.approx(0.0)
    assert metrics.gini(np.array([[0], [0]]), 4) == pytest.approx(3 / 4)
    assert metrics.novelty(np.array([[0, 1]]), np.array([2, 8]), 8) == pytest.approx((2 + 0) / 2)


def test_what_was_never_sold_is_never_recommended() -> None:
    assert metrics.top(np.array([[-np.inf, 1.0, -np.inf]]), 3).tolist() == [[1, -1, -1]]
