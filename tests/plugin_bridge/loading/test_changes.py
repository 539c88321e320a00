"""Changes to the live generation: what did not change is not encoded again, and vectors survive."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from encoders.store import ModelStore
from opensearch import generations
from opensearch.client import Cluster
from opensearch.generations import EncoderRef
from opensearch.leases import Lease, LeaseHeldError
from opensearch.mappings import TEXT_HASH, TEXT_VECTOR
from plugin_bridge.errors import LoadError
from plugin_bridge.loading.changes import ChangeOptions, ChangeReport, update
from plugin_bridge.loading.deletions import delete
from tests.fixtures.faults import Faults, faulty
from tests.plugin_bridge.loading.conftest import QUICK, Loader, documents, many, write_products

Change = Callable[..., ChangeReport]


@pytest.fixture
def change(cluster: Cluster, model_store: ModelStore, alias: str, tmp_path: Path) -> Change:
    """Write changes to the test's alias."""

    def run(*rows: dict[str, Any] | bytes, through: Cluster | None = None, **options: Any) -> ChangeReport:
        file = write_products(tmp_path / "changes.jsonl", rows)
        chosen = ChangeOptions(alias=alias, patience=QUICK, **options)
        return update(file, through or cluster, model_store, tmp_path / "home", chosen)

    return run


def test_price_and_stock_change_without_encoding(
    cluster: Cluster, load: Loader, change: Change, alias: str, tmp_path: Path
) -> None:
    load(write_products(tmp_path / "p.jsonl", many(5, brand="Acme", specs={"a": 1})))
    before = documents(cluster, alias)
    report = change({"id": "p1", "price": "£9.99", "stock": 7}, {"id": "p2", "title": "mug number 2"}, {"id": "p3"})
    after = documents(cluster, alias)
    counts = {"new": 0, "changed": 1, "unchanged": 2, "refused": 0, "encoded": 0}
    assert report.counts == counts
    assert after["p1"] == before["p1"] | {"price": 9.99, "currency": "GBP", "stock": 7}
    assert {k: v for k, v in after.items() if k != "p1"} == {k: v for k, v in before.items() if k != "p1"}
    # The vector is not only kept in the source: the product is still found by it.
    body = {"size": 1, "query": {"knn": {TEXT_VECTOR: {"vector": before["p1"][TEXT_VECTOR], "k": 1}}}}
    assert cluster.search(alias, body)["hits"]["hits"][0]["_id"] == "p1"
    assert change({"id": "p1", "price": "£9.99", "stock": 7}).counts == counts | {"changed": 0, "unchanged": 1}


def test_changed_text_is_encoded_again_and_new_products_are_added(
    cluster: Cluster, model_store: ModelStore, load: Loader, change: Change, alias: str, tmp_path: Path
) -> None:
    load(write_products(tmp_path / "p.jsonl", many(5, brand="Acme")))
    before = documents(cluster, alias)
    report = change({"id": "p1", "title": "Teapot"}, {"id": "a/b c", "title": "Brand new", "price": 3})
    after = documents(cluster, alias)
    assert (report.counts["changed"], report.counts["new"], report.counts["encoded"]) == (1, 1, 2)
    assert report.documents == 6
    live = generations.live(cluster, alias)
    assert live is not None
    assert live.documents == 6
    assert after["p1"]["brand"] == "Acme"
    assert after["p1"][TEXT_HASH] != before["p1"][TEXT_HASH]
    encoder = model_store.open_text("all-minilm-l6-v2-int8", threads=1)
    for identity, text in (("p1", "Teapot Acme"), ("a/b c", "Brand new")):
        assert np.allclose(after[identity][TEXT_VECTOR], encoder.encode_one(text, role="passage"), atol=0.02)
    body = {"query": {"match": {"title": "teapot"}}}
    assert [hit["_id"] for hit in cluster.search(alias, body)["hits"]["hits"]] == ["p1"]


