"""A shop with habits: its orders, a model trained on them, and a bridge over a generation that holds its vectors."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from encoders.store import ModelStore
from opensearch.client import Cluster
from plugin_bridge.behaviour.diary import Diary
from plugin_bridge.behaviour.identity import pseudonyms
from plugin_bridge.behaviour.interactions import Interactions
from plugin_bridge.behaviour.model import BehaviourModel, open_model
from plugin_bridge.behaviour.publishing import Published, publish
from plugin_bridge.behaviour.reading import read_behaviour
from plugin_bridge.behaviour.training import TrainOptions, train_behaviour
from plugin_bridge.plugging import plug_in
from tests.fixtures.bridge import TEXT_MODEL, Bridge, drop_alias, load_products
from tests.plugin_bridge.behaviour.shop import AISLES, ITEMS, write_orders

ALIAS = "habits"
MODEL = "habits"


class Silent:
    """Hears of a training and keeps what it heard."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, int]] = []

    def progress(self, step: int, of: int | None = None, message: str = "", seconds_left: float | None = None) -> None:
        self.heard.append(("progress", step))

    def figures(self, step: int, loss: float | None = None, valid: Any = None) -> None:
        self.heard.append(("figures", step))


@dataclass(frozen=True)
class Shop:
    """The trained shop. Its salt and diary are in `home`."""

    home: Path
    store: ModelStore
    orders: Path
    rows: Interactions

    @property
    def model(self) -> BehaviourModel:
        return open_model(self.store, MODEL)


@dataclass(frozen=True)
class Served:
    """The shop behind a running bridge."""

    shop: Shop
    bridge: Bridge
    cluster: Cluster
    published: Published


@pytest.fixture(scope="session")
def habits(tmp_path_factory: pytest.TempPathFactory, bridge_store: ModelStore) -> Shop:
    """The shop with its model, trained once."""
    home = tmp_path_factory.mktemp("habits")
    (home / "models").mkdir()
    (home / "models" / TEXT_MODEL).symlink_to(bridge_store.folder(TEXT_MODEL), target_is_directory=True)
    orders = write_orders(home / "orders.csv")
    store = ModelStore(home / "models")
    rows = read_behaviour(orders, pseudonyms(home).of).interactions
    Diary(home).add(rows)
    encoder = store.open_text(TEXT_MODEL, threads=1)
    options = TrainOptions(tune=False)
    train_behaviour(rows, MODEL, store, home / "work", options, Silent(), encoder)
    return Shop(home, store, orders, rows)


@pytest.fixture(scope="session")
def served(habits: Shop, cluster: Cluster) -> Iterator[Served]:
    """The shop's products live behind an alias, with vectors and a bridge. Two products are sold out or brand new."""
    drop_alias(cluster, ALIAS)
    products: list[dict[str, Any]] = [
        {
            "id": f"item-{number}",
            "title": f"Aisle {number % AISLES} thing {number}",
            "brand": "even" if number % 2 == 0 else "odd",
            "price": float(number),
            "stock": 0.0 if number == 8 else 5.0,
        }
        for number in range(ITEMS)
        if number != 12  # deleted from the shop, still in the orders
    ]
    products.append({"id": "new-0", "title": "Aisle 0 thing 20", "brand": "even", "price": 1.0, "stock": 3.0})
    generation = load_products(cluster, habits.store, ALIAS, products)
    running = Bridge(cluster.url, habits.home, environment={"KINDRED_ALIAS": ALIAS})
    plug_in(cluster, generation, running.settings)
    published = publish(cluster, ALIAS, habits.model)
    try:
        yield Served(habits, running.start(), cluster, published)
    finally:
        running.stop()
        drop_alias(cluster, ALIAS)
