"""`scripts/bench/release` runs from nothing on few products, reaches its goals and prints the contract's document."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.fixtures.data import ROOT


@pytest.mark.slow
def test_the_benchmark_of_releases_runs_on_few_products(data_dir):
    with tempfile.TemporaryDirectory(prefix="bench-test-") as folder:
        Path(folder).chmod(0o755)  # the node's user has to reach it
        done = subprocess.run(
            [sys.executable, str(ROOT / "scripts" / "bench" / "release"), "--quick", "--json"],
            env={**os.environ, "KINDRED_DATA": str(data_dir), "TMPDIR": folder},
            capture_output=True,
            text=True,
            timeout=1200,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    goals = document["goals"]
    assert len(goals) == 5
    exact = [name for name in goals if "seconds" not in name]
    assert [name for name in exact if not goals[name]["met"]] == [], document["notes"]
    assert document["figures"]["busy shop: changes"]["products"] > 0
