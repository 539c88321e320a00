"""A shop's own index is taken over, served with vectors through its own queries, completed, and given back."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from opensearch import dropin, generations
from opensearch.client import Cluster
from plugin_bridge.adopting import plan_adoption
from plugin_bridge.catalogue.adoption import own_part
from plugin_bridge.errors import LoadError
from tests.fixtures.bridge import Bridge
from tests.plugin_bridge.loading.conftest import documents

OWN, ALIAS = "test-adopt-own", "test-adopt"
SETTEE = {"match": {"name": "settee"}}
MAPPING = {
    "settings": {
        "number_of_replicas": 0,
        "analysis": {
            "analyzer": {
                "shop_words": {"type": "custom", "tokenizer": "standard", "filter": ["lowercase", "shop_same"]}
            },
            "filter": {"shop_same": {"type": "synonym", "synonyms": ["telly => television"]}},
        },
    },
    "mappings": {
        "properties": {
            "id": {"type": "long"},
            "name": {"type": "text", "analyzer": "shop_words", "fields": {"exact": {"type": "keyword"}}},
            "brand": {"type": "keyword"},
            "price": {"type": "keyword"},
            "category": {"properties": {"name": {"type": "keyword"}, "level": {"type": "integer"}}},
            "stock": {"type": "integer"},
        }
    },
}
SHOP: dict[str, dict[str, Any]] = {
    str(number): {
        "id": number,
        "name": name,
        "brand": brand,
        "price": f"EUR {price}",
        "category": {"name": category, "level": 2},
        "stock": number % 3,
        "note": "",
    }
    for number, (name, brand, price, category) in enumerate(
        (
            ("Grey three seat sofa", "Nordhus", 599, "living"),
            ("Corner couch with cushions", "Lune", 899, "living"),
            ("Television 55 inch", "Werk", 499, "electronics"),
            ("Cast iron frying pan", "Ferro", 45, "kitchen"),
            ("Two person camping tent", "Alpin", 129, "outdoor"),
        )
    )
}
Run = Callable[..., Any]


@pytest.fixture
def shop(cluster: Cluster) -> Iterator[None]:
    """The shop's index behind its alias."""
    cluster.request("PUT", f"/{OWN}", MAPPING)
    lines = []
    for identity, source in SHOP.items():
        lines += [json.dumps({"index": {"_index": OWN, "_id": identity}}), json.dumps(source)]
    cluster.request("POST", "/_bulk", "\n".join([*lines, ""]), params={"refresh": "true"})
    cluster.request("POST", "/_aliases", {"actions": [{"add": {"index": OWN, "alias": ALIAS}}]})
    yield
    for generation in generations.history(cluster, ALIAS):
        cluster.request("DELETE", f"/{generation.index}")
        dropin.remove(cluster, generation)
    cluster.request("DELETE", f"/{OWN}")


@pytest.fixture
def run(shop: None, bridge: Bridge) -> Run:
    """Run `kindred` beside the tests' bridge and return what it prints as JSON."""
    environment = {
        **os.environ,
        "KINDRED_HOME": str(bridge.home),
        "KINDRED_BRIDGE_PORT": str(bridge.port),
        "OPENSEARCH_URL": bridge.cluster_url,
    }

    def run_it(*arguments: str, code: int = 0) -> Any:
        command = [sys.executable, "-m", "plugin_bridge", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout) if "--json" in arguments and not code else done.stdout + done.stderr

    return run_it


def search(cluster: Cluster, query: dict[str, Any], **more: Any) -> list[str]:
    answer = cluster.request("POST", f"/{ALIAS}/_search", {"query": query, **more})
    return [hit["_id"] for hit in answer["hits"]["hits"]]


def own(cluster: Cluster, index: str) -> dict[str, dict[str, Any]]:
    return {hit["_id"]: hit["_source"] for hit in cluster.search(index, {"size": 100})["hits"]["hits"]}


def test_a_shops_index_is_taken_over_completed_and_given_back(run: Run, cluster: Cluster) -> None:
    assert search(cluster, SETTEE) == []
    report = run("adopt", ALIAS, "--json")
    assert (report["adopted"], report["alias"], report["documents"]) == (OWN, ALIAS, len(SHOP))
    assert report["fields"] == {"title": "name", "brand": "brand", "price": "price"}

    # The storefront's own queries: by a word that no product has, by its analyser, sub-field, object and exact value.
    assert search(cluster, SETTEE)[0] in {"0", "1"}
    assert search(cluster, {"match": {"name": "telly"}})[0] == "2"
    assert search(cluster, {"term": {"name.exact": "Cast iron frying pan"}}) == ["3"]
    assert search(cluster, {"bool": {"filter": [{"term": {"category.name": "outdoor"}}]}}) == ["4"]
    assert search(cluster, {"term": {"price": "EUR 899"}}) == ["1"]
    live = generations.live(cluster, ALIAS)
    assert live is not None and live.adopted is not None
    held = documents(cluster, live.index)
    assert {identity: own_part(source, live.adopted) for identity, source in held.items()} == {
        identity: {name: value for name, value in source.items() if value != ""} for identity, source in SHOP.items()
    }
    assert held["0"]["title"] == "Grey three seat sofa"
    assert own(cluster, OWN) == SHOP  # only read

    # The shop goes on writing to its alias itself.
    cluster.request("PUT", f"/{ALIAS}/_doc/9", {"id": 9, "name": "Leather settee", "stock": 1})
    changed = {**held["4"], "name": "Inflatable kayak"}
    cluster.request("PUT", f"/{ALIAS}/_doc/4", changed)
    cluster.request("DELETE", f"/{ALIAS}/_doc/3")
    cluster.request("POST", f"/{ALIAS}/_refresh")
    completed = run("backfill", "--index", ALIAS, "--json")
    assert (completed["incomplete"], completed["encoded"]) == (2, 2)
    assert run("backfill", "--index", ALIAS, "--json")["incomplete"] == 0
    held = documents(cluster, live.index)
    assert (held["9"]["title"], held["9"]["id"]) == ("Leather settee", 9)
    assert held["4"]["title"] == "Inflatable kayak"
    cluster.request("POST", f"/{ALIAS}/_refresh")
    assert search(cluster, {"match": {"name": "paddle boat"}})[0] == "4"

    given = run("leave", "--index", ALIAS, "--delete", "--json")
    assert (given["index"], given["given_back"], given["written"], given["deleted"]) == (OWN, True, 2, 1)
    assert generations.live_indices(cluster, ALIAS) == [OWN]
    assert generations.history(cluster, ALIAS) == []
    left = own(cluster, OWN)
    assert set(left) == {*SHOP, "9"} - {"3"}
    assert left["0"] == SHOP["0"]
    assert left["4"] == {
        name: value for name, value in {**SHOP["4"], "name": "Inflatable kayak"}.items() if value != ""
    }
    assert left["9"] == {"id": 9, "name": "Leather settee", "stock": 1}
    assert search(cluster, {"match": {"name": "paddle boat"}}) == []


