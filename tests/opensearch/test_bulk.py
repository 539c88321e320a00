"""The bulk loop against a real node, with faults between."""

import threading
import time
from collections.abc import Iterator

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensearch.bulk import (
    Action,
    BulkSender,
    BulkStoppedError,
    IndexBlockedError,
    Patience,
    delete_action,
    index_action,
    pack,
    patiently,
    update_action,
)
from opensearch.client import Cluster
from opensearch.errors import ClusterRefusedError, ClusterUnreachableError
from tests.fixtures.faults import Faults, faulty

INDEX = "test-bulk"
QUICK = Patience(patience=5, block_patience=5, first=0.01, longest=0.05, timeout=10)
MAPPING = {"mappings": {"dynamic": False, "properties": {"n": {"type": "long"}}}}


@pytest.fixture
def index(cluster: Cluster) -> Iterator[str]:
    cluster.request("DELETE", f"/{INDEX}*")
    cluster.request("PUT", f"/{INDEX}", {"settings": {"number_of_replicas": 0}, **MAPPING})
    yield INDEX
    cluster.request("DELETE", f"/{INDEX}*")


def actions(count: int, size: int = 10) -> list[Action]:
    return [index_action(str(n), orjson.dumps({"n": n, "pad": "x" * size})) for n in range(count)]


def stored(cluster: Cluster) -> set[str]:
    cluster.request("POST", f"/{INDEX}/_refresh")
    hits = cluster.search(INDEX, {"size": 1000, "_source": False})["hits"]["hits"]
    return {hit["_id"] for hit in hits}


def everything(count: int) -> set[str]:
    return {str(n) for n in range(count)}


@given(st.lists(st.integers(1, 60), max_size=30), st.integers(1, 100))
def test_pack_keeps_order_and_size(sizes: list[int], limit: int) -> None:
    given_actions = [Action(str(n), b"x" * size) for n, size in enumerate(sizes)]
    parts = list(pack(given_actions, limit))
    assert [action for part in parts for action in part] == given_actions
    for part in parts:
        assert len(part) == 1 or sum(len(action.body) for action in part) <= limit


@pytest.mark.parametrize("fault", [429, 502, 503, 504, "drop", "lose"])
def test_passing_faults_lose_and_double_nothing(cluster: Cluster, index: str, fault: int | str) -> None:
    told: list[str] = []
    faults = Faults(plan=["pass", fault, fault, "pass", fault])
    with faulty(cluster.url, faults) as url, Cluster(url) as through:
        sender = BulkSender(through, index, max_bytes=2000, patience=QUICK, notify=told.append)
        outcome = sender.send(actions(100))
    assert (outcome.done, outcome.refused) == (100, [])
    assert stored(cluster) == everything(100)
    assert faults.plan == []
    assert told[0].startswith("waiting for OpenSearch")
    assert told[-1] == "OpenSearch takes writes again, going on"


def test_of_a_partly_done_request_only_the_rest_is_sent_again(cluster: Cluster, index: str) -> None:
    faults = Faults(plan=["half", "half"])
    with faulty(cluster.url, faults) as url, Cluster(url) as through:
        outcome = BulkSender(through, index, patience=QUICK).send(actions(8))
    assert outcome.done == 8
    assert faults.operations == [list("01234567"), list("1357"), list("37")]
    assert stored(cluster) == everything(8)


def test_413_halves_and_is_remembered(cluster: Cluster, index: str) -> None:
    faults = Faults(too_large=40_000)
    with faulty(cluster.url, faults) as url, Cluster(url) as through:
        sender = BulkSender(through, index, max_bytes=150_000, patience=QUICK)
        outcome = sender.send([*actions(100, 1000), index_action("huge", orjson.dumps({"pad": "x" * 50_000}))])
        assert sender.max_bytes <= 40_000
        faults.sizes.clear()
        assert sender.send(actions(100, 1000)).done == 100
        assert max(faults.sizes) <= 40_000
    assert outcome.done == 100
    assert [(one.id, one.status) for one in outcome.refused] == [("huge", 413)]
    assert "bytes are more than the cluster takes" in outcome.refused[0].reason
    assert stored(cluster) == everything(100)


def test_refused_documents_are_booked_with_their_reason(cluster: Cluster, index: str) -> None:
    bad = index_action("bad", b'{"n":"many"}')
    outcome = BulkSender(cluster, index, patience=QUICK).send([*actions(5), bad])
    assert outcome.done == 5
    assert [(one.id, one.status) for one in outcome.refused] == [("bad", 400)]
    assert "failed to parse field [n]" in outcome.refused[0].reason
    assert "many" in outcome.refused[0].reason


