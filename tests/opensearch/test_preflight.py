"""The preflight against real nodes: a whole one, one with k-NN only, one without any plugin."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from opensearch.client import Cluster
from opensearch.errors import ClusterRefusedError, ClusterUnfitError, ClusterUnreachableError
from opensearch.findings import Finding
from opensearch.node import NodeState
from opensearch.preflight import Preflight, check
from opensearch.settings import NodeSettings
from tests.fixtures.node import free_ports
from tests.opensearch.guard import guard

Running = tuple[NodeSettings, NodeState]


class Health(BaseHTTPRequestHandler):
    """As much of a bridge as the preflight asks for: `GET /health`; everything else is not found."""

    def do_GET(self) -> None:
        body = json.dumps({"status": "ok"}).encode()
        self.send_response(200 if self.path == "/health" else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""


@pytest.fixture(scope="module")
def bridge_port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Health)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def by_name(report: Preflight) -> dict[str, Finding]:
    return {finding.name: finding for finding in report.findings}


def kept(cluster: Cluster) -> dict[str, Any]:
    """What a preflight could leave behind."""
    everything = {"size": 1000, "query": {"match_all": {}}}
    parts = {
        what: sorted(
            hit["_id"] for hit in cluster.request("POST", f"/_plugins/_ml/{what}/_search", everything)["hits"]["hits"]
        )
        for what in ("connectors", "models", "model_groups")
    }
    settings = cluster.request("GET", "/_cluster/settings", params={"flat_settings": True})
    names = cluster.request("GET", "/_cat/indices?format=json&h=index")
    return parts | {
        "settings": settings,
        "pipelines": cluster.request("GET", "/_cluster/state/metadata?filter_path=metadata.search_pipeline"),
        "indices": sorted(name["index"] for name in names if not name["index"].startswith(".")),
    }


def prepared(cluster: Cluster, port: int) -> None:
    """Let ml-commons make its own indices, which it does at the first connector."""
    check(cluster, bridge_url=f"http://127.0.0.1:{port}")


def test_a_whole_node_offers_everything(cluster: Cluster, bridge_port: int) -> None:
    report = check(cluster, bridge_url=f"http://127.0.0.1:{bridge_port}")
    assert [finding for finding in report.findings if not finding.ok] == []
    assert by_name(report)["predict"].ok
    assert report.version == "3.6.0"
    assert report.plugins["opensearch-knn"] == "3.6.0.0"
    assert all(report.offers(what) for what in ("everything", "loading", "drop-in", "native"))
    report.require()


def test_nothing_is_left_behind(cluster: Cluster, bridge_port: int) -> None:
    prepared(cluster, bridge_port)
    before = kept(cluster)
    # The node trusts 127.0.0.1 only, so for this address the preflight has to add a rule and take it out again.
    report = check(cluster, bridge_url=f"http://localhost:{bridge_port}")
    assert by_name(report)["predict"].ok
    assert kept(cluster) == before


def test_a_bridge_that_is_not_there_costs_the_drop_in(cluster: Cluster) -> None:
    (port,) = free_ports(1)
    report = check(cluster, bridge_url=f"http://127.0.0.1:{port}")
    predict = by_name(report)["predict"]
    assert not predict.ok
    assert "Connection refused" in predict.detail
    assert "keyword" in predict.cost
    assert "kindred serve" in predict.mend
    assert (report.offers("drop-in"), report.offers("native"), report.offers("loading")) == (False, True, True)
    report.require()


def test_a_model_that_is_gone_says_so(cluster: Cluster, bridge_port: int) -> None:
    report = check(cluster, bridge_url=f"http://127.0.0.1:{bridge_port}", model_id="gone")
    assert "Install the drop-in again" in by_name(report)["predict"].mend


def test_private_addresses_that_are_not_allowed_are_seen_before_they_hurt(cluster: Cluster, bridge_port: int) -> None:
    key = "plugins.ml_commons.connector.private_ip_enabled"
    cluster.request("PUT", "/_cluster/settings", {"persistent": {key: False}})
    try:
        report = check(cluster, bridge_url=f"http://127.0.0.1:{bridge_port}")
    finally:
        cluster.request("PUT", "/_cluster/settings", {"persistent": {key: None}})
    finding = by_name(report)["private addresses"]
    assert key in finding.mend
    assert not report.offers("drop-in")
    assert "predict" not in by_name(report)


def test_the_mend_of_memory_breakers_mends(cluster: Cluster) -> None:
    key = "plugins.ml_commons.native_memory_threshold"
    cluster.request("PUT", "/_cluster/settings", {"persistent": {key: 90}})
    try:
        finding = by_name(check(cluster))["memory breakers"]
        assert (finding.ok, finding.loss) == (False, "nothing")
        assert "90" in finding.detail
        method, path, body = finding.mend.split(" ", 2)
        cluster.request(method, path, body)
        assert "memory breakers" not in by_name(check(cluster))
    finally:
        cluster.request("PUT", "/_cluster/settings", {"persistent": {key: None}})


def test_a_cluster_that_takes_no_writes_cannot_be_loaded(cluster: Cluster) -> None:
    cluster.request("PUT", "/_cluster/settings", {"persistent": {"cluster.blocks.read_only_allow_delete": True}})
    try:
        report = check(cluster)
    finally:
        cluster.request("PUT", "/_cluster/settings", {"persistent": {"cluster.blocks.read_only_allow_delete": None}})
    assert "cluster.blocks.read_only_allow_delete" in by_name(report)["write blocks"].detail
    assert (report.offers("loading"), report.offers("native")) == (False, True)


def test_without_ml_commons_and_neural_search_the_bridge_still_searches(lean_cluster: Cluster) -> None:
    report = check(lean_cluster, bridge_url="http://127.0.0.1:8765")
    found = by_name(report)
    assert found["k-NN"].ok
    assert not found["ml-commons"].ok
    assert "through the bridge still works" in found["ml-commons"].cost
    assert "opensearch-plugin install opensearch-ml" in found["ml-commons"].mend
    assert "native" in found["neural-search"].cost
    assert [report.offers(what) for what in ("everything", "loading", "drop-in", "native")] == [
        True,
        True,
        False,
        False,
    ]
    report.require()


def test_without_k_nn_the_cluster_is_refused(bare: Running) -> None:
    with Cluster(bare[1].url) as cluster:
        report = check(cluster)
    assert report.plugins == {}
    with pytest.raises(ClusterUnfitError) as refused:
        report.require()
    for word in (bare[1].url, "opensearch-knn is not installed", "bin/opensearch-plugin install opensearch-knn"):
        assert word in str(refused.value)
    assert not report.offers("loading")


def test_what_the_login_may_not_do_is_named(cluster: Cluster) -> None:
    def no_administration(method: str, path: str) -> bool:
        return method == "GET" and not path.startswith("/_nodes")

    with guard(cluster.url, {("kindred", "x"): no_administration}) as url:
        report = check(Cluster(url, user="kindred", password="x"))
    refused = [finding for finding in report.findings if not finding.ok]
    assert {finding.name for finding in refused} == {
        "permission indices:admin/create",
        "permission indices:admin/aliases",
        "permission indices:data/write/*",
        "permission cluster:admin/search/pipeline/put",
        "permission cluster:admin/opensearch/ml/connectors/search",
    }
    assert all("role of kindred" in finding.mend for finding in refused)
    # Nodes may not be looked at either, so plugins were found by what answers at their addresses.
    assert set(report.plugins) == {"opensearch-knn", "opensearch-ml", "opensearch-neural-search"}
    assert not report.offers("loading")


def test_a_storefront_that_may_not_predict_is_found_out(cluster: Cluster, bridge_port: int) -> None:
    def no_predict(method: str, path: str) -> bool:
        return not path.endswith("/_predict")

    with guard(cluster.url, {("shop", "x"): no_predict}) as url:
        storefront = Cluster(url, user="shop", password="x")
        report = check(cluster, bridge_url=f"http://127.0.0.1:{bridge_port}", storefront=storefront)
    finding = by_name(report)["predict as the storefront"]
    assert not finding.ok
    assert "silently" in finding.cost
    assert "cluster:admin/opensearch/ml/predict" in finding.mend


def test_a_wrong_password_is_an_error_and_no_finding(cluster: Cluster) -> None:
    with (
        guard(cluster.url, {("kindred", "x"): lambda method, path: True}) as url,
        pytest.raises(ClusterRefusedError, match="OPENSEARCH_PASSWORD"),
    ):
        check(Cluster(url, user="kindred", password="wrong"))


def test_what_is_no_opensearch_is_refused(bridge_port: int) -> None:
    with pytest.raises(ClusterRefusedError):
        check(Cluster(f"http://127.0.0.1:{bridge_port}"))
    with pytest.raises(ClusterUnreachableError):
        check(Cluster("http://127.0.0.1:1"))
