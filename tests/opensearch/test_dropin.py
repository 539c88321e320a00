"""Installing the drop-in: idempotent, replaced without a gap, mended when half done, taken away whole."""

from collections.abc import Iterator
from typing import Any

import pytest

from opensearch import dropin, generations, remote_models, trust
from opensearch.client import Cluster
from opensearch.errors import ClusterRefusedError
from opensearch.generations import EncoderRef, Generation

ALIAS = "dropin-test"
# Nothing listens there, and nothing needs to: installing asks the bridge for nothing.
URL, OTHER_URL = "http://127.0.0.1:9", "http://localhost:9"


@pytest.fixture
def generation(cluster: Cluster) -> Iterator[Generation]:
    _clean(cluster)
    yield generations.create(cluster, ALIAS, text=EncoderRef("some-model", "f" * 32, 4))
    _clean(cluster)


def _clean(cluster: Cluster) -> None:
    for one in generations.history(cluster, ALIAS):
        dropin.remove(cluster, one)
        generations.drop(cluster, one)


def parts(cluster: Cluster, generation: Generation) -> dict[str, Any]:
    """Everything that a drop-in consists of, as it lies in the cluster."""
    names = [f"kindred-{kind}-{generation.index}" for kind in ("rewrite", "embed")]
    groups = cluster.request(
        "POST", "/_plugins/_ml/model_groups/_search", {"query": {"terms": {"name.keyword": names}}}
    )
    settings = cluster.request("GET", f"/{generation.index}/_settings")[generation.index]["settings"]["index"]
    return {
        "connectors": remote_models.connectors(cluster, names),
        "models": remote_models.models(cluster, names),
        "groups": sorted(hit["_id"] for hit in groups["hits"]["hits"]),
        "pipeline": cluster.request("GET", "/_search/pipeline").get(dropin.pipeline_name(generation.index)),
        "default": settings.get("search", {}).get("default_pipeline"),
        "trusted": trusted(cluster),
    }


def trusted(cluster: Cluster) -> Any:
    settings = cluster.request("GET", "/_cluster/settings", params={"flat_settings": True})
    return [settings[level].get(KEY) for level in ("persistent", "transient")]


KEY = "plugins.ml_commons.trusted_connector_endpoints_regex"


def test_installing_twice_changes_nothing(cluster: Cluster, generation: Generation) -> None:
    assert dropin.installed(cluster, generation) is None
    first = dropin.install(cluster, generation, bridge_url=URL, token="secret")
    assert first == dropin.installed(cluster, generation)
    assert first.url == f"{URL}/v1/generations/{generation.index}/rewrite"
    before = parts(cluster, generation)
    assert len(before["connectors"]) == len(before["models"]) == 2
    assert before["default"] == first.pipeline
    assert dropin.install(cluster, generation, bridge_url=URL + "/", token="secret") == first
    assert parts(cluster, generation) == before


@pytest.mark.parametrize(("url", "token"), [(OTHER_URL, "secret"), (URL, "another")])
def test_another_address_or_token_replaces_the_parts(
    cluster: Cluster, generation: Generation, url: str, token: str
) -> None:
    first = dropin.install(cluster, generation, bridge_url=URL, token="secret")
    second = dropin.install(cluster, generation, bridge_url=url, token=token)
    assert second.rewrite_model != first.rewrite_model
    assert second.url.startswith(url)
    after = parts(cluster, generation)
    assert len(after["connectors"]) == len(after["models"]) == 2
    assert dropin.install(cluster, generation, bridge_url=url, token=token) == second


def test_removal_leaves_nothing(cluster: Cluster, generation: Generation) -> None:
    empty = parts(cluster, generation)
    assert empty["connectors"] == empty["models"] == empty["groups"] == []
    dropin.install(cluster, generation, bridge_url=OTHER_URL, token="secret")
    assert parts(cluster, generation) != empty
    dropin.remove(cluster, generation)
    assert parts(cluster, generation) == empty
    dropin.remove(cluster, generation)  # nothing to take away is no error


def test_removal_works_after_the_index_is_gone(cluster: Cluster, generation: Generation) -> None:
    dropin.install(cluster, generation, bridge_url=URL, token="secret")
    generations.drop(cluster, generation)
    dropin.remove(cluster, generation)
    names = [f"kindred-{kind}-{generation.index}" for kind in ("rewrite", "embed")]
    assert remote_models.connectors(cluster, names) == remote_models.models(cluster, names) == []
    assert dropin.pipeline_name(generation.index) not in cluster.request("GET", "/_search/pipeline")


