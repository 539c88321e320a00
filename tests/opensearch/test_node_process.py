"""Real nodes: started, found again, refused, stopped."""

import json
import os
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from opensearch.client import Cluster, connect
from opensearch.errors import ClusterUnreachableError, NodeError
from opensearch.node import NodeState, ensure_installed, start, state, stop
from opensearch.node.install import MARKER
from opensearch.node.state import address_of, state_file
from opensearch.settings import ClusterSettings, NodeSettings
from tests.fixtures.node import new_home, node_settings
from tests.opensearch.conftest import Contested, start_elsewhere

AS_ROOT = pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root hands the node to another user")

Running = tuple[NodeSettings, NodeState]


@pytest.fixture
def settings() -> Iterator[NodeSettings]:
    """Settings of a node that is not started yet."""
    chosen = node_settings()
    yield chosen
    stop(chosen)
    shutil.rmtree(chosen.home, ignore_errors=True)


def test_a_node_has_its_plugins_and_answers(cluster: Cluster, node: NodeState) -> None:
    plugins = {row["component"]: row["version"] for row in cluster.request("GET", "/_cat/plugins?format=json")}
    assert plugins == {
        "opensearch-job-scheduler": "3.6.0.0",
        "opensearch-knn": "3.6.0.0",
        "opensearch-ml": "3.6.0.0",
        "opensearch-neural-search": "3.6.0.0",
    }
    assert cluster.request("GET", "/")["version"]["number"] == node.version


def test_a_node_never_runs_as_root(bare: Running) -> None:
    process = psutil.Process(bare[1].pid)
    assert 0 not in process.uids()
    assert 0 not in process.gids()
    assert process.username() == bare[1].user


def test_a_node_listens_on_loopback_only(bare: Running) -> None:
    connections = psutil.Process(bare[1].pid).net_connections("tcp")
    addresses = {connection.laddr.ip for connection in connections if connection.status == psutil.CONN_LISTEN}
    assert addresses <= {"127.0.0.1", "::ffff:127.0.0.1"}
    assert addresses


def test_a_stale_pid_of_another_program_is_survived(bare: Running) -> None:
    """The fixture left a state file that names this very process; it was neither taken for a node nor harmed."""
    assert bare[1].pid != os.getpid()
    assert state(bare[0]) == bare[1]


def test_a_second_start_finds_the_first(bare: Running) -> None:
    began = time.monotonic()
    assert start(bare[0]) == bare[1]
    assert time.monotonic() - began < 2


def test_a_node_whose_state_file_is_lost_is_found(bare: Running) -> None:
    settings, running = bare
    kept = state_file(settings).read_bytes()
    state_file(settings).unlink()
    found = start(settings)
    assert (found.pid, found.url, found.ready) == (running.pid, running.url, True)
    state_file(settings).write_bytes(kept)


