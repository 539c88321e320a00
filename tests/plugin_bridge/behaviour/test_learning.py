"""The blend learns habits, the evaluation prints the contract's document, the nightly update keeps vectors together."""

from dataclasses import replace

import numpy as np
import pytest

from plugin_bridge.behaviour.evaluating import evaluate_behaviour
from plugin_bridge.behaviour.fitting import Tuning, fit_parts
from plugin_bridge.behaviour.incremental import update_model, updated
from plugin_bridge.behaviour.interactions import Interactions
from plugin_bridge.behaviour.model import open_model
from plugin_bridge.behaviour.parts import Neighbours, faded
from plugin_bridge.behaviour.protocol import History, default_day
from plugin_bridge.behaviour.ranking import diverse
from plugin_bridge.behaviour.segments import demand_neighbours
from plugin_bridge.errors import BehaviourError
from tests.fixtures.habits import MODEL, Shop


def test_the_evaluation_is_the_contracts_and_ours_beats_popularity(habits: Shop) -> None:
    document = evaluate_behaviour(
        habits.rows, default_day(habits.rows), tuning=Tuning(factors=16, neighbours=20)
    ).to_json()
    assert {"sequences", "recall@10", "recall@20", "ndcg@10", "mrr@10", "coverage", "ci95", "variants"} <= set(document)
    assert {"popularity", "own_history", "item_knn", "ease", "als", "kindred"} == set(document["variants"])
    low, high = document["ci95"]
    assert low <= document["recall@20"] <= high
    ours, popular = document["variants"]["kindred"], document["variants"]["popularity"]
    assert ours["ndcg@10"] > popular["ndcg@10"] + 0.1
    assert ours["new"]["recall@20"] >= popular["new"]["recall@20"]


def test_a_history_is_spread_over_neighbours() -> None:
    neighbours = Neighbours(np.array([[1, 2], [0, 2], [0, 1]]), np.array([[0.5, 0.1], [0.2, 0.0], [0.3, -0.4]]))
    history = History(np.array([0, 2]), np.array([90.0, 100.0]), np.array([0, 1]))
    items, strengths = faded(history, 100.0, half_life=10.0)
    assert items.tolist() == [0, 2]
    assert strengths.tolist() == [0.5, 1.0]
    np.testing.assert_allclose(neighbours.spread(items, strengths), [0.3, 0.5 * 0.5 - 0.4, 0.5 * 0.1])


def test_diversity_is_maximal_marginal_relevance() -> None:
    vectors = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert diverse([10, 11, 12], [3.0, 2.9, 1.0], vectors, 3, 0.0) == [10, 11, 12]
    assert diverse([10, 11, 12], [3.0, 2.9, 1.0], vectors, 3, 0.6) == [10, 12, 11]
    assert diverse([10], [1.0], vectors[:1], 5, 0.5) == [10]


def test_complements_are_of_the_same_orders(habits: Shop) -> None:
    rows = list(demand_neighbours(habits.model))
    assert rows[0] == ("product", "title", "kind", "neighbour", "neighbour_title", "strength")
    complements = [row for row in rows[1:] if row[2] == "complement"]
    right = [row for row in complements if int(row[0].split("-")[1]) % 4 == int(row[3].split("-")[1]) % 4]
    assert len(right) > 0.9 * len(complements)
    assert all(0 < float(row[5]) <= 1 for row in rows[1:])


def later(rows: Interactions, item: str | None = None) -> Interactions:
    """Return the rows with one more day: ten customers of aisle 0 buy once more, of one item or as before."""
    aisle = np.array([int(one.split("-")[1]) % 4 for one in rows.items])
    first = np.unique(rows.customer, return_index=True)[1]
    chosen = first[aisle[rows.item[first]] == 0][:10]
    items, titles = rows.items, rows.titles
    item_places = rows.item[chosen]
    if item is not None:
        items, titles = (*items, item), (*titles, "Aisle 0 fresh thing")
        item_places = np.full(len(chosen), len(items) - 1)
    end = rows.last_day + 2
    joined = {
        "customer": np.r_[rows.customer, rows.customer[chosen]],
        "item": np.r_[rows.item, item_places],
        "time": np.r_[rows.time, np.full(len(chosen), end)],
        "order": np.r_[rows.order, rows.order.max() + 1 + np.arange(len(chosen))],
        "quantity": np.r_[rows.quantity, rows.quantity[chosen]],
        "context": np.r_[rows.context, rows.context[chosen]],
    }
    order = np.lexsort((joined["time"], joined["customer"]))
    arrays = {name: value[order] for name, value in joined.items()}
    return replace(rows, items=items, titles=titles, **arrays)


def test_new_orders_enter_without_training_and_few_vectors_change(habits: Shop) -> None:
    parts = fit_parts(habits.rows, habits.rows.last_day + 1, Tuning(factors=16, neighbours=20))
    fresh, _, touched = updated(parts, later(habits.rows))
    assert 0 < len(touched) < len(parts)
    untouched = np.setdiff1d(np.arange(len(parts)), touched)
    np.testing.assert_array_equal(fresh.vectors[untouched], parts.vectors[untouched])
    unit = [
        one.vectors[touched] / np.linalg.norm(one.vectors[touched], axis=1, keepdims=True) for one in (parts, fresh)
    ]
    assert (unit[0] * unit[1]).sum(axis=1).min() > 0.8  # they stay where they belong
    assert fresh.day > parts.day
    with pytest.raises(BehaviourError, match="nothing newer"):
        updated(fresh, habits.rows)


def test_an_item_that_was_never_sold_gets_a_vector_from_its_first_orders(habits: Shop) -> None:
    parts = fit_parts(habits.rows, habits.rows.last_day + 1, Tuning(factors=16, neighbours=20))
    fresh, _, _ = updated(parts, later(habits.rows, "item-new"))
    place = fresh.items.index("item-new")
    assert fresh.items[: len(parts)] == parts.items
    assert fresh.sold[place]
    alike = fresh.vectors @ fresh.vectors[place] / np.linalg.norm(fresh.vectors, axis=1)
    aisle = np.array([int(one.split("-")[1]) % 4 if one != "item-new" else -1 for one in fresh.items])
    assert alike[aisle == 0].mean() > max(alike[aisle == other].mean() for other in (1, 2, 3))


def test_an_updated_model_is_whole_and_has_another_fingerprint(habits: Shop) -> None:
    before = habits.model
    folder = habits.store.folder(MODEL)
    kept = {path.name: path.read_bytes() for path in folder.iterdir()}
    try:
        fingerprint, touched = update_model(habits.store, before, later(habits.rows))
        after = open_model(habits.store, MODEL)
        assert after.fingerprint == fingerprint != before.fingerprint
        assert touched > 0
        habits.store.verify(MODEL)
    finally:
        for name, content in kept.items():
            (folder / name).write_bytes(content)


def test_a_damaged_model_is_refused_by_name(habits: Shop) -> None:
    path = habits.store.folder(MODEL) / "items.npz"
    kept = path.read_bytes()
    path.write_bytes(kept[: len(kept) // 2])
    try:
        with pytest.raises(BehaviourError, match=r"items\.npz cannot be read"):
            open_model(habits.store, MODEL)
    finally:
        path.write_bytes(kept)


def test_a_model_is_not_scored_on_what_it_was_trained_on(habits: Shop) -> None:
    with pytest.raises(BehaviourError, match="only a later --from can score it"):
        evaluate_behaviour(habits.rows, default_day(habits.rows), stored=habits.model)
