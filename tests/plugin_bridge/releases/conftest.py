"""A shop with a live generation, and a second model that has passed its gate."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from encoders.cards import TOKENIZER_FILE, fingerprint_of, read_card, write_card
from encoders.store import ModelStore
from opensearch.client import Cluster
from opensearch.generations import Generation
from plugin_bridge.plugging import unplug
from plugin_bridge.releases.records import Release
from plugin_bridge.releases.release import Wanted, release
from plugin_bridge.releases.workshop import Hooks, Workshop
from plugin_bridge.settings import Settings
from plugin_bridge.storage import LateStorage
from tests.fixtures.bridge import PRODUCTS, drop_alias, load_products, make_home
from tests.fixtures.tiny_models import TINY_TEXT, make_photo, make_text

SECOND, UNPROVEN = "tiny-second", "tiny-unproven"
COARSE_PHOTO = "tiny-photo-coarse"
PARITY = {"worst_cosine": 1.0, "mean_cosine": 1.0, "overlap_at_10": 1.0, "metric_loss": 0.0}


def make_model(store: ModelStore, name: str, *, seed: int, proven: bool = True) -> None:
    """Write another tiny text encoder into the store, with or without its gate's figures."""
    folder = store.root / name
    if folder.exists():
        return
    make_text(folder, store.root / TINY_TEXT / TOKENIZER_FILE, seed=seed)
    card = read_card(folder)
    fingerprint = fingerprint_of(card.files, card.preprocessing)
    write_card(folder, replace(card, name=name, parity=PARITY if proven else {}, fingerprint=fingerprint))


def make_photo_model(store: ModelStore, name: str, patch: int) -> None:
    """Write another tiny photo encoder into the store, with its gate's figures."""
    folder = store.root / name
    if not folder.exists():
        make_photo(folder, patch=patch)
        write_card(folder, replace(read_card(folder), name=name, parity=PARITY))


@pytest.fixture(scope="session")
def release_store(bridge_store: ModelStore) -> ModelStore:
    """The store of the tests, with a second and a third text encoder of the same length of vectors."""
    make_model(bridge_store, SECOND, seed=2)
    make_model(bridge_store, UNPROVEN, seed=3, proven=False)
    make_photo_model(bridge_store, COARSE_PHOTO, patch=32)
    return bridge_store


@dataclass
class Shop:
    """An alias of its own, its first generation, and what its releases work with."""

    workshop: Workshop
    live: Generation

    @property
    def alias(self) -> str:
        return self.workshop.alias

    def release(self, model: str = SECOND, hooks: Hooks | None = None, **wanted: object) -> Release:
        """Release a model; without `force` where the test says nothing else, by `anna`."""
        shop = self.workshop if hooks is None else replace(self.workshop, hooks=hooks)
        return release(shop, Wanted(model, "anna", **wanted))  # type: ignore[arg-type]

    def documents(self, index: str | None = None) -> dict[str, dict]:
        """Return all documents behind the alias, or of an index, without vectors and hashes."""
        cluster = self.workshop.cluster
        cluster.request("POST", f"/{index or self.alias}/_refresh")
        body = {"size": 1000, "_source": {"excludes": ["kindred_text", "kindred_text_hash"]}}
        hits = cluster.search(index or self.alias, body, search_pipeline="_none")["hits"]["hits"]
        return {hit["_id"]: hit["_source"] for hit in hits}


@pytest.fixture
def new_shop(cluster: Cluster, release_store: ModelStore, tmp_path: Path) -> Iterator[Callable[..., Shop]]:
    """A function that makes a shop of `PRODUCTS` behind an alias; all are taken away at the end."""
    made: list[str] = []

    def make(alias: str, products=PRODUCTS) -> Shop:
        drop_alias(cluster, alias)
        made.append(alias)
        settings = Settings(home=make_home(tmp_path / alias, release_store), alias=alias, threads=1)
        live = load_products(cluster, release_store, alias, products, model=TINY_TEXT)
        hooks = Hooks(remove=unplug)
        return Shop(Workshop(cluster, release_store, settings, LateStorage(settings), alias, hooks), live)

    yield make
    for alias in made:
        drop_alias(cluster, alias)


@pytest.fixture
def shop(new_shop: Callable[..., Shop], request: pytest.FixtureRequest) -> Shop:
    """A shop of the test's own."""
    return new_shop("release-" + request.node.name.removeprefix("test_").replace("_", "-")[:60].split("[")[0])
