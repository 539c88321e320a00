"""The command as a process: interrupted while it starts, and serving with one JSON document."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import orjson
import pytest

from opensearch import dropin
from opensearch.client import Cluster
from opensearch.scanning import scan
from plugin_bridge.loading.publish import count
from plugin_bridge.searching.duplicates import find_duplicates
from tests.fixtures.bridge import Bridge, free_port

# Ctrl-C at the moment when a module is read in that is needed, whichever comes first.
INTERRUPTED = """
import builtins, os, signal, sys
reading = builtins.__import__
def read(name, *rest):
    if name == "plugin_bridge.cli.output":
        os.kill(os.getpid(), signal.SIGINT)
    return reading(name, *rest)
builtins.__import__ = read
from plugin_bridge.__main__ import main
main()
"""


def test_ctrl_c_while_the_command_is_read_in_is_one_line() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (130, "kindred: interrupted\n")


def test_serve_prints_one_document_when_it_is_up(cluster: Cluster, tmp_path: Path) -> None:
    port = free_port()
    environment = {**os.environ, "OPENSEARCH_URL": cluster.url, "KINDRED_HOME": str(tmp_path)}
    environment |= {"KINDRED_BRIDGE_PORT": str(port), "KINDRED_ALIAS": "nothing-here"}
    command = [sys.executable, "-m", "plugin_bridge", "serve", "--json"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log)
    try:
        assert process.stdout is not None
        lines = b""
        while not lines.rstrip().endswith(b"}"):
            line = process.stdout.readline()
            assert line, (tmp_path / "log").read_text()
            lines += line
        document = orjson.loads(lines)
        assert (document["url"], document["pid"]) == (f"http://127.0.0.1:{port}", process.pid)
        assert httpx.get(f"{document['url']}/health").status_code == 200
    finally:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(15)
        process.kill()
    assert process.stdout.read() == b""


def test_our_own_looks_are_not_counted_as_storefronts_requests(bridge: Bridge, cluster: Cluster) -> None:
    alias = bridge.environment["KINDRED_ALIAS"]
    known = next(one for one in _history(cluster, alias))
    before = dropin.pipeline_counts(cluster)
    assert before[known.index] is not None
    assert count(cluster, known.index) == len(list(scan(cluster, known.index))) == 10
    find_duplicates(cluster, known, above=0.9)
    assert dropin.pipeline_counts(cluster) == before
    cluster.search(alias, {"query": {"match": {"title": "kettle"}}})
    assert dropin.pipeline_counts(cluster) != pytest.approx(before)


def _history(cluster: Cluster, alias: str):  # type: ignore[no-untyped-def]
    from opensearch import generations

    return generations.history(cluster, alias)