def test_a_request_that_opensearch_cannot_read_is_halved_down_to_the_culprit(cluster: Cluster, index: str) -> None:
    culprit = Action("culprit", b'{"index":{"_id":"culprit","surprise":{}}}\n{"n":1}\n')
    outcome = BulkSender(cluster, index, patience=QUICK).send([*actions(5), culprit])
    assert outcome.done == 5
    assert [(one.id, one.status) for one in outcome.refused] == [("culprit", 400)]


def test_a_disk_flood_pauses_and_goes_on(cluster: Cluster, index: str) -> None:
    settings = f"/{index}/_settings"
    cluster.request("PUT", settings, {"index.blocks.read_only_allow_delete": True})
    told: list[str] = []
    release = threading.Timer(
        1.0, lambda: cluster.request("PUT", settings, {"index.blocks.read_only_allow_delete": None})
    )
    release.start()
    outcome = BulkSender(cluster, index, patience=QUICK, notify=told.append).send(actions(20))
    release.join()
    assert outcome.done == 20
    assert "paused, the index takes no writes" in told[0]
    assert "disk" in told[0]
    assert stored(cluster) == everything(20)


@pytest.mark.parametrize("block", ["read_only_allow_delete", "read_only", "write"])
def test_a_block_that_stays_is_an_error_in_time(cluster: Cluster, index: str, block: str) -> None:
    cluster.request("PUT", f"/{index}/_settings", {f"index.blocks.{block}": True})
    patience = Patience(block_patience=0.3, first=0.01, longest=0.05)
    started = time.monotonic()
    try:
        with pytest.raises(IndexBlockedError, match=r"took no writes for 0.3 s: cluster_block_exception"):
            BulkSender(cluster, index, patience=patience).send(actions(3))
    finally:
        cluster.request("PUT", f"/{index}/_settings", {f"index.blocks.{block}": None})
    assert time.monotonic() - started < 10


def test_patience_ends(cluster: Cluster, index: str) -> None:
    patience = Patience(patience=0.3, first=0.01, longest=0.05)
    overloaded = faulty(cluster.url, Faults(plan=[503] * 1000))
    with overloaded as url, Cluster(url) as through, pytest.raises(ClusterRefusedError, match="503"):
        BulkSender(through, index, patience=patience).send(actions(3))
    with Cluster("http://127.0.0.1:9") as nowhere, pytest.raises(ClusterUnreachableError):
        BulkSender(nowhere, index, patience=patience).send(actions(3))


def test_a_refusal_for_good_is_raised_at_once(cluster: Cluster, index: str) -> None:
    locked = faulty(cluster.url, Faults(plan=[401]))
    with locked as url, Cluster(url) as through, pytest.raises(ClusterRefusedError, match="401"):
        BulkSender(through, index).send(actions(3))


def test_patiently_repeats_what_will_pass_and_nothing_else(cluster: Cluster) -> None:
    faults: list[Exception] = [ClusterUnreachableError("away"), ClusterRefusedError(503, "restarting")]
    told: list[str] = []

    def work() -> str:
        if faults:
            raise faults.pop(0)
        return cluster.request("GET", "/")["version"]["distribution"]

    assert patiently(work, QUICK, told.append, threading.Event()) == "opensearch"
    assert told == ["waiting for OpenSearch: away"]
    faults.append(ClusterRefusedError(404, "no such index"))
    with pytest.raises(ClusterRefusedError, match="404"):
        patiently(work, QUICK, told.append, threading.Event())
    faults.extend([ClusterUnreachableError("away")] * 1000)
    with pytest.raises(ClusterUnreachableError, match="away"):
        patiently(work, Patience(patience=0.2, first=0.01, longest=0.02), told.append, threading.Event())


def test_stop_ends_a_wait(cluster: Cluster, index: str) -> None:
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    with faulty(cluster.url, Faults(plan=[503] * 1000)) as url, Cluster(url) as through:
        sender = BulkSender(through, index, patience=Patience(first=60, longest=60), stop=stop)
        started = time.monotonic()
        with pytest.raises(BulkStoppedError):
            sender.send(actions(3))
    assert time.monotonic() - started < 10


def test_updates_and_deletions(cluster: Cluster, index: str) -> None:
    sender = BulkSender(cluster, index, patience=QUICK)
    sender.send([index_action("a/ b", b'{"n":1,"kept":2}'), index_action("gone", b"{}")])
    outcome = sender.send(
        [
            update_action("a/ b", b'{"n":5}'),
            delete_action("gone"),
            delete_action("never"),
            update_action("never", b'{"n":5}'),
        ]
    )
    assert outcome.results == {"updated": 1, "deleted": 1, "not_found": 1}
    assert [(one.id, one.status) for one in outcome.refused] == [("never", 404)]
    cluster.request("POST", f"/{index}/_refresh")
    hits = cluster.search(index, {})["hits"]["hits"]
    assert [(hit["_id"], hit["_source"]) for hit in hits] == [("a/ b", {"n": 5, "kept": 2})]