def test_the_address_of_the_local_node_is_found_without_settings(
    bare: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENSEARCH_URL", raising=False)
    monkeypatch.setenv("KINDRED_NODE_HOME", str(bare[0].home))
    assert address_of(ClusterSettings()) == bare[1].url
    with connect() as cluster:
        assert cluster.request("GET", "/")["name"] == "bare"


def test_no_local_node_says_how_to_start_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENSEARCH_URL", raising=False)
    monkeypatch.setenv("KINDRED_NODE_HOME", str(tmp_path / "none"))
    with pytest.raises(ClusterUnreachableError, match=r"kindred up.*OPENSEARCH_URL"):
        connect()


def test_the_java_from_pip_runs_a_node_and_says_what_it_lacks(lean: Running, lean_cluster: Cluster) -> None:
    settings, running = lean
    (note,) = running.notes
    assert "jdk.incubator.vector" in note
    options = (settings.home / "config" / "jvm.options").read_text().splitlines()
    assert not [line for line in options if "jdk.incubator.vector" in line and not line.startswith("#")]
    body = {
        "settings": {"index.knn": True, "number_of_replicas": 0},
        "mappings": {
            "properties": {
                "v": {
                    "type": "knn_vector",
                    "dimension": 2,
                    "space_type": "l2",
                    "method": {"name": "hnsw", "engine": "lucene"},
                }
            }
        },
    }
    lean_cluster.request("PUT", "/vectors", body)
    for number in range(5):
        lean_cluster.request("PUT", f"/vectors/_doc/{number}", {"v": [number, 0]})
    lean_cluster.request("POST", "/vectors/_refresh")
    found = lean_cluster.search("vectors", {"query": {"knn": {"v": {"vector": [2.2, 0], "k": 3}}}, "size": 3})
    assert [hit["_id"] for hit in found["hits"]["hits"]] == ["2", "3", "1"]


def test_two_starts_at_once_make_one_node(contested: Contested) -> None:
    assert contested.pids == (str(contested.node.pid),) * 2


def test_a_node_whose_starter_was_killed_is_stopped_once_and_only_once(settings: NodeSettings) -> None:
    starter = start_elsewhere(settings)
    try:
        while (running := state(settings)) is None:
            assert starter.poll() is None
            time.sleep(0.05)
    finally:
        starter.kill()
        starter.communicate()
    assert not running.ready
    assert stop(settings) is True
    assert not psutil.pid_exists(running.pid)
    assert state(settings) is None
    assert stop(settings) is False
    assert (settings.home / "data").is_dir()


@pytest.mark.parametrize(("port", "name"), [("http_port", "HTTP_PORT"), ("transport_port", "TRANSPORT_PORT")])
def test_a_busy_port_is_named_with_its_holder_and_its_setting(settings: NodeSettings, port: str, name: str) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        number = holder.getsockname()[1]
        with pytest.raises(NodeError) as refused:
            start(settings.model_copy(update={port: number}))
    assert f"port {number} is not free" in str(refused.value)
    assert f"pid {os.getpid()}" in str(refused.value)
    assert f"KINDRED_NODE_{name}" in str(refused.value)
    assert state(settings) is None


def test_a_node_that_dies_shows_the_end_of_its_log(settings: NodeSettings) -> None:
    with pytest.raises(NodeError) as died:
        start(settings.model_copy(update={"heap": "1k"}))
    assert "stopped while it was starting" in str(died.value)
    assert "Too small maximum heap" in str(died.value)
    assert state(settings) is None


def test_a_node_that_takes_too_long_is_stopped(settings: NodeSettings) -> None:
    with pytest.raises(NodeError, match=r"within 1 s \(KINDRED_NODE_START_SECONDS\)"):
        start(settings.model_copy(update={"start_seconds": 1.0}))
    assert state(settings) is None
    assert not [p for p in psutil.process_iter() if str(settings.home) in " ".join(_command(p))]


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@AS_ROOT
@pytest.mark.parametrize(("user", "reason"), [("root", "does not run as root"), ("no-such-user", "no such user")])
def test_root_hands_the_node_to_a_user_without_rights(settings: NodeSettings, user: str, reason: str) -> None:
    with pytest.raises(NodeError, match=f"KINDRED_NODE_USER={user}: .*{reason}"):
        start(settings.model_copy(update={"user": user}))


@AS_ROOT
def test_a_home_that_the_nodes_user_cannot_reach_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    settings = node_settings(home=tmp_path / "node")
    with pytest.raises(NodeError, match=r"user nobody.* cannot reach .*KINDRED_NODE_HOME"):
        start(settings)


@AS_ROOT
def test_a_home_of_kindred_that_is_closed_to_others_has_its_node_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setenv("KINDRED_HOME", str(tmp_path / "home"))
    assert NodeSettings().home.is_relative_to("/var/lib/kindred")
    opened = new_home()
    monkeypatch.setenv("KINDRED_HOME", str(opened))
    assert NodeSettings().home == opened / "node"
    shutil.rmtree(opened)


def test_an_unpacking_that_was_cut_short_is_done_again(tmp_path: Path) -> None:
    settings = NodeSettings(home=tmp_path, plugins=("opensearch-job-scheduler",))
    (settings.root / "lib").mkdir(parents=True)
    (settings.root / "lib" / "half.jar").write_text("half")
    (tmp_path / "opensearch.part" / "left").mkdir(parents=True)
    root = ensure_installed(settings)
    assert not (root / "lib" / "half.jar").exists()
    assert os.access(root / "bin" / "opensearch", os.X_OK)
    assert [folder.name for folder in (root / "plugins").iterdir()] == ["opensearch-job-scheduler"]
    assert set(json.loads((root / MARKER).read_text())) == {"opensearch", "opensearch-job-scheduler"}
    before = (root / "lib").stat().st_ctime_ns
    assert ensure_installed(settings) == root
    assert (root / "lib").stat().st_ctime_ns == before
