"""Installing the drop-in: idempotent, replaced without a gap, mended when half done, taken away whole."""

import http.server
import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from opensearch import dropin, generations, remote_models, trust
from opensearch.client import Cluster
from opensearch.errors import ClusterRefusedError
from opensearch.generations import EncoderRef, Generation

ALIAS = "dropin-test"
DEAD = "http://127.0.0.1:9"
UNREACHED = r"Connection refused|Acquire operation"


class _Answers(http.server.BaseHTTPRequestHandler):
    """What a bridge is to the cluster while a drop-in is installed: somebody who answers with JSON."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        content = b'{"data": []}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture(scope="module")
def url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def other_url(port: int) -> str:
    return f"http://localhost:{port}"


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
        "pipeline": pipelines(cluster).get(dropin.pipeline_name(generation.index)),
        "default": settings.get("search", {}).get("default_pipeline"),
        "trusted": trusted(cluster),
    }


def pipelines(cluster: Cluster) -> dict[str, Any]:
    """Return all search pipelines; OpenSearch answers 404 where there are none at all."""
    try:
        return cluster.request("GET", "/_search/pipeline")
    except ClusterRefusedError as error:
        assert error.status == 404
        return {}


def trusted(cluster: Cluster) -> Any:
    settings = cluster.request("GET", "/_cluster/settings", params={"flat_settings": True})
    return [settings[level].get(KEY) for level in ("persistent", "transient")]


KEY = "plugins.ml_commons.trusted_connector_endpoints_regex"


def test_installing_twice_changes_nothing(cluster: Cluster, generation: Generation, url: str) -> None:
    assert dropin.installed(cluster, generation) is None
    first = dropin.install(cluster, generation, bridge_url=url, token="secret")
    assert first == dropin.installed(cluster, generation)
    assert first.active
    assert first.url == f"{url}/v1/generations/{generation.index}/rewrite"
    before = parts(cluster, generation)
    assert len(before["connectors"]) == len(before["models"]) == 2
    assert before["default"] == first.pipeline
    assert dropin.install(cluster, generation, bridge_url=url + "/", token="secret") == first
    assert parts(cluster, generation) == before


@pytest.mark.parametrize("what", ["address", "token"])
def test_another_address_or_token_replaces_the_parts(
    cluster: Cluster, generation: Generation, url: str, other_url: str, what: str
) -> None:
    first = dropin.install(cluster, generation, bridge_url=url, token="secret")
    new_url, token = (other_url, "secret") if what == "address" else (url, "another")
    second = dropin.install(cluster, generation, bridge_url=new_url, token=token)
    assert second.active
    assert second.rewrite_model != first.rewrite_model
    assert second.url.startswith(new_url)
    after = parts(cluster, generation)
    assert len(after["connectors"]) == len(after["models"]) == 2
    assert dropin.install(cluster, generation, bridge_url=new_url, token=token) == second


def test_removal_leaves_nothing(cluster: Cluster, generation: Generation, other_url: str) -> None:
    empty = parts(cluster, generation)
    assert empty["connectors"] == empty["models"] == empty["groups"] == []
    dropin.install(cluster, generation, bridge_url=other_url, token="secret")
    assert parts(cluster, generation) != empty
    dropin.remove(cluster, generation)
    assert parts(cluster, generation) == empty
    dropin.remove(cluster, generation)  # nothing to take away is no error


def test_removal_works_after_the_index_is_gone(cluster: Cluster, generation: Generation, url: str) -> None:
    dropin.install(cluster, generation, bridge_url=url, token="secret")
    generations.drop(cluster, generation)
    dropin.remove(cluster, generation)
    names = [f"kindred-{kind}-{generation.index}" for kind in ("rewrite", "embed")]
    assert remote_models.connectors(cluster, names) == remote_models.models(cluster, names) == []
    assert dropin.pipeline_name(generation.index) not in pipelines(cluster)


def test_a_connector_goes_although_its_id_shares_a_word_with_that_of_another(
    cluster: Cluster, generation: Generation, url: str
) -> None:
    """OpenSearch looks for a connector's models by the words of its id: a model on `x-W` keeps `y-W` from going."""
    names = [f"kindred-{kind}-{generation.index}" for kind in ("rewrite", "embed")]
    dropin.install(cluster, generation, bridge_url=url, token="secret")
    own = remote_models.connectors(cluster, names)[0]
    other = "kindred-rewrite-dropin-other"
    model = remote_models.ensure(cluster, remote_models.connector_body(other, url + "/x", "{}", "secret"))
    connector = remote_models.models(cluster, [other])[0].connector

    def call(connector_id: str) -> None:
        change = {"doc": {"connector_id": connector_id}}
        cluster.request("POST", f"/.plugins-ml-model/_update/{model}", change, params={"refresh": True})

    call(f"x-{own.id}")
    try:
        with pytest.raises(ClusterRefusedError, match=model):
            cluster.request("DELETE", f"/_plugins/_ml/connectors/{own.id}")
        dropin.remove(cluster, generation)
        assert remote_models.connectors(cluster, names) == remote_models.models(cluster, names) == []
    finally:
        call(connector)
        remote_models.sweep(cluster, [other])


