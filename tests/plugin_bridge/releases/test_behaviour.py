"""What a generation knows of customers: carried by every release, and released itself by orders nobody has seen."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from encoders.store import ModelStore
from opensearch import generations
from opensearch.generations import Generation
from opensearch.mappings import BEHAVIOUR_VECTOR
from plugin_bridge.behaviour.diary import Diary
from plugin_bridge.behaviour.identity import pseudonyms
from plugin_bridge.behaviour.interactions import Interactions
from plugin_bridge.behaviour.model import open_model
from plugin_bridge.behaviour.publishing import publish
from plugin_bridge.behaviour.reading import read_behaviour
from plugin_bridge.behaviour.recommending import Wish
from plugin_bridge.behaviour.training import TrainOptions, train_behaviour
from plugin_bridge.in_process import open_recommender
from plugin_bridge.releases import records
from plugin_bridge.releases.switching import rollback
from plugin_bridge.releases.workshop import Hooks
from tests.fixtures.habits import Silent
from tests.plugin_bridge.behaviour.shop import AISLES, ITEMS, write_orders
from tests.plugin_bridge.releases.conftest import SECOND, Shop
from tests.plugin_bridge.releases.test_killed import killed

EARLY, CONFUSED, LATE = "habits-early", "habits-confused", "habits-late"
THINGS = [{"id": f"item-{number}", "title": f"Aisle {number % AISLES} thing {number}"} for number in range(ITEMS)]


@dataclass(frozen=True)
class Habits:
    """Orders of half a year, and models: of all but the last weeks, of shuffled products, and of everything."""

    orders: Path
    rows: Interactions


@pytest.fixture(scope="module")
def habits(release_store: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> Habits:
    """The orders and the three models, in the store of the tests."""
    folder = tmp_path_factory.mktemp("release-habits")
    orders = write_orders(folder / "orders.csv")
    rows = read_behaviour(orders, pseudonyms(folder).of).interactions
    early = rows.before(float(np.floor(rows.last_day)) - 40)
    shuffled = np.random.default_rng(5).permutation(len(rows.items)).astype(np.int32)
    made = {EARLY: early, CONFUSED: replace(early, item=shuffled[early.item]), LATE: rows}
    for name, learned in made.items():
        train_behaviour(learned, name, release_store, folder / "work", TrainOptions(tune=False), Silent())
    return Habits(orders, rows)


@pytest.fixture
def habit_shop(new_shop: Callable[..., Shop], habits: Habits, request: pytest.FixtureRequest) -> Shop:
    """A shop of these things that knows no behaviour yet."""
    return new_shop("habits-" + request.node.name.removeprefix("test_").replace("_", "-")[:40], THINGS)


def live_of(shop: Shop) -> Generation:
    live = generations.live(shop.workshop.cluster, shop.alias)
    assert live is not None
    return live


def vectors(shop: Shop, index: str) -> dict[str, list[float]]:
    """Return the behaviour vectors of an index by product."""
    cluster = shop.workshop.cluster
    cluster.request("POST", f"/{index}/_refresh")
    body = {"size": 1000, "_source": [BEHAVIOUR_VECTOR], "query": {"exists": {"field": BEHAVIOUR_VECTOR}}}
    hits = cluster.search(index, body, search_pipeline="_none")["hits"]["hits"]
    return {hit["_id"]: hit["_source"][BEHAVIOUR_VECTOR] for hit in hits}


def recommended(shop: Shop) -> list[str]:
    """Return what the live generation recommends after two things of the first aisle."""
    with open_recommender(shop.workshop.settings, shop.workshop.cluster) as recommender:
        found = recommender.recommend(Wish(history=["item-0", "item-4"], size=5, alias=shop.alias))
    return [hit.id for hit in found.answer.hits]


def test_a_release_of_a_text_model_keeps_recommending(habit_shop: Shop) -> None:
    shop = habit_shop
    publish(shop.workshop.cluster, shop.alias, open_model(shop.workshop.store, EARLY))
    known, before = vectors(shop, shop.live.index), recommended(shop)
    assert len(known) == ITEMS and live_of(shop).behaviour is not None
    done = shop.release(force=True)
    assert (live_of(shop).text.model, live_of(shop).behaviour.model) == (SECOND, EARLY)
    assert vectors(shop, str(done.target)) == known
    assert recommended(shop) == before
    # Brought up to date while the newer one was live: the older one has its own, and what it had it keeps.
    publish(shop.workshop.cluster, shop.alias, open_model(shop.workshop.store, LATE))
    shop.workshop.cluster.request("PUT", f"/{shop.alias}/_doc/spoon", {"title": "Aisle 0 spoon"})
    assert rollback(shop.workshop).live == shop.live.index
    assert live_of(shop).behaviour.model == EARLY and "spoon" in shop.documents()
    back = vectors(shop, shop.live.index)
    assert {one: back[one] for one in known} == known
    assert recommended(shop) == before


def test_vectors_that_come_during_a_release_are_in_the_candidate(habit_shop: Shop) -> None:
    shop, models = habit_shop, iter((EARLY, LATE))

    def meanwhile(point: str) -> None:
        if point in ("catch up", "proving"):  # the first ones ever, and others in their place
            publish(shop.workshop.cluster, shop.alias, open_model(shop.workshop.store, next(models)))

    done = shop.release(force=True, hooks=Hooks(reached=meanwhile))
    assert live_of(shop).behaviour.model == LATE
    assert vectors(shop, str(done.target)) == vectors(shop, shop.live.index) != {}
    assert recommended(shop)


def test_a_model_of_behaviour_is_compared_on_orders_that_neither_has_seen(habit_shop: Shop, habits: Habits) -> None:
    shop = habit_shop
    text = {one: len(found) for one, found in shop.documents().items()}
    untold = shop.release(EARLY)
    assert untold.state == records.REFUSED and untold.verdict == "cannot tell"
    assert "no orders are there to compare by" in untold.to_json()["notes"][0]
    # The live generation has none: customers' habits have to beat what is popular.
    first = shop.release(EARLY, data=habits.orders)
    assert (first.id, first.verdict, first.state) == (untold.id, "better", records.RELEASED)
    found = first.to_json()
    assert found["deciding"] == ["recall@20", "ndcg@10", "new_recall@20"]
    assert found["comparison"]["ndcg@10"]["low"] > 0 and found["comparison"]["ndcg@10"]["queries"] >= 30
    assert "compared with what is popular" in found["notes"][1]
    assert found["changes"][0]["query"].startswith("after Aisle ")
    assert live_of(shop).behaviour.model == EARLY and live_of(shop).text == shop.live.text
    assert {one: len(values) for one, values in shop.documents().items()} == {
        one: count + 1 for one, count in text.items()
    }
    assert len(vectors(shop, shop.alias)) == ITEMS
    good = recommended(shop)
    assert all(int(one.removeprefix("item-")) % AISLES == 0 for one in good)

    Diary(shop.workshop.settings.home).add(habits.rows)
    worse = shop.release(CONFUSED)
    assert (worse.verdict, worse.state) == ("worse", records.REFUSED) and recommended(shop) == good
    forced = shop.release(CONFUSED, force=True, worse=True)
    assert forced.state == records.RELEASED and recommended(shop) != good
    back = rollback(shop.workshop)
    assert (back.live, live_of(shop).behaviour.model) == (first.target, EARLY)
    assert recommended(shop) == good


@pytest.mark.parametrize("point", ("create", "copy", "prepare", "ready", "switched"))
@pytest.mark.parametrize("model", (SECOND, CONFUSED))
def test_a_killed_release_ends_with_everything_that_is_known_of_customers(
    habit_shop: Shop, model: str, point: str
) -> None:
    shop = habit_shop
    publish(shop.workshop.cluster, shop.alias, open_model(shop.workshop.store, EARLY))
    known = vectors(shop, shop.live.index)
    killed(shop, point, model)
    if point != "switched":
        assert live_of(shop).index == shop.live.index and vectors(shop, shop.alias) == known
    done = shop.release(model, force=True, worse=True)
    assert done.state == records.RELEASED and live_of(shop).index == done.target
    assert live_of(shop).behaviour.model == (EARLY if model == SECOND else CONFUSED)
    found = vectors(shop, shop.alias)
    assert found.keys() == known.keys() and (found == known) == (model == SECOND)
    rollback(shop.workshop)
    assert live_of(shop).behaviour.model == EARLY and vectors(shop, shop.alias) == known


def test_a_model_of_all_orders_cannot_be_told_yet(habit_shop: Shop, habits: Habits) -> None:
    Diary(habit_shop.workshop.settings.home).add(habits.rows)
    found = habit_shop.release(LATE, dry_run=True)
    assert found.verdict == "cannot tell"
    assert "has ordered since: both models know everything up to then" in found.to_json()["notes"][0]
