"""`scripts/bench/labels` runs on few labels, prints the contract's document and leaves nothing running."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.data import ROOT


@pytest.mark.slow
def test_the_benchmark_of_labels_runs_on_few_of_them(data_dir: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "scripts" / "bench" / "labels"), "--quick", "--json", "--out", str(tmp_path)]
    done = subprocess.run(
        command,
        env={**os.environ, "KINDRED_DATA": str(data_dir)},
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    for name in ("a label saved, p50 ms", "acknowledged labels lost by kills", "labels of two people lost or doubled"):
        assert set(document["goals"][name]) >= {"value", "goal", "met"}
    figures = document["figures"]
    assert figures["kills while saving"]["lost"] == figures["two people at once"]["lost"] == 0
    assert figures["two people at once"]["acknowledged"] == 100
    assert 0 < figures["chosen labels"]["abt-buy: queue"]["F1"] <= 1
    assert (tmp_path / "labels-abt-buy.png").read_bytes().startswith(b"\x89PNG")