@pytest.mark.parametrize("broken", ["pipeline", "default", "model", "deployed", "stray"])
def test_half_an_installation_is_mended(cluster: Cluster, generation: Generation, broken: str) -> None:
    whole = dropin.install(cluster, generation, bridge_url=URL, token="secret")
    if broken == "pipeline":
        cluster.request("PUT", f"/_search/pipeline/{whole.pipeline}", {"request_processors": []})
    elif broken == "default":
        cluster.request("PUT", f"/{generation.index}/_settings", {"index.search.default_pipeline": None})
    elif broken in ("model", "deployed"):
        cluster.request("POST", f"/_plugins/_ml/models/{whole.rewrite_model}/_undeploy")
        if broken == "model":
            cluster.request("DELETE", f"/_plugins/_ml/models/{whole.rewrite_model}")
    else:
        # What an installation leaves that was killed after it had made a connector.
        body = remote_models.connector_body(f"kindred-rewrite-{generation.index}", URL + "/x", "{}", "old")
        cluster.request("POST", "/_plugins/_ml/connectors/_create", body)
    if broken != "stray":
        assert dropin.installed(cluster, generation) is None
    again = dropin.install(cluster, generation, bridge_url=URL, token="secret")
    assert again == dropin.installed(cluster, generation)
    after = parts(cluster, generation)
    assert len(after["connectors"]) == len(after["models"]) == 2


def test_trust_is_anchored_and_leaves_others_alone(cluster: Cluster) -> None:
    before = trusted(cluster)
    url = "http://bridge.example:8765"
    added = trust.allow(cluster, url)
    try:
        persistent = trusted(cluster)[0]
        assert added
        assert persistent[-1] == r"^http://bridge\.example:8765/.*$"
        assert not trust.allow(cluster, url)
        assert trusted(cluster)[0] == persistent
        # What was there before is still there: an address that it allowed is still allowed.
        assert not trust.allow(cluster, "http://127.0.0.1:9")
    finally:
        trust.withdraw(cluster, url)
    assert trusted(cluster) == before


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("http://bridge.example:8765/v1/embeddings", True),
        ("http://bridgeXexample:8765/v1/embeddings", False),
        ("http://bridge.example:8765.evil.example/v1", False),
        ("http://bridge.example:87650/v1", False),
        ("https://bridge.example:8765/v1", False),
        ("http://evil.example/http://bridge.example:8765/", False),
    ],
)
def test_the_pattern_allows_the_bridge_alone(address: str, allowed: bool) -> None:
    import re

    assert bool(re.fullmatch(trust.pattern("http://bridge.example:8765"), address)) is allowed


def test_a_shared_address_stays_trusted_until_the_last_one_leaves(cluster: Cluster, generation: Generation) -> None:
    before = trusted(cluster)
    second = generations.create(cluster, ALIAS, text=generation.text)
    dropin.install(cluster, generation, bridge_url=OTHER_URL, token="secret")
    dropin.install(cluster, second, bridge_url=OTHER_URL, token="secret")
    dropin.remove(cluster, generation)
    assert trusted(cluster) != before
    assert dropin.installed(cluster, second) is not None
    dropin.remove(cluster, second)
    assert trusted(cluster) == before


def test_requests_through_the_pipeline_are_counted(cluster: Cluster, generation: Generation) -> None:
    dropin.install(cluster, generation, bridge_url=URL, token="secret")
    counted = dropin.pipeline_counts(cluster)[generation.index]
    for _ in range(3):  # no bridge is there: each falls back, and OpenSearch calls that a success
        cluster.search(generation.index, {"query": {"match": {"title": "x"}}})
    cluster.search(generation.index, {"query": {"match": {"title": "x"}}}, search_pipeline="_none")
    assert dropin.pipeline_counts(cluster)[generation.index] == counted + 3


def test_a_probe_says_why_the_bridge_is_out_of_reach(cluster: Cluster, generation: Generation) -> None:
    installed = dropin.install(cluster, generation, bridge_url=URL, token="secret")
    with pytest.raises(ClusterRefusedError, match="Connection refused"):
        dropin.probe(cluster, installed)