@pytest.mark.parametrize("broken", ["pipeline", "default", "model", "deployed", "stray"])
def test_half_an_installation_is_mended(cluster: Cluster, generation: Generation, url: str, broken: str) -> None:
    whole = dropin.install(cluster, generation, bridge_url=url, token="secret")
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
        body = remote_models.connector_body(f"kindred-rewrite-{generation.index}", url + "/x", "{}", "old")
        cluster.request("POST", "/_plugins/_ml/connectors/_create", body)
    if broken != "stray":
        found = dropin.installed(cluster, generation)
        assert found is None or not found.active
    again = dropin.install(cluster, generation, bridge_url=url, token="secret")
    assert again == dropin.installed(cluster, generation)
    after = parts(cluster, generation)
    assert len(after["connectors"]) == len(after["models"]) == 2


def test_trust_is_anchored_and_leaves_others_alone(cluster: Cluster) -> None:
    before = trusted(cluster)
    elsewhere = "http://bridge.example:8765"
    added = trust.allow(cluster, elsewhere)
    try:
        persistent = trusted(cluster)[0]
        assert added
        assert persistent[-1] == r"^http://bridge\.example:8765/.*$"
        assert not trust.allow(cluster, elsewhere)
        assert trusted(cluster)[0] == persistent
        # What was there before is still there: an address that it allowed is still allowed.
        assert not trust.allow(cluster, "http://127.0.0.1:9")
    finally:
        trust.withdraw(cluster, elsewhere)
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
    assert bool(re.fullmatch(trust.pattern("http://bridge.example:8765"), address)) is allowed


def test_a_shared_address_stays_trusted_until_the_last_one_leaves(
    cluster: Cluster, generation: Generation, other_url: str
) -> None:
    before = trusted(cluster)
    second = generations.create(cluster, ALIAS, text=generation.text)
    dropin.install(cluster, generation, bridge_url=other_url, token="secret")
    dropin.install(cluster, second, bridge_url=other_url, token="secret")
    dropin.remove(cluster, generation)
    assert trusted(cluster) != before
    assert dropin.installed(cluster, second) is not None
    dropin.remove(cluster, second)
    assert trusted(cluster) == before


def test_requests_through_the_pipeline_are_counted(cluster: Cluster, generation: Generation, url: str) -> None:
    dropin.install(cluster, generation, bridge_url=url, token="secret")
    counted = dropin.pipeline_counts(cluster)[generation.index]
    for _ in range(3):  # what answers here is no rewrite: each falls back, and OpenSearch calls that a success
        cluster.search(generation.index, {"query": {"match": {"title": "x"}}})
    cluster.search(generation.index, {"query": {"match": {"title": "x"}}}, search_pipeline="_none")
    assert dropin.pipeline_counts(cluster)[generation.index] == counted + 3


def test_a_bridge_that_was_never_reached_is_not_asked(cluster: Cluster, generation: Generation, url: str) -> None:
    """A connector that has not reached its service once answers some calls only after ten seconds."""
    installed = dropin.install(cluster, generation, bridge_url=DEAD, token="secret")
    assert not installed.active
    assert re.search(UNREACHED, installed.reason or "")
    assert parts(cluster, generation)["default"] is None
    started = time.monotonic()
    for _ in range(200):
        cluster.search(generation.index, {"query": {"match": {"title": "x"}}})
    assert time.monotonic() - started < 10
    still_off = dropin.activate(cluster, generation)
    assert still_off is not None and not still_off.active
    # One that is started later is asked from then on.
    dropin.install(cluster, generation, bridge_url=url, token="secret")
    cluster.request("PUT", f"/{generation.index}/_settings", {"index.search.default_pipeline": None})
    on = dropin.activate(cluster, generation)
    assert on is not None and on.active
    assert parts(cluster, generation)["default"] == on.pipeline
    # And one that dies after it was reached is no reason to take the pipeline away.
    assert dropin.installed(cluster, generation) == on


def test_activating_nothing_is_no_error(cluster: Cluster, generation: Generation) -> None:
    assert dropin.activate(cluster, generation) is None


def test_a_probe_says_why_the_bridge_is_out_of_reach(cluster: Cluster, generation: Generation) -> None:
    installed = dropin.install(cluster, generation, bridge_url=DEAD, token="secret")
    with pytest.raises(ClusterRefusedError, match=UNREACHED):
        dropin.probe(cluster, installed)