def test_a_null_takes_a_field_away(cluster: Cluster, load: Loader, change: Change, alias: str, tmp_path: Path) -> None:
    load(write_products(tmp_path / "p.jsonl", many(2, weight="2 kg", note="x")))
    report = change({"id": "p1", "note": None, "weight": None, "absent": None})
    assert (report.counts["changed"], report.counts["encoded"]) == (1, 0)
    exists = {"query": {"bool": {"should": [{"exists": {"field": f}} for f in ("note", "weight", "weight_g")]}}}
    assert [hit["_id"] for hit in cluster.search(alias, exists)["hits"]["hits"]] == ["p0"]
    assert "absent" not in documents(cluster, alias)["p1"]


def test_rows_that_are_no_change_are_named(
    cluster: Cluster, load: Loader, change: Change, alias: str, tmp_path: Path
) -> None:
    load(write_products(tmp_path / "p.jsonl", many(2)))
    report = change(
        b"nonsense",
        {"id": "new", "price": 5},
        {"id": "p0", "title": None},
        {"id": "p1", "title.x": 1},
        {"id": "p0", "price": 77},
    )
    assert report.counts == {"new": 0, "changed": 1, "unchanged": 0, "refused": 2, "encoded": 0}
    assert report.cleaning["rejected"] == {"unreadable": 1, "no_title": 1}
    assert "line 2: id 'new' is not in the index, and a new product needs a title" in report.problems
    assert any(problem.startswith("id 'p1': ") for problem in report.problems)
    assert Path(report.files["dead_letters"] or "").exists()
    assert documents(cluster, alias)["p0"]["price"] == 77
    assert len(documents(cluster, alias)) == 2


def test_updates_survive_faults(cluster: Cluster, load: Loader, change: Change, alias: str, tmp_path: Path) -> None:
    load(write_products(tmp_path / "p.jsonl", many(600)))
    rows = [{"id": f"p{n}", "price": n + 1} for n in range(600)]
    faults = Faults(plan=["lose", 429, "drop", 503, "lose"])
    with faulty(cluster.url, faults) as url, Cluster(url) as through:
        report = change(*rows, through=through)
    assert report.counts["changed"] == 600
    assert faults.plan == []
    assert {k: v["price"] for k, v in documents(cluster, alias).items()} == {f"p{n}": n + 1 for n in range(600)}


def test_nothing_live_and_other_encoders(
    cluster: Cluster, load: Loader, change: Change, alias: str, tmp_path: Path
) -> None:
    with pytest.raises(LoadError, match=rf"nothing is live behind {alias}; `kindred load FILE`"):
        change({"id": "p0", "price": 1})
    with pytest.raises(LoadError, match="nothing is live"):
        delete(cluster, ["p0"], alias)
    load(write_products(tmp_path / "p.jsonl", many(2)))
    live = generations.live(cluster, alias)
    assert live is not None
    from dataclasses import replace

    other = EncoderRef(live.text.model, "0" * 32, live.text.dimension)
    generations.update_meta(cluster, replace(live, text=other))
    with pytest.raises(LoadError, match=r"was made with .* of fingerprint 0{32}.*must not meet"):
        change({"id": "p0", "title": "x"})


def test_a_change_during_a_load_is_refused(
    cluster: Cluster, load: Loader, change: Change, alias: str, tmp_path: Path
) -> None:
    load(write_products(tmp_path / "p.jsonl", many(2)))
    with Lease(cluster, alias, "load of x.jsonl"):
        with pytest.raises(LeaseHeldError, match=r"load of x\.jsonl"):
            change({"id": "p0", "price": 1})
        with pytest.raises(LeaseHeldError, match=r"load of x\.jsonl"):
            delete(cluster, ["p0"], alias)


def test_deletions(cluster: Cluster, load: Loader, alias: str, tmp_path: Path) -> None:
    load(write_products(tmp_path / "p.jsonl", [*many(5), {"id": "a/b c", "title": "x"}]))
    report = delete(cluster, ["p1", "a/b c", "p1", "never"], alias)
    assert (report.deleted, report.not_found, report.missing, report.documents) == (2, 1, ["never"], 4)
    assert set(documents(cluster, alias)) == {"p0", "p2", "p3", "p4"}
    live = generations.live(cluster, alias)
    assert live is not None
    assert live.documents == 4
