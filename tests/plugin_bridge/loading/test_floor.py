"""The similarity floor."""

from pathlib import Path

import numpy as np

from encoders.store import ModelStore
from opensearch import generations
from opensearch.client import Cluster
from plugin_bridge.loading import floor
from tests.plugin_bridge.loading.conftest import Loader, documents, many, write_products


def test_nonsense_is_seeded_and_varied() -> None:
    strings = floor.nonsense()
    assert strings == floor.nonsense()
    assert strings != floor.nonsense(seed=1)
    assert len(strings) == len(set(strings)) == floor.STRINGS
    assert {len(text.split()) for text in strings} >= {1, 2, 3, 4}
    assert any(character.isdigit() for text in strings for character in text)


def test_the_floor_is_the_stated_quantile_of_true_cosines(
    cluster: Cluster, model_store: ModelStore, load: Loader, alias: str, tmp_path: Path
) -> None:
    titles = ["red mug", "garden hose", "laptop 15 inch", "running shoes", "咖啡杯", "SKU 12345"]
    report = load(write_products(tmp_path / "p.jsonl", ({"id": str(n), "title": t} for n, t in enumerate(titles))))
    encoder = model_store.open_text("all-minilm-l6-v2-int8", threads=1)
    stored = np.array([source["kindred_text"] for source in documents(cluster, alias).values()])
    queries = encoder.encode(floor.nonsense(), role="query")
    nearest = (queries @ stored.T).max(axis=1)
    live = generations.live(cluster, alias)
    assert live is not None
    # Batches of other lengths move int8 vectors a little.
    assert abs(live.floor - float(np.quantile(nearest, floor.QUANTILE))) < 0.02
    assert abs(live.word_floor - float(np.quantile(nearest, 0.5))) < 0.02
    assert report.floor == live.floor
    found = floor.calibrate(cluster, live, encoder)
    assert list(found.cosines) == sorted(found.cosines)
    assert np.allclose(found.cosines, np.sort(nearest), atol=0.02)
    assert max(floor.top_cosines(cluster, live.index, stored[:2])) > 0.999  # a product with itself


def test_an_empty_index_has_no_floor(cluster: Cluster, model_store: ModelStore, load: Loader, tmp_path: Path) -> None:
    report = load(write_products(tmp_path / "p.jsonl", many(1)))
    generation = generations.read(cluster, report.index)
    query = {"query": {"match_all": {}}}
    cluster.request("POST", f"/{report.index}/_delete_by_query", query, params={"refresh": True})
    encoder = model_store.open_text("all-minilm-l6-v2-int8", threads=1)
    assert floor.calibrate(cluster, generation, encoder) == floor.Floor(0.0, 0.0, ())
