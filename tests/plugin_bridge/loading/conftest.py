"""What the tests of loading share: aliases that are cleaned up, product files, and a way to look at an index."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from encoders.store import ModelStore
from opensearch.bulk import Patience
from opensearch.client import Cluster
from plugin_bridge.loading.load import Hooks, LoadOptions, LoadReport, load_catalogue

QUICK = Patience(patience=60, block_patience=60, first=0.02, longest=0.2)


def write_products(path: Path, products: Iterable[dict[str, Any] | bytes]) -> Path:
    """Write JSON Lines; bytes go in as they are."""
    lines = (one if isinstance(one, bytes) else orjson.dumps(one) for one in products)
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def many(count: int, **fields: Any) -> list[dict[str, Any]]:
    """Return `count` products with short titles, no two alike."""
    return [{"id": f"p{n}", "title": f"mug number {n}", "price": n, **fields} for n in range(count)]


def documents(cluster: Cluster, index: str) -> dict[str, dict[str, Any]]:
    """Return the source of every document of an index, by id."""
    found: dict[str, dict[str, Any]] = {}
    after: list[Any] | None = None
    while True:
        body: dict[str, Any] = {
            "size": 1000,
            "sort": [{"kindred_row": "asc"}, {"kindred_tie": "asc"}],
            "query": {"match_all": {}},
        }
        if after:
            body["search_after"] = after
        hits = cluster.search(index, body)["hits"]["hits"]
        found.update((hit["_id"], hit["_source"]) for hit in hits)
        if len(hits) < 1000:
            return found
        after = hits[-1]["sort"]


@pytest.fixture
def alias(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """An alias of this test's own; its generations are gone afterwards."""
    name = "test-load-" + "".join(c if c.isalnum() else "-" for c in request.node.name.lower())[:60].rstrip("-")
    yield name
    cluster.request("DELETE", f"/{name}-g*", params={"expand_wildcards": "all"})


Loader = Callable[..., LoadReport]


@pytest.fixture
def load(cluster: Cluster, model_store: ModelStore, tmp_path: Path, alias: str) -> Loader:
    """Load a file into the test's alias; keywords are options, `through` another client, `hooks` hooks."""

    def run(file: Path, *, through: Cluster | None = None, hooks: Hooks | None = None, **options: Any) -> LoadReport:
        chosen = LoadOptions(**{"alias": alias, "patience": QUICK, **options})
        return load_catalogue(file, through or cluster, model_store, tmp_path / "home", chosen, hooks)

    return run