def test_what_cannot_be_taken_over_is_refused_by_name(shop: None, cluster: Cluster) -> None:
    def refused(name: str, match: str, alias: str | None = None, **fields: str) -> None:
        with pytest.raises(LoadError, match=match):
            plan_adoption(cluster, name, alias, fields, "products")

    refused("nothing-there", "there is no index or alias")
    refused(OWN, "cannot have it too", alias=OWN)
    refused(ALIAS, "Kindred's fields are", weight="stock")
    refused(ALIAS, "has no field 'label'", title="label")
    cluster.request(
        "PUT", "/test-adopt-other", {"mappings": {"properties": {"a": {"type": "text"}, "b": {"type": "text"}}}}
    )
    try:
        refused("test-adopt-other", r"--field title=FIELD \(its text fields: a, b\)")
        refused("test-adopt-*", "stands for 2 indices")
        refused("test-adopt-other", f"stands for {OWN} already", alias=ALIAS)
    finally:
        cluster.request("DELETE", "/test-adopt-other")
    assert plan_adoption(cluster, OWN, "test-adopt-new", {"description": "brand"}, "products").adopted.fields == {
        "title": "name", "description": "brand", "brand": "brand", "price": "price",
    }  # fmt: skip


def test_the_shops_fields_outlive_a_later_load(run: Run, cluster: Cluster, tmp_path: Any) -> None:
    """A catalogue that is loaded after an adoption may name fields either way, and queries go on."""
    run("adopt", ALIAS, "--json")
    rows = [{"id": "0", "name": "Green velvet sofa"}, {"id": "1", "title": "Telly stand"}]
    file = tmp_path / "next.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows))
    assert "Say" not in run("load", str(file), "--index", ALIAS, "--force", "--json")
    assert search(cluster, {"match": {"name": "television"}})[0] == "1"
    assert search(cluster, {"match": {"name": "couch"}})[0] == "0"
    run("leave", "--index", ALIAS, "--delete", "--json")
    assert own(cluster, OWN) == {"0": {"id": "0", "name": "Green velvet sofa"}, "1": {"id": "1", "name": "Telly stand"}}


def test_what_the_shop_wrote_to_its_own_index_is_never_lost(run: Run, cluster: Cluster) -> None:
    """A program of the shop's may write to the index by its name, and a document may never have come into Kindred."""
    odd = {"name": "An id with a blank before it"}
    cluster.request("PUT", f"/{OWN}/_doc/%20blank", odd, params={"refresh": "true"})
    adopted = run("adopt", ALIAS, "--json")
    assert adopted["cleaning"]["rejected"] == {} and adopted["documents"] == len(SHOP) + 1, adopted
    cluster.request("DELETE", f"/{ALIAS}/_doc/3")
    for identity in ("0", "4"):
        cluster.request("POST", f"/{ALIAS}/_update/{identity}", {"doc": {"stock": 70}})
    cluster.request("POST", f"/{ALIAS}/_refresh")
    by_name = {**SHOP["0"], "stock": 99}
    cluster.request("PUT", f"/{OWN}/_doc/0", by_name)
    cluster.request("PUT", f"/{OWN}/_doc/by-name", {"name": "Written past the alias"}, params={"refresh": "true"})

    given = run("leave", "--index", ALIAS, "--delete", "--json")
    left = own(cluster, OWN)
    # Brought back: the change of 4 and the deletion of 3. Of 0 both sides have a change, and the shop's own stays.
    assert (given["written"], given["deleted"], given["newer"]) == (1, 1, 1), given
    assert (given["only_there"], given["documents"]) == (["by-name"], len(SHOP) - 1 + 2)
    assert left["0"] == by_name and left[" blank"] == odd and "blank" not in left
    assert left["4"]["stock"] == 70
    assert "3" not in left and left["by-name"] == {"name": "Written past the alias"}


def test_without_being_asked_nothing_is_deleted(run: Run, cluster: Cluster) -> None:
    run("adopt", ALIAS, "--json")
    cluster.request("DELETE", f"/{ALIAS}/_doc/3", params={"refresh": "true"})
    given = run("leave", "--index", ALIAS, "--json")
    assert (given["deleted"], given["only_there_count"], given["only_there"]) == (0, 1, ["3"])
    assert own(cluster, OWN) == SHOP
