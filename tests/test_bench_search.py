"""`scripts/bench/relevance` and `query` run from nothing, print the contract's document and leave nothing running."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.fixtures.data import ROOT

MINUTES = 8
GOALS = {
    "relevance": {
        "gain over tuned BM25",
        "over the best native hybrid",
        "storefront ranks as the bridge",
        "own queries answered better than by keywords",
    },
    "query": {
        "p50: storefront over native, cold, 1 client",
        "p50: storefront over native, cached, 1 client",
        "p50: storefront over its parts, cold, 1 client",
        "p50: bridge over encode and the slower of bm25 and k-NN, cold, 1 client",
        "k-NN recall@10 against exact",
    },
}


@pytest.fixture(scope="module")
def documents() -> dict[str, Any]:
    """What the benchmarks of this module printed, so that each runs once."""
    return {}


def run(name: str, folder: Path) -> dict[str, Any]:
    script = ROOT / "scripts" / "bench" / name
    done = subprocess.run(
        [sys.executable, str(script), "--quick", "--json"],
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=MINUTES * 60,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder for temporary files that the node's user can reach, which pytest's own are not."""
    with tempfile.TemporaryDirectory(prefix="bench-test-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.mark.timeout(MINUTES * 60)
@pytest.mark.parametrize("name", ["relevance", "query"])
def test_a_benchmark_measures_and_cleans_up(
    data_dir: Path, documents: dict[str, Any], reachable: Path, name: str
) -> None:
    documents[name] = document = run(name, reachable)
    assert document["figures"] and document["machine"]["cores"] >= 1 and document["seconds"] > 0
    assert set(document["goals"]) >= GOALS[name]
    for goal in document["goals"].values():
        assert set(goal) >= {"value", "goal", "met"}
    assert list(reachable.glob("kindred-bench-*")) == []
    running = (" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"]))
    assert [command for command in running if str(reachable) in command] == []


def test_the_storefront_ranks_as_the_bridge_does(data_dir: Path, documents: dict[str, Any]) -> None:
    assert documents["relevance"]["goals"]["storefront ranks as the bridge"]["value"] == 1.0


def test_every_way_is_timed_with_one_client_and_with_eight(data_dir: Path, documents: dict[str, Any]) -> None:
    figures = documents["query"]["figures"]
    ways = {"bm25", "k-NN, vector given", "rewritten query, vector given", "connector that does nothing", "encode"}
    ways |= {f"{way}, {state}" for way in ("native", "bridge", "storefront") for state in ("cold", "cached")}
    for clients in ("1 client", "8 clients"):
        table = figures[f"milliseconds, {clients}"]
        assert set(table) == ways
        assert all(0 < row["p50_ms"] <= row["p95_ms"] <= row["p99_ms"] for row in table.values())
