"""`scripts/bench/desktop` runs from nothing, prints the contract's document and leaves nothing running."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.fixtures.data import ROOT

GOALS = {
    "start to results, s",
    "key to next pair, p95 ms",
    "typing to results, p95 ms",
    "slowest frame of the table, ms",
    "memory gained over the labels, MiB",
    "map, frames a second",
}


@pytest.mark.slow
@pytest.mark.usefixtures("data_dir")
def test_the_desktop_is_measured() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-test-") as name:
        Path(name).chmod(0o755)
        done = subprocess.run(
            [sys.executable, str(ROOT / "scripts" / "bench" / "desktop"), "--quick", "--json"],
            env={**os.environ, "TMPDIR": name, "QT_QPA_PLATFORM": "offscreen"},
            capture_output=True,
            text=True,
            timeout=900,
        )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert set(document["goals"]) == GOALS
    assert all(goal["value"] is not None for goal in document["goals"].values())
    assert document["figures"]["times, ms"]["key to next pair, 40 labels"]["p95_ms"] > 0
