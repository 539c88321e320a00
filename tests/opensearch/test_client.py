"""The client against a real node: what it sends, what it returns, how it words failures."""

import logging
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from opensearch.client import Cluster, connect, connect_as_storefront, path
from opensearch.errors import (
    CapabilityMissingError,
    ClusterRefusedError,
    ClusterUnreachableError,
    OpenSearchError,
)
from opensearch.settings import ClusterSettings
from tests.opensearch.guard import guard

INDEX = "client-tests"
ODD_ID = "a/b c?d#e%20ü"


@pytest.fixture(scope="module")
def index(cluster: Cluster) -> Iterator[str]:
    """An index with one document whose id wants encoding."""
    cluster.request("PUT", f"/{INDEX}", {"settings": {"number_of_replicas": 0}})
    cluster.request("PUT", path(INDEX, "_doc", ODD_ID), {"title": "shoe", "price": 3}, params={"refresh": True})
    yield INDEX
    cluster.request("DELETE", f"/{INDEX}")


def test_an_id_of_any_characters_is_one_part_of_a_path(cluster: Cluster, index: str) -> None:
    found = cluster.request("GET", path(index, "_doc", ODD_ID))
    assert (found["_id"], found["_source"]) == (ODD_ID, {"title": "shoe", "price": 3})


def test_search_takes_url_parameters(cluster: Cluster, index: str) -> None:
    body = {"query": {"match": {"title": "shoe"}}}
    found = cluster.search(index, body, track_total_hits=False, _source=["price"])
    assert "total" not in found["hits"]
    assert [hit["_source"] for hit in found["hits"]["hits"]] == [{"price": 3}]


def test_bodies_may_be_values_text_or_bytes(cluster: Cluster, index: str) -> None:
    lines = '{"index":{"_id":"n"}}\n{"n":1}\n{"delete":{"_id":"n"}}\n'
    for body in (lines, lines.encode()):
        assert cluster.request("POST", f"/{index}/_bulk", body)["errors"] is False
    vector = np.arange(3, dtype=np.float32)
    body = {"query": {"terms": {"price": vector}}, "size": np.int64(1)}
    assert cluster.search(index, body)["hits"]["total"]["value"] == 0


def test_exists(cluster: Cluster, index: str) -> None:
    assert cluster.exists(f"/{index}")
    assert not cluster.exists("/client-tests-absent")


def test_an_answer_that_is_no_json_is_text(cluster: Cluster, index: str) -> None:
    assert INDEX in cluster.request("GET", "/_cat/indices")


def test_a_refusal_has_status_request_and_every_reason(cluster: Cluster) -> None:
    with pytest.raises(ClusterRefusedError) as refused:
        cluster.search("client-tests-absent", {})
    assert refused.value.status == 404
    assert not isinstance(refused.value, CapabilityMissingError)
    assert str(refused.value) == (
        "POST /client-tests-absent/_search: OpenSearch answered 404: "
        "index_not_found_exception: no such index [client-tests-absent]"
    )


def test_a_document_that_is_not_there_is_not_found(cluster: Cluster, index: str) -> None:
    with pytest.raises(ClusterRefusedError, match="answered 404: not found"):
        cluster.request("GET", f"/{index}/_doc/absent")


def test_a_refusal_names_the_cause_inside_the_cause(cluster: Cluster, index: str) -> None:
    script = {"script_fields": {"x": {"script": {"source": "int a = doc['nowhere'].value; return a"}}}}
    with pytest.raises(ClusterRefusedError) as refused:
        cluster.search(index, script)
    assert "No field found for [nowhere]" in refused.value.reason


def test_a_plugin_that_is_not_there_is_a_missing_capability(cluster: Cluster) -> None:
    with pytest.raises(CapabilityMissingError, match="no handler found"):
        cluster.request("GET", "/_plugins/_security/authinfo")


def test_a_block_on_an_index_is_no_missing_permission(cluster: Cluster, index: str) -> None:
    cluster.request("PUT", f"/{index}/_settings", {"index.blocks.write": True})
    try:
        with pytest.raises(ClusterRefusedError, match="cluster_block_exception") as refused:
            cluster.request("PUT", f"/{index}/_doc/1", {})
        assert refused.value.status == 403
        assert not isinstance(refused.value, CapabilityMissingError)
    finally:
        cluster.request("PUT", f"/{index}/_settings", {"index.blocks.write": False})


