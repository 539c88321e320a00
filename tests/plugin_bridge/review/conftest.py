"""What the tests of reviewing share: a small generation, a database, and a tagger that says one thing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from opensearch import generations
from opensearch.bulk import Patience
from opensearch.client import Cluster
from opensearch.generations import EncoderRef, Generation
from plugin_bridge.review.documents import Documents
from plugin_bridge.review.reviewer import Reviewer
from plugin_bridge.settings import Settings
from plugin_bridge.storage import Storage, open_storage
from plugin_bridge.tagging.engine import TaggedInput
from plugin_bridge.tagging.suggesting import ProductSuggestions, Suggestion
from tests.plugin_bridge.storage.conftest import postgres

__all__ = ["postgres"]

QUICK = Patience(patience=1, block_patience=1, first=0.02, longest=0.1, timeout=10)
PRODUCTS: tuple[dict[str, Any], ...] = (
    {"id": "boot", "title": "Hiking boot", "category": ["Shoes", "Boots"], "colour": "brown", "tags": ["outdoor"]},
    {"id": "shoe", "title": "Running shoe", "category": ["Shoes", "Trainers"], "tags": ["sale"]},
    {"id": "apple", "title": "Green apple", "category": ["Fruit"]},
    {"id": "blank", "title": "A thing without anything"},
    {"id": "a/b c", "title": "Slashes and spaces"},
)


@dataclass
class Tagger:
    """A tagger that says what it is told: values with confidence by product and field."""

    says: Mapping[str, Sequence[tuple[str, str, float]]] = field(default_factory=dict)
    name: str = "tiny"
    version: str = "1"

    def suggest(self, products: Sequence[TaggedInput]) -> list[ProductSuggestions]:
        return [
            ProductSuggestions(
                one.id,
                tuple(
                    Suggestion(name, value, confidence, confidence >= 0.8, self.name, {"words": [{"word": "boot"}]})
                    for name, value, confidence in self.says.get(one.id, ())
                ),
            )
            for one in products
        ]


def make_generation(
    cluster: Cluster, alias: str, products: Sequence[Mapping[str, Any]] = PRODUCTS, *, live: bool = True
) -> Generation:
    """Make a complete generation by hand; its products have no vectors."""
    made = generations.create(cluster, alias, text=EncoderRef("none", "0" * 32, 4))
    made = generations.update_meta(cluster, replace(made, complete=True, documents=len(products)))
    lines: list[bytes] = []
    for one in products:
        source = {name: value for name, value in one.items() if name != "id"}
        lines += [orjson.dumps({"index": {"_id": one["id"]}}), orjson.dumps(source)]
    answer = cluster.request("POST", f"/{made.index}/_bulk", b"\n".join(lines) + b"\n", params={"refresh": True})
    assert not answer["errors"], answer
    if live:
        generations.switch(cluster, alias, made.index)
    return made


@pytest.fixture
def alias(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """An alias of this test's own; its generations are gone afterwards."""
    name = "test-review-" + "".join(c if c.isalnum() else "-" for c in request.node.name.lower())[:60].rstrip("-")
    cluster.request("DELETE", f"/{name}-g*", params={"expand_wildcards": "all"})
    yield name
    cluster.request("DELETE", f"/{name}-g*", params={"expand_wildcards": "all"})


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    found = open_storage(Settings(home=tmp_path / "home"))
    yield found
    found.close()


@pytest.fixture
def generation(cluster: Cluster, alias: str) -> Generation:
    return make_generation(cluster, alias)


@pytest.fixture
def reviewer(cluster: Cluster, storage: Storage, alias: str, generation: Generation) -> Reviewer:
    return Reviewer(storage, alias, Documents(cluster, patience=QUICK))


Suggest = Callable[..., list[int]]


@pytest.fixture
def suggest(cluster: Cluster, reviewer: Reviewer) -> Suggest:
    """Have the tagger say something about products; returns the ids of the open suggestions, in the order said."""
    from plugin_bridge.review.making import make
    from plugin_bridge.review.values import Wanted

    def run(*said: tuple[str, str, str, float]) -> list[int]:
        says: dict[str, list[tuple[str, str, float]]] = {}
        for product, name, value, confidence in said:
            says.setdefault(product, []).append((name, value, confidence))
        make(Tagger(says), cluster, reviewer.live(), reviewer.ledger, list(says))
        found = {(s.product, s.field, s.value): s.id for s in reviewer.ledger.find(Wanted(), size=10_000).suggestions}
        return [found[product, name, value] for product, name, value, _ in said if (product, name, value) in found]

    return run


def source(cluster: Cluster, index: str, product: str) -> dict[str, Any]:
    """Return a product's document as it is now."""
    from opensearch.client import path

    found: dict[str, Any] = cluster.request("GET", path(index, "_doc", product))["_source"]
    return found