def test_nobody_there(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), pytest.raises(ClusterUnreachableError) as unreachable:
        Cluster("http://127.0.0.1:1").request("GET", "/")
    for word in ("http://127.0.0.1:1", "kindred up", "OPENSEARCH_URL"):
        assert word in str(unreachable.value)
    assert caplog.records == []  # the error says it all; opensearch-py would log a traceback


def test_too_late() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        cluster = Cluster(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=20)
        with pytest.raises(ClusterUnreachableError, match=r"did not answer GET / within 0\.2 s"):
            cluster.request("GET", "/", timeout=0.2)


def test_many_threads_share_one_client(node_url: str) -> None:
    answers: list[str] = []
    with Cluster(node_url, pool=2) as cluster:

        def ask() -> None:
            answers.extend(cluster.request("GET", "/")["version"]["number"] for _ in range(10))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(answers) == 8 * 10
    assert len(set(answers)) == 1


@pytest.fixture(scope="module")
def node_url(cluster: Cluster) -> str:
    return cluster.url


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("http://shop", "http://shop:9200"),
        ("https://shop", "https://shop:443"),
        ("https://me:p%40ss@shop:9243/search/", "https://shop:9243/search"),
        ("http://[::1]:9200", "http://[::1]:9200"),
    ],
)
def test_addresses(given: str, meant: str) -> None:
    cluster = Cluster(given)
    assert cluster.url == meant
    assert "p@ss" not in repr(cluster)


@pytest.mark.parametrize("given", ["shop:9200", "ftp://shop", "http://", "9200", ""])
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(OpenSearchError, match="not an address"):
        Cluster(given)


def everything(method: str, path: str) -> bool:
    return True


def only_searches(method: str, path: str) -> bool:
    return path.endswith("/_search")


def test_credentials_are_sent_and_their_absence_is_named(node_url: str, index: str) -> None:
    with guard(node_url, {("kindred", "p@ss"): everything, ("shop", "x"): only_searches}) as url:
        assert Cluster(url, user="kindred", password="p@ss").exists(f"/{index}")
        assert Cluster(url.replace("://", "://kindred:p%40ss@")).exists(f"/{index}")
        with pytest.raises(ClusterRefusedError, match="OPENSEARCH_USER and OPENSEARCH_PASSWORD") as refused:
            Cluster(url).request("GET", "/")
        assert refused.value.status == 401
        storefront = Cluster(url, user="shop", password="x")
        assert storefront.search(index, {})["hits"]["total"]["value"] == 1
        with pytest.raises(CapabilityMissingError) as missing:
            storefront.request("GET", "/_cat/plugins")
        assert missing.value.status == 403


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that no machine trusts by itself, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    made = (folder / "cert.pem", folder / "key.pem")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=kindred"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(made[0]), "-keyout", str(made[1])]
    subprocess.run(command, check=True, capture_output=True)
    return made


def test_tls_wants_the_authority_that_signed(
    node_url: str, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with guard(node_url, {("kindred", "secret"): everything}, certificate) as url:
        with pytest.raises(ClusterUnreachableError, match=r"certificate is not trusted.*OPENSEARCH_CA_FILE"):
            Cluster(url, user="kindred", password="secret").request("GET", "/")
        for name, value in (
            ("URL", url),
            ("USER", "kindred"),
            ("PASSWORD", "secret"),
            ("CA_FILE", str(certificate[0])),
        ):
            monkeypatch.setenv(f"OPENSEARCH_{name}", value)
        with connect(ClusterSettings()) as cluster:
            assert cluster.request("GET", "/")["version"]["distribution"] == "opensearch"


def test_the_storefronts_login_is_used_only_where_it_is_given(
    node_url: str, index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENSEARCH_URL", node_url)
    assert connect_as_storefront() is None
    with guard(node_url, {("shop", "x"): only_searches}) as url:
        for name, value in (("URL", url), ("STOREFRONT_USER", "shop"), ("STOREFRONT_PASSWORD", "x")):
            monkeypatch.setenv(f"OPENSEARCH_{name}", value)
        storefront = connect_as_storefront()
        assert storefront is not None
        assert storefront.search(index, {})["hits"]["total"]["value"] == 1


def test_a_ca_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OpenSearchError, match=r"OPENSEARCH_CA_FILE names no file: .*absent\.pem"):
        Cluster("https://shop", ca_file=tmp_path / "absent.pem")
